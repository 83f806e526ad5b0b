package dash

import (
	"strconv"
	"strings"
	"time"

	"heartbeat/internal/schedule"
)

// clock says times as one viewer reads them.
type clock struct {
	now  time.Time
	zone *time.Location
}

// stamp is a moment, ready to show: how long ago, exactly when on hover, and
// for machines.
type stamp struct {
	Rel, Exact, ISO string
	// Short is the exact time without what goes without saying: the day if it is
	// today, the year if it is this one.
	Short string
}

// Zero tells whether there is no moment to show.
func (s stamp) Zero() bool { return s.ISO == "" }

func (c clock) stamp(t time.Time) stamp {
	if t.IsZero() {
		return stamp{}
	}
	local := t.In(c.zone)
	return stamp{
		Rel:   relative(c.now, t),
		Exact: local.Format("Mon 2 Jan 2006, 15:04:05 MST"),
		ISO:   t.UTC().Format(time.RFC3339),
		Short: c.short(t),
	}
}

func (c clock) short(t time.Time) string {
	now, local := c.now.In(c.zone), t.In(c.zone)
	days := t.Sub(c.now).Abs() / (24 * time.Hour)
	switch {
	case now.Year() == local.Year() && now.YearDay() == local.YearDay():
		return local.Format("15:04")
	case days < 6:
		return local.Format("Mon 15:04")
	case days < 300:
		return local.Format("Mon 2 Jan 15:04")
	}
	return local.Format("2 Jan 2006 15:04")
}

// relative says how far t is from now: "3 min ago", "in 2 days".
func relative(now, t time.Time) string {
	d := now.Sub(t)
	if d.Abs() < 2*time.Second {
		return "just now"
	}
	text := coarse(d.Abs())
	if d < 0 {
		return "in " + text
	}
	return text + " ago"
}

const day = 24 * time.Hour

// coarse says a span of wall time in one unit, rounded down.
func coarse(d time.Duration) string {
	switch {
	case d < time.Minute:
		return units(int64(d/time.Second), "s")
	case d < time.Hour:
		return units(int64(d/time.Minute), "min")
	case d < 2*day:
		return units(int64(d/time.Hour), "h")
	case d < 60*day:
		return units(int64(d/day), "days")
	case d < 730*day:
		return units(int64(d/(30*day)), "months")
	}
	return units(int64(d/(365*day)), "years")
}

// units joins a number to its unit so that no line breaks between them.
func units(n int64, unit string) string {
	return strconv.FormatInt(n, 10) + "\u00a0" + unit
}

// span says a length of wall time in at most two units: "2 h 5 min", "350 ms".
func span(d time.Duration) string {
	switch d = d.Abs(); {
	case d < time.Millisecond:
		return "<\u00a01\u00a0ms"
	case d < time.Second:
		return units(d.Milliseconds(), "ms")
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Truncate(100*time.Millisecond).Seconds(), 'f', -1, 64) + "\u00a0s"
	case d < time.Minute:
		return units(int64(d/time.Second), "s")
	case d < time.Hour:
		return two(d, time.Minute, "min", time.Second, "s")
	case d < day:
		return two(d, time.Hour, "h", time.Minute, "min")
	case d < 2*day:
		return two(d, day, "day", time.Hour, "h")
	}
	return two(d, day, "days", time.Hour, "h")
}

// exact says an amount of a schedule's own time, nothing left out.
func exact(d time.Duration) string {
	return strings.ReplaceAll(schedule.FormatSpan(d.Abs()), " ", "\u00a0")
}

// counted is exact without what is too small to matter.
func counted(d time.Duration) string {
	switch d = d.Abs(); {
	case d >= 100*time.Hour:
		d = d.Truncate(time.Hour)
	case d >= 10*time.Minute:
		d = d.Truncate(time.Minute)
	case d >= time.Second:
		d = d.Truncate(time.Second)
	default:
		return units(0, "s")
	}
	return exact(d)
}

func two(d, big time.Duration, bigUnit string, small time.Duration, smallUnit string) string {
	text := units(int64(d/big), bigUnit)
	if rest := int64(d % big / small); rest > 0 {
		text += "\u00a0" + units(rest, smallUnit)
	}
	return text
}

// signed says a distance from a deadline: "−6 h" is time left, "+2 h" is late.
func signed(d time.Duration) string {
	if d < 0 {
		return "−" + counted(d)
	}
	return "+" + counted(d)
}

// plural writes a number with its noun.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// title writes a word with a capital letter.
func title(word string) string {
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + word[1:]
}
