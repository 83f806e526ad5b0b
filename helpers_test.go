package heartbeat_test

import (
	"time"

	"pgregory.net/rapid"

	"heartbeat"
)

// noon is when the tests' stories begin.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 123456789, time.UTC)

// plain is a schedule in which all time counts. Its value is the period.
type plain time.Duration

func (p plain) Due(last time.Time) time.Time { return last.Add(time.Duration(p)) }

func (p plain) Add(t time.Time, d time.Duration) time.Time { return t.Add(d) }

// grid is a schedule of moments, such as those that an expression names: its
// value is how far they lie apart, from the year 1 on.
type grid time.Duration

func (g grid) Due(last time.Time) time.Time {
	return last.Truncate(time.Duration(g)).Add(time.Duration(g))
}

func (g grid) Add(t time.Time, d time.Duration) time.Time { return t.Add(d) }

// never is a schedule that expects nothing, and counts no time.
type never struct{}

func (never) Due(time.Time) time.Time { return time.Time{} }

func (never) Add(time.Time, time.Duration) time.Time { return time.Time{} }

const (
	day = 24 * time.Hour
	// period and grace are those of every check here that says nothing else.
	period = day
	grace  = time.Hour
)

// watched is a check in the given status since noon. Unless it is new it had
// its last ping at noon.
func watched(status heartbeat.Status) heartbeat.Check {
	c := heartbeat.Check{
		Settings: heartbeat.Settings{Spec: heartbeat.Spec{Period: period}, Grace: grace},
		State:    heartbeat.State{Status: status, Since: noon},
	}
	if status != heartbeat.StatusNew {
		c.LastPing = noon
	}
	return c
}

// started is such a check with a run that began an hour after noon.
func started(status heartbeat.Status) heartbeat.Check {
	c := watched(status)
	c.LastStart = noon.Add(time.Hour)
	return c
}

func kinds() []heartbeat.Kind {
	return []heartbeat.Kind{
		heartbeat.KindSuccess, heartbeat.KindStart, heartbeat.KindFail, heartbeat.KindLog, heartbeat.KindIgnored,
	}
}

// drawDuration draws some time, often a round one, so that moments meet.
func drawDuration(t *rapid.T, label string) time.Duration {
	round := rapid.SampledFrom([]time.Duration{0, 1, time.Minute, grace, period - grace, period, period + grace})
	odd := rapid.Map(rapid.Int64Range(0, int64(3*period)), func(n int64) time.Duration { return time.Duration(n) })
	return rapid.OneOf(round, odd).Draw(t, label)
}

// drawPing draws a ping at some moment around now: pings may overtake each other.
func drawPing(t *rapid.T, now time.Time) heartbeat.Ping {
	return heartbeat.Ping{
		At:   now.Add(-rapid.SampledFrom([]time.Duration{0, 0, 1, time.Hour, 2 * day}).Draw(t, "late by")),
		Kind: rapid.SampledFrom(kinds()).Draw(t, "kind"),
		Run:  rapid.SampledFrom([]heartbeat.RunID{"", "a", "b"}).Draw(t, "run"),
	}
}

// drawCheck draws a check as a random life has made it, and what time it is then.
func drawCheck(t *rapid.T) (heartbeat.Check, time.Time) {
	c, now := watched(heartbeat.StatusNew), noon
	c.Grace = rapid.SampledFrom([]time.Duration{grace, 0, 2 * period}).Draw(t, "grace")
	for range rapid.IntRange(0, 8).Draw(t, "events") {
		now = now.Add(drawDuration(t, "wait"))
		c, _ = drawEvent(t, c, now)
	}
	return c, now
}

// drawEvent lets something happen to c.
func drawEvent(t *rapid.T, c heartbeat.Check, now time.Time) (heartbeat.Check, *heartbeat.Flip) {
	var flip *heartbeat.Flip
	switch rapid.SampledFrom([]string{"ping", "tick", "pause", "resume"}).Draw(t, "event") {
	case "ping":
		c.State, flip = c.Ping(drawPing(t, now))
	case "tick":
		c, flip = c.Tick(now, plain(c.Period), nil)
	case "pause":
		c.State, flip = c.Pause(now)
	case "resume":
		c.State, flip = c.Resume(now)
	}
	return c, flip
}
