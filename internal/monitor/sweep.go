package monitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"heartbeat"
	"heartbeat/internal/schedule"
)

const (
	// sweepWorkers is how many checks are read and saved at once. The SQLite
	// writer commits together what waits, so 100 flips cost one or two syncs.
	sweepWorkers = 128
	// sweepBatch bounds the memory of a sweep in which everything is due.
	sweepBatch = 10_000
	// judgeTries is how often a check is read again that somebody else keeps
	// changing; then it waits for the next sweep.
	judgeTries = 5
)

// Swept is what a sweep found.
type Swept struct {
	// At is the moment at which checks were judged.
	At time.Time
	// Judged counts the checks that were read afresh.
	Judged int
	// Flips are the changes that were saved.
	Flips []Flipped
}

// Flipped is a check that a sweep changed.
type Flipped struct {
	Check heartbeat.Check
	Flip  heartbeat.Flip
}

// Sweep judges at now every check whose remembered deadline has passed, and
// those whose deadline may have come nearer, by a call of Changed or by another
// process. The first sweep reads the watermark and all checks; a sweep that
// follows blind time stores that time before it judges anything. A complete
// sweep moves the watermark if that is due.
//
// With an error the sweep is not complete: what it has saved is saved, what it
// could not judge the next one will. One sweep runs at a time.
func (m *Monitor) Sweep(ctx context.Context, now time.Time) (Swept, error) {
	return m.sweepAt(ctx, now, pace{every: m.every})
}

// pace says what a sweep does beside judging.
type pace struct {
	// every is how old the watermark may be, and the last look at what others
	// have changed.
	every time.Duration
	// scans says that nobody reads all checks again beside the sweeps.
	scans bool
}

func (m *Monitor) sweepAt(ctx context.Context, now time.Time, p pace) (Swept, error) {
	m.sweeping.Lock()
	defer m.sweeping.Unlock()
	swept := Swept{At: now.Round(0)}
	err := m.sweep(ctx, &swept, p)
	m.stats.swept(swept.At, len(m.timers.heap), err == nil)
	if len(swept.Flips) > 0 {
		m.outbox.notify()
	}
	if err != nil {
		return swept, fmt.Errorf("monitor: %w", err)
	}
	return swept, nil
}

func (m *Monitor) sweep(ctx context.Context, swept *Swept, p pace) error {
	if err := m.prepare(ctx, swept.At); err != nil {
		return err
	}
	if p.scans && swept.At.Sub(m.scanned).Abs() >= rescan {
		if _, err := m.reread(ctx, swept.At); err != nil {
			return err
		}
	}
	if err := m.learn(ctx, swept.At, p.every); err != nil {
		return err
	}
	if err := m.judgeDue(ctx, swept); err != nil {
		return err
	}
	return m.mark(ctx, swept.At, p.every)
}

// judgeDue judges what has changed and what is due.
func (m *Monitor) judgeDue(ctx context.Context, swept *Swept) error {
	var failed []task
	var first error
	for tasks := m.takeChanged(); ; tasks = nil {
		if len(tasks) == 0 {
			tasks = m.timers.due(swept.At, sweepBatch)
		}
		if len(tasks) == 0 {
			break
		}
		for i, v := range m.judgeAll(ctx, swept.At, tasks) {
			if v.err != nil {
				failed, first = append(failed, tasks[i]), cmp.Or(first, v.err)
				continue
			}
			m.settle(tasks[i], v, swept)
		}
		if first = cmp.Or(first, ctx.Err()); ctx.Err() != nil {
			break // the others stay due
		}
	}
	for _, k := range failed {
		m.timers.remember(k, swept.At)
	}
	if first != nil {
		return fmt.Errorf("%d of %d checks could not be judged: %w", len(failed), swept.Judged+len(failed), first)
	}
	return nil
}

// settle remembers what a verdict says.
func (m *Monitor) settle(k task, v verdict, swept *Swept) {
	swept.Judged++
	m.timers.remember(k, v.deadline)
	if v.flip != nil {
		swept.Flips = append(swept.Flips, Flipped{v.check, *v.flip})
		m.log.Info("check went down", "check", k.id, "name", v.check.Names.String(),
			"reason", v.flip.Reason, "since", v.flip.At)
	}
}

// takeChanged empties the set that Changed fills.
func (m *Monitor) takeChanged() []task {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.changed) == 0 {
		return nil
	}
	tasks := make([]task, 0, len(m.changed))
	for id := range m.changed {
		tasks = append(tasks, task{id: id, event: true})
	}
	clear(m.changed)
	return tasks
}

// verdict is what came of looking at one check; zero for one that is gone.
type verdict struct {
	check    heartbeat.Check
	flip     *heartbeat.Flip
	deadline time.Time // zero: none is ahead
	err      error
}

// blindness is the blind times that hold deadlines: those that this monitor
// knows, and those that are stored, which are read once and only if something is
// late.
type blindness struct {
	known  []heartbeat.Blind
	stored func() ([]heartbeat.Blind, error)
}

// judge applies the core's rules to one check.
func (b blindness) judge(c heartbeat.Check, s heartbeat.Schedule, now time.Time) (v verdict, err error) {
	blinds := b.known
	v.check, v.flip = c.Tick(now, s, blinds)
	if v.flip != nil {
		if blinds, err = b.stored(); err != nil {
			return v, err
		}
		v.check, v.flip = c.Tick(now, s, blinds)
	}
	v.deadline = v.check.Outlook(s, blinds).Deadline
	return v, nil
}

// judgeAll looks at all tasks, many at once.
func (m *Monitor) judgeAll(ctx context.Context, now time.Time, tasks []task) []verdict {
	verdicts := make([]verdict, len(tasks))
	b := blindness{
		known:  slices.Clone(m.watch.known.Blinds),
		stored: sync.OnceValues(func() ([]heartbeat.Blind, error) { return storedBlinds(ctx, m.store) }),
	}
	if len(tasks) == 1 {
		verdicts[0] = m.judge(ctx, now, tasks[0].id, b)
		return verdicts
	}
	var g errgroup.Group
	g.SetLimit(sweepWorkers)
	for i, k := range tasks {
		g.Go(func() error {
			verdicts[i] = m.judge(ctx, now, k.id, b)
			return nil
		})
	}
	_ = g.Wait() // errors are in the verdicts
	return verdicts
}

// judge reads the check afresh and saves its flip if it is late. Nobody's memory
// is trusted: a ping that came in between makes the save fail, and the check is
// read again; and whoever brings checks in stores first for how long nobody
// watched them.
func (m *Monitor) judge(ctx context.Context, now time.Time, id heartbeat.CheckID, b blindness) verdict {
	for range judgeTries {
		c, err := m.store.Check(ctx, id)
		if errors.Is(err, heartbeat.ErrNotFound) {
			return verdict{}
		}
		if errors.Is(err, heartbeat.ErrUnreadable) {
			m.log.Error("check cannot be watched: put right what the store has of it, or remove it", "check", id, "err", err)
			return verdict{} // which does not hold up the others
		}
		if err != nil {
			return verdict{err: fmt.Errorf("read check %s: %w", id, err)}
		}
		s, err := schedule.Compile(c.Spec)
		if err != nil {
			m.unjudgeable(c, err)
			return verdict{check: c}
		}
		v, err := b.judge(c, s, now)
		if v.flip == nil || err != nil {
			return verdict{check: c, deadline: v.deadline, err: err}
		}
		// A store that stalled may have refused pings meanwhile: judge nothing on
		// the strength of a moment that is long past.
		if err := context.Cause(ctx); err != nil {
			return verdict{err: err}
		}
		switch err := m.store.Save(ctx, v.check, v.flip); {
		case err == nil:
			return v
		case errors.Is(err, heartbeat.ErrNotFound):
			return verdict{}
		case !errors.Is(err, heartbeat.ErrConflict):
			return verdict{err: fmt.Errorf("save check %s: %w", id, err)}
		}
	}
	return verdict{err: fmt.Errorf("save check %s: %w, %d times in a row", id, heartbeat.ErrConflict, judgeTries)}
}

// unjudgeable says that a stored check has settings that cannot be read. It is
// looked at again by the next scan; it does not hold up the others.
func (m *Monitor) unjudgeable(c heartbeat.Check, err error) {
	m.log.Error("check cannot be watched: its settings cannot be read; open its edit page and save it anew",
		"check", c.ID, "err", err)
}
