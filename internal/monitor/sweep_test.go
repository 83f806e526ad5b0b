package monitor_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"heartbeat"
	"heartbeat/internal/monitor"
)

// clock sweeps at moments of a clock that tests set as they like.
type clock struct {
	*world
	m  *monitor.Monitor
	at time.Time
}

func newClock(w *world) *clock {
	return &clock{world: w, m: monitor.New(monitor.Config{Store: w.store}), at: now()}
}

// run lets the clock run for d, with a sweep every 10 seconds.
func (c *clock) run(d time.Duration) {
	c.Helper()
	for end := c.at.Add(d); c.at.Before(end); c.at = c.at.Add(10 * time.Second) {
		if _, err := c.m.Sweep(c.Context(), c.at); err != nil {
			c.Fatal(err)
		}
	}
}

func (c *clock) downAt(id heartbeat.CheckID) time.Duration {
	c.Helper()
	flips := c.flips(id)
	if len(flips) == 0 {
		return 0
	}
	return flips[0].At.Sub(now())
}

func TestSweep_ClockSetForwardHolds(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		c := newClock(w)
		id := w.check("nightly", time.Hour, 0)
		w.ping(id, up)
		c.run(10 * time.Minute)
		c.at = c.at.Add(55 * time.Minute)
		c.run(time.Minute)
		if got := c.downAt(id); got != 0 {
			t.Errorf("down at %v, want it held", got)
		}
		c.run(time.Hour)
		if got := c.downAt(id); got < 60*time.Minute+55*time.Minute || got > 60*time.Minute+56*time.Minute {
			t.Errorf("down at %v, want its hour and the jump", got)
		}
	})
}

func TestSweep_ClockSetBackLosesNothing(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		c := newClock(w)
		id := w.check("nightly", time.Hour, 0)
		w.ping(id, up)
		c.run(30 * time.Minute)
		c.at = c.at.Add(-20 * time.Minute)
		c.run(49 * time.Minute)
		if got := c.downAt(id); got != 0 {
			t.Errorf("down at %v, want it up until its hour has passed on the clock", got)
		}
		c.run(2 * time.Minute)
		if got := c.downAt(id); got != time.Hour {
			t.Errorf("down at %v, want 1h", got)
		}
		if b := w.watched(); len(b.Blinds) != 0 || b.Mark.After(c.at) {
			t.Errorf("watch %+v, want no blind time and a mark that is not ahead", b)
		}
	})
}

func TestSweep_ClockThatJumpsAheadAndBackHoldsNothing(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		c := newClock(w)
		id := w.check("nightly", time.Hour, 0)
		w.ping(id, up)
		c.run(10 * time.Minute)
		c.at = c.at.Add(24 * time.Hour)
		c.run(10 * time.Second)
		c.at = c.at.Add(-24 * time.Hour)
		c.run(time.Hour)
		if got := c.downAt(id); got != time.Hour {
			t.Errorf("down at %v, want 1h as if nothing had been", got)
		}
	})
}

// stubborn lets a ping in between every read and save of a check.
type stubborn struct {
	heartbeat.Store
	left int
}

func (s *stubborn) Save(ctx context.Context, c heartbeat.Check, flip *heartbeat.Flip) error {
	if s.left > 0 {
		s.left--
		if _, err := s.Ping(ctx, c.ID, heartbeat.Ping{At: now(), Kind: heartbeat.KindLog}, nil); err != nil {
			return err
		}
	}
	return s.Store.Save(ctx, c, flip)
}

func TestSweep_LostRacesAreJudgedAgain(t *testing.T) {
	t.Parallel()
	for _, races := range []int{1, 4, 5, 20} {
		inWorld(t, func(w *world) {
			w.open = func(s heartbeat.Store) heartbeat.Store { return &stubborn{s, races} }
			w.start()
			id := w.check("nightly", time.Hour, 0)
			w.ping(id, up)
			time.Sleep(time.Hour + 5*time.Second)
			w.wantSaid(w.slack, "nightly down late")
		})
	}
}

// lastMoment is a store in which a success comes in just before a save.
type lastMoment struct{ heartbeat.Store }

func (s lastMoment) Save(ctx context.Context, c heartbeat.Check, flip *heartbeat.Flip) error {
	if flip != nil {
		if _, err := s.Ping(ctx, c.ID, heartbeat.Ping{At: now(), Kind: heartbeat.KindSuccess}, nil); err != nil {
			return err
		}
	}
	return s.Store.Save(ctx, c, flip)
}

func TestSweep_PingAtTheLastMomentWins(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.open = func(s heartbeat.Store) heartbeat.Store { return lastMoment{s} }
		w.start()
		id := w.check("nightly", time.Hour, 0)
		w.ping(id, up)
		time.Sleep(10 * time.Hour)
		synctest.Wait()
		w.wantSaid(w.slack)
		if n := w.mon.Stats().Remembered; n != 1 {
			t.Errorf("%d deadlines remembered, want 1", n)
		}
	})
}

func TestSweep_UnreadableSettingsHoldUpNobody(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.start()
		bad := w.add("bad", heartbeat.Settings{Spec: heartbeat.Spec{Period: time.Hour, Worktime: "someday", Zone: "Mars/Base"}})
		good := w.check("good", time.Hour, 0)
		w.ping(bad, up)
		w.ping(good, up)
		time.Sleep(2 * time.Hour)
		w.wantSaid(w.slack, "good down late")
		if err := w.mon.Ready(now()); err != nil {
			t.Error(err)
		}
	})
}

// scribbled is a store in which one check has become unreadable.
type scribbled struct {
	heartbeat.Store
	bad *heartbeat.CheckID
}

func (s scribbled) Check(ctx context.Context, id heartbeat.CheckID) (heartbeat.Check, error) {
	if id == *s.bad {
		return heartbeat.Check{}, heartbeat.ErrUnreadable
	}
	return s.Store.Check(ctx, id)
}

// What a broken check is owed is told by its link; the others are watched.
func TestSweep_AnUnreadableCheckHoldsUpNobody(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		var broken heartbeat.CheckID
		w.open = func(s heartbeat.Store) heartbeat.Store { return scribbled{s, &broken} }
		bad, good := w.check("bad", time.Hour, 0), w.check("good", time.Hour, 0)
		w.ping(bad, up)
		w.ping(bad, fail)
		w.ping(good, up)
		broken = bad
		w.start()
		time.Sleep(2 * time.Hour)
		w.wantSaid(w.slack, " down fail", "good down late")
		if told := w.slack.all(); told[0].Link != "https://example.org/"+bad.String() {
			t.Errorf("the link is %s", told[0].Link)
		}
		if err := w.mon.Ready(now()); err != nil {
			t.Error(err)
		}
		w.nothingWaits()
	})
}

func TestRun_TwoMonitorsDoNoHarm(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.every = time.Minute
		w.start()
		_, haltSecond := w.launch()
		ids := w.fleet(20, time.Hour)
		for range 10 {
			time.Sleep(90 * time.Minute)
			for _, id := range ids {
				w.ping(id, up)
			}
		}
		// One after the other is away; the other one watches.
		haltSecond()
		// Half a minute past: a start in the moment in which the other writes its
		// watermark would see one that is a minute old.
		time.Sleep(20*time.Minute + 30*time.Second)
		_, haltSecond = w.launch()
		time.Sleep(20 * time.Minute)
		haltSecond()
		time.Sleep(10 * time.Second)
		for _, id := range ids {
			if got := len(w.flips(id)); got != 20 {
				t.Errorf("%d flips, want 20", got)
			}
		}
		seen := map[heartbeat.NoticeID]int{}
		for _, h := range w.slack.all() {
			if seen[h.Notice]++; seen[h.Notice] > 1 {
				t.Errorf("notice %s was sent twice", h.Notice)
			}
			if h.Blind != nil {
				t.Errorf("heard %q while one monitor watched", h.what())
			}
		}
		if len(seen) != 400 {
			t.Errorf("%d notices were sent, want 400", len(seen))
		}
	})
}
