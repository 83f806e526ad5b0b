package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"heartbeat"
)

const (
	// writeTime is how long a write may take that was announced.
	writeTime = 30 * time.Second
	// clockSkew is by how much the clocks of processes may differ.
	clockSkew = 90 * time.Second
	// changesStay is how long an announcement stays: an hour by any clock.
	changesStay = 2 * time.Hour
)

// announce tells other processes that the check's deadline may come nearer. The
// write itself must be over within [writeTime] from the call: one that took
// effect long after its announcement would not be found.
func (s *Store) announce(ctx context.Context, id heartbeat.CheckID) error {
	for {
		r, err := s.put(ctx, s.logTable, row{
			keyRow: text(partChanged), keyAt: num(s.stamp()),
			attrCheck: text(id.String()), attrExpires: num(expiry(changesStay)),
		}, condNewRow, nil)
		if err != nil || !r.refused {
			return err
		}
		// Another process has taken this very nanosecond, or our answer was lost.
	}
}

// Changes implements [heartbeat.Shared].
func (s *Store) Changes(ctx context.Context, since time.Time) ([]heartbeat.CheckID, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var ids []heartbeat.CheckID
	known := map[heartbeat.CheckID]bool{}
	from := since.Add(-writeTime - clockSkew).UnixNano()
	for r, err := range s.query(ctx, new(dynamodb.QueryInput), partChanged, from) {
		if err != nil {
			return nil, err
		}
		id, err := pointsTo(r)
		if err != nil {
			return nil, err
		}
		if !known[id] {
			known[id] = true
			ids = append(ids, id)
		}
	}
	return ids, nil
}
