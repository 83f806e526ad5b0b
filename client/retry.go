package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Pauses between attempts double from the first to the longest. Each is
// shortened by up to a half at random, so that the jobs of many machines, which
// failed together, do not come back together.
const (
	firstPause   = 500 * time.Millisecond
	longestPause = 10 * time.Second
)

// retry calls attempt until it succeeds, its error is final, or time is up: that
// of ctx, or RetryFor. A pause that would outlast the time is not begun.
func (c *Client) retry(ctx context.Context, attempt func(context.Context) error) error {
	if c.cfg.RetryFor < 0 {
		return attempt(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.RetryFor)
	defer cancel()
	var last error // of the latest attempt that was not cut short
	began := time.Now()
	for n := 1; ; n++ {
		err := attempt(ctx)
		if err == nil || final(err) {
			return err
		}
		if last == nil || ctx.Err() == nil {
			last = err
		}
		if !sleep(ctx, pause(n, err)) {
			return gaveUp(ctx, last, n, time.Since(began))
		}
	}
}

func final(err error) bool {
	refused := new(StatusError)
	return errors.As(err, &refused) && !refused.Temporary()
}

// pause is how long to wait after the nth attempt: never less than the server
// asked for.
func pause(n int, err error) time.Duration {
	d := longestPause
	if n < 16 {
		d = min(firstPause<<(n-1), longestPause)
	}
	d -= rand.N(d / 2)
	if refused := new(StatusError); errors.As(err, &refused) {
		d = max(d, refused.RetryAfter)
	}
	return d
}

// sleep reports whether the pause could be made to its end.
func sleep(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func gaveUp(ctx context.Context, last error, attempts int, took time.Duration) error {
	if errors.Is(ctx.Err(), context.Canceled) && !errors.Is(last, context.Canceled) {
		return fmt.Errorf("%w (%w after attempt %d)", last, context.Canceled, attempts)
	}
	if attempts == 1 {
		return last
	}
	return fmt.Errorf("%w (%d attempts in %v)", last, attempts, took.Round(time.Second/10))
}
