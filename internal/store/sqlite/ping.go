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
	return s.ping(ctx, id, heartbeat.SlugRef{}, p, create)
}

// PingSlug implements [heartbeat.Store].
func (s *Store) PingSlug(ctx context.Context, project heartbeat.ProjectID, text string, p heartbeat.Ping, create func() heartbeat.Check) (heartbeat.Pinged, error) {
	return s.ping(ctx, heartbeat.CheckID{}, heartbeat.SlugRef{Project: project, Slug: text}, p, create)
}

func (s *Store) ping(ctx context.Context, id heartbeat.CheckID, named heartbeat.SlugRef, p heartbeat.Ping, create func() heartbeat.Check) (heartbeat.Pinged, error) {
	o := s.ops.Get().(*op)
	o.id, o.slug, o.ping, o.create, o.result, o.err = id, named, p, create, heartbeat.Pinged{}, nil
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
	slot, known, err := w.target(o)
	if err != nil {
		return err
	}
	before := t.state(slot)
	if rules := &t.terms[t.at(slot).terms].Rules; *rules != (heartbeat.Rules{}) {
		o.ping.Kind = rules.Judge(o.ping, before.Status)
	}
	after, flip := before.Ping(o.ping)
	t.setState(slot, after)
	w.append(slot, o.ping, before, after)
	o.result = heartbeat.Pinged{
		Check: t.at(slot).id, N: after.Pings, Created: !known, Flip: flip, Sooner: !known || before.Sooner(after),
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

// target finds the check that o pings, or makes it, and keeps its slot.
func (w *writer) target(o *op) (slot uint32, known bool, err error) {
	t := w.table
	if o.slug == (heartbeat.SlugRef{}) {
		slot, known = t.slots[o.id]
	} else {
		switch slots := t.bySlug[o.slug]; len(slots) {
		case 0:
		case 1:
			slot, known = slots[0], true
		default:
			return 0, false, heartbeat.ErrAmbiguous
		}
	}
	if known {
		w.keep(slot)
		return slot, true, nil
	}
	if o.create == nil {
		return 0, false, heartbeat.ErrNotFound
	}
	c := o.create()
	if o.slug == (heartbeat.SlugRef{}) {
		if c.ID != o.id {
			return 0, false, fmt.Errorf("a new check has ID %s, not %s: %w", c.ID, o.id, heartbeat.ErrConflict)
		}
		return w.add(c), false, nil
	}
	for _, taken := t.slots[c.ID]; taken; _, taken = t.slots[c.ID] {
		c = o.create()
	}
	if c.SlugRef() != o.slug {
		return 0, false, fmt.Errorf("a new check has slug %q, not %q: %w", c.Slug, o.slug.Slug, heartbeat.ErrConflict)
	}
	return w.add(c), false, nil
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
		took, text(p.Method), text(p.Addr), text(p.Agent), blob(p.Body), text(p.Scheme),
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
