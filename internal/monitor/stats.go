package monitor

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// freshSweeps is how many watermarks may be missed before the monitor is not
// ready any more.
const freshSweeps = 3

// Stats are figures for metrics and for people.
type Stats struct {
	// LastSweep is when the last complete sweep judged.
	LastSweep time.Time
	// Remembered counts the deadlines in memory.
	Remembered int
	// Waiting counts the notices that some channel has not been told of; Oldest is
	// when the first of them was owed, zero if there is none.
	Waiting int
	Oldest  time.Time
}

// Stats returns the current figures.
func (m *Monitor) Stats() Stats {
	m.stats.mu.Lock()
	s := m.stats.Stats
	m.stats.mu.Unlock()
	o := m.outbox
	o.mu.Lock()
	defer o.mu.Unlock()
	s.Waiting, s.Oldest = o.waiting, o.oldest
	return s
}

// Ready returns nil if the last complete sweep is fresh at now: while it runs,
// a monitor sweeps at least as often as it writes the watermark.
func (m *Monitor) Ready(now time.Time) error {
	m.stats.mu.Lock()
	last := m.stats.LastSweep
	m.stats.mu.Unlock()
	return Fresh(last, now, m.every)
}

// Fresh returns nil if last, the moment of the last complete sweep or of the
// stored watermark, is fresh at now for a monitor that sweeps at least once in
// every.
func Fresh(last, now time.Time, every time.Duration) error {
	if last.IsZero() {
		return errors.New("monitor: no sweep has been completed yet")
	}
	if age := now.Sub(last); age > freshSweeps*every {
		return fmt.Errorf("monitor: the last complete sweep was %v ago; late checks may go unnoticed: see the log for the store's errors",
			age.Round(time.Second))
	}
	return nil
}

// stats is Stats with its lock.
type stats struct {
	mu sync.Mutex
	Stats
}

func (s *stats) swept(at time.Time, remembered int, complete bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Remembered = remembered
	if complete {
		s.LastSweep = at
	}
}
