package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat"
)

var eight = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

func opened(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, heartbeat.ErrClosed) {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// added stores a check that is up.
func added(t *testing.T, s *Store, name string) heartbeat.Check {
	t.Helper()
	n := heartbeat.Names{Host: "h", Category: "c", Type: "t", Name: name}
	c := heartbeat.Check{ID: n.ID("p"), Names: n, State: heartbeat.State{Status: heartbeat.StatusUp, Since: eight}}
	if err := s.Add(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return read(t, s, c.ID)
}

func read(t *testing.T, s *Store, id heartbeat.CheckID) heartbeat.Check {
	t.Helper()
	c, err := s.Check(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func do(t *testing.T, s *Store, f func(w *writer) error) {
	t.Helper()
	if err := s.change(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// crashed opens what a crash would leave of the file of s.
func crashed(t *testing.T, s *Store, path string) *Store {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "crashed.db")
	s.table.mu.RLock() // no commit meanwhile
	defer s.table.mu.RUnlock()
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(copied+suffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return opened(t, copied)
}

// hold keeps the writer from committing until the returned function is called,
// and waits until n writes stand behind the one that it holds.
func hold(t *testing.T, s *Store, n int, write func(i int)) (release func()) {
	t.Helper()
	s.table.mu.RLock()
	go func() { _ = s.Ready(context.Background()) }()
	for s.table.mu.TryRLock() { // until the writer waits for the table
		s.table.mu.RUnlock()
		time.Sleep(time.Millisecond)
	}
	for i := range n {
		go write(i)
		for len(s.writer.queue) <= i {
			time.Sleep(time.Millisecond)
		}
	}
	return s.table.mu.RUnlock
}

func TestPing_BodyIsTheCallersAgainWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	s := opened(t, filepath.Join(t.TempDir(), "h.db"))
	c := added(t, s, "a")
	ctx, cancel := context.WithCancel(t.Context())
	body, status := []byte("mine"), 1
	gone := make(chan error)
	release := hold(t, s, 1, func(int) {
		_, err := s.Ping(ctx, c.ID, heartbeat.Ping{At: eight, Kind: heartbeat.KindLog, Body: body, Exit: &status}, nil)
		gone <- err
	})
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	copy(body, "next")
	status = 2
	release()
	if err := s.Ready(t.Context()); err != nil { // the ping was before it
		t.Fatal(err)
	}
	pings, err := s.Pings(t.Context(), c.ID, 1)
	if err != nil || len(pings) != 1 || string(pings[0].Body) != "mine" || *pings[0].Exit != 1 {
		t.Fatalf("got %+v, %v", pings, err)
	}
}

func TestDelete_ErasesNothingWhenTheDiskIsFull(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "h.db")
	s := opened(t, path)
	kept, other := added(t, s, "kept"), added(t, s, "other")
	do(t, s, func(w *writer) error {
		var most int64
		return w.conn.QueryRowContext(w.ctx, "PRAGMA max_page_count = 1").Scan(&most) // which means: no more
	})
	results := make(chan error, 2)
	release := hold(t, s, 2, func(i int) {
		if i == 0 {
			_, err := s.Ping(context.Background(), other.ID, heartbeat.Ping{
				At: eight, Kind: heartbeat.KindLog, Body: bytes.Repeat([]byte("x"), 100_000),
			}, nil)
			results <- err
			return
		}
		results <- s.Delete(context.Background(), kept.ID, kept.Rev)
	})
	release()
	if a, b := <-results, <-results; a == nil || b == nil {
		t.Fatalf("got %v and %v, want two failures", a, b)
	}
	verify(t, s)
	if diff := cmp.Diff(kept, read(t, crashed(t, s, path), kept.ID)); diff != "" {
		t.Fatalf("the file differs from memory (-memory +file):\n%s", diff)
	}
}

func TestChecks_OneThatIsEditedMeanwhileIsNotTorn(t *testing.T) {
	t.Parallel()
	s := opened(t, filepath.Join(t.TempDir(), "h.db"))
	for name, edit := range map[string]func(*heartbeat.Check){
		"names":    func(c *heartbeat.Check) { c.Host = "elsewhere" },
		"settings": func(c *heartbeat.Check) { c.Period = time.Hour },
	} {
		stale := added(t, s, name)
		edited := stale
		edit(&edited)
		if err := s.Save(t.Context(), edited, nil); err != nil {
			t.Fatal(err)
		}
		got, err := s.complete(t.Context(), []heartbeat.Check{stale})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]heartbeat.Check{read(t, s, stale.ID)}, got); diff != "" {
			t.Errorf("an edit of %s (-stored +listed):\n%s", name, diff)
		}
	}
}

func TestCheck_DoesNotWaitForLists(t *testing.T) {
	t.Parallel()
	s := opened(t, filepath.Join(t.TempDir(), "h.db"))
	c := added(t, s, "a")
	for range 4 {
		conn, err := s.read.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := s.Check(ctx, c.ID); err != nil {
		t.Fatal(err)
	}
}

func TestTrim_LeavesWhatAStartMustRepeat(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "h.db")
	s := opened(t, path)
	c := added(t, s, "busy")
	for i := range 2 * heartbeat.KeepPings {
		kind := heartbeat.KindLog
		if i == 0 {
			kind = heartbeat.KindStart
		}
		if _, err := s.Ping(t.Context(), c.ID, heartbeat.Ping{At: eight, Kind: kind}, nil); err != nil {
			t.Fatal(err)
		}
	}
	do(t, s, func(w *writer) error {
		w.trim = trimmer{active: true, end: w.row}
		return nil
	})
	if diff := cmp.Diff(read(t, s, c.ID), read(t, crashed(t, s, path), c.ID)); diff != "" {
		t.Fatalf("a crash while the log was trimmed changed the check (-before +after):\n%s", diff)
	}
}

func TestTrim_OldPingsAreForgottenAndNewOnesKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // which need not wait for the trimming
		path := filepath.Join(t.TempDir(), "h.db")
		s := opened(t, path)
		busy, slow := added(t, s, "busy"), added(t, s, "slow")
		const many, few = 2*heartbeat.KeepPings + 50, heartbeat.KeepPings / 2
		for i := range many {
			for _, c := range []heartbeat.Check{busy, slow} {
				if c.ID == slow.ID && i >= few {
					continue
				}
				if _, err := s.Ping(t.Context(), c.ID, heartbeat.Ping{At: eight, Kind: heartbeat.KindLog}, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		do(t, s, func(w *writer) error {
			w.row += 2 * trimSpare // as if the log were that long
			return nil
		})
		time.Sleep(time.Hour)
		for range 2 {
			kept, err := s.Pings(t.Context(), busy.ID, many)
			if err != nil || len(kept) != heartbeat.KeepPings || kept[0].N != many {
				t.Fatalf("kept %d pings of the busy check, %v", len(kept), err)
			}
			if kept, err := s.Pings(t.Context(), slow.ID, many); err != nil || len(kept) != few {
				t.Fatalf("kept %d pings of the slow check, %v; want all", len(kept), err)
			}
			var rows int
			if err := s.read.QueryRow("SELECT count(*) FROM pings").Scan(&rows); err != nil || rows != heartbeat.KeepPings+few {
				t.Fatalf("the log has %d rows, %v", rows, err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = opened(t, path)
		}
	})
}

func TestNoticeLog_GapsDoNotShortenIt(t *testing.T) {
	t.Parallel()
	s := opened(t, filepath.Join(t.TempDir(), "h.db"))
	c := added(t, s, "a")
	add := func(n int, notice heartbeat.Notice) {
		columns, err := noticeValues(notice)
		if err != nil {
			t.Fatal(err)
		}
		do(t, s, func(w *writer) error {
			for range n {
				if err := w.addNotice(columns[:len(columns):len(columns)]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	add(keepNotices, heartbeat.Notice{Created: eight})
	add(5*keepNotices, heartbeat.Notice{Created: eight, Next: eight, Check: c.ID})
	if err := s.Delete(t.Context(), c.ID, c.Rev); err != nil {
		t.Fatal(err)
	}
	for range 150 { // of which some look for notices to forget
		add(1, heartbeat.Notice{Created: eight})
	}
	log, err := s.NoticeLog(t.Context(), 10*keepNotices)
	if err != nil || len(log) < keepNotices {
		t.Fatalf("%d notices were kept, %v", len(log), err)
	}
}

func TestOpen_AnyPathIsDurable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a b?c#d.db", "100%41.db", "a&_pragma=synchronous(0).db", ":memory:", "ü;'\".db"} {
		path := filepath.Join(dir, name)
		s := opened(t, path)
		var sync int
		var mode string
		do(t, s, func(w *writer) error {
			return errors.Join(
				w.conn.QueryRowContext(w.ctx, "PRAGMA synchronous").Scan(&sync),
				w.conn.QueryRowContext(w.ctx, "PRAGMA journal_mode").Scan(&mode))
		})
		if sync != 2 || mode != "wal" {
			t.Errorf("%s: synchronous is %d and journal_mode %s, want 2 (FULL) and wal", name, sync, mode)
		}
		c := added(t, s, "a")
		dest := filepath.Join(dir, "copy of "+name)
		if err := Backup(t.Context(), path, dest); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		read(t, opened(t, dest), c.ID)
		for _, file := range []string{path, dest} {
			if _, err := os.Stat(file); err != nil {
				t.Error(err)
			}
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 5*6 { // of each: the file and its lock, the open copy with three beside it
		t.Errorf("got files %q, %v", left, err)
	}
}

func TestOpen_ALinkHasTheLockOfItsFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "h.db")
	opened(t, path)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	if _, err := Open(t.Context(), Config{Path: link}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Fatalf("got %v, want a refusal", err)
	}
}

func TestOpen_RefusesFilesThatAreNotItsOwn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ change, want string }{
		{"PRAGMA user_version = 99", "schema version 99"},
		{"PRAGMA user_version = 0", "another program's"},
		{"DROP TABLE pings", "another program's"},
	} {
		path := filepath.Join(t.TempDir(), "h.db")
		s := opened(t, path)
		do(t, s, func(w *writer) error { return w.exec(tt.change) })
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), Config{Path: path}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("after %s: got %v, want %q", tt.change, err, tt.want)
		}
	}
}

func TestStore_LivesInBubblesOfItsOwn(t *testing.T) {
	for i := range 3 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := opened(t, filepath.Join(t.TempDir(), "h.db"))
				c := added(t, s, "a")
				for range 10 {
					if _, err := s.Ping(t.Context(), c.ID, heartbeat.Ping{At: eight, Kind: heartbeat.KindSuccess}, nil); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(time.Hour) // flushed by now, and asleep
				s.table.mu.RLock()
				defer s.table.mu.RUnlock()
				if w := s.writer; w.contained() != w.row || w.rounds.active || w.timer.Stop() {
					t.Error("an idle store has work to do")
				}
			})
		})
	}
}

// A hand from outside may write into the file while the program runs.
func TestCheck_OneThatCannotBeReadHidesNoOther(t *testing.T) {
	t.Parallel()
	s := opened(t, filepath.Join(t.TempDir(), "h.db"))
	bad, good := added(t, s, "bad"), added(t, s, "good")
	do(t, s, func(w *writer) error {
		return w.exec(`UPDATE checks SET more = '{' WHERE no = ?`, w.table.slots[bad.ID])
	})
	if _, err := s.Check(t.Context(), bad.ID); !errors.Is(err, heartbeat.ErrUnreadable) {
		t.Errorf("check: %v, want unreadable", err)
	}
	got, err := s.Checks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]heartbeat.Check{good}, got); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
}
