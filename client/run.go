package client

import (
	"context"
	"fmt"
	"time"
)

// startFor bounds how long the start of a run is tried for: an end that comes
// without its start is complete, so nothing waits for the start for long.
const startFor = 5 * time.Second

// Run runs job and returns its error. It reports the start, while the job runs
// already, and then success or failure with the time taken and the error's text;
// a panic is reported as a failure and goes on. Job's context is ctx. The end is
// reported even if ctx is over by then, for RetryFor at most.
//
// That a ping could not be delivered goes to the client's logger. It is an error
// only if nothing could ever be delivered, because the check is malformed; then
// job is not run.
func (c *Client) Run(ctx context.Context, check Check, job func(context.Context) error) error {
	run := Details{Run: NewRunID()}
	if _, err := c.address(check, Ping{Details: run}); err != nil {
		return err
	}
	reports := context.WithoutCancel(ctx)
	started := make(chan struct{})
	go func() {
		defer close(started)
		limited, cancel := context.WithTimeout(reports, startFor)
		defer cancel()
		c.report(limited, check, Ping{Kind: KindStart, Details: run})
	}()
	end := func(kind Kind, text string) {
		<-started // a start that came after its end would leave the run open
		run.Body = []byte(text)
		c.report(reports, check, Ping{Kind: kind, Details: run})
	}
	began := time.Now()
	took := func() time.Duration { return time.Since(began).Round(time.Millisecond) }
	returned := false
	defer func() {
		if returned {
			return
		}
		reason := recover()
		if reason == nil {
			end(KindFail, fmt.Sprintf("ended its goroutine after %v", took()))
			return
		}
		end(KindFail, fmt.Sprintf("panic after %v: %v", took(), reason))
		panic(reason)
	}()
	err := job(ctx)
	returned = true
	if err != nil {
		end(KindFail, fmt.Sprintf("failed after %v: %v", took(), err))
		return err
	}
	end(KindSuccess, fmt.Sprintf("took %v", took()))
	return nil
}

func (c *Client) report(ctx context.Context, check Check, p Ping) {
	if err := c.Send(ctx, check, p); err != nil {
		c.cfg.Logger.WarnContext(ctx, "ping not delivered", "kind", string(p.Kind), "run", p.Run, "err", err)
	}
}
