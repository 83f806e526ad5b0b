package storetest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"heartbeat"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/store/storetest"
)

func sample() heartbeat.Check {
	names := heartbeat.Names{Host: "web1.example.org", Category: "backup", Type: "nightly", Name: "a"}
	return heartbeat.Check{
		ID: names.ID(heartbeat.DefaultProject), Names: names,
		State: heartbeat.State{Status: heartbeat.StatusNew},
	}
}

func ping(t *testing.T, s heartbeat.Store) (heartbeat.Pinged, error) {
	t.Helper()
	p := heartbeat.Ping{At: time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC), Kind: heartbeat.KindSuccess}
	return s.Ping(t.Context(), sample().ID, p, sample)
}

// counted is how many pings the store has taken.
func counted(t *testing.T, s heartbeat.Store) int64 {
	t.Helper()
	c, err := s.Check(t.Context(), sample().ID)
	if err != nil && !errors.Is(err, heartbeat.ErrNotFound) {
		t.Fatal(err)
	}
	return c.Pings
}

func TestFaulty_WithoutPlanIsAStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) heartbeat.Store { return storetest.Faulty(memory.New(), nil) })
}

func TestFaulty_Faults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		fault   storetest.Fault
		wantErr error
		want    int64 // pings that the store took
	}{
		{"none", storetest.Fault{}, nil, 1},
		{"fail", storetest.Fail(), storetest.ErrFault, 0},
		{"busy", storetest.Busy(), heartbeat.ErrBusy, 0},
		{"lose", storetest.Lose(), storetest.ErrFault, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			inner := memory.New()
			pinged, err := ping(t, storetest.Faulty(inner, storetest.Always(test.fault)))
			if !errors.Is(err, test.wantErr) {
				t.Errorf("got error %v, want %v", err, test.wantErr)
			}
			if err != nil && pinged != (heartbeat.Pinged{}) {
				t.Errorf("got %v beside the error", pinged)
			}
			if got := counted(t, inner); got != test.want {
				t.Errorf("the store took %d pings, want %d", got, test.want)
			}
		})
	}
}

func TestFaulty_DelayEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inner := memory.New()
		s := storetest.Faulty(inner, storetest.Always(storetest.Delay(time.Minute)))
		begun := time.Now()
		if _, err := ping(t, s); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(begun); got != time.Minute {
			t.Errorf("the ping took %v, want a minute", got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Add(ctx, heartbeat.Check{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got error %v, want the context's", err)
		}
		if all, err := inner.Checks(t.Context()); err != nil || len(all) != 1 {
			t.Errorf("got %d checks, %v; the call that was given up on must not be made", len(all), err)
		}
	})
}

func TestFaulty_TimersBreakOff(t *testing.T) {
	t.Parallel()
	s := storetest.Faulty(memory.New(), nil)
	for i := range 3 {
		if err := s.Add(t.Context(), heartbeat.Check{ID: heartbeat.CheckID{byte(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		fault   storetest.Fault
		checks  int
		wantErr error
	}{
		{storetest.Fault{}, 3, nil},
		{storetest.Fail(), 0, storetest.ErrFault},
		{storetest.Lose(), 1, storetest.ErrFault},
	} {
		s.Follow(storetest.Always(test.fault, "Timers"))
		checks := 0
		var got error
		for _, err := range s.Timers(t.Context()) {
			if got = err; err == nil {
				checks++
			}
		}
		if checks != test.checks || !errors.Is(got, test.wantErr) {
			t.Errorf("%+v: got %d checks and error %v, want %d and %v", test.fault, checks, got, test.checks, test.wantErr)
		}
	}
}

// errorsOf makes n pings, each after a read, and returns which failed.
func errorsOf(t *testing.T, plan storetest.Plan, n int) []bool {
	t.Helper()
	s := storetest.Faulty(memory.New(), plan)
	var failed []bool
	for range n {
		if _, err := s.Checks(t.Context()); err != nil {
			t.Errorf("the plan is not for Checks: %v", err)
		}
		_, err := ping(t, s)
		failed = append(failed, err != nil)
	}
	return failed
}

func TestPlan_StrikesTheNamedMethods(t *testing.T) {
	t.Parallel()
	script := []storetest.Fault{{}, storetest.Lose(), storetest.Fail()}
	for _, test := range []struct {
		name string
		plan storetest.Plan
		want []bool
	}{
		{"always", storetest.Always(storetest.Fail(), "Save", "Ping"), []bool{true, true, true, true, true}},
		{"every", storetest.Every(2, storetest.Fail(), "Ping"), []bool{false, true, false, true, false}},
		{"once", storetest.Once(2, storetest.Fail(), "Ping"), []bool{false, true, false, false, false}},
		{"script", storetest.Script(script, "Ping"), []bool{false, true, true, false, false}},
		{"never", storetest.Seeded(1, 0, script, "Ping"), make([]bool, 5)},
	} {
		if diff := cmp.Diff(test.want, errorsOf(t, test.plan, 5)); diff != "" {
			t.Errorf("%s: calls that failed (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestPlan_SeedRepeats(t *testing.T) {
	t.Parallel()
	plan := func(seed uint64) storetest.Plan {
		return storetest.Seeded(seed, 0.5, []storetest.Fault{storetest.Fail(), storetest.Lose()}, "Ping")
	}
	first := errorsOf(t, plan(1), 64)
	if diff := cmp.Diff(first, errorsOf(t, plan(1), 64)); diff != "" {
		t.Errorf("the same seed made another plan:\n%s", diff)
	}
	if cmp.Equal(first, errorsOf(t, plan(2), 64)) {
		t.Error("another seed made the same plan")
	}
}

func TestPlan_UnknownMethodPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a plan for a method that does not exist would never strike")
		}
	}()
	storetest.Always(storetest.Fail(), "Pong")
}

// TestFaulty_CallsSayWhatHappened also shows what the wrapper is for: whoever
// retries after an error with no name loses no ping, but may double one.
func TestFaulty_CallsSayWhatHappened(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		inner := memory.New()
		s := storetest.Faulty(inner, storetest.Script(storetest.DrawScript(rt, 6, time.Nanosecond), "Ping"))
		for {
			if _, err := ping(t, s); err == nil {
				break
			}
		}
		var made int64
		for i, call := range s.Calls() {
			if call.Fault.Err == nil || call.Fault.Applied {
				made++
			}
			if call.Method != "Ping" || call.N != i+1 || call.Nth != i+1 {
				rt.Errorf("call %d is recorded as %+v", i+1, call)
			}
		}
		if got := counted(t, inner); got != made || made == 0 {
			rt.Errorf("the store took %d pings, want %d", got, made)
		}
	})
}
