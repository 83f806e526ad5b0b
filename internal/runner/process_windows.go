package runner

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func listen(ch chan<- os.Signal) { signal.Notify(ch, os.Interrupt, syscall.SIGTERM) }

func ends(os.Signal) bool { return true }

// process is a command that runs. Windows has neither signals nor groups of
// processes: Ctrl+C reaches the command by itself, and it can only be killed.
type process struct{ cmd *exec.Cmd }

func newProcess(cmd *exec.Cmd) *process { return &process{cmd} }

func (p *process) forward(os.Signal) {}

func (p *process) terminate() { p.kill() }

func (p *process) kill() { _ = p.cmd.Process.Kill() } // fails if the command has just ended

func (p *process) gone() bool { return true }

func exitStatus(state *os.ProcessState) (status int, killedBy string) { return state.ExitCode(), "" }

// errNoData is ERROR_NO_DATA, "the pipe is being closed".
const errNoData = syscall.Errno(232)

func closedPipe(err error) bool {
	return errors.Is(err, syscall.ERROR_BROKEN_PIPE) || errors.Is(err, errNoData)
}
