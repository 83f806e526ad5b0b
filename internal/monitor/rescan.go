package monitor

import (
	"context"
	"slices"
	"sync"
	"time"
)

// scanner reads all checks again now and then, beside the sweeps, and so finds
// whatever a call of Changed has missed.
type scanner struct {
	m       *Monitor
	next    time.Time
	running sync.WaitGroup
}

// tick starts a scan if one is due.
func (s *scanner) tick(ctx context.Context) {
	now := time.Now()
	if now.Before(s.next) {
		return
	}
	s.next = now.Add(rescan)
	s.running.Go(func() {
		if err := s.m.rescan(ctx); err != nil && ctx.Err() == nil {
			s.m.log.Error("reading all checks again failed; trying again in a while", "err", err, "after", rescan)
		}
	})
}

// rescan reads all checks without holding up the sweeps. Entries that it brings
// back are lower bounds of what sweeps have learned meanwhile.
func (m *Monitor) rescan(ctx context.Context) error {
	m.sweeping.Lock()
	epoch, blinds, expect := m.epoch, slices.Clone(m.watch.known.Blinds), len(m.timers.heap)
	m.sweeping.Unlock()
	now := time.Now().Round(0)
	found, err := m.scan(ctx, blinds, expect)
	if err != nil {
		return err
	}
	m.sweeping.Lock()
	defer m.sweeping.Unlock()
	if epoch != m.epoch {
		return nil // blind time has moved deadlines; a scan has just been made for that
	}
	m.timers.replace(found.entries)
	m.scanned = now
	ring(m.wake)
	return nil
}
