package monitor_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/monitor"
	"heartbeat/internal/notify"
	"heartbeat/internal/notify/notifytest"
	"heartbeat/internal/store/storetest"
)

// sandbox is a function in the cloud that may be frozen between two calls.
type sandbox struct {
	*world
	m *monitor.Monitor
	// limit is how long a call may take.
	limit time.Duration
}

// sandbox starts one. What others write it learns from the feed.
func (w *world) sandbox(store heartbeat.Store) *sandbox {
	m := monitor.New(monitor.Config{
		Store:    store,
		Channels: notifytest.Given(append([]notify.Channel{{ID: "slack", Notifier: w.slack}}, w.more...)...),
		Changes:  storetest.Faulty(store, nil).Changes,
		Logger:   slog.New(slog.DiscardHandler),
		Every:    time.Minute,
		Restart:  3 * time.Minute,
	})
	return &sandbox{w, m, time.Minute}
}

// try makes a call, which must return in time.
func (s *sandbox) try() (monitor.Swept, error) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), s.limit)
	defer cancel()
	begun := now()
	swept, err := s.m.Once(ctx, begun)
	if left := s.limit - now().Sub(begun); left < 5*time.Second {
		s.Errorf("the call returned %v before its end, want 5s at least", left)
	}
	return swept, err
}

// call makes a call that must succeed.
func (s *sandbox) call() monitor.Swept {
	s.Helper()
	swept, err := s.try()
	if err != nil {
		s.Fatal(err)
	}
	return swept
}

// live calls once a minute for d.
func (s *sandbox) live(d time.Duration) {
	s.Helper()
	for end := now().Add(d); now().Before(end); {
		begun := now()
		s.call()
		s.wantWatched()
		time.Sleep(time.Minute - now().Sub(begun))
	}
}

// wantWatched fails the test if there is blind time, or if the watermark is not
// fresh.
func (w *world) wantWatched() {
	w.Helper()
	watch := w.watched()
	if len(watch.Blinds) > 0 {
		w.Errorf("blind times %v, want none", watch.Blinds)
	}
	if err := monitor.Fresh(watch.Mark, now(), time.Minute); err != nil {
		w.Error(err)
	}
}

func TestOnce_TellsAllInOneMessageBeforeItReturns(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		s := w.sandbox(w.store)
		ids := w.fleet(5, time.Hour)
		s.live(time.Hour)
		begun := now()
		if flips := len(s.call().Flips); flips != len(ids) {
			t.Errorf("%d flips, want %d", flips, len(ids))
		}
		heard := w.slack.all()
		if len(heard) != len(ids) || heard[len(heard)-1].message != 1 {
			t.Errorf("heard:\n%s\nwant all in one message", w.slack.said())
		}
		if took := now().Sub(begun); took != 0 {
			t.Errorf("the call took %v, want no rest", took)
		}
		w.nothingWaits()
	})
}

func TestOnce_WhatIsMoreThanAMessageIsSentInTheSameCall(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		s := w.sandbox(w.store)
		w.fleet(250, time.Hour)
		s.live(time.Hour)
		s.call()
		if got := len(w.slack.all()); got != 250 {
			t.Errorf("heard of %d flips, want 250", got)
		}
		w.nothingWaits()
	})
}

func TestOnce_ChangesOfOthersAreLearned(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		s := w.sandbox(w.store)
		s.call()
		time.Sleep(time.Minute)
		id := w.check("nightly", 2*time.Minute, 0)
		w.ping(id, up)
		s.live(3 * time.Minute)
		w.wantSaid(w.slack, "nightly down late")
	})
}

func TestOnce_CallsAreNeverQuiteAMinuteApart(t *testing.T) {
	t.Parallel()
	for _, apart := range []time.Duration{59800 * time.Millisecond, time.Minute, 61 * time.Second, 119 * time.Second} {
		inWorld(t, func(w *world) {
			s := w.sandbox(w.store)
			for range 300 {
				s.call()
				if mark := w.watched().Mark; !mark.Equal(now()) {
					t.Fatalf("the watermark is at %v, %v after the call", mark, now().Sub(mark))
				}
				time.Sleep(apart)
				w.wantWatched()
			}
		})
	}
}

func TestOnce_SandboxesInTurnsAndAtOnceAreNeverBlind(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]string{
		"in turns": strings.Repeat("ab", 30), "both at once": strings.Repeat("x", 60),
		"one thaws after hours": "a" + strings.Repeat("b", 200) + "aba", "one is new now and then": strings.Repeat("aaaN", 20),
		"five in turns": strings.Repeat("abcde", 20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(w *world) {
				boxes := map[rune]*sandbox{}
				for _, name := range "abcde" {
					boxes[name] = w.sandbox(w.store)
				}
				quick, slow := w.check("quick", 10*time.Minute, 0), w.check("slow", 24*time.Hour, 0)
				w.ping(slow, up)
				for i, name := range order {
					if i%20 == 0 {
						w.ping(quick, up)
					}
					switch name {
					case 'x':
						done := make(chan struct{})
						go func() { defer close(done); boxes['a'].call() }()
						boxes['b'].call()
						<-done
					case 'N':
						w.sandbox(w.store).call()
					default:
						boxes[name].call()
					}
					w.wantWatched()
					time.Sleep(time.Minute)
				}
				// Down after 10 of each 20 minutes, and up again.
				if got, want := len(w.flips(quick)), (len(order)-1)/20+(len(order)+9)/20; got != want {
					t.Errorf("%d flips, want %d", got, want)
				}
				seen := map[heartbeat.NoticeID]bool{}
				for _, h := range w.slack.all() {
					if seen[h.Notice] {
						t.Errorf("%s was said twice", h.what())
					}
					seen[h.Notice] = true
				}
				w.nothingWaits()
			})
		})
	}
}

func TestOnce_NotCalledIsBlindTime(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		s := w.sandbox(w.store)
		w.ping(w.check("nightly", time.Hour, 0), up)
		s.call()
		time.Sleep(2 * time.Hour)
		s.call()
		w.wantSaid(w.slack, "blind 2h0m0s held 1")
	})
}

// slow is a store in which each read of a check takes a while.
func slow(d time.Duration) storetest.Plan { return storetest.Always(storetest.Delay(d), "Check") }

func TestOnce_PartialIsNoSweep(t *testing.T) {
	t.Parallel()
	for name, plan := range map[string]storetest.Plan{
		"a check that is not read": slow(time.Hour), "many checks": slow(8 * time.Second),
		"a scan": storetest.Always(storetest.Delay(time.Hour), "Timers"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(w *world) {
				ids := w.fleet(2000, 30*time.Minute)
				w.sandbox(w.store).call()
				time.Sleep(time.Minute)
				w.sandbox(w.store).call()
				store := storetest.Faulty(w.store, nil)
				s := w.sandbox(store)
				if name != "a scan" {
					s.call()
				}
				for range 28 {
					time.Sleep(time.Minute)
					w.sandbox(w.store).call()
				}
				began := w.watched().Mark
				time.Sleep(time.Minute)
				store.Follow(plan)
				if _, err := s.try(); !errors.Is(err, monitor.ErrPartial) {
					t.Fatalf("got error %v, want ErrPartial", err)
				}
				if mark := w.watched().Mark; !mark.Equal(began) {
					t.Errorf("the watermark is at %v, want where it was, %v", mark, began)
				}
				if err := s.m.Ready(now()); err == nil {
					t.Error("ready without a sweep")
				}
				store.Follow(nil)
				time.Sleep(5 * time.Second)
				s.call()
				for _, id := range ids {
					if got := len(w.flips(id)); got != 1 {
						t.Fatalf("%d flips, want 1", got)
					}
				}
				if len(w.slack.all()) != len(ids) {
					t.Errorf("heard of %d flips, want %d", len(w.slack.all()), len(ids))
				}
			})
		})
	}
}

// A call that never gets to the end of its scan is blind, however often it is
// tried.
func TestOnce_PartialAtEachStartIsBlindTime(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.sandbox(w.store).call()
		began := w.watched().Mark
		w.ping(w.check("nightly", time.Hour, 0), up)
		store := storetest.Faulty(w.store, storetest.Always(storetest.Delay(time.Hour), "Timers"))
		for range 90 {
			time.Sleep(10 * time.Second)
			if _, err := w.sandbox(store).try(); !errors.Is(err, monitor.ErrPartial) {
				t.Fatalf("got error %v, want ErrPartial", err)
			}
			if mark := w.watched().Mark; !mark.Equal(began) {
				t.Fatalf("the watermark is at %v, want where it was, %v", mark, began)
			}
		}
		store.Follow(nil)
		w.sandbox(store).call()
		if b := w.watched().Blinds; len(b) != 1 || !b[0].From.Equal(began) || !b[0].To.Equal(now()) {
			t.Errorf("blind times %v, want one from %v until now", b, began)
		}
		if n := len(w.slack.all()); n != 1 {
			t.Errorf("heard:\n%s\nwant one message of blind time", w.slack.said())
		}
	})
}

func TestOnce_SlowChannelStopsNoJudging(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.slack.set(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		s := w.sandbox(w.store)
		for i := range 10 {
			w.ping(w.check(string(rune('a'+i)), time.Duration(i+1)*time.Minute, 0), up)
		}
		s.live(12 * time.Minute)
		w.wantSaid(w.slack)
		w.slack.set(nil)
		s.live(12 * time.Minute)
		if got := len(w.slack.all()); got != 10 {
			t.Errorf("heard of %d flips, want 10", got)
		}
	})
}

func TestOnce_ShortCallsSendToo(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		s := w.sandbox(w.store)
		s.limit = 8 * time.Second
		w.ping(w.check("nightly", 5*time.Minute, 0), up)
		s.live(6 * time.Minute)
		w.wantSaid(w.slack, "nightly down late")
	})
}

// Whoever has no time left after judging sends first the next time.
func TestOnce_WhatIsOwedGoesFirstAfterAHurry(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		store := storetest.Faulty(w.store, nil)
		s := w.sandbox(store)
		w.fleet(1000, 10*time.Minute)
		s.live(10 * time.Minute)
		id := w.check("failing", time.Hour, 0)
		w.ping(id, fail)
		store.Follow(storetest.Always(storetest.Delay(20*time.Second), "Save"))
		for range 2 {
			if _, err := s.try(); !errors.Is(err, monitor.ErrPartial) {
				t.Fatalf("got error %v, want ErrPartial", err)
			}
			time.Sleep(5 * time.Second)
		}
		if !strings.Contains(w.slack.said(), "failing down fail") {
			t.Errorf("heard:\n%s", w.slack.said())
		}
	})
}
