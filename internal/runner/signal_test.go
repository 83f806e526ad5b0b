//go:build unix

package runner_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat/client"
	"heartbeat/internal/runner"
)

// Variables that make this test's binary a wrapper: signals need a process of
// their own.
const (
	urlVariable     = "RUNNER_TEST_URL"
	spoolVariable   = "RUNNER_TEST_SPOOL"
	timeoutVariable = "RUNNER_TEST_TIMEOUT"
)

func TestMain(m *testing.M) {
	if base := os.Getenv(urlVariable); base != "" {
		os.Exit(wrap(base))
	}
	os.Exit(m.Run())
}

func wrap(base string) int {
	c, err := client.New(client.Config{BaseURL: base})
	if err != nil {
		panic(err)
	}
	none, err := runner.NewMasks(nil, nil)
	if err != nil {
		panic(err)
	}
	timeout, _ := time.ParseDuration(os.Getenv(timeoutVariable))
	return runner.Run(context.Background(), runner.Config{
		Client: c, Check: client.Check{UUID: uuid}, Command: os.Args[1:],
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Timeout: timeout, KillAfter: 500 * time.Millisecond, Tail: runner.MaxTail, Masks: none,
		Spool:     runner.OpenSpool(runner.SpoolConfig{Dir: os.Getenv(spoolVariable), BaseURL: base}),
		LateAfter: time.Minute,
		Say:       func(line string) { fmt.Fprintln(os.Stderr, line) },
	})
}

// wrapper is one that runs in a process of its own, without a terminal.
type wrapper struct {
	*exec.Cmd
	out   *bufio.Reader
	spool string
}

// command is this test's binary as a wrapper.
func command(t *testing.T, m *monitor, args ...string) (cmd *exec.Cmd, spool string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	spool = filepath.Join(t.TempDir(), "spool")
	cmd = exec.Command(self, args...)
	cmd.Env = append(os.Environ(), urlVariable+"="+m.URL, spoolVariable+"="+spool)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Stderr = t.Output()
	t.Cleanup(func() {
		if cmd.Process != nil {
			_ = cmd.Process.Kill() // of no use unless the test failed
		}
	})
	return cmd, spool
}

func startWrapper(t *testing.T, m *monitor, script string, more ...string) *wrapper {
	t.Helper()
	cmd, spool := command(t, m, "sh", "-c", script)
	cmd.Env = append(cmd.Env, more...)
	return begin(t, cmd, spool)
}

func begin(t *testing.T, cmd *exec.Cmd, spool string) *wrapper {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &wrapper{Cmd: cmd, out: bufio.NewReader(out), spool: spool}
}

func (w *wrapper) line(t *testing.T) string {
	t.Helper()
	line, err := w.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// end waits for the wrapper, for ten seconds at most, and returns what it wrote
// and its exit status.
func (w *wrapper) end(t *testing.T) (rest string, exit int) {
	t.Helper()
	stop := time.AfterFunc(10*time.Second, func() { _ = w.Process.Kill() })
	defer stop.Stop()
	text, _ := io.ReadAll(w.out)
	err := w.Wait()
	if failed := new(exec.ExitError); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return string(text), w.ProcessState.ExitCode()
}

// patient runs until a signal comes, and says which.
const patient = `for s in TERM INT HUP QUIT USR1 USR2; do trap "echo got $s; exit 9" $s; done
echo ready; while :; do sleep 0.02; done`

func TestRun_SignalsArePassedOn(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]syscall.Signal{
		"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP,
		"QUIT": syscall.SIGQUIT, "USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMonitor(t, nil)
			w := startWrapper(t, m, patient)
			w.line(t)
			if err := w.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			rest, exit := w.end(t)
			if rest != "got "+name+"\n" || exit != 9 {
				t.Errorf("it wrote %q and ended with %d", rest, exit)
			}
			if got := m.received(); m.whats() != "start 9" || !strings.Contains(got[1].body, "got "+name) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestRun_CommandThatASignalEnds(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, nil)
	w := startWrapper(t, m, "echo ready; exec sleep 60")
	w.line(t)
	if err := w.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_, exit := w.end(t)
	got := m.received()
	want := "ready\nheartbeat: heartbeat was asked to end (terminated) and passed that on; " +
		"the command was killed by signal 15 (terminated)\n"
	if exit != 143 || m.whats() != "start 143" || got[1].body != want {
		t.Errorf("it ended with %d and reported %+v", exit, got)
	}
}

func TestRun_IgnoredSignalsStayIgnored(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, nil)
	cmd, spool := command(t, m)
	// As nohup does. The command shows that it ignores the signal too.
	cmd.Args = []string{"sh", "-c", `trap '' HUP; exec "$0" sh -c 'kill -HUP $$; echo alive; read line; echo still'`, cmd.Path}
	cmd.Path = "/bin/sh"
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	w := begin(t, cmd, spool)
	if got := w.line(t); got != "alive" {
		t.Errorf("got %q", got)
	}
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(in, "\n")
	if rest, exit := w.end(t); rest != "still\n" || exit != 0 {
		t.Errorf("it wrote %q and ended with %d", rest, exit)
	}
}

func TestRun_ClosedOutputEndsTheCommandAsWithoutUs(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, nil)
	cmd, _ := command(t, m, "sh", "-c", "while :; do echo more; done")
	r, out := pipe(t)
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = out.Close()
	if _, err := io.ReadFull(r, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	got := m.wait(t, 2)
	_ = cmd.Wait() // says that it failed
	if exit := cmd.ProcessState.ExitCode(); exit != 141 || got[1].what != "141" || !strings.Contains(got[1].body, "broken pipe") {
		t.Errorf("it ended with %d and reported %q", exit, got[1].what)
	}
}

func TestRun_TimeoutEndsTheWholeGroup(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, nil)
	// A child that ignores SIGTERM, in the background.
	w := startWrapper(t, m, `sh -c 'trap "" TERM; echo $$; while :; do sleep 0.05; done' & wait`, timeoutVariable+"=300ms")
	var child int
	if _, err := fmt.Sscan(w.line(t), &child); err != nil {
		t.Fatal(err)
	}
	if _, exit := w.end(t); exit != runner.ExitTimedOut || m.whats() != "start 124" {
		t.Errorf("it ended with %d and reported %q", exit, m.whats())
	}
	for deadline := time.Now().Add(5 * time.Second); running(child); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			_ = syscall.Kill(child, syscall.SIGKILL)
			t.Fatal("the command's child still runs")
		}
	}
}

// running tells whether a process is there and no zombie, which somebody else
// has to wait for.
func running(pid int) bool {
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err == nil {
		return !strings.Contains(string(state), ") Z ")
	}
	return syscall.Kill(pid, 0) == nil && !errors.Is(err, os.ErrNotExist)
}

// Whoever ends this process will not wait for a minute of retries.
func TestRun_SignalWhileTheMonitorIsAwayKeepsTheReportAtOnce(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"while the command runs", "while the end is reported"} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			m := newMonitor(t, always(503, 0))
			script := "echo ready; exit 7"
			if when == "while the command runs" {
				script = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done"
			}
			w := startWrapper(t, m, script)
			w.line(t)
			if when != "while the command runs" {
				time.Sleep(500 * time.Millisecond)
			}
			began := time.Now()
			if err := w.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			_, exit := w.end(t)
			if took := time.Since(began); exit != 7 || took > 8*time.Second {
				t.Errorf("it ended with %d after %v", exit, took)
			}
			s := runner.OpenSpool(runner.SpoolConfig{Dir: w.spool, BaseURL: m.URL})
			got := flush(t, s, runner.Flushed{Sent: 1})
			if diff := cmp.Diff([]string{uuid + " exit 7"}, got.lines); diff != "" {
				t.Error(diff)
			}
		})
	}
}
