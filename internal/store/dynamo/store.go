package dynamo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"heartbeat"
)

// Config says where the tables are.
type Config struct {
	// Prefix is what the names of both tables begin with.
	Prefix string
	Region string
	// Endpoint is where an emulator listens; empty for AWS itself.
	Endpoint string
	// Credentials are those of the environment if nil: AWS_ACCESS_KEY_ID,
	// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
	Credentials aws.CredentialsProvider
	// Unchecked says that Open makes no call: the first one will tell whether the
	// tables exist. It is for functions, which start with every call made here.
	Unchecked bool
	// NoPingLog says that pings are counted but not kept, at half the price.
	NoPingLog bool
	// Logger gets what went wrong but was not lost; nil for nothing.
	Logger *slog.Logger
}

// stripes is how many locks keep changes of one check by this process from
// getting in each other's way.
const stripes = 256

// Store is a [heartbeat.Store] in DynamoDB. Make one with [Open].
type Store struct {
	client               calls
	stateTable, logTable string
	region               string
	noPingLog            bool
	log                  *slog.Logger
	locks                [stripes]sync.Mutex
	slugs                slugs

	mu     sync.Mutex
	closed bool
	calls  sync.WaitGroup
	last   int64 // the last stamp
}

var (
	_ heartbeat.Store  = (*Store)(nil)
	_ heartbeat.Shared = (*Store)(nil)
)

// Open returns a store over tables that exist, and opens the connection unless
// cfg is Unchecked.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Region == "" {
		return nil, errors.New("dynamo: the region is missing")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Store{
		client:     callsOf(newClient(cfg)),
		stateTable: cfg.Prefix + stateSuffix,
		logTable:   cfg.Prefix + logSuffix,
		region:     cfg.Region,
		noPingLog:  cfg.NoPingLog,
		log:        cfg.Logger,
	}
	if cfg.Unchecked {
		return s, nil
	}
	if _, err := s.get(ctx, s.stateTable, row{keyCheck: text(readyID)}); err != nil {
		return nil, err
	}
	if _, err := s.row(ctx, partOwed, num(0)); err != nil {
		return nil, err
	}
	return s, nil
}

// begin admits a call. Unless it returns an error, end must be called after it.
func (s *Store) begin(ctx context.Context) (end func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, heartbeat.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.calls.Add(1)
	return s.calls.Done, nil
}

// Close implements [heartbeat.Store]. It waits for the calls that were begun.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return heartbeat.ErrClosed
	}
	s.closed = true
	s.mu.Unlock()
	s.calls.Wait()
	return nil
}

// stamp is the present nanosecond, or a later one: it is never given twice.
func (s *Store) stamp() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = max(s.last+1, time.Now().UnixNano())
	return s.last
}

// lock takes a check's turn within this process.
func (s *Store) lock(id heartbeat.CheckID) (unlock func()) {
	l := &s.locks[id[len(id)-1]]
	l.Lock()
	return l.Unlock
}

// get reads an item afresh; nil if there is none.
func (s *Store) get(ctx context.Context, table string, key row) (row, error) {
	var found row
	_, err := s.attempt(ctx, func(ctx context.Context) error {
		out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: &table, Key: key, ConsistentRead: aws.Bool(true),
		})
		if err == nil {
			found = out.Item
		}
		return err
	})
	return found, err
}

// row reads a row of the log afresh; nil if there is none.
func (s *Store) row(ctx context.Context, part string, at types.AttributeValue) (row, error) {
	return s.get(ctx, s.logTable, row{keyRow: text(part), keyAt: at})
}

// put writes an item. An empty condition always holds.
func (s *Store) put(ctx context.Context, table string, item row, condition string, values row) (result, error) {
	in := &dynamodb.PutItemInput{TableName: &table, Item: item}
	if condition != "" {
		in.ConditionExpression = &condition
		in.ExpressionAttributeNames = namesIn(condition)
		in.ExpressionAttributeValues = valuesIn(values, condition)
	}
	return s.attempt(ctx, func(ctx context.Context) error {
		_, err := s.client.PutItem(ctx, in)
		return err
	})
}

// update changes an item and returns it as it was before.
func (s *Store) update(ctx context.Context, table string, key row, change, condition string, values row) (row, result, error) {
	in := &dynamodb.UpdateItemInput{
		TableName: &table, Key: key, UpdateExpression: &change,
		ExpressionAttributeNames:            namesIn(change, condition),
		ExpressionAttributeValues:           valuesIn(values, change, condition),
		ReturnValues:                        types.ReturnValueAllOld,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if condition != "" {
		in.ConditionExpression = &condition
	}
	var old row
	r, err := s.attempt(ctx, func(ctx context.Context) error {
		out, err := s.client.UpdateItem(ctx, in)
		if err == nil {
			old = out.Attributes
		}
		return err
	})
	return old, r, err
}

// remove deletes a row of the log on a condition.
func (s *Store) remove(ctx context.Context, part string, at types.AttributeValue, condition string, values row) error {
	_, err := s.attempt(ctx, func(ctx context.Context) error {
		_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: &s.logTable, Key: row{keyRow: text(part), keyAt: at},
			ConditionExpression:       &condition,
			ExpressionAttributeNames:  namesIn(condition),
			ExpressionAttributeValues: valuesIn(values, condition),
		})
		return err
	})
	return err
}

// Ready implements [heartbeat.Store].
func (s *Store) Ready(ctx context.Context) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	_, _, err = s.update(ctx, s.stateTable, row{keyCheck: text(readyID)}, exprReady, "",
		row{attrMoment: num(s.stamp())})
	if err != nil {
		return fmt.Errorf("write to %s: %w", s.stateTable, err)
	}
	return nil
}
