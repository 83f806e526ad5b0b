package sqlite

import (
	"bytes"
	"context"
	"slices"

	"heartbeat"
)

// Restore implements [heartbeat.Store]. All of it is one transaction.
func (s *Store) Restore(ctx context.Context, c heartbeat.Check, pings []heartbeat.Ping, flips []heartbeat.Flip) error {
	// Copies, because the writer may come to them when the caller has gone.
	pings, flips = slices.Clone(pings), slices.Clone(flips)
	for i := range pings {
		pings[i].Body = bytes.Clone(pings[i].Body)
		if pings[i].Exit != nil {
			pings[i].Exit = new(*pings[i].Exit)
		}
	}
	return s.change(ctx, func(w *writer) error {
		if _, ok := w.table.slots[c.ID]; ok {
			return heartbeat.ErrExists
		}
		slot := w.add(c)
		for _, p := range slices.Backward(pings) {
			w.logRow(slot, p)
		}
		for _, f := range slices.Backward(flips) {
			w.flipRow(slot, f)
		}
		// It names the newest row, so no start applies the pings once more.
		w.putState(slot)
		return nil
	})
}
