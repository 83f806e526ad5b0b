package monitor_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"heartbeat"
)

var errFault = errors.New("fault")

// fault is what goes wrong with one call of the store.
type fault string

const (
	failed  fault = "failed"  // not done, and said so
	lost    fault = "lost"    // done, but the answer was lost
	delayed fault = "delayed" // done late
)

// faulty is a store whose call number at goes wrong. With crash, all later
// calls fail until the program has been started again.
type faulty struct {
	heartbeat.Store
	at    int
	fault fault
	crash bool

	mu    sync.Mutex
	calls int
	names []string
	dead  bool
}

func (f *faulty) call(name string, do func() error) error {
	f.mu.Lock()
	f.calls++
	hit := f.calls == f.at
	f.names = append(f.names, name)
	dead := f.dead
	f.dead = f.dead || hit && f.crash
	f.mu.Unlock()
	switch {
	case dead || hit && f.fault == failed:
		return errFault
	case !hit:
		return do()
	case f.fault == delayed:
		time.Sleep(20 * time.Second)
		return do()
	}
	if err := do(); err != nil {
		return err
	}
	return errFault
}

func (f *faulty) crashed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dead
}

// revive lets calls through again, as after a restart.
func (f *faulty) revive() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dead = false
}

func (f *faulty) Check(ctx context.Context, id heartbeat.CheckID) (c heartbeat.Check, err error) {
	err = f.call("Check", func() error { c, err = f.Store.Check(ctx, id); return err })
	return c, err
}

func (f *faulty) Timers(ctx context.Context) iter.Seq2[heartbeat.Check, error] {
	return func(yield func(heartbeat.Check, error) bool) {
		if err := f.call("Timers", func() error { return nil }); err != nil {
			yield(heartbeat.Check{}, err)
			return
		}
		f.Store.Timers(ctx)(yield)
	}
}

func (f *faulty) Save(ctx context.Context, c heartbeat.Check, flip *heartbeat.Flip) error {
	return f.call("Save", func() error { return f.Store.Save(ctx, c, flip) })
}

func (f *faulty) Notices(ctx context.Context, due time.Time, limit int) (n []heartbeat.Notice, err error) {
	err = f.call("Notices", func() error { n, err = f.Store.Notices(ctx, due, limit); return err })
	return n, err
}

func (f *faulty) NoticeLog(ctx context.Context, limit int) (n []heartbeat.Notice, err error) {
	err = f.call("NoticeLog", func() error { n, err = f.Store.NoticeLog(ctx, limit); return err })
	return n, err
}

func (f *faulty) AddNotice(ctx context.Context, n heartbeat.Notice) error {
	return f.call("AddNotice", func() error { return f.Store.AddNotice(ctx, n) })
}

func (f *faulty) SaveNotice(ctx context.Context, n heartbeat.Notice) error {
	return f.call("SaveNotice", func() error { return f.Store.SaveNotice(ctx, n) })
}

func (f *faulty) Value(ctx context.Context, key string) (v []byte, err error) {
	err = f.call("Value", func() error { v, err = f.Store.Value(ctx, key); return err })
	return v, err
}

func (f *faulty) SetValue(ctx context.Context, key string, old, value []byte) error {
	return f.call("SetValue", func() error { return f.Store.SetValue(ctx, key, old, value) })
}

// story is a day in the life of two checks: late, back, failed, back, a
// downtime that holds one of them, and late again.
func (w *world) story(f *faulty) (a, b heartbeat.CheckID) {
	w.every = 10 * time.Minute
	w.open = func(s heartbeat.Store) heartbeat.Store {
		f.Store = s
		return f
	}
	a, b = w.check("nightly", time.Hour, 0), w.check("hourly", 20*time.Hour, 0)
	w.ping(a, up)
	w.ping(b, up)
	w.start()
	w.live(f, 75*time.Minute) // nightly is late
	w.ping(a, up)
	w.live(f, 10*time.Minute)
	w.ping(b, fail)
	w.live(f, time.Minute)
	w.ping(b, up)
	w.live(f, 30*time.Minute)
	w.stop()
	time.Sleep(25 * time.Minute) // in which nightly's hour ends
	w.start()
	w.live(f, 90*time.Minute)
	return a, b
}

// live lets time pass. When the store crashes, the program does, and is started
// again a second later.
func (w *world) live(f *faulty, d time.Duration) {
	for end := now().Add(d); now().Before(end); time.Sleep(5 * time.Second) {
		synctest.Wait()
		if f.crashed() {
			w.stop()
			f.revive()
			time.Sleep(time.Second)
			w.start()
		}
	}
}

// judgeStory fails the test if a flip or message is lost, or if a flip is doubled.
// doubles is how many messages may have been sent twice.
func (w *world) judgeStory(a, b heartbeat.CheckID, doubles int) {
	w.Helper()
	words := func(id heartbeat.CheckID) string {
		var s []string
		for _, f := range w.flips(id) {
			s = append(s, string(f.Reason))
		}
		return strings.Join(s, " ")
	}
	if got, want := words(a)+"; "+words(b), "late ping late; fail ping"; got != want {
		w.Errorf("flips: %s, want %s", got, want)
	}
	times := map[string]int{}
	seen := map[heartbeat.NoticeID]bool{}
	messages := map[int]bool{} // those that repeat something
	for _, h := range w.slack.all() {
		if seen[h.Notice] {
			messages[h.message] = true
			continue
		}
		seen[h.Notice] = true
		words, _, _ := strings.Cut(h.what(), " 2")
		times[words]++
	}
	for what, want := range map[string]int{
		"nightly down late": 2, "nightly up ping": 1, "hourly down fail": 1, "hourly up ping": 1,
	} {
		if times[what] != want {
			w.Errorf("%q was said %d times, want %d:\n%s", what, times[what], want, w.slack.said())
		}
	}
	if len(messages) > doubles {
		w.Errorf("%d messages were repeated, want at most %d:\n%s", len(messages), doubles, w.slack.said())
	}
	w.nothingWaits()
}

// calls counts the store calls of the story when nothing goes wrong.
func calls(t *testing.T) int {
	var f faulty
	inWorld(t, func(w *world) {
		a, b := w.story(&f)
		w.judgeStory(a, b, 0)
		w.wantSaid(w.slack, "nightly down late", "nightly up ping", "hourly down fail", "hourly up ping",
			"blind 25m0s held 1", "nightly down late")
	})
	return f.calls
}

func TestFault_OneCallGoesWrong(t *testing.T) {
	t.Parallel()
	for _, what := range []fault{failed, lost, delayed} {
		t.Run(string(what), func(t *testing.T) {
			t.Parallel()
			for at := range calls(t) {
				f := &faulty{at: at + 1, fault: what}
				inWorld(t, func(w *world) {
					a, b := w.story(f)
					w.judgeStory(a, b, 0)
					blinds := slices.DeleteFunc(w.slack.all(), func(h heard) bool { return h.Blind == nil })
					if len(blinds) != 1 {
						w.Errorf("%d notices of blind time, want 1", len(blinds))
					}
				})
				if t.Failed() {
					t.Fatalf("call %d, %s, %s", f.at, f.names[at], what)
				}
			}
		})
	}
}

func TestFault_CrashBetweenAnyTwoSteps(t *testing.T) {
	t.Parallel()
	for _, what := range []fault{failed, lost} {
		t.Run(string(what), func(t *testing.T) {
			t.Parallel()
			for at := range calls(t) {
				f := &faulty{at: at + 1, fault: what, crash: true}
				inWorld(t, func(w *world) {
					a, b := w.story(f)
					w.judgeStory(a, b, 1)
				})
				if t.Failed() {
					t.Fatalf("crash at call %d, %s, %s", f.at, f.names[at], what)
				}
			}
		})
	}
}

func TestFault_StoreStandsStill(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		f := &faulty{}
		w.open = func(s heartbeat.Store) heartbeat.Store { f.Store = s; return f }
		w.start()
		id := w.check("nightly", time.Hour, 0)
		w.ping(id, up)
		time.Sleep(50 * time.Minute)
		f.mu.Lock()
		f.dead = true
		f.mu.Unlock()
		time.Sleep(20 * time.Minute)
		if w.mon.Ready(now()) == nil {
			t.Error("ready while the store stands still")
		}
		f.revive()
		time.Sleep(5 * time.Second)
		if err := w.mon.Ready(now()); err != nil {
			t.Error(err)
		}
		time.Sleep(5 * time.Minute)
		events := w.slack.all()
		if len(events) != 1 || events[0].Blind == nil || events[0].Blind.Held != 1 {
			t.Fatalf("heard %s, want one blind time that held one check", w.slack.said())
		}
		time.Sleep(10 * time.Minute)
		w.wantSaid(w.slack, events[0].what(), "nightly down late")
	})
}
