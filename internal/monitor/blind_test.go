package monitor_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"heartbeat"
)

// watched returns the stored watermark.
func (w *world) watched() heartbeat.Watch {
	w.Helper()
	raw, err := w.store.Value(w.Context(), heartbeat.KeyWatch)
	if err != nil {
		w.Fatal(err)
	}
	var watch heartbeat.Watch
	if err := json.Unmarshal(raw, &watch); err != nil {
		w.Fatal(err)
	}
	return watch
}

func TestBlind_RestartWithinTheTimerChangesNothing(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.start()
		id := w.check("nightly", time.Hour, 0)
		w.ping(id, up)
		began := now()
		for range 5 {
			time.Sleep(10 * time.Minute)
			w.stop()
			w.start()
		}
		time.Sleep(time.Hour)
		w.wantSaid(w.slack, "nightly down late")
		if got := w.flips(id)[0].At.Sub(began); got != time.Hour {
			t.Errorf("down after %v, want 1h", got)
		}
		if b := w.watched().Blinds; len(b) != 0 {
			t.Errorf("blind times %v, want none", b)
		}
	})
}

func TestBlind_DowntimeHoldsJudgementAndIsSaidOnce(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.every = time.Minute
		w.start()
		silent, pinged, other := w.check("silent", 3*time.Hour, 0), w.check("pinged", 3*time.Hour, 0), w.check("other", 24*time.Hour, 0)
		for _, id := range []heartbeat.CheckID{silent, pinged, other} {
			w.ping(id, up)
		}
		deadline := now().Add(3 * time.Hour)
		time.Sleep(2 * time.Hour)
		w.stop()
		blind := now()
		time.Sleep(90 * time.Minute)
		w.start()
		time.Sleep(time.Minute)
		w.wantSaid(w.slack, "blind 1h30m0s held 2")
		if b := w.watched().Blinds; len(b) != 1 || !b[0].From.Equal(blind) {
			t.Errorf("blind times %v, want one from %v", b, blind)
		}
		w.ping(pinged, up)
		time.Sleep(time.Hour)
		w.wantSaid(w.slack, "blind 1h30m0s held 2", "silent down late")
		if got := w.flips(silent)[0].At; !got.Equal(deadline.Add(90 * time.Minute)) {
			t.Errorf("down at %v, want its deadline %v and 90m", got, deadline)
		}
		w.stop()
		w.start()
		time.Sleep(time.Minute)
		if got := len(w.slack.all()); got != 2 {
			t.Errorf("%d events, want no more than 2", got)
		}
	})
}

func TestBlind_ShortAndHarmlessIsNotSaid(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.start()
		w.ping(w.check("nightly", time.Hour, 0), up)
		w.stop()
		time.Sleep(30 * time.Second)
		w.start()
		time.Sleep(time.Minute)
		w.wantSaid(w.slack)
		if got := len(w.watched().Blinds); got != 1 {
			t.Errorf("%d blind times are stored, want 1", got)
		}
	})
}

func TestBlind_ShortThatHeldSomethingIsSaid(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.start()
		w.ping(w.check("nightly", time.Hour, 0), up)
		time.Sleep(time.Hour - 10*time.Second)
		w.stop()
		time.Sleep(30 * time.Second)
		w.start()
		time.Sleep(time.Second)
		w.wantSaid(w.slack, "blind 30s held 1")
		time.Sleep(11 * time.Second)
		w.wantSaid(w.slack, "blind 30s held 1", "nightly down late")
	})
}

func TestBlind_CrashCountsFromTheLastMark(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.start()
		w.ping(w.check("nightly", time.Hour, 0), up)
		time.Sleep(25 * time.Second)
		synctest.Wait()
		before, err := w.store.Value(t.Context(), heartbeat.KeyWatch)
		if err != nil {
			t.Fatal(err)
		}
		w.stop()
		after, err := w.store.Value(t.Context(), heartbeat.KeyWatch)
		if err != nil {
			t.Fatal(err)
		}
		// As if the end had come without the last mark.
		if err := w.store.SetValue(t.Context(), heartbeat.KeyWatch, after, before); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		w.start()
		time.Sleep(time.Second)
		w.wantSaid(w.slack, "blind 10m5s held 0")
	})
}

func TestBlind_CrashLoopIsOneBlindTime(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.start()
		w.ping(w.check("nightly", 2*time.Hour, 0), up)
		w.stop()
		time.Sleep(2 * time.Minute)
		for range 20 {
			w.start()
			time.Sleep(time.Second)
			stored, err := w.store.Value(t.Context(), heartbeat.KeyWatch)
			if err != nil {
				t.Fatal(err)
			}
			w.stop()
			final, err := w.store.Value(t.Context(), heartbeat.KeyWatch)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.store.SetValue(t.Context(), heartbeat.KeyWatch, final, stored); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Second)
		}
		w.start()
		time.Sleep(time.Minute)
		if got := len(w.watched().Blinds); got != 1 {
			t.Errorf("%d blind times, want 1", got)
		}
		if got := len(w.slack.all()); got > 3 {
			t.Errorf("%d messages of one crash loop:\n%s", got, w.slack.said())
		}
	})
}

func TestBlind_LongDowntimeDoesNotBlameShortPeriods(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.start()
		id := w.check("often", 5*time.Minute, 5*time.Minute)
		w.ping(id, up)
		time.Sleep(3 * time.Minute)
		w.stop()
		time.Sleep(time.Hour)
		w.start()
		back := now()
		time.Sleep(time.Minute)
		w.wantSaid(w.slack, "blind 1h0m0s held 1")
		time.Sleep(time.Hour)
		w.wantSaid(w.slack, "blind 1h0m0s held 1", "often down late")
		if got := w.flips(id)[0].At.Sub(back); got != 5*time.Minute {
			t.Errorf("down %v after the return, want 5m", got)
		}
	})
}

func TestBlind_OldOnesAreForgotten(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.every = 10 * time.Minute
		w.start()
		for range 20 {
			time.Sleep(23 * time.Hour)
			w.stop()
			time.Sleep(time.Hour)
			w.start()
		}
		if got := len(w.watched().Blinds); got < 7 || got > 9 {
			t.Errorf("%d blind times are kept, want those of a week", got)
		}
	})
}

// An import stores for how long nobody watched its checks, and then the checks.
// The monitor that runs meanwhile has not read that when it first judges them.
func TestBlind_StoredByAnotherProcessHoldsToo(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.start()
		time.Sleep(time.Minute + time.Second)
		watch := w.watched()
		old, err := json.Marshal(watch)
		if err != nil {
			t.Fatal(err)
		}
		watch.Blinds = append(watch.Blinds, heartbeat.Blind{From: now().Add(-90 * time.Minute), To: now()})
		raw, err := json.Marshal(watch)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.store.SetValue(t.Context(), heartbeat.KeyWatch, old, raw); err != nil {
			t.Fatal(err)
		}
		c, err := w.store.Check(t.Context(), w.check("nightly", time.Hour, 0))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.store.Delete(t.Context(), c.ID, c.Rev); err != nil {
			t.Fatal(err)
		}
		c.Status, c.LastPing, c.Pings = heartbeat.StatusUp, now().Add(-2*time.Hour), 1
		if err := w.store.Restore(t.Context(), c, nil, nil); err != nil {
			t.Fatal(err)
		}
		w.mon.Changed(c.ID)
		brought := now()
		time.Sleep(29 * time.Minute)
		w.wantSaid(w.slack)
		time.Sleep(2 * time.Minute)
		w.wantSaid(w.slack, "nightly down late")
		if got := w.flips(c.ID)[0].At.Sub(brought); got != 30*time.Minute {
			t.Errorf("down %v after it was brought in, want 30m", got)
		}
	})
}
