package sqlite

import (
	"bytes"
	"context"
	"database/sql/driver"
	"fmt"
	"time"

	"heartbeat"
)

// Ping implements [heartbeat.Store].
func (s *Store) Ping(ctx context.Context, id heartbeat.CheckID, p heartbeat.Ping, create func() heartbeat.Check) (heartbeat.Pinged, error) {
	o := s.ops.Get().(*op)
	o.id, o.ping, o.create, o.result, o.err = id, p, create, heartbeat.Pinged{}, nil
	o.own()
	err := s.enqueue(ctx, o)
	if err == nil {
		select {
		case <-o.done:
			err = o.err
		case <-ctx.Done():
			return heartbeat.Pinged{}, ctx.Err() // the writer still holds o
		}
	}
	result := o.result
	o.ping, o.create = heartbeat.Ping{}, nil
	s.ops.Put(o)
	if err != nil {
		return heartbeat.Pinged{}, err
	}
	return result, nil
}

// own copies what the ping points to: a caller whose context ends may use it
// again before the writer has read it.
func (o *op) own() {
	if o.ping.Exit != nil {
		o.exit = *o.ping.Exit
		o.ping.Exit = &o.exit
	}
	o.ping.Body = bytes.Clone(o.ping.Body)
}

func (w *writer) applyPing(o *op) error {
	t := w.table
	slot, known := t.slots[o.id]
	if !known {
		if o.create == nil {
			return heartbeat.ErrNotFound
		}
		c := o.create()
		if c.ID != o.id {
			return fmt.Errorf("a new check has ID %s, not %s: %w", c.ID, o.id, heartbeat.ErrConflict)
		}
		slot = w.add(c)
	} else {
		w.keep(slot)
	}
	before := t.state(slot)
	after, flip := before.Ping(o.ping)
	t.setState(slot, after)
	w.append(slot, o.ping, before, after)
	o.result = heartbeat.Pinged{
		N: after.Pings, Created: !known, Flip: flip, Sooner: !known || before.Sooner(after),
	}
	switch {
	case flip != nil:
		return w.flipped(slot, flip)
	case !known:
		w.putState(slot)
	default:
		w.touch(slot)
	}
	return nil
}

// append puts the ping into the log as the newest of its check.
func (w *writer) append(slot uint32, p heartbeat.Ping, before, after heartbeat.State) {
	w.table.at(slot).rev++
	p.N, p.Duration = after.Pings, ended(p, before, after)
	w.logRow(slot, p)
}

// logRow adds a ping to the chain of its check.
func (w *writer) logRow(slot uint32, p heartbeat.Ping) {
	r := w.table.at(slot)
	w.row++
	var exit, took driver.Value
	if p.Exit != nil {
		exit = int64(*p.Exit)
	}
	if p.Duration != 0 {
		took = int64(p.Duration)
	}
	w.stmts.log.add(
		w.row, int64(slot), r.lastRow, p.N, nano(p.At), string(p.Kind), exit, text(string(p.Run)),
		took, text(p.Method), text(p.Addr), text(p.Agent), blob(p.Body),
	)
	r.lastRow = w.row
}

// ended is the duration that the ping reports: 0 unless it ended a run whose
// beginning is known.
func ended(p heartbeat.Ping, before, after heartbeat.State) time.Duration {
	ends := p.Kind == heartbeat.KindSuccess || p.Kind == heartbeat.KindFail
	if !ends || !before.Started() {
		return 0
	}
	return after.LastDuration
}

// text is nil for the empty string: a column that takes no space.
func text(s string) driver.Value {
	if s == "" {
		return nil
	}
	return s
}

func blob(b []byte) driver.Value {
	if len(b) == 0 {
		return nil
	}
	return b
}
