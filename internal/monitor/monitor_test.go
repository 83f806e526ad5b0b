package monitor_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"heartbeat"
	"heartbeat/internal/monitor"
)

const (
	up   = heartbeat.KindSuccess
	fail = heartbeat.KindFail
	run  = heartbeat.KindStart
)

func TestRun_LateCheckIsDownAtItsDeadlineAndToldWithinASecond(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.start()
		id := w.check("nightly", time.Hour, 5*time.Minute)
		w.ping(id, up)
		deadline := now().Add(65 * time.Minute)
		time.Sleep(65*time.Minute - time.Nanosecond)
		synctest.Wait()
		w.wantSaid(w.slack)
		time.Sleep(time.Second)
		synctest.Wait()
		w.wantSaid(w.slack, "nightly down late")
		if got := w.flips(id)[0].At; !got.Equal(deadline) {
			t.Errorf("down at %v, want the deadline %v", got, deadline)
		}
		h := w.slack.all()[0]
		if late := h.at.Sub(deadline); late < 0 || late > time.Second {
			t.Errorf("told %v after the deadline", late)
		}
		if h.Link != "https://example.org/"+id.String() || h.Check.ID != id {
			t.Errorf("event %+v does not lead to its check", h.Event)
		}
	})
}

func TestRun_OneMessageAChange(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.every = time.Minute
		w.start()
		id := w.check("nightly", time.Hour, 0)
		w.ping(id, up)
		time.Sleep(100 * time.Hour)
		w.ping(id, up)
		time.Sleep(30 * time.Minute)
		w.ping(id, up)
		w.ping(id, fail)
		w.ping(id, fail)
		time.Sleep(time.Minute)
		w.ping(id, up)
		time.Sleep(time.Minute)
		w.wantSaid(w.slack, "nightly down late", "nightly up ping", "nightly down fail", "nightly up ping")
		w.nothingWaits()
	})
}

func TestRun_OverrunOfAStartedRun(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.start()
		id := w.check("nightly", 24*time.Hour, 10*time.Minute)
		w.ping(id, run)
		time.Sleep(9 * time.Minute)
		w.ping(id, up)
		time.Sleep(time.Hour)
		w.ping(id, run)
		began := now()
		time.Sleep(10*time.Minute + time.Second)
		synctest.Wait()
		w.wantSaid(w.slack, "nightly down overrun")
		if got := w.flips(id)[0].At.Sub(began); got != 10*time.Minute {
			t.Errorf("overran after %v, want 10m", got)
		}
		w.ping(id, up)
		time.Sleep(10 * time.Second)
		w.wantSaid(w.slack, "nightly down overrun", "nightly up ping")
	})
}

func TestChanged_EditBringsTheDeadlineNearer(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		id := w.check("nightly", 24*time.Hour, 0)
		w.ping(id, up)
		w.start()
		for _, period := range []time.Duration{10 * time.Hour, time.Hour, 3 * time.Hour, 2 * time.Hour} {
			c, err := w.store.Check(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			c.Period = period
			if err := w.store.Save(t.Context(), c, nil); err != nil {
				t.Fatal(err)
			}
			w.mon.Changed(id)
			time.Sleep(time.Minute)
		}
		began := now().Add(-4 * time.Minute)
		time.Sleep(2 * time.Hour)
		w.wantSaid(w.slack, "nightly down late")
		if got := w.flips(id)[0].At.Sub(began); got != 2*time.Hour {
			t.Errorf("down after %v, want 2h", got)
		}
	})
}

func TestRun_ScanFindsWhatNobodyNamed(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.start()
		id := w.check("nightly", time.Hour, 0)
		mon := w.mon
		w.mon = nil // the ping's word does not reach the monitor
		w.ping(id, up)
		w.mon = mon
		time.Sleep(time.Hour + time.Second)
		w.wantSaid(w.slack, "nightly down late")
	})
}

func TestRun_DeletedCheckIsForgotten(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.start()
		id := w.check("nightly", time.Hour, 0)
		w.ping(id, up)
		time.Sleep(time.Minute)
		c, err := w.store.Check(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.store.Delete(t.Context(), id, c.Rev); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		w.wantSaid(w.slack)
		if s := w.mon.Stats(); s.Remembered != 0 {
			t.Errorf("%d deadlines remembered, want 0", s.Remembered)
		}
	})
}

func TestRun_PausedCheckIsNotWatched(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.every = time.Minute
		w.start()
		id := w.check("nightly", time.Hour, 0)
		w.ping(id, up)
		c, err := w.store.Check(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		state, flip := c.Pause(now())
		c.State = state
		if err := w.store.Save(t.Context(), c, flip); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Hour)
		w.wantSaid(w.slack)
		w.ping(id, up)
		time.Sleep(2 * time.Hour)
		w.wantSaid(w.slack, "nightly down late")
	})
}

func TestInspect_SaysWhatIsDownAndSinceWhen(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.start()
		inspect := func(want ...string) {
			t.Helper()
			r, err := w.mon.Inspect(t.Context(), now())
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range want {
				if !strings.Contains(r.String(), line) {
					t.Errorf("report says\n%s\nwant %q in it", r, line)
				}
			}
		}
		inspect("no checks")
		a, b := w.check("nightly", time.Hour, 0), w.check("hourly", 2*time.Hour, 0)
		w.ping(a, up)
		w.ping(b, up)
		inspect("None of 2 checks is down")
		time.Sleep(90 * time.Minute)
		inspect("1 of 2 checks is down:\n", "web1 / backup / job / nightly: late since 2000-01-01 01:00:00 UTC, last ping 2000-01-01 00:00:00 UTC")
		w.ping(b, fail)
		inspect("2 of 2", "hourly: fail since 2000-01-01 01:30:00 UTC", "0 went down")
	})
}

func TestReady_NeedsAFreshSweep(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		fresh := monitor.New(monitor.Config{Store: w.store})
		if fresh.Ready(now()) == nil {
			t.Error("ready before the first sweep")
		}
		w.start()
		for range 10 {
			if err := w.mon.Ready(now()); err != nil {
				t.Error(err)
			}
			time.Sleep(17 * time.Second)
		}
		w.stop()
		time.Sleep(time.Minute)
		if w.mon.Ready(now()) == nil {
			t.Error("ready a minute after its end")
		}
	})
}

func TestStats_SayWhatIsAheadAndWhatWaits(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.start()
		id := w.check("nightly", time.Hour, 0)
		w.ping(id, up)
		w.check("other", time.Hour, 0)
		time.Sleep(time.Minute)
		if s := w.mon.Stats(); s.Remembered != 1 || s.Waiting != 0 || s.LastSweep.IsZero() {
			t.Errorf("before the deadline: %+v", s)
		}
		w.slack.set(func(context.Context) error { return context.DeadlineExceeded })
		time.Sleep(time.Hour)
		s := w.mon.Stats()
		if s.Waiting != 1 || s.Oldest.IsZero() {
			t.Errorf("while the channel is dead: %+v", s)
		}
		w.slack.set(nil)
		time.Sleep(time.Hour)
		s = w.mon.Stats()
		if s.Waiting != 0 || !s.Oldest.IsZero() {
			t.Errorf("after the channel has taken it: %+v", s)
		}
	})
}
