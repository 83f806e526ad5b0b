package heartbeat_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"heartbeat"
)

func TestOutlook_WhatLiesAhead(t *testing.T) {
	t.Parallel()
	noGrace, startedNoGrace := watched(heartbeat.StatusUp), started(heartbeat.StatusUp)
	noGrace.Grace, startedNoGrace.Grace = 0, 0
	newNoGrace := started(heartbeat.StatusNew)
	newNoGrace.Grace = 0
	lateStart := watched(heartbeat.StatusUp)
	lateStart.LastStart = noon.Add(day + time.Minute)
	due := noon.Add(day)
	for _, test := range []struct {
		name  string
		check heartbeat.Check
		want  heartbeat.Outlook
	}{
		{"new", watched(heartbeat.StatusNew), heartbeat.Outlook{}},
		{"paused", watched(heartbeat.StatusPaused), heartbeat.Outlook{}},
		{"down", watched(heartbeat.StatusDown), heartbeat.Outlook{}},
		{"down, started", started(heartbeat.StatusDown), heartbeat.Outlook{}},
		{"up", watched(heartbeat.StatusUp), heartbeat.Outlook{Due: due, Deadline: due.Add(grace), Reason: "late"}},
		{"up without grace", noGrace, heartbeat.Outlook{Due: due, Deadline: due, Reason: "late"}},
		{"up, started", started(heartbeat.StatusUp), heartbeat.Outlook{
			Due: due, Deadline: noon.Add(time.Hour + grace), Reason: "overrun",
		}},
		{"a start after the due moment does not help", lateStart, heartbeat.Outlook{
			Due: due, Deadline: due.Add(grace), Reason: "late",
		}},
		// With no grace a run has no limit of its own, other than in Healthchecks.
		{"up, started, without grace", startedNoGrace, heartbeat.Outlook{Due: due, Deadline: due, Reason: "late"}},
		{"new, started, without grace", newNoGrace, heartbeat.Outlook{}},
		{"new, started", started(heartbeat.StatusNew), heartbeat.Outlook{
			Deadline: noon.Add(time.Hour + grace), Reason: "overrun",
		}},
		{"paused, started", started(heartbeat.StatusPaused), heartbeat.Outlook{
			Deadline: noon.Add(time.Hour + grace), Reason: "overrun",
		}},
	} {
		if got := test.check.Outlook(plain(period), nil); got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

func TestOutlook_ScheduleWithoutFurtherMoments(t *testing.T) {
	t.Parallel()
	blinds := []heartbeat.Blind{{From: time.Time{}, To: noon}}
	for _, c := range []heartbeat.Check{watched(heartbeat.StatusUp), started(heartbeat.StatusUp), started(heartbeat.StatusNew)} {
		if got := c.Outlook(never{}, blinds); !got.Deadline.IsZero() {
			t.Errorf("got %+v, want no deadline", got)
		}
		if _, flip := c.Tick(noon.Add(1000*day), never{}, blinds); flip != nil {
			t.Errorf("a check that is never due went down: %+v", *flip)
		}
	}
}

func TestTick_FlipsAtTheDeadlineAndNeverBefore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, now := drawCheck(t)
		blinds := drawBlinds(t, noon)
		o := c.Outlook(plain(c.Period), blinds)
		now = now.Add(drawDuration(t, "wait"))
		if !o.Deadline.IsZero() && rapid.Bool().Draw(t, "near the deadline") {
			now = o.Deadline.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "from the deadline")))
		}
		got, flip := c.Tick(now, plain(c.Period), blinds)
		if o.Deadline.IsZero() || now.Before(o.Deadline) {
			if flip != nil || got != c {
				t.Fatalf("judged at %v with deadline %v: %+v", now, o.Deadline, flip)
			}
			return
		}
		if flip == nil || !flip.At.Equal(o.Deadline) || flip.Reason != o.Reason || flip.To != heartbeat.StatusDown {
			t.Fatalf("got flip %+v at %v, want one for %+v", flip, now, o)
		}
		want := c
		want.Status, want.Since = heartbeat.StatusDown, o.Deadline
		if got != want {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

func TestTick_AgainChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, now := drawCheck(t)
		blinds := drawBlinds(t, noon)
		now = now.Add(drawDuration(t, "wait"))
		once, flip := c.Tick(now, plain(c.Period), blinds)
		if flip == nil {
			return
		}
		twice, flip := once.Tick(now.Add(drawDuration(t, "until the next tick")), plain(c.Period), blinds)
		if flip != nil || twice != once {
			t.Errorf("the second tick made flip %+v", flip)
		}
	})
}

func TestShown_AgreesWithTick(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, now := drawCheck(t)
		blinds := drawBlinds(t, noon)
		now = now.Add(drawDuration(t, "wait"))
		o := c.Outlook(plain(c.Period), blinds)
		judged, _ := c.Tick(now, plain(c.Period), blinds)
		want := judged.Status
		if want == heartbeat.StatusUp && !now.Before(o.Due) {
			want = heartbeat.StatusGrace
		}
		if got := c.Shown(o, now); got != want {
			t.Errorf("got %s, want %s; %+v", got, want, o)
		}
	})
}

func TestShown_BoundsAreInclusive(t *testing.T) {
	t.Parallel()
	c := watched(heartbeat.StatusUp)
	o := c.Outlook(plain(period), nil)
	for _, test := range []struct {
		at   time.Time
		want heartbeat.Status
	}{
		{o.Due.Add(-1), heartbeat.StatusUp},
		{o.Due, heartbeat.StatusGrace},
		{o.Deadline.Add(-1), heartbeat.StatusGrace},
		{o.Deadline, heartbeat.StatusDown},
	} {
		if got := c.Shown(o, test.at); got != test.want {
			t.Errorf("at %v: got %s, want %s", test.at, got, test.want)
		}
	}
}
