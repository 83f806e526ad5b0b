package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"heartbeat/client"
	"heartbeat/internal/runner"
)

type pingCmd struct {
	target
	Start        bool   `xor:"kind" help:"The job begins."`
	Fail         bool   `xor:"kind" help:"The job failed."`
	Log          bool   `xor:"kind" help:"Only add to the check's history."`
	Exit         *int   `xor:"kind" placeholder:"N" help:"The job's exit status: 0 is a success, 1 to 255 are failures."`
	RID          string `name:"rid" placeholder:"ID" help:"Pairs a start with its end where runs overlap: a UUID, the same for both."`
	Body         string `placeholder:"TEXT" help:"What to store with the ping; - reads it from standard input, of which the end is sent."`
	Retry        span   `default:"30s" placeholder:"30s" help:"How long to go on trying. Default: ${default}."`
	IgnoreErrors bool   `help:"End with 0 although the ping was not stored."`
	Flush        bool   `help:"Send the reports that wait in the spool, and tell whether all were sent. Needs no check."`
}

// Help shows examples.
func (pingCmd) Help() string {
	return `Without --start, --fail, --log or --exit it is a success. The exit status is 0 once the server has stored the ping, 1 if it has not, 2 if the line was wrong.

  heartbeat ping --name db1/backup/cron/nightly --every 24h
  heartbeat ping --slug nightly-backup --exit $?
  ./job 2>&1 | heartbeat ping --uuid 6ba7b810-9dad-41d1-80b4-00c04fd430c8 --log --body -
  heartbeat ping --flush`
}

// flushFor bounds the sending of older reports after a ping.
const flushFor = 10 * time.Second

// Run sends the ping, then what waits.
func (c pingCmd) Run(ctx context.Context, out streams) error {
	s, err := c.open(time.Duration(c.Retry))
	if err != nil {
		return err
	}
	if c.Flush && c.nameless() {
		return c.flush(ctx, s, out.stdout)
	}
	check, err := c.check()
	if err != nil {
		return err
	}
	ping, err := c.ping(s.masks)
	if err != nil {
		return err
	}
	if err := s.client.Send(ctx, check, ping); err != nil {
		return c.failed(hint(err), out.stderr)
	}
	if ping.Kind != client.KindStart && ping.Kind != client.KindLog {
		err = s.spool.Supersede(ctx, check)
	}
	if c.Flush {
		return errors.Join(err, c.flush(ctx, s, out.stdout))
	}
	limited, cancel := context.WithTimeout(ctx, flushFor)
	defer cancel()
	_, flushed := s.spool.Flush(limited, s.client.Send)
	err = errors.Join(err, flushed)
	if err != nil && !errors.Is(err, runner.ErrBusy) { // the ping itself is stored
		fmt.Fprintf(out.stderr, "heartbeat: reports kept in %s: %v\n", s.spool.Dir(), err)
	}
	return nil
}

// nameless tells whether no check is named.
func (c pingCmd) nameless() bool {
	return c.UUID == "" && c.Slug == "" && c.Name == "" && c.Host == "" && c.Category == "" && c.Type == ""
}

func (c pingCmd) flush(ctx context.Context, s sender, stdout io.Writer) error {
	done, err := s.spool.Flush(ctx, s.client.Send)
	fmt.Fprintln(stdout, done)
	switch {
	case err != nil:
		return fmt.Errorf("reports kept in %s: %w", s.spool.Dir(), err)
	case done.Left > 0:
		return fmt.Errorf("reports kept in %s: what is left is for another server or ping key", s.spool.Dir())
	}
	return nil
}

func (c pingCmd) failed(err error, stderr io.Writer) error {
	if errors.Is(err, client.ErrInvalid) {
		return usageError{err}
	}
	err = fmt.Errorf("the ping was not stored: %w", err)
	if c.IgnoreErrors {
		fmt.Fprintf(stderr, "heartbeat: %v\n", err)
		return nil
	}
	return err
}

// ping is what the flags ask for.
func (c pingCmd) ping(masks *runner.Masks) (client.Ping, error) {
	p := client.Ping{Exit: c.Exit, Details: client.Details{Run: c.RID}}
	switch {
	case c.Start:
		p.Kind = client.KindStart
	case c.Fail:
		p.Kind = client.KindFail
	case c.Log:
		p.Kind = client.KindLog
	}
	tail := runner.NewTail(runner.MaxTail, masks)
	if c.Body != "-" {
		_, _ = io.WriteString(tail.Stream(), c.Body) // never fails
	} else if _, err := io.Copy(tail.Stream(), os.Stdin); err != nil {
		return p, fmt.Errorf("standard input: %w", err)
	}
	p.Body = tail.Text(runner.MaxTail)
	return p, nil
}
