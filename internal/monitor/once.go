package monitor

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrPartial says that the time was over before everything was judged. It counts
// as no sweep.
var ErrPartial = errors.New("partial")

const (
	// spare is how long before its own end a call stops judging.
	spare = 5 * time.Second
	// sendSpare is how long before that end nothing more is sent: what is on its
	// way then may take until judging, too, would stop.
	sendSpare = spare + lingering
)

// Once is the monitor of a program that is called every now and then, and may
// be frozen or gone in between. It makes a sweep at now, sends what is owed, and
// returns when nothing more can be sent within seconds. Any number of programs
// may be called, in turns or at once. A program that uses Run does not use Once.
//
// A call leaves five seconds of its ctx unused, or half of what it is given if
// that is less. If checks are left by then that
// are not judged, the error is an [ErrPartial]. Messages that could not be sent
// are no error: they stay owed, the log says so, and the next call goes on with
// them, first of all if this one has run out of time.
func (m *Monitor) Once(ctx context.Context, now time.Time) (Swept, error) {
	judging, cancel := before(ctx, spare)
	defer cancel()
	sending, cancel := before(ctx, sendSpare)
	defer cancel()
	if m.mayTakeLong() {
		// If this fails, so does the drain.
		_, _ = m.outbox.pass(sending, time.Now().Round(0), true)
	}
	swept, err := m.sweepAt(judging, now, pace{scans: true})
	if err != nil && judging.Err() != nil {
		err = fmt.Errorf("%w: %w", ErrPartial, err)
	}
	if unsent := m.outbox.drain(sending); unsent != nil {
		err = errors.Join(err, fmt.Errorf("monitor: outbox: %w", unsent))
	}
	m.outbox.reportWaiting(ctx)
	m.sweeping.Lock()
	defer m.sweeping.Unlock()
	m.hurried = sending.Err() != nil
	return swept, err
}

// mayTakeLong tells whether a sweep may leave no time to send anything: then
// what is owed must not wait for it.
func (m *Monitor) mayTakeLong() bool {
	m.sweeping.Lock()
	defer m.sweeping.Unlock()
	return !m.awake || m.hurried
}

// before returns a context that ends d before the deadline of ctx, if it has one,
// but has half of the time at least.
func before(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(d, time.Until(deadline)/2)))
}
