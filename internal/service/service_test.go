package service_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/service"
	"heartbeat/internal/store/memory"
)

// monday is a Monday noon in UTC, after which a mon-fri day lies.
var monday = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// bench is a service over a store in memory that counts what it is told.
type bench struct {
	*service.Service
	store   heartbeat.Store
	changed []heartbeat.CheckID
	owed    int
}

func setUp(t testing.TB, wrap ...func(heartbeat.Store) heartbeat.Store) *bench {
	t.Helper()
	b := &bench{store: memory.New()}
	for _, w := range wrap {
		b.store = w(b.store)
	}
	b.Service = service.New(service.Config{
		Store:   b.store,
		Zone:    "UTC",
		Changed: func(id heartbeat.CheckID) { b.changed = append(b.changed, id) },
		Owed:    func() { b.owed++ },
	})
	return b
}

func names(name string) heartbeat.Names {
	return heartbeat.Names{Host: "web1", Category: "cron", Type: "backup", Name: name}
}

func pulse(name string, at time.Time) service.Pulse {
	return service.Pulse{Names: names(name), Ping: heartbeat.Ping{At: at, Kind: heartbeat.KindSuccess}}
}

func (b *bench) pulse(t testing.TB, p service.Pulse) heartbeat.Pinged {
	t.Helper()
	pinged, err := b.Pulse(t.Context(), p)
	if err != nil {
		t.Fatalf("pulse %v: %v", p.Names, err)
	}
	return pinged
}

func (b *bench) check(t testing.TB, name string) heartbeat.Check {
	t.Helper()
	check, err := b.store.Check(t.Context(), id(name))
	if err != nil {
		t.Fatalf("check %s: %v", name, err)
	}
	return check
}

func id(name string) heartbeat.CheckID { return names(name).ID(heartbeat.DefaultProject) }

// field returns the fields that err says are wrong.
func fields(err error) []string {
	var all service.Invalids
	if errors.As(err, &all) {
		var names []string
		for _, invalid := range all {
			names = append(names, invalid.Field)
		}
		return names
	}
	var one *heartbeat.Invalid
	if errors.As(err, &one) {
		return []string{one.Field}
	}
	return nil
}

// racer loses the first races of conditional writes.
type racer struct {
	heartbeat.Store
	left int
}

func (r *racer) lose() bool {
	r.left--
	return r.left >= 0
}

func (r *racer) Save(ctx context.Context, c heartbeat.Check, f *heartbeat.Flip) error {
	if r.lose() {
		return fmt.Errorf("save: %w", heartbeat.ErrConflict)
	}
	return r.Store.Save(ctx, c, f)
}

func (r *racer) Delete(ctx context.Context, id heartbeat.CheckID, rev int64) error {
	if r.lose() {
		return heartbeat.ErrConflict
	}
	return r.Store.Delete(ctx, id, rev)
}

func TestLook_CountsAndHoldsForBlindTime(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	p := pulse("nightly", monday)
	p.Threshold = "2"
	b.pulse(t, p)
	blind := heartbeat.Blind{From: monday.Add(time.Hour), To: monday.Add(150 * time.Minute)}
	value, err := json.Marshal(heartbeat.Watch{Mark: blind.To, Blinds: []heartbeat.Blind{blind}})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.store.SetValue(t.Context(), heartbeat.KeyWatch, nil, value); err != nil {
		t.Fatal(err)
	}
	row, err := b.Look(t.Context(), monday.Add(3*time.Hour), id("nightly"))
	if err != nil {
		t.Fatal(err)
	}
	if row.Counted != 3*time.Hour || row.Delta != time.Hour {
		t.Errorf("counted %v, delta %v; want 3h, 1h", row.Counted, row.Delta)
	}
	if row.Held != 90*time.Minute || row.Shown != heartbeat.StatusGrace {
		t.Errorf("held %v, shown %s; want 1h30m, grace", row.Held, row.Shown)
	}
	if _, err := b.Look(t.Context(), monday, id("unknown")); !errors.Is(err, heartbeat.ErrNotFound) {
		t.Errorf("look at an unknown check: %v, want not found", err)
	}
}

func TestWatch_IsEmptyBeforeTheFirstSweep(t *testing.T) {
	t.Parallel()
	watch, err := setUp(t).Watch(t.Context())
	if err != nil || !watch.Mark.IsZero() || watch.Blinds != nil {
		t.Errorf("got %v, %v; want the zero watch", watch, err)
	}
}

func TestHistory_IsNewestFirst(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pulse(t, pulse("nightly", monday))
	fail := pulse("nightly", monday.Add(time.Minute))
	fail.Ping.Kind = heartbeat.KindFail
	b.pulse(t, fail)
	pings, flips, err := b.History(t.Context(), id("nightly"), 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(pings) != 2 || pings[0].Kind != heartbeat.KindFail || len(flips) != 2 || flips[0].To != heartbeat.StatusDown {
		t.Errorf("got pings %v, flips %v", pings, flips)
	}
	notices, err := b.Notices(t.Context(), 10)
	if err != nil || len(notices) != 1 {
		t.Errorf("notices: %v, %v; want the one of the failure", notices, err)
	}
}
