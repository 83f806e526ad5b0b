package dynamo

import (
	"context"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"heartbeat"
)

// How long rows of the log stay at least.
const (
	pingsStay   = 30 * 24 * time.Hour
	pingPeriods = 4 * heartbeat.KeepPings // of the check, if that is longer
	flipsStay   = 2 * 365 * 24 * time.Hour
	noticesStay = flipsStay
	textsStay   = 24 * time.Hour
)

// expiry is the time to live of a row that is to stay for d.
func expiry(d time.Duration) int64 { return time.Now().Add(d).Unix() }

func (s *Store) logPing(ctx context.Context, id heartbeat.CheckID, p heartbeat.Ping, t taken) error {
	p.N, p.Duration = t.pinged.N, 0
	if p.Kind == heartbeat.KindSuccess || p.Kind == heartbeat.KindFail {
		p.Duration = t.after.LastDuration
	}
	_, err := s.put(ctx, s.logTable, pingRow(id, t.rev, t.after.Period, p), "", nil)
	return err
}

// pingRow is the row of a ping that made the check's revision rev.
func pingRow(id heartbeat.CheckID, rev int64, period time.Duration, p heartbeat.Ping) row {
	stay := max(pingsStay, min(period, heartbeat.MaxPeriod/pingPeriods)*pingPeriods)
	r := row{
		keyRow: text(pingsOf(id)), keyAt: num(rev), attrExpires: num(expiry(stay)),
		attrMoment: nano(p.At), attrKind: text(string(p.Kind)), attrPings: num(p.N),
	}
	if p.Exit != nil {
		r[attrExit] = num(int64(*p.Exit))
	}
	if p.Duration != 0 {
		r[attrDuration] = num(int64(p.Duration))
	}
	for name, value := range map[string]string{
		attrRun: string(p.Run), attrScheme: p.Scheme, attrMethod: p.Method, attrAddr: p.Addr, attrAgent: p.Agent,
	} {
		if value != "" {
			r[name] = text(value)
		}
	}
	if len(p.Body) > 0 {
		r[attrBody] = blob(p.Body)
	}
	return r
}

func readPing(r row) (heartbeat.Ping, error) {
	s := scan{row: r}
	p := heartbeat.Ping{At: s.time(attrMoment), Kind: heartbeat.Kind(s.text(attrKind)), N: s.int(attrPings)}
	if s.has(attrExit) {
		p.Exit = new(int(s.int(attrExit)))
	}
	if s.has(attrDuration) {
		p.Duration = time.Duration(s.int(attrDuration))
	}
	if s.has(attrBody) {
		p.Body = s.bytes(attrBody)
	}
	p.Run, p.Scheme = heartbeat.RunID(s.optional(attrRun)), s.optional(attrScheme)
	p.Method, p.Addr, p.Agent = s.optional(attrMethod), s.optional(attrAddr), s.optional(attrAgent)
	return p, s.err
}

// Pings implements [heartbeat.Store].
func (s *Store) Pings(ctx context.Context, id heartbeat.CheckID, limit int) ([]heartbeat.Ping, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	if s.noPingLog {
		return nil, nil
	}
	it, err := s.item(ctx, id)
	if err != nil || it == nil || limit <= 0 {
		return nil, err
	}
	var pings []heartbeat.Ping
	for r, err := range s.newest(ctx, pingsOf(id), it.birth, limit) {
		if err != nil {
			return nil, err
		}
		p, err := readPing(r)
		if err != nil {
			return nil, err
		}
		pings = append(pings, p)
	}
	return pings, nil
}

// Flips implements [heartbeat.Store].
func (s *Store) Flips(ctx context.Context, id heartbeat.CheckID, limit int) ([]heartbeat.Flip, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	it, err := s.item(ctx, id)
	if err != nil || it == nil || limit <= 0 {
		return nil, err
	}
	var flips []heartbeat.Flip
	pending := int64(never)
	if it.pending != nil {
		flips, pending = append(flips, it.pending.flip), it.pending.rev
	}
	for r, err := range s.newest(ctx, flipsOf(id), it.birth, limit) {
		if err != nil {
			return nil, err
		}
		row := scan{row: r}
		f, err := readFlip(row.part(attrFlip))
		if err != nil {
			return nil, err
		}
		if row.int(keyAt) != pending {
			flips = append(flips, f)
		}
	}
	return flips[:min(len(flips), limit)], nil
}

// newest reads rows of one part of the log from a place on, the last first, and
// at most limit of them. Those that have expired but are still there are left
// out.
func (s *Store) newest(ctx context.Context, part string, from int64, limit int) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		if limit <= 0 {
			return
		}
		in := &dynamodb.QueryInput{
			ScanIndexForward: aws.Bool(false),
			Limit:            aws.Int32(int32(min(limit, 1000))), //nolint:gosec // it is small
		}
		left := limit
		for r, err := range s.query(ctx, in, part, from) {
			if !yield(r, err) || err != nil {
				return
			}
			if left--; left == 0 {
				return
			}
		}
	}
}

// query reads all pages of what in asks for, from a place in one part of the
// log on.
func (s *Store) query(ctx context.Context, in *dynamodb.QueryInput, part string, from int64) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		condition := keysFrom
		in.TableName, in.ConsistentRead = &s.logTable, aws.Bool(true)
		in.KeyConditionExpression = &condition
		in.ExpressionAttributeNames = namesIn(condition)
		in.ExpressionAttributeValues = valuesIn(row{keyRow: text(part), keyAt: num(from)}, condition)
		now := time.Now().Unix()
		for {
			var out *dynamodb.QueryOutput
			_, err := s.attempt(ctx, func(ctx context.Context) (err error) {
				out, err = s.client.Query(ctx, in)
				return err
			})
			if err != nil {
				yield(nil, err)
				return
			}
			for _, r := range out.Items {
				if row := (scan{row: r}); row.has(attrExpires) && row.int(attrExpires) < now {
					continue
				}
				if !yield(r, nil) {
					return
				}
			}
			if len(out.LastEvaluatedKey) == 0 {
				return
			}
			in.ExclusiveStartKey = out.LastEvaluatedKey
		}
	}
}
