package heartbeat_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"heartbeat"
)

// event is one thing that happens to a check.
type event func(c heartbeat.Check) (heartbeat.Check, *heartbeat.Flip)

func ping(kind heartbeat.Kind, after time.Duration) event {
	return func(c heartbeat.Check) (heartbeat.Check, *heartbeat.Flip) {
		state, flip := c.Ping(heartbeat.Ping{At: noon.Add(after), Kind: kind})
		c.State = state
		return c, flip
	}
}

func tick(after time.Duration) event {
	return func(c heartbeat.Check) (heartbeat.Check, *heartbeat.Flip) {
		return c.Tick(noon.Add(after), plain(c.Period), nil)
	}
}

func pause(c heartbeat.Check) (heartbeat.Check, *heartbeat.Flip) {
	state, flip := c.Pause(noon.Add(2 * time.Hour))
	c.State = state
	return c, flip
}

func resume(c heartbeat.Check) (heartbeat.Check, *heartbeat.Flip) {
	state, flip := c.Resume(noon.Add(2 * time.Hour))
	c.State = state
	return c, flip
}

// TestTransitions is the table of what each event does in each status of
// Healthchecks, less what is not built. Where a check is started, its run began
// an hour after noon.
func TestTransitions(t *testing.T) {
	t.Parallel()
	const (
		success, fail, start = heartbeat.KindSuccess, heartbeat.KindFail, heartbeat.KindStart
		fresh, up            = heartbeat.StatusNew, heartbeat.StatusUp
		down, paused         = heartbeat.StatusDown, heartbeat.StatusPaused
		late, overrun        = heartbeat.ReasonLate, heartbeat.ReasonOverrun
	)
	for _, test := range []struct {
		name    string
		before  heartbeat.Check
		event   event
		after   heartbeat.Status
		started bool
		reason  heartbeat.Reason // of the flip; "" if there is none
		told    bool
	}{
		{"new success", watched(fresh), ping(success, day), up, false, "ping", false},
		{"new fail", watched(fresh), ping(fail, day), down, false, "fail", true},
		{"new start", watched(fresh), ping(start, day), fresh, true, "", false},
		{"new time", watched(fresh), tick(1000 * day), fresh, false, "", false},
		{"new started time", started(fresh), tick(2 * time.Hour), down, true, overrun, true},
		{"new started success", started(fresh), ping(success, 90*time.Minute), up, false, "ping", false},
		{"new resume", watched(fresh), resume, fresh, false, "", false},
		{"new pause", watched(fresh), pause, paused, false, "paused", false},

		{"up success", watched(up), ping(success, day), up, false, "", false},
		{"up fail", watched(up), ping(fail, day), down, false, "fail", true},
		{"up start", watched(up), ping(start, day), up, true, "", false},
		{"up time", watched(up), tick(day + grace), down, false, late, true},
		{"up a moment before", watched(up), tick(day + grace - 1), up, false, "", false},
		{"up started time", started(up), tick(2 * time.Hour), down, true, overrun, true},
		{"up started a moment before", started(up), tick(2*time.Hour - 1), up, true, "", false},
		{"up overdue success", watched(up), ping(success, 9*day), up, false, "", false},
		{"up pause", watched(up), pause, paused, false, "paused", false},
		{"up started pause", started(up), pause, paused, false, "paused", false},
		{"up resume", watched(up), resume, up, false, "", false},

		{"down success", watched(down), ping(success, day), up, false, "ping", true},
		{"down fail", watched(down), ping(fail, day), down, false, "", false},
		{"down start", watched(down), ping(start, day), down, true, "", false},
		{"down time", watched(down), tick(1000 * day), down, false, "", false},
		{"down started time", started(down), tick(1000 * day), down, true, "", false},
		{"down started success", started(down), ping(success, day), up, false, "ping", true},
		{"down pause", watched(down), pause, paused, false, "paused", false},
		{"down resume", watched(down), resume, down, false, "", false},

		{"paused success", watched(paused), ping(success, day), up, false, "ping", false},
		{"paused fail", watched(paused), ping(fail, day), down, false, "fail", true},
		{"paused start", watched(paused), ping(start, day), paused, true, "", false},
		{"paused time", watched(paused), tick(1000 * day), paused, false, "", false},
		{"paused started time", started(paused), tick(2 * time.Hour), down, true, overrun, true},
		{"paused pause", watched(paused), pause, paused, false, "", false},
		{"paused resume", watched(paused), resume, fresh, false, "resumed", false},
	} {
		got, flip := test.event(test.before)
		if got.Status != test.after || got.Started() != test.started {
			t.Errorf("%s: got %s, started %v; want %s, %v", test.name, got.Status, got.Started(), test.after, test.started)
		}
		if (flip != nil) != (test.reason != "") {
			t.Errorf("%s: got flip %+v, want reason %q", test.name, flip, test.reason)
			continue
		}
		told := heartbeat.NoticeFor(got.ID, flip) != nil
		if told != test.told {
			t.Errorf("%s: got told %v, want %v", test.name, told, test.told)
		}
		if flip != nil && (flip.Reason != test.reason || flip.From != test.before.Status || flip.To != test.after ||
			!flip.Since.Equal(test.before.Since) || !flip.LastPing.Equal(test.before.LastPing) || !got.Since.Equal(flip.At)) {
			t.Errorf("%s: got flip %+v from %+v, want reason %q", test.name, *flip, test.before.State, test.reason)
		}
		if flip == nil && !got.Since.Equal(test.before.Since) {
			t.Errorf("%s: the status has another beginning without a flip", test.name)
		}
	}
}

func TestPing_LogAndIgnoredChangeNothingButTheCount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, now := drawCheck(t)
		p := drawPing(t, now)
		p.Kind = rapid.SampledFrom([]heartbeat.Kind{heartbeat.KindLog, heartbeat.KindIgnored}).Draw(t, "quiet kind")
		got, flip := c.Ping(p)
		want := c.State
		want.Pings++
		if got != want || flip != nil {
			t.Errorf("got %+v and flip %v, want %+v and none", got, flip, want)
		}
	})
}

func TestPause_EndsTheRunAndKeepsTheLastPing(t *testing.T) {
	t.Parallel()
	got, _ := started(heartbeat.StatusUp).Pause(noon.Add(day))
	want := heartbeat.State{Status: heartbeat.StatusPaused, Since: noon.Add(day), LastPing: noon}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestResume_ForgetsPingAndRunAndKeepsTheCount(t *testing.T) {
	t.Parallel()
	s := started(heartbeat.StatusPaused).State
	s.Pings = 7
	got, _ := s.Resume(noon.Add(day))
	want := heartbeat.State{Status: heartbeat.StatusNew, Since: noon.Add(day), Pings: 7}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestPing_FailureSaysTheExitStatus(t *testing.T) {
	t.Parallel()
	s := watched(heartbeat.StatusUp).State
	for _, test := range []struct {
		exit *int
		want string
	}{{nil, ""}, {new(0), "exit status 0"}, {new(255), "exit status 255"}} {
		_, flip := s.Ping(heartbeat.Ping{At: noon, Kind: heartbeat.KindFail, Exit: test.exit})
		if flip == nil || flip.Detail != test.want {
			t.Errorf("got %+v, want detail %q", flip, test.want)
		}
	}
}

// TestPing_Runs holds Healthchecks' rules of which ping ends which run. Each step is a minute after the one before.
func TestPing_Runs(t *testing.T) {
	t.Parallel()
	const success, fail, start = heartbeat.KindSuccess, heartbeat.KindFail, heartbeat.KindStart
	type step struct {
		kind heartbeat.Kind
		run  heartbeat.RunID
	}
	for _, test := range []struct {
		name     string
		steps    []step
		started  bool
		duration time.Duration
	}{
		{"no run", []step{{success, ""}}, false, 0},
		{"no run but an ID", []step{{success, "a"}}, false, 0},
		{"no IDs", []step{{start, ""}, {success, ""}}, false, time.Minute},
		{"same ID", []step{{start, "a"}, {success, "a"}}, false, time.Minute},
		{"same ID, failure", []step{{start, "a"}, {fail, "a"}}, false, time.Minute},
		{"success without ID ends any run", []step{{start, "a"}, {success, ""}}, false, 0},
		{"foreign success ends nothing", []step{{start, "a"}, {success, "b"}}, true, 0},
		{"foreign success ends no run without ID", []step{{start, ""}, {success, "b"}}, true, 0},
		{"failure without ID ends any run", []step{{start, "a"}, {fail, ""}}, false, 0},
		{"foreign failure ends any run", []step{{start, "a"}, {fail, "b"}}, false, 0},
		{"failure with an ID ends a run without", []step{{start, ""}, {fail, "b"}}, false, 0},
		{"own end after a foreign one", []step{{start, "a"}, {success, "b"}, {success, "a"}}, false, 2 * time.Minute},
		{"only the last start counts", []step{{start, "a"}, {start, "b"}, {success, "a"}}, true, 0},
		{"the last start counts", []step{{start, "a"}, {start, "b"}, {success, "b"}}, false, time.Minute},
		{"a start without ID replaces it", []step{{start, "a"}, {start, ""}, {success, ""}}, false, time.Minute},
		{"second end of a run", []step{{start, "a"}, {success, "a"}, {success, "a"}}, false, 0},
		{"log between", []step{{start, "a"}, {heartbeat.KindLog, "a"}, {success, "a"}}, false, 2 * time.Minute},
		{"start keeps the last duration", []step{{start, ""}, {success, ""}, {start, ""}}, true, time.Minute},
	} {
		var s heartbeat.State
		for i, step := range test.steps {
			s, _ = s.Ping(heartbeat.Ping{At: noon.Add(time.Duration(i) * time.Minute), Kind: step.kind, Run: step.run})
		}
		if s.Started() != test.started || s.LastDuration != test.duration {
			t.Errorf("%s: got started %v, duration %v; want %v, %v", test.name, s.Started(), s.LastDuration, test.started, test.duration)
		}
	}
}

func TestPing_StartRunOutlivesTheRun(t *testing.T) {
	t.Parallel()
	var s heartbeat.State
	s, _ = s.Ping(heartbeat.Ping{At: noon, Kind: heartbeat.KindStart, Run: "a"})
	s, _ = s.Ping(heartbeat.Ping{At: noon.Add(1), Kind: heartbeat.KindSuccess, Run: "a"})
	if s.StartRun != "a" {
		t.Errorf("got %q, want a", s.StartRun)
	}
}

func TestPing_DurationIsNeverZeroForAnEndedRun(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{0, -time.Hour} {
		var s heartbeat.State
		s, _ = s.Ping(heartbeat.Ping{At: noon, Kind: heartbeat.KindStart})
		s, _ = s.Ping(heartbeat.Ping{At: noon.Add(after), Kind: heartbeat.KindSuccess})
		if s.LastDuration != 1 {
			t.Errorf("ended %v after its start: got duration %v, want 1ns", after, s.LastDuration)
		}
	}
}

func TestPing_EndOfAnOverrunRunStillGivesADuration(t *testing.T) {
	t.Parallel()
	c, flip := tick(2 * time.Hour)(started(heartbeat.StatusUp))
	if flip == nil {
		t.Fatal("the run did not overrun")
	}
	state, _ := c.Ping(heartbeat.Ping{At: noon.Add(6 * time.Hour), Kind: heartbeat.KindSuccess})
	if state.LastDuration != 5*time.Hour {
		t.Errorf("got %v, want 5h", state.LastDuration)
	}
}

func TestPing_CountsAndNeverTakesTheLastPingBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, now := drawCheck(t)
		p := drawPing(t, now)
		got, _ := c.Ping(p)
		if got.Pings != c.Pings+1 {
			t.Errorf("got %d pings after %d", got.Pings, c.Pings)
		}
		if got.LastPing.Before(c.LastPing) {
			t.Errorf("the last ping went back from %v to %v", c.LastPing, got.LastPing)
		}
		if got.LastPing.After(c.LastPing) && !got.LastPing.Equal(p.At) {
			t.Errorf("the last ping is %v, want %v", got.LastPing, p.At)
		}
	})
}

func TestFlips_Chain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, now := watched(heartbeat.StatusNew), noon
		for range rapid.IntRange(1, 20).Draw(t, "events") {
			now = now.Add(drawDuration(t, "wait"))
			before := c
			var flip *heartbeat.Flip
			c, flip = drawEvent(t, c, now)
			if (flip != nil) != (c.Status != before.Status) {
				t.Fatalf("from %s to %s with flip %+v", before.Status, c.Status, flip)
			}
			if flip == nil {
				continue
			}
			want := heartbeat.Flip{
				At: c.Since, From: before.Status, To: c.Status, Since: before.Since, LastPing: before.LastPing,
				Reason: flip.Reason, Detail: flip.Detail,
			}
			if diff := cmp.Diff(want, *flip); diff != "" {
				t.Fatalf("the flip does not follow the one before (-want +got):\n%s", diff)
			}
		}
	})
}

// TestSooner is the contract that lets the monitor remember deadlines: what is
// not called sooner cannot bring the deadline nearer.
func TestSooner_OtherwiseTheDeadlineIsNoNearer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, now := drawCheck(t)
		// Whatever was missed in blind time, pings come in after it.
		blinds := drawBlinds(t, now)
		if len(blinds) > 0 {
			now = blinds[len(blinds)-1].To
		}
		p := drawPing(t, now.Add(drawDuration(t, "wait")))
		if p.At.Before(now) {
			p.At = now
		}
		next := c
		next.State, _ = c.Ping(p)
		if c.Sooner(next.State) {
			return
		}
		before := c.Outlook(plain(c.Period), blinds).Deadline
		after := next.Outlook(plain(c.Period), blinds).Deadline
		if nearer(after, before) {
			t.Errorf("%s took the deadline from %v to %v", p.Kind, before, after)
		}
	})
}

// nearer compares deadlines, of which zero is never.
func nearer(a, b time.Time) bool {
	return !a.IsZero() && (b.IsZero() || a.Before(b))
}

func TestSooner_APlainSuccessIsNot(t *testing.T) {
	t.Parallel()
	for _, c := range []heartbeat.Check{watched(heartbeat.StatusUp), started(heartbeat.StatusUp)} {
		next, _ := c.Ping(heartbeat.Ping{At: noon.Add(2 * time.Hour), Kind: heartbeat.KindSuccess})
		if c.Sooner(next) {
			t.Errorf("a success of a check in %+v would wake the monitor", c.State)
		}
	}
}
