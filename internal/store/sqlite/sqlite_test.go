package sqlite_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat"
	"heartbeat/internal/store/sqlite"
	"heartbeat/internal/store/storetest"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
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

func file(t *testing.T) string { return filepath.Join(t.TempDir(), "heartbeat.db") }

func named(i int) heartbeat.Check {
	names := heartbeat.Names{Host: "db1", Category: "backup", Type: "nightly", Name: fmt.Sprint("job ", i)}
	return heartbeat.Check{
		ID: names.ID(heartbeat.DefaultProject), Names: names, Created: noon,
		Settings: heartbeat.Settings{Spec: heartbeat.Spec{Period: time.Hour, Worktime: "always", Zone: "UTC"}},
		State:    heartbeat.State{Status: heartbeat.StatusNew, Since: noon},
	}
}

func pulse(t *testing.T, s heartbeat.Store, c heartbeat.Check, p heartbeat.Ping) heartbeat.Pinged {
	t.Helper()
	got, err := s.Ping(t.Context(), c.ID, p, func() heartbeat.Check { return c })
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// snapshot copies the file and its log as a crash would leave them: without
// anything that the store keeps in memory.
func snapshot(t *testing.T, path string) string {
	t.Helper()
	copied := file(t)
	for _, suffix := range []string{"", "-wal"} {
		from, err := os.Open(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		to, err := os.Create(copied + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(to, from); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(from.Close(), to.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return copied
}

func TestOpen_AfterCrashRepeatsTheLogOnce(t *testing.T) {
	t.Parallel()
	path := file(t)
	s := open(t, path)
	kinds := []heartbeat.Kind{
		heartbeat.KindSuccess, heartbeat.KindSuccess, heartbeat.KindStart, heartbeat.KindLog,
		heartbeat.KindFail, heartbeat.KindFail, heartbeat.KindStart, heartbeat.KindSuccess, heartbeat.KindSuccess,
	}
	for i, kind := range kinds {
		for c := range 20 {
			pulse(t, s, named(c), heartbeat.Ping{At: noon.Add(time.Duration(i) * time.Minute), Kind: kind, Run: "r"})
		}
	}
	recovered := open(t, snapshot(t, path))
	for c := range 20 {
		id := named(c).ID
		want, err := s.Check(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		got, err := recovered.Check(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("check %d differs after the crash (-before +after):\n%s", c, diff)
		}
		flips, _ := recovered.Flips(t.Context(), id, 100)
		if len(flips) != 3 {
			t.Fatalf("got %d flips, want 3: up, down, up", len(flips))
		}
	}
	notices, err := recovered.NoticeLog(t.Context(), 1000)
	if err != nil || len(notices) != 40 {
		t.Fatalf("got %d notices, %v; want 40: a down and an up for each of 20 checks", len(notices), err)
	}
}

func TestOpen_NewCheckStartedOnlySurvivesCrash(t *testing.T) {
	t.Parallel()
	path := file(t)
	s := open(t, path)
	c := named(1)
	pulse(t, s, c, heartbeat.Ping{At: noon, Kind: heartbeat.KindStart})
	got, err := open(t, snapshot(t, path)).Check(t.Context(), c.ID)
	if err != nil || !got.LastStart.Equal(noon) || got.Pings != 1 {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func TestOpen_RefusesASecondServer(t *testing.T) {
	t.Parallel()
	path := file(t)
	first := open(t, path)
	_, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	if err == nil || !strings.Contains(err.Error(), "in use by another Heartbeat server") {
		t.Fatalf("got %v, want a refusal that names the other server", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestOpen_SaysWhatIsWrongWithTheFile(t *testing.T) {
	t.Parallel()
	garbage := file(t)
	if err := os.WriteFile(garbage, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{garbage, filepath.Join(t.TempDir(), "no", "such", "folder.db")} {
		if _, err := sqlite.Open(t.Context(), sqlite.Config{Path: path}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("opening %s: got %v, want an error that names the file", path, err)
		}
	}
}

func TestBackup_WhileServingHasAllThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	path := file(t)
	s := open(t, path)
	for i := range 50 {
		pulse(t, s, named(i), heartbeat.Ping{At: noon, Kind: heartbeat.KindSuccess})
		pulse(t, s, named(i), heartbeat.Ping{At: noon.Add(time.Minute), Kind: heartbeat.KindSuccess, Body: []byte("ok")})
	}
	dest := filepath.Join(t.TempDir(), "copy.db")
	if err := sqlite.Backup(t.Context(), path, dest); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.Backup(t.Context(), path, dest); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Fatalf("got %v, want a refusal to overwrite", err)
	}
	copied := open(t, dest)
	for i := range 50 {
		c, err := copied.Check(t.Context(), named(i).ID)
		if err != nil || c.Pings != 2 || !c.LastPing.Equal(noon.Add(time.Minute)) {
			t.Fatalf("check %d in the copy: %+v, %v", i, c, err)
		}
	}
	if err := sqlite.Backup(t.Context(), filepath.Join(t.TempDir(), "missing.db"), dest+"2"); err == nil {
		t.Fatal("backing up a file that is not there must fail")
	}
}

func TestBackup_LeavesOnlyTheCopy(t *testing.T) {
	t.Parallel()
	path := file(t)
	open(t, path)
	dir := t.TempDir()
	if err := sqlite.Backup(t.Context(), path, filepath.Join(dir, "copy.db")); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("got %v, %v; want copy.db alone", entries, err)
	}
}

func TestStore_KeepsTheContract(t *testing.T) {
	t.Parallel()
	paths := map[heartbeat.Store]string{}
	var mu sync.Mutex
	remember := func(s heartbeat.Store, path string) heartbeat.Store {
		mu.Lock()
		defer mu.Unlock()
		paths[s] = path
		return s
	}
	storetest.Harness{
		Open: func(t *testing.T) heartbeat.Store {
			path := file(t)
			return remember(open(t, path), path)
		},
		Reopen: func(t *testing.T, s heartbeat.Store) heartbeat.Store {
			if err := s.Close(); err != nil && !errors.Is(err, heartbeat.ErrClosed) {
				t.Fatal(err)
			}
			mu.Lock()
			path := paths[s]
			mu.Unlock()
			return remember(open(t, path), path)
		},
	}.Run(t)
}

func TestFiles_AreForTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	path := file(t)
	s := open(t, path)
	pulse(t, s, named(1), heartbeat.Ping{At: noon, Kind: heartbeat.KindSuccess})
	dest := filepath.Join(t.TempDir(), "copy.db")
	if err := sqlite.Backup(t.Context(), path, dest); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal", path + "-shm", path + ".lock", dest} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			t.Errorf("%s has mode %o; others must not read what jobs have written", filepath.Base(name), mode)
		}
	}
}
