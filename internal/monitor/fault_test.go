package monitor_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"heartbeat"
	"heartbeat/internal/store/storetest"
)

// script lets call number at of a store go wrong. With crash, all later calls
// fail until the program has been started again.
type script struct {
	at    int
	fault storetest.Fault
	crash bool

	mu    sync.Mutex
	dead  bool
	store *storetest.FaultyStore
}

func (s *script) plan(call storetest.Call) storetest.Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.dead:
		return storetest.Fail()
	case call.N == s.at:
		s.dead = s.crash
		return s.fault
	}
	return storetest.Fault{}
}

// set lets all calls fail, or through again.
func (s *script) set(dead bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = dead
}

func (s *script) crashed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dead
}

// follow gives the monitors of the world a store that follows the script.
func (w *world) follow(s *script) {
	s.store = storetest.Faulty(w.store, s.plan)
	w.open = func(heartbeat.Store) heartbeat.Store { return s.store }
}

// method is the name of the call that goes wrong.
func (s *script) method() string {
	if calls := s.store.Calls(); s.at <= len(calls) {
		return calls[s.at-1].Method
	}
	return "none"
}

// story is a day in the life of two checks: late, back, failed, back, a
// downtime that holds one of them, and late again.
func (w *world) story(f *script) (a, b heartbeat.CheckID) {
	w.every = 10 * time.Minute
	w.follow(f)
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
func (w *world) live(f *script, d time.Duration) {
	for end := now().Add(d); now().Before(end); time.Sleep(5 * time.Second) {
		synctest.Wait()
		if f.crashed() {
			w.stop()
			f.set(false)
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
	var f script
	inWorld(t, func(w *world) {
		a, b := w.story(&f)
		w.judgeStory(a, b, 0)
		w.wantSaid(w.slack, "nightly down late", "nightly up ping", "hourly down fail", "hourly up ping",
			"blind 25m0s held 1", "nightly down late")
	})
	return len(f.store.Calls())
}

func TestFault_OneCallGoesWrong(t *testing.T) {
	t.Parallel()
	for name, what := range map[string]storetest.Fault{
		"failed": storetest.Fail(), "lost": storetest.Lose(), "delayed": storetest.Delay(20 * time.Second),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for at := range calls(t) {
				f := &script{at: at + 1, fault: what}
				inWorld(t, func(w *world) {
					a, b := w.story(f)
					w.judgeStory(a, b, 0)
					blinds := slices.DeleteFunc(w.slack.all(), func(h heard) bool { return h.Blind == nil })
					if len(blinds) != 1 {
						w.Errorf("%d notices of blind time, want 1", len(blinds))
					}
				})
				if t.Failed() {
					t.Fatalf("call %d, %s, %s", f.at, f.method(), name)
				}
			}
		})
	}
}

func TestFault_CrashBetweenAnyTwoSteps(t *testing.T) {
	t.Parallel()
	for name, what := range map[string]storetest.Fault{"failed": storetest.Fail(), "lost": storetest.Lose()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for at := range calls(t) {
				f := &script{at: at + 1, fault: what, crash: true}
				inWorld(t, func(w *world) {
					a, b := w.story(f)
					w.judgeStory(a, b, 1)
				})
				if t.Failed() {
					t.Fatalf("crash at call %d, %s, %s", f.at, f.method(), name)
				}
			}
		})
	}
}

func TestFault_StoreStandsStill(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		f := &script{}
		w.follow(f)
		w.start()
		id := w.check("nightly", time.Hour, 0)
		w.ping(id, up)
		time.Sleep(50 * time.Minute)
		f.set(true)
		time.Sleep(20 * time.Minute)
		if w.mon.Ready(now()) == nil {
			t.Error("ready while the store stands still")
		}
		f.set(false)
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
