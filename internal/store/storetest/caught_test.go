package storetest_test

import (
	"context"
	"flag"
	"iter"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"heartbeat"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/store/storetest"
)

// TestModel_FindsBrokenStores breaks a good store in one way after the other.
// It is not parallel, as it sets flags.
func TestModel_FindsBrokenStores(t *testing.T) {
	setFlag(t, "rapid.nofailfile", "true")
	setFlag(t, "rapid.shrinktime", "0s")
	for name, store := range map[string]func() heartbeat.Store{
		"loses flips on Save":         func() heartbeat.Store { return losesFlips{memory.New()} },
		"saves whatever the revision": func() heartbeat.Store { return ignoresRevs{memory.New()} },
		"rounds times":                func() heartbeat.Store { return roundsTimes{memory.New()} },
		"pings twice":                 func() heartbeat.Store { return pingsTwice{memory.New()} },
		"has Pings oldest first":      func() heartbeat.Store { return oldestFirst{memory.New()} },
		"finishes no notice":          func() heartbeat.Store { return finishesNone{memory.New()} },
		"overwrites values":           func() heartbeat.Store { return overwrites{memory.New()} },
		"yields a timer less":         func() heartbeat.Store { return yieldsLess{memory.New()} },
	} {
		t.Run(name, func(t *testing.T) {
			h := storetest.Harness{Open: func(*testing.T) heartbeat.Store { return store() }}
			if !fails(t, storetest.Property(t, h)) {
				t.Error("the model took it for a good store")
			}
		})
	}
}

// TestModel_FindsAStoreThatForgets reopens a store of which nothing is left.
func TestModel_FindsAStoreThatForgets(t *testing.T) {
	setFlag(t, "rapid.nofailfile", "true")
	setFlag(t, "rapid.shrinktime", "0s")
	h := storetest.Harness{
		Open:   func(*testing.T) heartbeat.Store { return memory.New() },
		Reopen: func(*testing.T, heartbeat.Store) heartbeat.Store { return memory.New() },
	}
	if !fails(t, storetest.Property(t, h)) {
		t.Error("the model took it for a store that outlives a restart")
	}
}

func setFlag(t *testing.T, name, value string) {
	t.Helper()
	f := flag.Lookup(name)
	old := f.Value.String()
	if err := f.Value.Set(value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Value.Set(old); err != nil {
			t.Error(err)
		}
	})
}

// fails tells whether rapid finds that prop does not hold.
func fails(t *testing.T, prop func(*rapid.T)) bool {
	t.Helper()
	tb := &quiet{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		rapid.Check(tb, prop)
	}()
	<-done
	return tb.failed.Load()
}

// quiet notes a failure instead of failing the test.
type quiet struct {
	rapid.TB
	failed atomic.Bool
}

func (q *quiet) Helper()               {}
func (q *quiet) Logf(string, ...any)   {}
func (q *quiet) Log(...any)            {}
func (q *quiet) Fail()                 { q.failed.Store(true) }
func (q *quiet) Failed() bool          { return q.failed.Load() }
func (q *quiet) Errorf(string, ...any) { q.Fail() }
func (q *quiet) Error(...any)          { q.Fail() }
func (q *quiet) Fatalf(string, ...any) { q.FailNow() }
func (q *quiet) Fatal(...any)          { q.FailNow() }

func (q *quiet) FailNow() {
	q.Fail()
	runtime.Goexit()
}

type losesFlips struct{ heartbeat.Store }

func (s losesFlips) Save(ctx context.Context, c heartbeat.Check, _ *heartbeat.Flip) error {
	return s.Store.Save(ctx, c, nil)
}

type ignoresRevs struct{ heartbeat.Store }

func (s ignoresRevs) Save(ctx context.Context, c heartbeat.Check, flip *heartbeat.Flip) error {
	if now, err := s.Check(ctx, c.ID); err == nil {
		c.Rev = now.Rev
	}
	return s.Store.Save(ctx, c, flip)
}

type roundsTimes struct{ heartbeat.Store }

func (s roundsTimes) Ping(ctx context.Context, id heartbeat.CheckID, p heartbeat.Ping, create func() heartbeat.Check) (heartbeat.Pinged, error) {
	p.At = p.At.Truncate(time.Microsecond)
	return s.Store.Ping(ctx, id, p, create)
}

type pingsTwice struct{ heartbeat.Store }

func (s pingsTwice) Ping(ctx context.Context, id heartbeat.CheckID, p heartbeat.Ping, create func() heartbeat.Check) (heartbeat.Pinged, error) {
	pinged, err := s.Store.Ping(ctx, id, p, create)
	if err == nil {
		_, err = s.Store.Ping(ctx, id, p, create)
	}
	return pinged, err
}

type oldestFirst struct{ heartbeat.Store }

func (s oldestFirst) Pings(ctx context.Context, id heartbeat.CheckID, limit int) ([]heartbeat.Ping, error) {
	pings, err := s.Store.Pings(ctx, id, limit)
	slices.Reverse(pings)
	return pings, err
}

type finishesNone struct{ heartbeat.Store }

func (s finishesNone) SaveNotice(ctx context.Context, n heartbeat.Notice) error {
	if n.Next.IsZero() {
		n.Next = n.Created
	}
	return s.Store.SaveNotice(ctx, n)
}

type overwrites struct{ heartbeat.Store }

func (s overwrites) SetValue(ctx context.Context, key string, _, value []byte) error {
	old, err := s.Value(ctx, key)
	if err != nil {
		old = nil
	}
	return s.Store.SetValue(ctx, key, old, value)
}

type yieldsLess struct{ heartbeat.Store }

func (s yieldsLess) Timers(ctx context.Context) iter.Seq2[heartbeat.Check, error] {
	return func(yield func(heartbeat.Check, error) bool) {
		first := true
		for c, err := range s.Store.Timers(ctx) {
			if !first && !yield(c, err) {
				return
			}
			first = false
		}
	}
}
