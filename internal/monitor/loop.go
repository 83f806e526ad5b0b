package monitor

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

const (
	// rescan is how often all checks are read again.
	rescan = 10 * time.Minute
	// lingering is how long work in hand may go on after the end was asked for.
	lingering = 5 * time.Second
	// firstRetry and lastRetry bound the waits after an error of the store.
	firstRetry = 100 * time.Millisecond
	lastRetry  = 3 * time.Second
)

// watchTime sweeps whenever a remembered deadline passes, and keeps the
// watermark, until ctx ends.
func (m *Monitor) watchTime(ctx context.Context) {
	t := trouble{log: m.log, what: "sweep"}
	scan := scanner{m: m, next: time.Now().Add(rescan)}
	for ctx.Err() == nil {
		err := m.tick(ctx)
		t.note(err)
		if err != nil {
			sleep(ctx, t.delay(), nil)
			continue
		}
		scan.tick(ctx)
		sleep(ctx, m.untilNext(), m.wake)
	}
	scan.running.Wait()
	if t.fails > 0 {
		return // the last mark is the last moment at which all was well
	}
	t.note(m.farewell(ctx))
}

// tick makes one sweep.
func (m *Monitor) tick(ctx context.Context) error {
	work, cancel := linger(ctx)
	defer cancel()
	// A sweep that takes longer than this has judged by a moment too long past;
	// the next one finds blind time.
	work, stop := context.WithTimeout(work, m.gap())
	defer stop()
	_, err := m.Sweep(work, time.Now())
	return err
}

// mark writes the watermark if the last one is at least old. The caller holds
// the sweep's lock.
func (m *Monitor) mark(ctx context.Context, now time.Time, old time.Duration) error {
	away := now.Sub(m.watch.mark)
	if !m.awake || away < old && !m.watch.behind || away > m.gap() {
		return nil // after a gap, the next sweep sees to it
	}
	return m.watch.write(ctx, now, m.gap())
}

// farewell writes the watermark at the end.
func (m *Monitor) farewell(ctx context.Context) error {
	work, cancel := linger(ctx)
	defer cancel()
	m.sweeping.Lock()
	defer m.sweeping.Unlock()
	return m.mark(work, time.Now().Round(0), 0)
}

// untilNext is how long nothing needs to be done unless somebody calls.
func (m *Monitor) untilNext() time.Duration {
	m.sweeping.Lock()
	defer m.sweeping.Unlock()
	now := time.Now().Round(0)
	wait := m.watch.mark.Add(m.every).Sub(now)
	if m.changes != nil {
		wait = min(wait, m.learned.Add(m.every).Sub(now))
	}
	if next, ok := m.timers.next(); ok {
		wait = min(wait, next.Sub(now))
	}
	return min(wait, m.every) // however the clock was set
}

// linger returns a context that outlives ctx for a few seconds, so that a
// shutdown does not cut off what is in hand.
func linger(ctx context.Context) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(lingering, cancel) })
	return out, func() { stop(); cancel() }
}

// sleep waits for d, the bell or the end.
func sleep(ctx context.Context, d time.Duration, bell <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-bell:
	case <-timer.C:
	}
}

// trouble logs an error once, not at every try, and says how long to wait.
type trouble struct {
	log   *slog.Logger
	what  string
	last  string
	fails int
}

func (t *trouble) note(err error) {
	switch {
	case err == nil && t.fails > 0:
		t.log.Info(t.what+" works again", "failures", t.fails)
		t.last, t.fails = "", 0
	case err != nil:
		t.fails++
		if cause := root(err).Error(); t.last != cause {
			t.last = cause
			t.log.Error(t.what+" failed; trying again", "err", err)
		}
	}
}

// root is what lies under all that was said around it: it does not change with
// the check that happened to be first.
func root(err error) error {
	for {
		under := errors.Unwrap(err)
		if under == nil {
			return err
		}
		err = under
	}
}

func (t *trouble) delay() time.Duration {
	return min(firstRetry<<min(max(t.fails-1, 0), 10), lastRetry)
}
