// Package runner runs a command and reports it to the monitor: the start, then
// success or failure with the exit status and the end of the output.
//
// The command comes first. It is started before anything is sent, gets the
// signals, sees its own standard input, and what it writes is passed on byte for
// byte as it comes. Whatever becomes of the reports, the command's exit status
// is returned. The end is reported with retries for a bounded time; a report
// that the monitor still does not take is kept in a [Spool] and sent by a later
// run.
package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"time"

	"heartbeat/client"
)

// Exit statuses that are not the command's own; those of env, timeout and shells.
const (
	ExitTimedOut      = 124
	ExitNotExecutable = 126
	ExitNotFound      = 127
	exitTerminated    = 128 + 15
)

// MaxTail is how many bytes of output a report may hold: the server keeps no
// more, and of a longer one it would keep the beginning.
const MaxTail = 10_000

// Bounds of what a run waits for.
const (
	// startFor bounds the report of the start, flushFor what waits in the spool.
	// Both go on beside the command.
	startFor = 5 * time.Second
	flushFor = 10 * time.Second
	// haste bounds the report of the end if this process was asked to end: whoever
	// asked will soon do more than ask.
	haste = 5 * time.Second
	// drainFor is how long the output may still come after the command has ended,
	// to be in the report.
	drainFor = time.Second
	// DefaultKillAfter is how long a command that ran out of time may take to end.
	DefaultKillAfter = 10 * time.Second
)

// Config is a run.
type Config struct {
	Client  *client.Client
	Check   client.Check
	Command []string
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	// Timeout is how long the command may run; 0: as long as it likes. Then it is
	// asked to end, and killed KillAfter later, its children too.
	Timeout, KillAfter time.Duration
	// Tail is how many bytes of output are reported, MaxTail at most. With 0 the
	// command writes to Stdout and Stderr directly.
	Tail  int
	Masks *Masks
	// NoStart leaves out the report of the start.
	NoStart bool
	// Spool keeps reports that do not get through. nil: they are lost.
	Spool *Spool
	// LateAfter is Report's.
	LateAfter time.Duration
	// Say tells people, a line at a time, what went wrong with the reports.
	Say func(line string)
}

// run is one run of a command.
type run struct {
	Config
	id      string
	signals chan os.Signal
	output  output
	process *process
}

// outcome is how a run ended.
type outcome struct {
	exit int
	// note says what the exit status does not.
	note     string
	timedOut bool
	// hurried: this process was asked to end.
	hurried bool
	ended   time.Time
}

// Run runs the command to its end and returns the exit status to end with.
func Run(ctx context.Context, cfg Config) int {
	r := &run{Config: cfg, id: client.NewRunID(), signals: make(chan os.Signal, 16)}
	listen(r.signals)
	defer signal.Stop(r.signals)
	if ctx.Err() != nil { // the signal came before anybody listened here
		return exitTerminated
	}
	// From here on signals are what ends the run, not the context that they ended.
	ctx = context.WithoutCancel(ctx)
	if err := r.start(ctx); err != nil {
		end := unstartable(err)
		r.Say(end.note)
		ctx, stop := r.untilSignal(ctx)
		defer stop()
		r.report(ctx, end)
		return end.exit
	}
	opened := r.open(ctx)
	end := r.watch()
	if end.timedOut {
		r.Say(end.note)
	}
	ctx, stop := r.untilSignal(ctx)
	defer stop()
	if end.hurried {
		ctx, stop = context.WithTimeout(ctx, haste)
		defer stop()
	}
	select {
	case <-opened: // a start that came after its end would leave the run open
	case <-ctx.Done():
	}
	r.report(ctx, end)
	r.linger(ctx, end)
	return end.exit
}

func (r *run) start(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, r.Command[0], r.Command[1:]...)
	cmd.Stdin = r.Stdin
	r.process = newProcess(cmd)
	if err := r.output.connect(cmd, r.Config); err != nil {
		return err
	}
	err := cmd.Start()
	r.output.begin(err == nil)
	return err
}

// unstartable is the outcome of a command that could not be started.
func unstartable(err error) outcome {
	exit := ExitNotExecutable
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		exit = ExitNotFound
	}
	return outcome{exit: exit, note: "the command could not be started: " + err.Error(), ended: time.Now()}
}

// open reports the start, and sends what waits in the spool if the monitor can
// be reached, beside the command.
func (r *run) open(ctx context.Context) (done <-chan struct{}) {
	opened := make(chan struct{})
	go func() {
		defer close(opened)
		if !r.NoStart {
			limited, cancel := context.WithTimeout(ctx, startFor)
			err := r.Client.Start(limited, r.Check, client.Details{Run: r.id})
			cancel()
			if err != nil && final(err) {
				r.Say("the monitor refused the start: " + err.Error())
			}
			if err != nil {
				return
			}
		}
		r.flush(ctx)
	}()
	return opened
}

func (r *run) flush(ctx context.Context) {
	if r.Spool == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, flushFor)
	defer cancel()
	done, err := r.Spool.Flush(ctx, r.Client.Send)
	if err != nil && !errors.Is(err, ErrBusy) {
		r.Say(fmt.Sprintf("reports kept in %s: %v: %v", r.Spool.Dir(), done, err))
	}
}

// watch waits for the command's end, and passes on signals meanwhile.
func (r *run) watch() outcome {
	ended := make(chan outcome, 1)
	go func() {
		err := r.process.cmd.Wait()
		ended <- r.outcome(err)
	}()
	var timeout, kill <-chan time.Time
	if r.Timeout > 0 {
		timeout = time.After(r.Timeout)
	}
	var asked os.Signal
	var deadline time.Time
	for {
		select {
		case s := <-r.signals:
			if ends(s) {
				asked = s
			}
			r.process.forward(s)
		case <-timeout:
			r.process.terminate()
			kill, deadline = time.After(r.KillAfter), time.Now().Add(r.KillAfter)
		case <-kill:
			r.process.kill()
		case end := <-ended:
			switch {
			case !deadline.IsZero():
				r.sweep(deadline)
				end.timedOut, end.exit = true, ExitTimedOut
				end.note = fmt.Sprintf("the command ran longer than %v and was ended", r.Timeout)
			case asked != nil:
				end.note = join("heartbeat was asked to end ("+asked.String()+") and passed that on", end.note)
			}
			end.hurried = asked != nil
			r.output.drain(drainFor)
			return end
		}
	}
}

func join(notes ...string) string {
	return strings.Join(slices.DeleteFunc(notes, func(s string) bool { return s == "" }), "; ")
}

func (r *run) outcome(err error) outcome {
	exit, killedBy := exitStatus(r.process.cmd.ProcessState)
	end := outcome{exit: exit, ended: time.Now()}
	if killedBy != "" {
		end.note = "the command was killed by " + killedBy
	} else if other := new(exec.ExitError); err != nil && !errors.As(err, &other) {
		end.note = "the command could not be waited for: " + err.Error()
	}
	return end
}

// sweep lets what is left of a command that ran out of time end as well, and
// kills it at the deadline.
func (r *run) sweep(deadline time.Time) {
	for !r.process.gone() {
		if !time.Now().Before(deadline) {
			r.process.kill()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// untilSignal returns a context that ends when this process is asked to end.
func (r *run) untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		for {
			select {
			case s := <-r.signals:
				if ends(s) {
					cancel()
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, cancel
}

// linger passes on the output of what the command left running, which would
// break if nobody read it any more.
func (r *run) linger(ctx context.Context, end outcome) {
	if end.hurried || end.timedOut || r.output.drain(0) {
		return
	}
	r.Say("the command has ended and is reported, but something that it started still holds its output: " +
		"passing it on until that ends (start it with >/dev/null 2>&1 if nobody needs it)")
	select {
	case <-r.output.done:
	case <-ctx.Done():
	}
}
