package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"heartbeat/internal/runner"
)

type runCmd struct {
	target
	Timeout   span     `placeholder:"1h" help:"End the command if it runs longer, and report a failure."`
	Tail      size     `default:"10kB" placeholder:"BYTES" help:"How much of the end of the output to send. With 0 nothing is sent, and the command writes to the terminal or file itself. Default: ${default}."`
	NoStart   bool     `help:"Do not report the start."`
	Retry     span     `default:"1m" placeholder:"1m" help:"How long to go on trying to report the end. Default: ${default}."`
	LateAfter *span    `placeholder:"5m" help:"How late a success may be reported and still count as one; later, it is only noted in the check's history. Default: 5m, or a tenth of --every."`
	Quiet     bool     `short:"q" help:"Say nothing about reports that the server did not take."`
	Command   []string `arg:"" passthrough:"" help:"What to run, with its arguments."`
}

// Help shows examples.
func (runCmd) Help() string {
	return `The command's output, input, signals and exit status are passed on, and reports that the server does not take are kept and sent later: whether Heartbeat can be reached never decides whether the job goes well. The start is reported, then success or failure, the exit status and the end of the output.

  heartbeat run --name db1/backup/cron/nightly --every 24h -- /usr/local/bin/backup --all
  heartbeat run --slug nightly-backup --timeout 2h -- sh -c 'dump | gzip > dump.gz'
  heartbeat run --slug nightly-backup --create --cron "0 3 * * *" --tz Europe/Berlin -- /usr/local/bin/backup
  heartbeat run --uuid 6ba7b810-9dad-41d1-80b4-00c04fd430c8 --mask 'pin=(\d+)' -- ./job

The exit status is the command's; 128 and the signal's number if a signal killed it; 124 if it ran out of time, 126 if it cannot be executed, 127 if it was not found; 2 if the line was wrong and nothing was run.`
}

// Run runs the command.
func (c runCmd) Run(ctx context.Context, out streams) error {
	check, err := c.check()
	if err != nil {
		return err
	}
	command := c.Command
	if len(command) > 0 && command[0] == "--" {
		command = command[1:]
	}
	if len(command) == 0 {
		return usageError{errors.New("there is nothing to run: put the command behind --")}
	}
	s, err := c.open(time.Duration(c.Retry))
	if err != nil {
		return err
	}
	say := func(line string) { fmt.Fprintf(out.stderr, "heartbeat: %s\n", line) }
	if c.Quiet {
		say = func(string) {}
	}
	return exitStatus(runner.Run(ctx, runner.Config{
		Client: s.client, Check: check, Command: command,
		Stdin: os.Stdin, Stdout: out.stdout, Stderr: out.stderr,
		Timeout: time.Duration(c.Timeout), KillAfter: runner.DefaultKillAfter,
		Tail: int(c.Tail), Masks: s.masks, NoStart: c.NoStart,
		Spool: s.spool, LateAfter: c.lateAfter(), Say: say,
	}))
}

// lateAfter lets a success count that is late by no more than a small part of
// the time until the next one.
func (c runCmd) lateAfter() time.Duration {
	if c.LateAfter != nil {
		return time.Duration(*c.LateAfter)
	}
	return max(5*time.Minute, time.Duration(c.Every)/10)
}

// exitStatus is that of a command, with which this program ends too.
type exitStatus int

func (e exitStatus) Error() string { return "exit status " + strconv.Itoa(int(e)) }

// size is a number of bytes, such as 10kB.
type size int

// UnmarshalText reads a size.
func (s *size) UnmarshalText(text []byte) error {
	number, factor := strings.TrimSuffix(strings.ToLower(string(text)), "b"), 1
	if n, ok := strings.CutSuffix(number, "k"); ok {
		number, factor = n, 1000
	}
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil || int(n)*factor > runner.MaxTail {
		return fmt.Errorf("%q must be a size from 0 to 10kB: the server keeps no more", text)
	}
	*s = size(int(n) * factor)
	return nil
}
