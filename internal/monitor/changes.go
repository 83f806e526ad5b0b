package monitor

import (
	"context"
	"fmt"
	"time"
)

const (
	// scanLag is by how much what a scan yields may be out of date.
	scanLag = time.Minute
	// manyChanges is how many changes are looked at one by one. After more, such as
	// an import makes, all checks are read again, which is cheaper.
	manyChanges = 1000
)

// learn asks what other processes have changed, unless that was done less than
// every ago. A change may be told of several times, until it is certain that
// its write is over.
func (m *Monitor) learn(ctx context.Context, now time.Time, every time.Duration) error {
	if m.changes == nil || now.Sub(m.learned).Abs() < every {
		return nil
	}
	ids, err := m.changes(ctx, m.learned)
	if err != nil {
		return fmt.Errorf("read changes: %w", err)
	}
	if len(ids) > manyChanges {
		if _, err := m.reread(ctx, now); err != nil {
			return err
		}
	} else {
		m.note(ids...)
	}
	m.learned = now
	return nil
}
