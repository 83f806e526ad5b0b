package runner_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat/client"
	"heartbeat/internal/runner"
)

const key = "battery-staple"

var (
	nightly = client.Check{Host: "db1", Category: "backup", Type: "cron", Name: "nightly", Settings: client.Settings{Every: 24 * time.Hour}}
	hourly  = client.Check{Slug: "hourly"}
)

func openSpool(t *testing.T) (s *runner.Spool, dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "state", "spool")
	return runner.OpenSpool(runner.SpoolConfig{Dir: dir, BaseURL: "https://example.org", PingKey: key}), dir
}

// ended is the report of a run that ended some time ago.
func ended(check client.Check, exit int, ago time.Duration) runner.Report {
	return runner.Report{
		Check: check, Ended: time.Now().Add(-ago), LateAfter: 5 * time.Minute,
		Ping: client.Ping{Exit: &exit, Details: client.Details{Run: uuid, Body: []byte("all of it\n")}},
	}
}

func add(t *testing.T, s *runner.Spool, reports ...runner.Report) {
	t.Helper()
	for _, r := range reports {
		if err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
}

// sink takes pings, as lines such as "hourly exit 3".
type sink struct {
	lines, bodies []string
	// fail is what the ping with that number, from 1 up, gets.
	fail map[int]error
}

func (s *sink) send(_ context.Context, check client.Check, p client.Ping) error {
	if err := s.fail[len(s.lines)+1]; err != nil {
		s.lines = append(s.lines, "failed")
		return err
	}
	line := check.Slug + check.UUID + check.Name + " " + string(p.Kind)
	if p.Exit != nil {
		line = fmt.Sprintf("%sexit %d", line, *p.Exit)
	}
	s.lines, s.bodies = append(s.lines, line), append(s.bodies, string(p.Body))
	return nil
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func flush(t *testing.T, s *runner.Spool, want runner.Flushed) *sink {
	t.Helper()
	var got sink
	done, err := s.Flush(t.Context(), got.send)
	if err != nil || done != want {
		t.Errorf("flush: %v, %v, want %v", done, err, want)
	}
	return &got
}

func TestSpool_WhatIsReportedLate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		exit    int
		ago     time.Duration
		replace bool // a newer report has been sent
		want    string
	}{
		{"a success in time is one", 0, 4 * time.Minute, false, "nightly exit 0"},
		{"a late success is history", 0, 6 * time.Minute, false, "nightly log"},
		{"a failure in time is one", 3, 4 * time.Minute, false, "nightly exit 3"},
		{"a late failure still is one", 3, 50 * time.Hour, false, "nightly exit 3"},
		{"a success with a newer report is history", 0, time.Minute, true, "nightly log"},
		{"a failure with a newer report is history", 3, time.Minute, true, "nightly log"},
		{"a clock that was set back: how late is not known", 0, -time.Hour, false, "nightly log"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, dir := openSpool(t)
			add(t, s, ended(nightly, test.exit, test.ago))
			if test.replace {
				changed := nightly
				changed.Every = 0
				if err := s.Supersede(t.Context(), changed); err != nil {
					t.Fatal(err)
				}
			}
			got := flush(t, s, runner.Flushed{Sent: 1})
			if diff := cmp.Diff([]string{test.want}, got.lines); diff != "" {
				t.Error(diff)
			}
			late := strings.HasSuffix(test.want, "log") || test.ago > time.Hour
			note := fmt.Sprintf("exit status %d; the monitor could not be reached then\n", test.exit)
			if said := strings.Contains(got.bodies[0], note); said != late || !strings.HasSuffix(got.bodies[0], "all of it\n") {
				t.Errorf("the body is %q", got.bodies[0])
			}
			if left := files(t, dir); len(left) != 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
}

func TestSpool_KeepsTheWholeCheck(t *testing.T) {
	t.Parallel()
	for _, check := range []client.Check{
		nightly,
		{UUID: uuid},
		{Slug: "nightly", Create: true, Settings: client.Settings{Cron: "0 3 * * *", Grace: 90 * time.Minute, Worktime: "mon-sat", Zone: "UTC"}},
		{Slug: "nightly", Create: true, Settings: client.Settings{OnCalendar: "12:34\nSat 15:00", Grace: -1}},
	} {
		s, _ := openSpool(t)
		add(t, s, ended(check, 0, 0))
		var got client.Check
		_, err := s.Flush(t.Context(), func(_ context.Context, c client.Check, _ client.Ping) error {
			got = c
			return nil
		})
		if diff := cmp.Diff(check, got); diff != "" || err != nil {
			t.Errorf("%v (-kept +sent):\n%s", err, diff)
		}
	}
}

func TestSpool_OldestFirstAndOnlyTheLastCounts(t *testing.T) {
	t.Parallel()
	s, _ := openSpool(t)
	add(t, s,
		ended(hourly, 0, time.Minute), ended(nightly, 1, 3*time.Minute),
		ended(hourly, 7, 2*time.Minute), ended(client.Check{UUID: uuid}, 2, 4*time.Minute))
	got := flush(t, s, runner.Flushed{Sent: 4})
	if diff := cmp.Diff([]string{uuid + " exit 2", "nightly exit 1", "hourly log", "hourly exit 0"}, got.lines); diff != "" {
		t.Error(diff)
	}
}

const uuid = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"

func TestSpool_StopsWhereTheMonitorIsAway(t *testing.T) {
	t.Parallel()
	s, _ := openSpool(t)
	add(t, s, ended(nightly, 0, 3*time.Minute), ended(hourly, 1, 2*time.Minute), ended(hourly, 0, time.Minute))
	away := &client.StatusError{Code: 503}
	got := sink{fail: map[int]error{2: away}}
	done, err := s.Flush(t.Context(), got.send)
	if !errors.Is(err, away) || done != (runner.Flushed{Sent: 1, Left: 2}) {
		t.Errorf("got %v, %v", done, err)
	}
	again := flush(t, s, runner.Flushed{Sent: 2})
	if diff := cmp.Diff([]string{"hourly log", "hourly exit 0"}, again.lines); diff != "" {
		t.Error(diff)
	}
}

func TestSpool_WhatIsRefusedForGoodIsGoneAndSaid(t *testing.T) {
	t.Parallel()
	s, _ := openSpool(t)
	add(t, s, ended(nightly, 0, 3*time.Minute), ended(hourly, 1, 2*time.Minute))
	refused := &client.StatusError{Code: 404, Text: "not found"}
	got := sink{fail: map[int]error{1: refused}}
	done, err := s.Flush(t.Context(), got.send)
	if !errors.Is(err, refused) || done != (runner.Flushed{Sent: 1, Refused: 1}) {
		t.Errorf("got %v, %v", done, err)
	}
	flush(t, s, runner.Flushed{})
}

func TestSpool_OnlyForItsServerAndKey(t *testing.T) {
	t.Parallel()
	s, dir := openSpool(t)
	add(t, s, ended(nightly, 0, time.Minute), ended(client.Check{UUID: uuid}, 0, time.Minute))
	for _, other := range []struct {
		base, key string
		sent      int
	}{
		{"https://elsewhere.example.org", key, 0},
		{"https://example.org", "another-key", 1}, // the UUID needs none
		{"https://example.org", "", 0},
		{"https://example.org", key, 1},
	} {
		s := runner.OpenSpool(runner.SpoolConfig{Dir: dir, BaseURL: other.base, PingKey: other.key})
		before := len(files(t, dir))
		flush(t, s, runner.Flushed{Sent: other.sent, Left: before - other.sent})
	}
}

func TestSpool_FilesAreTheOwnersAndHoldNoKey(t *testing.T) {
	t.Parallel()
	s, dir := openSpool(t)
	add(t, s, ended(nightly, 0, time.Minute), ended(hourly, 0, time.Minute))
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if d.IsDir() {
			return nil
		}
		data, err := os.ReadFile(path)
		if strings.Contains(string(data), key) {
			t.Errorf("%s holds the key: %s", path, data)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestSpool_ForgetsWhatIsOldOrTooMuchOrNoReport(t *testing.T) {
	t.Parallel()
	s, dir := openSpool(t)
	add(t, s, ended(hourly, 1, runner.MaxAge-time.Minute))
	if n := len(files(t, dir)); n != 1 {
		t.Fatalf("%d files", n)
	}
	add(t, s, ended(hourly, 1, runner.MaxAge+time.Minute))
	if n := len(files(t, dir)); n != 1 {
		t.Errorf("%d files: one is too old", n)
	}
	// Cheap stand-ins, newer than the report.
	for i := range runner.MaxSpooled {
		name := time.Now().UTC().Format("20060102T150405.000000000Z") + fmt.Sprintf("-%04d.json", i)
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := filepath.Join(dir, "crashed.part")
	if err := os.WriteFile(old, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	add(t, s, ended(nightly, 0, 0))
	if n := len(files(t, dir)); n != runner.MaxSpooled {
		t.Errorf("%d files, want %d", n, runner.MaxSpooled)
	}
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what a crash left is still there: %v", err)
	}
	got := flush(t, s, runner.Flushed{Sent: 1})
	if diff := cmp.Diff([]string{"nightly exit 0"}, got.lines); diff != "" {
		t.Error(diff)
	}
	if n := len(files(t, dir)); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

func TestSpool_SeveralAtOnceSendNothingTwice(t *testing.T) {
	t.Parallel()
	s, dir := openSpool(t)
	const n = 20
	for i := range n {
		add(t, s, ended(hourly, 0, time.Duration(i)*time.Second))
	}
	var mu sync.Mutex
	var got sink
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			_, err := s.Flush(t.Context(), func(ctx context.Context, c client.Check, p client.Ping) error {
				mu.Lock()
				defer mu.Unlock()
				return got.send(ctx, c, p)
			})
			if err != nil && !errors.Is(err, runner.ErrBusy) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(got.lines) != n || len(files(t, dir)) != 0 {
		t.Errorf("%d were sent, %d are left", len(got.lines), len(files(t, dir)))
	}
}

func TestSpool_ReadsDoNotMakeTheFolder(t *testing.T) {
	t.Parallel()
	s, dir := openSpool(t)
	flush(t, s, runner.Flushed{})
	if err := s.Supersede(t.Context(), nightly); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
}

func TestSpool_SaysWhatKeepsItFromKeeping(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", file} {
		s := runner.OpenSpool(runner.SpoolConfig{Dir: dir, BaseURL: "https://example.org"})
		if err := s.Add(ended(nightly, 0, 0)); err == nil {
			t.Errorf("kept in %q", dir)
		}
	}
}
