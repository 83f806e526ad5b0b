package memory

import (
	"context"
	"slices"

	"heartbeat"
)

// Restore implements [heartbeat.Store].
func (s *Store) Restore(ctx context.Context, c heartbeat.Check, pings []heartbeat.Ping, flips []heartbeat.Flip) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if _, ok := s.checks[c.ID]; ok {
		return heartbeat.ErrExists
	}
	r := &record{check: plainCheck(c)}
	r.check.Rev = s.nextRev()
	for _, p := range slices.Backward(pings) {
		r.pings = append(r.pings, copyPing(p))
	}
	for _, f := range slices.Backward(flips) {
		r.flips = append(r.flips, plainFlip(f))
	}
	s.checks[c.ID] = r
	return nil
}
