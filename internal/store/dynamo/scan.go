package dynamo

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"heartbeat"
)

// segments is in how many parts the state table is read at once. Each holds one
// page of a megabyte at a time.
const segments = 4

// mode is how the state table is read.
type mode bool

const (
	// whole is consistently, with all texts.
	whole mode = true
	// lean is at half the price: what was just written may be missing, and so
	// may names.
	lean mode = false
)

// page is what one call of a scan has read.
type page struct {
	checks []heartbeat.Check
	err    error // after which no more comes of this segment
}

// scan reads the state table page by page, several segments at once. Whoever
// stops in between stops it all.
func (s *Store) scan(ctx context.Context, m mode) iter.Seq[page] {
	return func(yield func(page) bool) {
		ctx, cancel := context.WithCancel(ctx)
		pages := make(chan page)
		var readers sync.WaitGroup
		for i := range segments {
			readers.Go(func() { s.scanSegment(ctx, i, m, pages) })
		}
		go func() {
			readers.Wait()
			close(pages)
		}()
		defer func() {
			cancel()
			for range pages { // until all readers have ended
			}
		}()
		for p := range pages {
			if !yield(p) {
				return
			}
		}
	}
}

// scanSegment hands all pages of one segment on, the last one maybe with an
// error.
func (s *Store) scanSegment(ctx context.Context, segment int, m mode, pages chan<- page) {
	in := &dynamodb.ScanInput{
		TableName: &s.stateTable, ConsistentRead: aws.Bool(bool(m)),
		Segment: aws.Int32(int32(segment)), TotalSegments: aws.Int32(segments), //nolint:gosec // it is small
	}
	for {
		var out *dynamodb.ScanOutput
		_, err := s.attempt(ctx, func(ctx context.Context) (err error) {
			out, err = s.client.Scan(ctx, in)
			return err
		})
		p := page{err: err}
		if err == nil {
			p.checks, p.err = s.readPage(ctx, out.Items, m)
		}
		pages <- p
		if p.err != nil || len(out.LastEvaluatedKey) == 0 {
			return
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// readPage turns items into checks. One that cannot be read must not hide the
// others: it is told of, and left out.
func (s *Store) readPage(ctx context.Context, rows []row, m mode) ([]heartbeat.Check, error) {
	var items, apart []*item
	for _, r := range rows {
		if id := (&scan{row: r}).text(keyCheck); id == readyID {
			continue
		}
		it, err := readItem(r)
		if errors.Is(err, heartbeat.ErrUnreadable) {
			s.leaveOut(ctx, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		items = append(items, it)
		if m == whole || !it.scheduled() {
			apart = append(apart, it)
		}
	}
	missing, err := s.addTexts(ctx, apart)
	if err != nil {
		return nil, err
	}
	var checks []heartbeat.Check
	for _, it := range items {
		if missing[textsOf(it.check.ID)] != nil {
			// Saved between the two reads: it is read again by itself.
			it.check, it.broken = s.Check(ctx, it.check.ID)
		}
		switch err := it.broken; {
		case err == nil:
			checks = append(checks, it.check)
		case errors.Is(err, heartbeat.ErrUnreadable):
			s.leaveOut(ctx, err)
		case !errors.Is(err, heartbeat.ErrNotFound):
			return nil, err
		}
	}
	return checks, nil
}

// leaveOut says that a check is passed over: nobody watches it.
func (s *Store) leaveOut(ctx context.Context, err error) {
	s.log.ErrorContext(ctx, "a check is left out and not watched: put its item right, or remove it from "+s.stateTable, "err", err)
}
