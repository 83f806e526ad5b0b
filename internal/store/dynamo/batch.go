package dynamo

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"heartbeat"
)

// batchSize is how many items one call may read.
const batchSize = 100

// batchGet reads rows of the log afresh, in any order. Those that do not exist
// are left out.
func (s *Store) batchGet(ctx context.Context, keys []row) ([]row, error) {
	var rows []row
	for some := range slices.Chunk(keys, batchSize) {
		for i := 0; len(some) > 0; i++ {
			if i == attempts {
				return nil, fmt.Errorf("dynamo: %w: %s does not read %d rows", heartbeat.ErrBusy, s.logTable, len(some))
			}
			got, rest, err := s.batchGetOnce(ctx, some)
			if err != nil {
				return nil, err
			}
			rows = append(rows, got...)
			if len(rest) > 0 {
				if len(rest) < len(some) {
					i = 0 // it gets on
				}
				if err := pause(ctx, i); err != nil {
					return nil, err
				}
			}
			some = rest
		}
	}
	return rows, nil
}

// batchGetOnce returns what one call reads, and the keys that it did not get to.
func (s *Store) batchGetOnce(ctx context.Context, keys []row) (rows, rest []row, err error) {
	in := &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
		s.logTable: {Keys: keys, ConsistentRead: aws.Bool(true)},
	}}
	_, err = s.attempt(ctx, func(ctx context.Context) error {
		out, err := s.client.BatchGetItem(ctx, in)
		if err == nil {
			rows, rest = out.Responses[s.logTable], out.UnprocessedKeys[s.logTable].Keys
		}
		return err
	})
	return rows, rest, err
}
