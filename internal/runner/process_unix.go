//go:build unix

package runner

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// forwarded are the signals that are passed on to the command.
var forwarded = []os.Signal{
	syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2,
}

// listen has signals sent to ch. A signal that was ignored from the beginning,
// as nohup arranges, stays ignored, for the command too. SIGPIPE only has to be
// kept from ending this process: that an output is closed is seen when writing.
func listen(ch chan<- os.Signal) {
	for _, s := range forwarded {
		if !signal.Ignored(s) {
			signal.Notify(ch, s)
		}
	}
	signal.Notify(ch, syscall.SIGPIPE)
}

// ends tells whether a signal asks this process to end.
func ends(s os.Signal) bool {
	return s == syscall.SIGTERM || s == syscall.SIGINT || s == syscall.SIGHUP || s == syscall.SIGQUIT
}

// process is a command that runs. It has a process group of its own, so that
// all of it can be ended, unless there is a terminal: there the group in the
// foreground is ours, and a command outside it could not read what is typed.
type process struct {
	cmd *exec.Cmd
	own bool
}

func newProcess(cmd *exec.Cmd) *process {
	p := &process{cmd: cmd, own: !hasTerminal()}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: p.own}
	return p
}

func hasTerminal() bool {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err == nil {
		_ = tty.Close()
	}
	return err == nil
}

// forward passes a signal on. What was typed at a terminal has reached the
// command already.
func (p *process) forward(s os.Signal) {
	if s == syscall.SIGPIPE || !p.own && (s == syscall.SIGINT || s == syscall.SIGQUIT) {
		return
	}
	_ = p.cmd.Process.Signal(s) // fails if the command has just ended
}

// terminate asks the whole group to end, even what is stopped.
func (p *process) terminate() {
	p.send(syscall.SIGTERM)
	p.send(syscall.SIGCONT)
}

func (p *process) kill() { p.send(syscall.SIGKILL) }

func (p *process) send(s syscall.Signal) {
	if p.own {
		_ = syscall.Kill(-p.cmd.Process.Pid, s) // fails if nothing is left
		return
	}
	_ = p.cmd.Process.Signal(s)
}

// gone tells whether nothing is left of the group, once the command has ended.
// The first process of a container inherits what the command left, and has to
// wait for it.
func (p *process) gone() bool {
	if !p.own {
		return true
	}
	group := -p.cmd.Process.Pid
	_, _ = syscall.Wait4(group, nil, syscall.WNOHANG, nil) // mostly there is nothing to wait for
	return errors.Is(syscall.Kill(group, 0), syscall.ESRCH)
}

// exitStatus returns a command's exit status as a shell does: 128 and the
// signal's number if it was killed by one, which the text then names.
func exitStatus(state *os.ProcessState) (status int, killedBy string) {
	ws, ok := state.Sys().(syscall.WaitStatus)
	if by := ws.Signal(); ok && by > 0 { // it is -1 if the command ended by itself
		return 128 + int(by), fmt.Sprintf("signal %d (%v)", by, by)
	}
	return state.ExitCode(), ""
}

// closedPipe tells whether nobody reads any more what was written.
func closedPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }
