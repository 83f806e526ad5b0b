package monitor

import (
	"context"
	"fmt"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule"
)

// sayBlind is how long a blind time must be to be told even if it held nothing.
const sayBlind = time.Minute

// prepare makes sure that the monitor knows all checks and all blind time
// before anything is judged. While nothing is wrong it costs a comparison.
func (m *Monitor) prepare(ctx context.Context, now time.Time) error {
	gap := m.gap()
	if !m.awake {
		gap = m.restart
	} else if away := now.Sub(m.watch.mark).Abs(); away <= gap {
		return nil
	}
	m.awake = false
	if err := m.watch.resume(ctx, now, gap); err != nil {
		return err
	}
	// From here on a crash finds the blind time stored, and tells of it.
	m.epoch++
	m.learned = now.Add(-scanLag)
	held, err := m.reread(ctx, now)
	if err != nil {
		return err
	}
	if err := m.tellBlind(ctx, now, held); err != nil {
		return err
	}
	m.watch.mark, m.watch.behind = now, true
	m.awake = true
	return nil
}

// gap is how long a running monitor may be silent without its being blind time.
func (m *Monitor) gap() time.Duration { return 3 * m.every }

// tellBlind owes people one notice of the last blind time, if it was long or
// held back a judgement, and if no notice has told of it yet.
func (m *Monitor) tellBlind(ctx context.Context, now time.Time, held int) error {
	b, ok := m.watch.last()
	if !ok || now.Sub(b.To) > sayBlind {
		return nil
	}
	told, err := m.toldUntil(ctx, b)
	if err != nil {
		return err
	}
	news := b.Length()
	if !told.IsZero() {
		news, held = b.To.Sub(told), 0
	}
	if news <= 0 {
		return nil
	}
	m.log.Warn("nobody watched for a while; deadlines that fell into it are held",
		"from", b.From, "to", b.To, "held", held)
	if news < sayBlind && held == 0 {
		return nil
	}
	err = m.store.AddNotice(ctx, heartbeat.Notice{
		Blind:   &heartbeat.BlindReport{Blind: b, Held: held},
		Created: now,
		Next:    now,
	})
	if err != nil {
		return fmt.Errorf("add notice of blind time: %w", err)
	}
	m.outbox.notify()
	return nil
}

// toldUntil is how far into b earlier notices go; zero if there is none.
func (m *Monitor) toldUntil(ctx context.Context, b heartbeat.Blind) (time.Time, error) {
	const recent = 1000
	notices, err := m.store.NoticeLog(ctx, recent)
	if err != nil {
		return time.Time{}, fmt.Errorf("read notices: %w", err)
	}
	var until time.Time
	for _, n := range notices {
		if n.Blind != nil && n.Blind.From.Equal(b.From) {
			until = later(until, n.Blind.To)
		}
	}
	return until, nil
}

// found is what a scan of all checks yields.
type found struct {
	entries entries
	held    int // checks whose deadline the last blind time moves
}

// reread replaces what is remembered by what the store has now, and returns how
// many checks the last blind time holds.
func (m *Monitor) reread(ctx context.Context, now time.Time) (held int, err error) {
	found, err := m.scan(ctx, m.watch.known.Blinds, len(m.timers.heap))
	if err != nil {
		return 0, err
	}
	m.timers.replace(found.entries)
	m.scanned = now
	return found.held, nil
}

// scan reads all checks. Nothing is decided on what it finds.
func (m *Monitor) scan(ctx context.Context, blinds []heartbeat.Blind, expect int) (found, error) {
	f := found{entries: make(entries, 0, expect+expect/16+64)}
	for c, err := range m.store.Timers(ctx) {
		if err != nil {
			return found{}, fmt.Errorf("read all checks: %w", err)
		}
		if c.Status == heartbeat.StatusDown {
			continue
		}
		s, err := schedule.Compile(c.Spec)
		if err != nil {
			m.unjudgeable(c, err)
			continue
		}
		o := c.Outlook(s, blinds)
		if o.Deadline.IsZero() {
			continue
		}
		f.entries = append(f.entries, entry{scanned(o.Deadline), c.ID})
		if o.Held > 0 && c.Outlook(s, blinds[:len(blinds)-1]).Deadline.Before(o.Deadline) {
			f.held++
		}
	}
	// Growing has left up to a quarter unused; more than a twelfth is given back.
	if free := cap(f.entries) - len(f.entries); free > len(f.entries)/12+64 {
		f.entries = append(make(entries, 0, len(f.entries)+len(f.entries)/16), f.entries...)
	}
	return f, ctx.Err()
}
