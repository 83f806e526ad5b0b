package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat"
)

// refuse makes every write to a table fail until the returned function is called.
func refuse(t *testing.T, s *Store, table string) (mend func()) {
	t.Helper()
	run := func(query string) {
		t.Helper()
		if err := s.change(t.Context(), func(w *writer) error { return w.exec(query) }); err != nil {
			t.Fatal(err)
		}
	}
	run(`CREATE TRIGGER refused BEFORE INSERT ON ` + table + ` BEGIN SELECT RAISE(ABORT, 'disk is full'); END`)
	return func() { run(`DROP TRIGGER refused`) }
}

func TestTransact_FailureLeavesMemoryAsTheFileIs(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, err := Open(ctx, Config{Path: filepath.Join(t.TempDir(), "h.db")})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	check := func(name string) heartbeat.Check {
		n := heartbeat.Names{Host: "h", Category: "c", Type: "t", Name: name}
		return heartbeat.Check{ID: n.ID("p"), Names: n, State: heartbeat.State{Status: heartbeat.StatusNew, Since: at}}
	}
	ping := func(c heartbeat.Check, kind heartbeat.Kind) error {
		_, err := s.Ping(ctx, c.ID, heartbeat.Ping{At: at, Kind: kind, Run: "r1"}, func() heartbeat.Check { return c })
		return err
	}
	old, fresh := check("old"), check("fresh")
	if err := errors.Join(ping(old, heartbeat.KindSuccess), ping(old, heartbeat.KindSuccess)); err != nil {
		t.Fatal(err)
	}
	before, err := s.Check(ctx, old.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"pings", "flips", "notices", "states", "checks"} {
		mend := refuse(t, s, table)
		changed := before
		changed.Name = "renamed"
		changed.Status = heartbeat.StatusPaused
		// Several writes in one batch: what one does, another's failure must undo.
		results := make(chan error, 3)
		go func() { results <- ping(old, heartbeat.KindFail) }()
		go func() { results <- ping(fresh, heartbeat.KindStart) }()
		go func() { results <- s.Save(ctx, changed, &heartbeat.Flip{At: at, From: "up", To: "down"}) }()
		failed := 0
		for range 3 {
			if <-results != nil {
				failed++
			}
		}
		mend()
		if failed == 0 {
			t.Fatalf("nothing failed while %s could not be written", table)
		}
		verify(t, s)
		reset(ctx, t, s, before, fresh)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// verify compares what memory says of every check with a store that loads the
// same file's rows.
func verify(t *testing.T, s *Store) {
	t.Helper()
	s.table.mu.RLock()
	defer s.table.mu.RUnlock()
	w := &writer{table: newTable(), timer: time.NewTimer(time.Hour)}
	if err := w.load(context.Background(), s.read); err != nil {
		t.Fatal(err)
	}
	if len(w.table.slots) != len(s.table.slots) {
		t.Fatalf("memory has %d checks, the file %d", len(s.table.slots), len(w.table.slots))
	}
	for id, slot := range s.table.slots {
		got, want := s.table.lean(slot), w.table.lean(w.table.slots[id])
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("memory differs from the file (-file +memory):\n%s", diff)
		}
	}
}

// reset brings the store back to where the next round begins.
func reset(ctx context.Context, t *testing.T, s *Store, old, fresh heartbeat.Check) {
	t.Helper()
	if c, err := s.Check(ctx, fresh.ID); err == nil {
		if err := s.Delete(ctx, c.ID, c.Rev); err != nil {
			t.Fatal(err)
		}
	}
	c, err := s.Check(ctx, old.ID)
	if err != nil {
		t.Fatal(err)
	}
	old.Rev = c.Rev
	if err := s.Save(ctx, old, nil); err != nil {
		t.Fatal(err)
	}
}
