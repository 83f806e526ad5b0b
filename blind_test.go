package heartbeat_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"heartbeat"
)

// raw is the deadline of watched(up) without blind time.
var raw = noon.Add(period + grace)

// blind is blind time around the raw deadline.
func blind(from, to time.Duration) heartbeat.Blind {
	return heartbeat.Blind{From: raw.Add(from), To: raw.Add(to)}
}

// drawBlinds draws blind times that do not overlap, in order, after from.
func drawBlinds(t *rapid.T, from time.Time) []heartbeat.Blind {
	var blinds []heartbeat.Blind
	for range rapid.IntRange(0, 3).Draw(t, "blinds") {
		from = from.Add(drawDuration(t, "seeing") + 1)
		b := heartbeat.Blind{From: from, To: from.Add(drawDuration(t, "blind"))}
		blinds = append(blinds, b)
		from = b.To
	}
	return blinds
}

func TestHold_MovesADeadlineThatFellIntoBlindTime(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		blinds []heartbeat.Blind
		held   time.Duration
	}{
		{"none", nil, 0},
		{"before", []heartbeat.Blind{blind(-2*time.Hour, -1)}, 0},
		{"after", []heartbeat.Blind{blind(1, time.Hour)}, 0},
		{"around", []heartbeat.Blind{blind(-time.Hour, time.Hour)}, 2 * time.Hour},
		{"from the deadline on", []heartbeat.Blind{blind(0, time.Hour)}, time.Hour},
		{"until the deadline", []heartbeat.Blind{blind(-time.Hour, 0)}, time.Hour},
		{"exactly a period", []heartbeat.Blind{blind(-time.Hour, period-time.Hour)}, period},
		{"falls into the next", []heartbeat.Blind{blind(-time.Minute, 0), blind(time.Second, time.Hour)}, 2*time.Hour + time.Minute - time.Hour - time.Second},
		{"falls short of the next", []heartbeat.Blind{blind(-time.Minute, 0), blind(2*time.Minute, time.Hour)}, time.Minute},
		{"only the second", []heartbeat.Blind{blind(-2*time.Hour, -time.Hour), blind(-time.Minute, time.Minute)}, 2 * time.Minute},
	} {
		o := watched(heartbeat.StatusUp).Outlook(plain(period), test.blinds)
		if got := o.Deadline.Sub(raw); got != test.held || o.Held != test.held {
			t.Errorf("%s: the deadline moved by %v and says %v, want %v", test.name, got, o.Held, test.held)
		}
		if o.Reason != heartbeat.ReasonLate || !o.Due.Equal(noon.Add(period)) {
			t.Errorf("%s: got %+v: blind time moves nothing but the deadline", test.name, o)
		}
	}
}

// TestHold_LongBlindTimeLeavesOnePeriod: when nobody listened for many periods,
// the deadline is one period after somebody listens again, not in the past.
func TestHold_LongBlindTimeLeavesOnePeriod(t *testing.T) {
	t.Parallel()
	b := blind(-3*period, 9*period)
	o := watched(heartbeat.StatusUp).Outlook(plain(period), []heartbeat.Blind{b})
	if want := b.To.Add(period); !o.Deadline.Equal(want) {
		t.Errorf("got %v, want one period after the blind time, %v", o.Deadline, want)
	}
}

// TestHold_WithAnExpressionLeavesOneOccurrence: there the deadline of the first
// occurrence that somebody listens to is the limit, grace included. The period
// has no say.
func TestHold_WithAnExpressionLeavesOneOccurrence(t *testing.T) {
	t.Parallel()
	c := watched(heartbeat.StatusUp)
	c.Kind, c.Period = heartbeat.ScheduleCron, time.Minute
	// The ping at noon and some makes the next due at midnight; down is at 1.
	midnight := noon.Truncate(day).Add(day)
	for _, test := range []struct {
		name     string
		from, to time.Duration // since midnight
		want     time.Duration
	}{
		{"short", 0, time.Hour, 2 * time.Hour},
		{"long, from just before the deadline", 59 * time.Minute, 100 * time.Hour, 100*time.Hour + time.Minute},
		{"long, from far before the deadline", -11 * time.Hour, 90 * time.Hour, 97 * time.Hour},
		{"until an occurrence", -11 * time.Hour, 96*time.Hour - 1, 97 * time.Hour},
		{"from an occurrence on", -11 * time.Hour, 96 * time.Hour, 108 * time.Hour},
	} {
		b := heartbeat.Blind{From: midnight.Add(test.from), To: midnight.Add(test.to)}
		o := c.Outlook(grid(day), []heartbeat.Blind{b})
		if want := midnight.Add(test.want); !o.Deadline.Equal(want) || o.Held != test.want-time.Hour {
			t.Errorf("%s: got %v, held by %v; want %v", test.name, o.Deadline, o.Held, want)
		}
	}
}

// once is a schedule with one moment, after which nothing is due.
type once time.Time

func (o once) Due(last time.Time) time.Time {
	if last.Before(time.Time(o)) {
		return time.Time(o)
	}
	return time.Time{}
}

func (once) Add(t time.Time, d time.Duration) time.Time { return t.Add(d) }

func TestHold_TheLastOccurrenceIsHeldByAllOfTheBlindTime(t *testing.T) {
	t.Parallel()
	c := watched(heartbeat.StatusUp)
	c.Kind = heartbeat.ScheduleOnCalendar
	b := blind(-time.Minute, 9*period)
	o := c.Outlook(once(noon.Add(period)), []heartbeat.Blind{b})
	if want := b.To.Add(time.Minute); !o.Deadline.Equal(want) {
		t.Errorf("got %v, want %v", o.Deadline, want)
	}
}

// TestHold_ASuccessNeverBringsTheDeadlineNearer: a remembered deadline must be a
// lower bound, also of a deadline that was held, so a job that pings once
// somebody listens again is not waited for a shorter time than one that does not.
func TestHold_ASuccessNeverBringsTheDeadlineNearer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, now := drawCheck(t)
		var s heartbeat.Schedule = plain(c.Period)
		if rapid.Bool().Draw(t, "expression") {
			c.Kind = heartbeat.ScheduleCron
			s = grid(rapid.SampledFrom([]time.Duration{period, time.Minute, 7 * time.Hour}).Draw(t, "apart"))
		}
		blinds := drawBlinds(t, noon)
		if n := len(blinds); n > 0 && now.Before(blinds[n-1].To) {
			now = blinds[n-1].To
		}
		before := c.Outlook(s, blinds)
		state, flip := c.Ping(heartbeat.Ping{At: now.Add(drawDuration(t, "wait")), Kind: heartbeat.KindSuccess})
		c.State = state
		if after := c.Outlook(s, blinds); flip == nil && after.Deadline.Before(before.Deadline) {
			t.Errorf("the deadline went from %v to %v", before.Deadline, after.Deadline)
		}
	})
}

func TestHold_ARunTooIsHeld(t *testing.T) {
	t.Parallel()
	over := noon.Add(time.Hour + grace)
	b := heartbeat.Blind{From: over.Add(-time.Minute), To: over.Add(time.Minute)}
	o := started(heartbeat.StatusUp).Outlook(plain(period), []heartbeat.Blind{b})
	if o.Held != 2*time.Minute || o.Reason != heartbeat.ReasonOverrun {
		t.Errorf("got %+v, want an overrun held by two minutes", o)
	}
}

// TestHold_IsBounded: blind time never brings a deadline nearer, and a deadline
// that is outside of all blind times stays where it is.
func TestHold_IsBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, _ := drawCheck(t)
		blinds := drawBlinds(t, noon)
		plainly := c.Outlook(plain(c.Period), nil)
		held := c.Outlook(plain(c.Period), blinds)
		if plainly.Deadline.IsZero() {
			if held != plainly {
				t.Fatalf("blind time made a deadline: %+v", held)
			}
			return
		}
		moved := held.Deadline.Sub(plainly.Deadline)
		var blindest time.Duration
		for _, b := range blinds {
			blindest += b.Length()
			if !plainly.Deadline.Before(b.From) && held.Deadline.Before(b.To) {
				t.Errorf("the deadline %v was left in blind time %v", held.Deadline, b)
			}
		}
		if moved != held.Held || moved < 0 || moved > blindest {
			t.Errorf("moved by %v over %d blind times of %v in all, says %v", moved, len(blinds), blindest, held.Held)
		}
		if inside := (heartbeat.Watch{Blinds: blinds}).Covered(plainly.Deadline); !inside && moved != 0 {
			t.Errorf("a deadline outside of blind time moved by %v", moved)
		}
	})
}

func TestWatch_Covered(t *testing.T) {
	t.Parallel()
	w := heartbeat.Watch{Blinds: []heartbeat.Blind{
		{From: noon, To: noon.Add(time.Hour)}, {From: noon.Add(day), To: noon.Add(day)},
	}}
	for after, want := range map[time.Duration]bool{
		-1: false, 0: true, time.Minute: true, time.Hour: true, time.Hour + 1: false, day: true, day + 1: false,
	} {
		if got := w.Covered(noon.Add(after)); got != want {
			t.Errorf("%v after noon: got %v, want %v", after, got, want)
		}
	}
}
