package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"heartbeat"
	"heartbeat/internal/store/dynamo"
	"heartbeat/internal/store/storetest"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// usual is a check that is up.
func usual(i int) heartbeat.Check {
	names := heartbeat.Names{Host: "db1.example.org", Category: "backup", Type: "nightly", Name: fmt.Sprint("orders ", i)}
	return heartbeat.Check{
		ID: names.ID(heartbeat.DefaultProject), Project: heartbeat.DefaultProject, Names: names, Created: noon,
		Settings: heartbeat.Settings{Spec: heartbeat.Spec{
			Period: heartbeat.DefaultPeriod, Worktime: "mon-fri 09:00-17:30", Zone: "Europe/Berlin", Holidays: "de-by",
		}, Grace: time.Hour},
		State: heartbeat.State{Status: heartbeat.StatusUp, Since: noon, LastPing: noon.Add(1), Pings: 1234},
	}
}

func ping(kind heartbeat.Kind, after time.Duration) heartbeat.Ping {
	return heartbeat.Ping{At: noon.Add(after), Kind: kind, Method: "GET", Addr: "192.0.2.7", Agent: "curl/8.5.0"}
}

// late is what the monitor saves.
func late(c heartbeat.Check) (heartbeat.Check, *heartbeat.Flip) {
	f := &heartbeat.Flip{
		At: noon.Add(25 * time.Hour), From: c.Status, To: heartbeat.StatusDown,
		Reason: heartbeat.ReasonLate, Since: c.Since, LastPing: c.LastPing,
	}
	c.Status, c.Since = f.To, f.At
	return c, f
}

// through opens a store through a proxy with a plan, and one that sees the same
// tables as they are.
func through(t *testing.T, plan func(call) fault) (store, direct *dynamo.Store, p *proxy) {
	t.Helper()
	p = newProxy(t, nil)
	cfg := fresh(t, p.URL)
	store = open(t, cfg)
	cfg.Endpoint = local.URL(t)
	direct = open(t, cfg)
	p.n, p.plan = 0, plan
	t.Cleanup(func() {
		_ = store.Close()
		_ = direct.Close()
	})
	return store, direct, p
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

func ok(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// In the model nobody else writes, so a store must know of each write whether it
// was made, unless one that is stale anyhow does not arrive: that is left out.
func TestModel_HoldsWhateverTheNetDoes(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	dice := rand.New(rand.NewPCG(1, 2)) // repeatable on purpose
	p := newProxy(t, func(c call) fault {
		mu.Lock()
		defer mu.Unlock()
		faults := []fault{throttle, fail, drop, partly}
		switch c.op {
		case "PutItem", "UpdateItem", "DeleteItem":
			faults = []fault{throttle, lose, loseFail}
		case "BatchGetItem":
		default:
			faults = faults[:3]
		}
		if dice.Float64() > 0.05 {
			return pass
		}
		return faults[dice.IntN(len(faults))]
	})
	p.page = 3
	storetest.Model(t, harness(func(*testing.T) string { return p.URL }))
	p.mu.Lock()
	defer p.mu.Unlock()
	for e := range p.expressions {
		if !slices.Contains(dynamo.Expressions(), e) {
			t.Errorf("%q was sent, but is not in the list of expressions", e)
		}
	}
}

// loseWrite is the plan that strikes the nth write to a table.
func loseWrite(f fault, table string, n int) func(call) fault {
	seen := 0
	return func(c call) fault {
		if c.table != table || c.op == "GetItem" || c.op == "Query" {
			return pass
		}
		if seen++; seen == n {
			return f
		}
		return pass
	}
}

func TestPing_LostAnswerIsNotCountedTwice(t *testing.T) {
	t.Parallel()
	for _, kind := range []heartbeat.Kind{heartbeat.KindSuccess, heartbeat.KindStart, heartbeat.KindLog, heartbeat.KindFail} {
		for _, f := range []fault{lose, loseFail, fail, drop} {
			t.Run(fmt.Sprint(kind, f), func(t *testing.T) {
				t.Parallel()
				// The first write makes the check.
				s, direct, _ := through(t, loseWrite(f, "state", 2))
				c := usual(1)
				ok(t, s.Add(t.Context(), c))
				got := must(s.Ping(t.Context(), c.ID, ping(kind, time.Hour), nil))(t)
				if got.N != c.Pings+1 {
					t.Errorf("the ping's number is %d, want %d", got.N, c.Pings+1)
				}
				if after := must(direct.Check(t.Context(), c.ID))(t); after.Pings != c.Pings+1 {
					t.Errorf("%d pings are counted, want %d", after.Pings, c.Pings+1)
				}
				pings := must(direct.Pings(t.Context(), c.ID, 10))(t)
				if len(pings) != 1 || pings[0].N != got.N {
					t.Errorf("the log holds %v", pings)
				}
				flips := must(direct.Flips(t.Context(), c.ID, 10))(t)
				if (got.Flip != nil) != (len(flips) == 1) {
					t.Errorf("got flip %v, and the log has %v", got.Flip, flips)
				}
			})
		}
	}
}

func TestPing_FirstPingWithALostAnswerMakesOneCheck(t *testing.T) {
	t.Parallel()
	s, direct, _ := through(t, loseWrite(lose, "state", 1))
	c := usual(1)
	got := must(s.Ping(t.Context(), c.ID, ping(heartbeat.KindFail, time.Hour), func() heartbeat.Check { return c }))(t)
	if !got.Created || got.N != c.Pings+1 || got.Flip == nil {
		t.Errorf("got %+v", got)
	}
	if flips := must(direct.Flips(t.Context(), c.ID, 10))(t); len(flips) != 1 {
		t.Errorf("got flips %v", flips)
	}
}

func TestSave_LostAnswerIsNoConflict(t *testing.T) {
	t.Parallel()
	s, direct, _ := through(t, loseWrite(lose, "state", 2))
	ok(t, s.Add(t.Context(), usual(1)))
	c, flip := late(must(s.Check(t.Context(), usual(1).ID))(t))
	ok(t, s.Save(t.Context(), c, flip))
	if owed := must(direct.Notices(t.Context(), flip.At, 10))(t); len(owed) != 1 {
		t.Errorf("got notices %v, want one", owed)
	}
}

func TestDelete_LostAnswerIsSuccess(t *testing.T) {
	t.Parallel()
	s, direct, _ := through(t, loseWrite(lose, "state", 2))
	ok(t, s.Add(t.Context(), usual(1)))
	c := must(s.Check(t.Context(), usual(1).ID))(t)
	ok(t, s.Delete(t.Context(), c.ID, c.Rev))
	if _, err := direct.Check(t.Context(), c.ID); !errors.Is(err, heartbeat.ErrNotFound) {
		t.Errorf("got error %v, want ErrNotFound", err)
	}
}

func TestSaveNotice_LostAnswerIsNoConflict(t *testing.T) {
	t.Parallel()
	s, _, _ := through(t, loseWrite(loseFail, "log", 3))
	ok(t, s.AddNotice(t.Context(), heartbeat.Notice{Created: noon, Next: noon}))
	n := must(s.Notices(t.Context(), noon, 1))(t)[0]
	n.Next = noon.Add(time.Hour)
	ok(t, s.SaveNotice(t.Context(), n))
}

func TestSetValue_LostAnswerIsNoConflict(t *testing.T) {
	t.Parallel()
	s, _, _ := through(t, loseWrite(lose, "log", 1))
	ok(t, s.SetValue(t.Context(), "k", nil, []byte("v")))
}

// Pings race while answers are lost. What was acknowledged is counted, and
// nothing is counted twice.
func TestPing_RacesWithLostAnswers(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	s, direct, _ := through(t, func(c call) fault {
		if c.op == "UpdateItem" && n.Add(1)%7 == 0 {
			return lose
		}
		return pass
	})
	c := usual(1)
	c.Pings = 0
	ok(t, s.Add(t.Context(), c))
	const sent = 100
	var mu sync.Mutex
	var given []int64
	var all errgroup.Group
	all.SetLimit(8)
	for i := range sent {
		all.Go(func() error {
			kind := heartbeat.KindSuccess
			if i%10 == 0 {
				kind = heartbeat.KindFail
			}
			got, err := s.Ping(t.Context(), c.ID, ping(kind, time.Duration(i+1)*time.Second), nil)
			if err != nil {
				t.Logf("ping %d: %v", i, err)
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			given = append(given, got.N)
			return nil
		})
	}
	ok(t, all.Wait())
	counted := must(direct.Check(t.Context(), c.ID))(t).Pings
	if counted < int64(len(given)) || counted > sent {
		t.Errorf("%d pings were sent and %d acknowledged, but %d are counted", sent, len(given), counted)
	}
	slices.Sort(given)
	if unique := len(slices.Compact(slices.Clone(given))); unique != len(given) {
		t.Errorf("numbers were given twice: %v", given)
	}
	status := heartbeat.StatusUp
	flips := must(direct.Flips(t.Context(), c.ID, 1000))(t)
	slices.Reverse(flips)
	for _, f := range flips {
		if f.From != status {
			t.Errorf("a flip from %s follows one to %s", f.From, status)
		}
		status = f.To
	}
}

// A process ends after any of its calls. Nothing of a flip is lost, nothing is
// there twice.
func TestCrash_LosesNoFlip(t *testing.T) {
	t.Parallel()
	acts := map[string]func(ctx context.Context, s *dynamo.Store, c heartbeat.Check) error{
		"ping": func(ctx context.Context, s *dynamo.Store, c heartbeat.Check) error {
			_, err := s.Ping(ctx, c.ID, ping(heartbeat.KindFail, time.Hour), nil)
			return err
		},
		"save": func(ctx context.Context, s *dynamo.Store, c heartbeat.Check) error {
			down, flip := late(c)
			return s.Save(ctx, down, flip)
		},
	}
	for name, act := range acts {
		for after := range 10 {
			for _, watched := range []bool{true, false} {
				t.Run(fmt.Sprint(name, " after ", after, " watched ", watched), func(t *testing.T) {
					t.Parallel()
					crash(t, after, watched, act)
				})
			}
		}
	}
}

// crash breaks off an act after so many calls. Unless it is watched, the check
// flips again before somebody looks for notices.
func crash(t *testing.T, after int, watched bool, act func(context.Context, *dynamo.Store, heartbeat.Check) error) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s, direct, p := through(t, nil)
	ok(t, direct.Add(ctx, usual(1)))
	c := must(direct.Check(ctx, usual(1).ID))(t)
	p.plan = func(c call) fault {
		if c.n <= after {
			return pass
		}
		cancel()
		return drop
	}
	acted := act(ctx, s, c)
	got := must(direct.Check(t.Context(), c.ID))(t)
	if acted == nil && got.Status != heartbeat.StatusDown {
		t.Errorf("acknowledged, but the check is %s", got.Status)
	}
	want := 0
	if got.Status == heartbeat.StatusDown {
		want = 1
	}
	if watched {
		for range 2 { // the second time nothing is left to be put right
			wantHistory(t, direct, c.ID, want)
		}
	}
	// The next flip goes on from there.
	must(direct.Ping(t.Context(), c.ID, ping(heartbeat.KindSuccess, 30*time.Hour), nil))(t)
	wantHistory(t, direct, c.ID, 2*want)
}

// wantHistory wants so many flips of one check, and a notice of each.
func wantHistory(t *testing.T, s *dynamo.Store, id heartbeat.CheckID, want int) {
	t.Helper()
	flips := must(s.Flips(t.Context(), id, 10))(t)
	owed := must(s.Notices(t.Context(), noon.Add(100*time.Hour), 10))(t)
	log := must(s.NoticeLog(t.Context(), 10))(t)
	if len(flips) != want || len(owed) != want || len(log) != want {
		t.Errorf("got %d flips, %d notices that are owed and %d in the log, want %d", len(flips), len(owed), len(log), want)
	}
}

func TestThrottled_IsBusyAndWritesNothing(t *testing.T) {
	t.Parallel()
	s, direct, p := through(t, nil)
	c := usual(1)
	ok(t, s.Add(t.Context(), c))
	p.plan = func(call) fault { return throttle }
	if _, err := s.Ping(t.Context(), c.ID, ping(heartbeat.KindSuccess, time.Hour), nil); !errors.Is(err, heartbeat.ErrBusy) {
		t.Errorf("got error %v, want ErrBusy", err)
	}
	if got := must(direct.Check(t.Context(), c.ID))(t); got.Pings != c.Pings {
		t.Errorf("%d pings are counted, want %d", got.Pings, c.Pings)
	}
}

// A ping that cannot be logged is counted, so nobody may be told that nothing
// was written.
func TestThrottledLog_IsNotBusy(t *testing.T) {
	t.Parallel()
	s, direct, p := through(t, nil)
	c := usual(1)
	ok(t, s.Add(t.Context(), c))
	p.plan = func(c call) fault {
		if c.table == "log" {
			return throttle
		}
		return pass
	}
	_, err := s.Ping(t.Context(), c.ID, ping(heartbeat.KindSuccess, time.Hour), nil)
	if err == nil || errors.Is(err, heartbeat.ErrBusy) {
		t.Errorf("got error %v, want one that is not ErrBusy", err)
	}
	if got := must(direct.Check(t.Context(), c.ID))(t); got.Pings != c.Pings+1 {
		t.Errorf("%d pings are counted, want %d", got.Pings, c.Pings+1)
	}
}

func TestNotices_ReadsWhatABatchLeftOver(t *testing.T) {
	t.Parallel()
	s, _, p := through(t, func(c call) fault {
		if c.op == "BatchGetItem" {
			return partly
		}
		return pass
	})
	for range 4 {
		ok(t, s.AddNotice(t.Context(), heartbeat.Notice{Created: noon, Next: noon}))
	}
	if owed := must(s.Notices(t.Context(), noon, 10))(t); len(owed) != 4 {
		t.Errorf("got %d notices of 4 after %v", len(owed), p.calls)
	}
}

func TestPages_AreAllRead(t *testing.T) {
	t.Parallel()
	s, _, p := through(t, nil)
	p.page = 2
	const checks = 7
	for i := range checks {
		ok(t, s.Add(t.Context(), usual(i)))
		must(s.Ping(t.Context(), usual(0).ID, ping(heartbeat.KindSuccess, time.Duration(i+1)*time.Hour), nil))(t)
		ok(t, s.AddNotice(t.Context(), heartbeat.Notice{Created: noon, Next: noon}))
	}
	all := must(s.Checks(t.Context()))(t)
	pings := must(s.Pings(t.Context(), usual(0).ID, 5))(t)
	log := must(s.NoticeLog(t.Context(), 100))(t)
	owed := must(s.Notices(t.Context(), noon, 100))(t)
	if len(all) != checks || len(pings) != 5 || len(log) != checks || len(owed) != checks {
		t.Errorf("got %d checks, %d pings, %d and %d notices", len(all), len(pings), len(log), len(owed))
	}
}

func TestTimers_AStalePageDecidesNothing(t *testing.T) {
	t.Parallel()
	s, direct, p := through(t, nil)
	ok(t, s.Add(t.Context(), usual(1)))
	read := func() (c heartbeat.Check) {
		for got, err := range s.Timers(t.Context()) {
			c = must(got, err)(t)
		}
		return c
	}
	read()
	must(direct.Ping(t.Context(), usual(1).ID, ping(heartbeat.KindSuccess, time.Hour), nil))(t)
	p.plan = func(c call) fault {
		if c.op == "Scan" {
			return stale
		}
		return pass
	}
	c, flip := late(read())
	if err := s.Save(t.Context(), c, flip); !errors.Is(err, heartbeat.ErrConflict) {
		t.Errorf("got error %v, want ErrConflict", err)
	}
	if owed := must(direct.Notices(t.Context(), flip.At, 10))(t); len(owed) != 0 {
		t.Errorf("got notices %v, want none", owed)
	}
}

// Two processes flip the same check to and fro: each flip follows the one before.
func TestReplicas_ChainTheirFlips(t *testing.T) {
	t.Parallel()
	a, b, _ := through(t, nil)
	c := usual(1)
	c.Pings = 0
	ok(t, a.Add(t.Context(), c))
	var all errgroup.Group
	all.SetLimit(6)
	for i := range 60 {
		all.Go(func() error {
			kind, s := heartbeat.KindSuccess, a
			if i%3 == 0 {
				kind = heartbeat.KindFail
			}
			if i%2 == 0 {
				s = b
			}
			_, err := s.Ping(t.Context(), c.ID, ping(kind, time.Duration(i+1)*time.Second), nil)
			return err
		})
	}
	ok(t, all.Wait())
	flips := must(a.Flips(t.Context(), c.ID, 1000))(t)
	slices.Reverse(flips)
	status := heartbeat.StatusUp
	for _, f := range flips {
		if f.From != status {
			t.Errorf("a flip from %s follows one to %s", f.From, status)
		}
		status = f.To
	}
	got := must(b.Check(t.Context(), c.ID))(t)
	if got.Status != status || got.Pings != 60 {
		t.Errorf("the check is %s after %d pings, want %s after 60", got.Status, got.Pings, status)
	}
	if owed := must(b.Notices(t.Context(), noon.Add(time.Hour), 1000))(t); len(owed) != len(flips) {
		t.Errorf("%d notices are owed for %d flips", len(owed), len(flips))
	}
}
