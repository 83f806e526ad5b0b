//go:build unix

package runner_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat/client"
	"heartbeat/internal/runner"
)

// job is a run in this process, and what it said and wrote.
type job struct {
	runner.Config
	out, errs bytes.Buffer
	mu        sync.Mutex
	said      []string
}

// newJob is a run of a shell script that reports to base.
func newJob(t *testing.T, base, script string) *job {
	t.Helper()
	j := &job{}
	j.Config = runner.Config{
		Client: connect(t, base, 500*time.Millisecond), Check: client.Check{UUID: uuid}, Command: []string{"sh", "-c", script},
		Stdout: &j.out, Stderr: &j.errs,
		KillAfter: 300 * time.Millisecond, Tail: runner.MaxTail, Masks: masks(t),
		Spool:     runner.OpenSpool(runner.SpoolConfig{Dir: filepath.Join(t.TempDir(), "spool"), BaseURL: base}),
		LateAfter: time.Minute,
		Say: func(line string) {
			j.mu.Lock()
			defer j.mu.Unlock()
			j.said = append(j.said, line)
		},
	}
	return j
}

func connect(t *testing.T, base string, retryFor time.Duration) *client.Client {
	t.Helper()
	c, err := client.New(client.Config{BaseURL: base, RetryFor: retryFor, AttemptTimeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (j *job) run(t *testing.T, want int) {
	t.Helper()
	if got := runner.Run(t.Context(), j.Config); got != want {
		t.Errorf("exit status %d, want %d", got, want)
	}
}

func (j *job) quiet(t *testing.T) {
	t.Helper()
	if len(j.said) != 0 {
		t.Errorf("it said %q", j.said)
	}
}

func (j *job) says(t *testing.T, want string) {
	t.Helper()
	if !strings.Contains(strings.Join(j.said, "\n"), want) {
		t.Errorf("it said %q, want %q", j.said, want)
	}
}

func TestRun_ReportsStartAndEnd(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		script, whats, body string
		exit                int
	}{
		{"echo out; echo err >&2", "start 0", "out\nerr\n", 0},
		{"exit 3", "start 3", "", 3},
		{"exit 255", "start 255", "", 255},
		{"echo x; kill -9 $$", "start 137", "x\nheartbeat: the command was killed by signal 9 (killed)\n", 137},
		{"printf x; kill -TERM $$", "start 143", "x\nheartbeat: the command was killed by signal 15 (terminated)\n", 143},
		{"echo password=hunter2", "start 0", "password=[masked]\n", 0},
	} {
		t.Run(test.script, func(t *testing.T) {
			t.Parallel()
			m := newMonitor(t, nil)
			j := newJob(t, m.URL, "sleep 0.05; "+test.script) // one stream after the other
			j.run(t, test.exit)
			got := m.received()
			if m.whats() != test.whats || got[0].run == "" || got[0].run != got[1].run {
				t.Fatalf("got %+v, want %s", got, test.whats)
			}
			if diff := cmp.Diff(test.body, got[1].body); diff != "" && test.script[:4] != "echo" {
				t.Error(diff)
			}
			if sorted(test.body) != sorted(got[1].body) {
				t.Errorf("the body is %q", got[1].body)
			}
			j.quiet(t)
		})
	}
}

// sorted makes two streams comparable: which came first is not told.
func sorted(text string) string {
	lines := strings.SplitAfter(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func TestRun_NoStart(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, nil)
	j := newJob(t, m.URL, "true")
	j.NoStart = true
	j.run(t, 0)
	if m.whats() != "0" {
		t.Errorf("got %q", m.whats())
	}
}

func TestRun_OutputIsExact(t *testing.T) {
	t.Parallel()
	out, errs := make([]byte, 10_000_000), make([]byte, 3_000_001)
	_, _ = rand.Read(out)
	_, _ = rand.Read(errs)
	dir := t.TempDir()
	for name, data := range map[string][]byte{"out": out, "errs": errs} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m := newMonitor(t, nil)
	j := newJob(t, m.URL, `cat "$0/out" & cat "$0/errs" >&2; wait`)
	j.Command = append(j.Command, dir)
	began := time.Now()
	j.run(t, 0)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if !bytes.Equal(j.out.Bytes(), out) || !bytes.Equal(j.errs.Bytes(), errs) {
		t.Errorf("%d and %d bytes came out, or other ones", j.out.Len(), j.errs.Len())
	}
	if body := m.received()[1].body; len(body) > runner.MaxTail || len(body) < runner.MaxTail-1000 {
		t.Errorf("%d bytes were reported", len(body))
	}
}

func TestRun_OutputComesAtOnceAndInputIsPassedOn(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, nil)
	j := newJob(t, m.URL, `printf 'name? '; read name; echo "hello $name"`)
	in, typed := pipe(t)
	seen, out := pipe(t)
	j.Stdin, j.Stdout = in, out
	done := make(chan struct{})
	go func() {
		defer close(done)
		j.run(t, 0)
		_ = out.Close()
	}()
	prompt := make([]byte, 6)
	if _, err := io.ReadFull(seen, prompt); err != nil || string(prompt) != "name? " {
		t.Fatalf("got %q, %v", prompt, err)
	}
	if _, err := io.WriteString(typed, "world\n"); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(seen)
	if <-done; err != nil || string(rest) != "hello world\n" {
		t.Errorf("got %q, %v", rest, err)
	}
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.Close(), w.Close() })
	return r, w
}

func TestRun_StreamsIntoOneFileKeepTheirOrder(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, nil)
	j := newJob(t, m.URL, "for i in 1 2 3 4 5 6 7 8 9; do echo o$i; echo e$i >&2; done")
	seen, out := pipe(t)
	j.Stdout, j.Stderr = out, out
	j.run(t, 0)
	_ = out.Close()
	got, err := io.ReadAll(seen)
	want := "o1\ne1\no2\ne2\no3\ne3\no4\ne4\no5\ne5\no6\ne6\no7\ne7\no8\ne8\no9\ne9\n"
	if err != nil || string(got) != want || m.received()[1].body != want {
		t.Errorf("got %q and reported %q, %v", got, m.received()[1].body, err)
	}
}

func TestRun_WithoutTailNothingIsReadOrSent(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, nil)
	j := newJob(t, m.URL, "echo hello")
	j.Tail = 0
	j.run(t, 0)
	if j.out.String() != "hello\n" || m.received()[1].body != "" {
		t.Errorf("got %q, reported %q", j.out.String(), m.received()[1].body)
	}
}

func TestRun_TailIsBoundedAndItsNoteIsWhole(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, nil)
	j := newJob(t, m.URL, "yes 0123456789 | head -c 50000; kill -9 $$")
	j.run(t, 137)
	body := m.received()[1].body
	if len(body) > runner.MaxTail || len(body) < runner.MaxTail-20 || !strings.HasSuffix(body, "signal 9 (killed)\n") {
		t.Errorf("%d bytes: …%q", len(body), body[max(0, len(body)-80):])
	}
}

func TestRun_CommandThatCannotRunIsAFailure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for command, exit := range map[string]int{
		"no-such-command": 127, filepath.Join(dir, "none"): 127, plain: 126, dir: 126,
	} {
		m := newMonitor(t, nil)
		j := newJob(t, m.URL, "")
		j.Command = []string{command}
		j.run(t, exit)
		got := m.received()
		if len(got) != 1 || got[0].what != map[int]string{126: "126", 127: "127"}[exit] ||
			!strings.Contains(got[0].body, "the command could not be started") || !strings.Contains(got[0].body, command) {
			t.Errorf("%s: got %+v", command, got)
		}
		j.says(t, "could not be started")
	}
}

func TestRun_Timeout(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"obeys":              "echo begun; sleep 60",
		"ends well":          `trap 'echo cleaned; exit 0' TERM; echo begun; while :; do sleep 0.02; done`,
		"is deaf":            `trap '' TERM; echo begun; while :; do sleep 0.02; done`,
		"is stopped":         `trap 'echo woken; exit 0' TERM; echo begun; kill -STOP $$; sleep 60`,
		"ends in the middle": `(trap '' TERM; sleep 60) & echo begun; sleep 60`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMonitor(t, nil)
			j := newJob(t, m.URL, script)
			j.Timeout = 300 * time.Millisecond
			began := time.Now()
			j.run(t, runner.ExitTimedOut)
			if took := time.Since(began); took < j.Timeout || took > j.Timeout+j.KillAfter+3*time.Second {
				t.Errorf("it took %v", took)
			}
			got := m.received()
			if m.whats() != "start 124" || !strings.HasPrefix(got[1].body, "begun\n") ||
				!strings.HasSuffix(got[1].body, "heartbeat: the command ran longer than 300ms and was ended\n") {
				t.Errorf("got %+v", got)
			}
			for who, says := range map[string]string{"ends well": "cleaned", "is stopped": "woken"} {
				if name == who && !strings.Contains(got[1].body, says) {
					t.Errorf("the command was given no time: %q", got[1].body)
				}
			}
			j.says(t, "ran longer than 300ms")
		})
	}
}

func TestRun_MonitorDownKeepsTheReport(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, nil)
	m.Close()
	j := newJob(t, m.URL, "echo done; exit 4")
	j.run(t, 4)
	if j.out.String() != "done\n" {
		t.Errorf("got %q", j.out.String())
	}
	j.says(t, "did not take the report")
	j.says(t, j.Spool.Dir()+" and sent by a later run")
	got := flush(t, j.Spool, runner.Flushed{Sent: 1})
	if diff := cmp.Diff([]string{uuid + " exit 4"}, got.lines); diff != "" || got.bodies[0] != "done\n" {
		t.Errorf("%s\n%q", diff, got.bodies)
	}
}

func TestRun_HangingMonitorDelaysNoJob(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, hang)
	j := newJob(t, m.URL, "sleep 0.1; date +%s%N")
	began := time.Now()
	j.run(t, 0)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v: start and end may take half a second each here", took)
	}
	var ended int64
	for _, d := range bytes.TrimSpace(j.out.Bytes()) {
		ended = ended*10 + int64(d-'0')
	}
	if late := time.Unix(0, ended).Sub(began); late > 2*time.Second {
		t.Errorf("the command ended %v after its beginning", late)
	}
	j.says(t, "gave no answer")
}

func TestRun_StartNeverComesAfterTheEnd(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, func(n int, _ http.ResponseWriter, _ *http.Request) bool {
		if n == 1 {
			time.Sleep(150 * time.Millisecond)
		}
		return false
	})
	newJob(t, m.URL, "true").run(t, 0)
	if m.whats() != "start 0" {
		t.Errorf("got %q", m.whats())
	}
}

func TestRun_BusyMonitorIsAskedAgain(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, func(n int, w http.ResponseWriter, r *http.Request) bool {
		switch n {
		case 2: // the first report of the end
			return always(http.StatusTooManyRequests, 1)(n, w, r)
		case 3:
			return always(http.StatusInternalServerError, 0)(n, w, r)
		}
		return false
	})
	j := newJob(t, m.URL, "sleep 0.1; exit 5")
	j.Client = connect(t, m.URL, 10*time.Second)
	j.run(t, 5)
	got := m.received()
	if m.whats() != "start 5" || got[1].at.Sub(got[0].at) < time.Second {
		t.Errorf("got %+v", got)
	}
	j.quiet(t)
}

func TestRun_RefusalIsSaidAndNotKept(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, always(http.StatusNotFound, 0))
	j := newJob(t, m.URL, "exit 6")
	j.run(t, 6)
	j.says(t, "refused the start: the server answered 404")
	j.says(t, "refused the report: the server answered 404")
	flush(t, j.Spool, runner.Flushed{})
}

func TestRun_LaterRunSendsWhatWaits(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, nil)
	j := newJob(t, m.URL, "sleep 0.3")
	add(t, j.Spool, ended(client.Check{UUID: other}, 7, time.Hour)) // is refused: no such check here
	add(t, j.Spool, ended(client.Check{UUID: uuid}, 0, time.Hour))
	j.run(t, 0)
	if m.whats() != "start log 0" {
		t.Errorf("got %q", m.whats())
	}
	j.says(t, "404")
	flush(t, j.Spool, runner.Flushed{})
}

const other = "11111111-9dad-41d1-80b4-00c04fd430c8"

func TestRun_NewerReportMakesHistoryOfOlderOnes(t *testing.T) {
	t.Parallel()
	// The monitor is back only when the run ends.
	m := newMonitor(t, func(n int, w http.ResponseWriter, r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, "/start") && always(http.StatusServiceUnavailable, 60)(n, w, r)
	})
	j := newJob(t, m.URL, "true")
	add(t, j.Spool, ended(client.Check{UUID: uuid}, 7, time.Second))
	j.run(t, 0)
	if m.whats() != "0" {
		t.Errorf("got %q", m.whats())
	}
	got := flush(t, j.Spool, runner.Flushed{Sent: 1})
	if diff := cmp.Diff([]string{uuid + " log"}, got.lines); diff != "" {
		t.Error(diff)
	}
}

func TestRun_WhatHoldsTheOutputIsPassedOnAfterTheReport(t *testing.T) {
	t.Parallel()
	m := newMonitor(t, nil)
	j := newJob(t, m.URL, `(sleep 2; echo from behind) & echo started`)
	began := time.Now()
	j.run(t, 0)
	got := m.received()
	if m.whats() != "start 0" || got[1].at.Sub(began) > 1900*time.Millisecond || got[1].body != "started\n" {
		t.Errorf("got %+v after %v", got, got[1].at.Sub(began))
	}
	if j.out.String() != "started\nfrom behind\n" {
		t.Errorf("got %q", j.out.String())
	}
	j.says(t, "still holds its output")
}
