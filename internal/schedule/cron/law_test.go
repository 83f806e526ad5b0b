package cron_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"heartbeat/internal/schedule/cron"
)

// matcher is the grammar and the calendar once more, as naive as can be: it asks
// each value, and each date, whether it is meant.
type matcher struct{ minute, hour, day, month, weekday string }

func newMatcher(expression string) matcher {
	f := strings.Fields(strings.ToUpper(expression))
	return matcher{f[0], f[1], f[2], f[3], f[4]}
}

func (m matcher) timesOfDay() bool { return m.minute[0] != '*' && m.hour[0] != '*' }

func (m matcher) matches(year int, month time.Month, day, hour, minute int) bool {
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if !listed(m.minute, minute, 59) || !listed(m.hour, hour, 23) || !listed(m.month, int(month), 12) {
		return false
	}
	byDay, byWeekday := m.dayMatches(date), m.weekdayMatches(date)
	if m.day[0] == '*' || m.weekday[0] == '*' {
		return byDay && byWeekday
	}
	return byDay || byWeekday
}

func (m matcher) dayMatches(date time.Time) bool {
	last := time.Date(date.Year(), date.Month()+1, 0, 0, 0, 0, 0, time.UTC)
	workday := last
	for workday.Weekday() == time.Saturday || workday.Weekday() == time.Sunday {
		workday = workday.AddDate(0, 0, -1)
	}
	for item := range strings.SplitSeq(m.day, ",") {
		switch word, _, _ := strings.Cut(item, "/"); word {
		case "L":
			if date.Equal(last) {
				return true
			}
		case "LW":
			if date.Equal(workday) {
				return true
			}
		default:
			if listed(item, date.Day(), 31) {
				return true
			}
		}
	}
	return false
}

func (m matcher) weekdayMatches(date time.Time) bool {
	weekday := int(date.Weekday())
	for item := range strings.SplitSeq(m.weekday, ",") {
		word, nth, counted := strings.Cut(item, "#")
		last := strings.HasSuffix(item, "L")
		if last {
			word = strings.TrimSuffix(item, "L")
		}
		if !listed(word, weekday, 7) && (weekday != 0 || !listed(word, 7, 7)) {
			continue
		}
		switch {
		case counted && strconv.Itoa((date.Day()+6)/7) != nth:
		case last && date.AddDate(0, 0, 7).Month() == date.Month():
		default:
			return true
		}
	}
	return false
}

// listed tells whether a list of *, a, a-b, with or without /n, has a value.
func listed(list string, value, high int) bool {
	for item := range strings.SplitSeq(list, ",") {
		span, stepText, stepped := strings.Cut(item, "/")
		step := 1
		if stepped {
			step, _ = strconv.Atoi(stepText)
		}
		first, last, ranged := strings.Cut(span, "-")
		from, to := number(first), number(first)
		switch {
		case span == "*":
			from, to = 0, high
			if high == 31 || high == 12 {
				from = 1
			}
		case ranged:
			to = number(last)
		}
		if stepped && from == to {
			to = high
		}
		if from <= value && value <= to && (value-from)%step == 0 {
			return true
		}
	}
	return false
}

func number(word string) int {
	if i := slices.Index(strings.Fields("SUN MON TUE WED THU FRI SAT"), word); i >= 0 {
		return i
	}
	if i := slices.Index(strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"), word); i >= 0 {
		return i + 1
	}
	n, err := strconv.Atoi(word)
	if err != nil {
		return -1
	}
	return n
}

// matchesAt tells whether the clock shows a matching time at t.
func (m matcher) matchesAt(t time.Time) bool {
	year, month, day := t.Date()
	return m.matches(year, month, day, t.Hour(), t.Minute())
}

// occurrences goes minute by minute from after to until, on a clock whose
// changes are whole minutes, and keeps what the clock has shown.
func (m matcher) occurrences(after, until time.Time) []time.Time {
	var all []time.Time
	// The hours before tell which times are shown for the second time: two hours'
	// worth at most, on our clocks.
	t := after.Truncate(time.Minute).Add(-5 * time.Hour)
	shown := reading(t)
	for ; !t.After(until); t = t.Add(time.Minute) {
		now := reading(t)
		due := false
		if !m.timesOfDay() {
			due = m.matchesAt(t)
		} else {
			// Every time up to now that no clock has reached before.
			for ; !shown.After(now); shown = shown.Add(time.Minute) {
				due = m.matchesAt(shown) || due
			}
		}
		if due && t.After(after) {
			all = append(all, t)
		}
	}
	return all
}

// reading is what the clock shows at t, as a time in UTC.
func reading(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

func drawItem(low, high int, extra ...string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		a := rapid.IntRange(low, high).Draw(t, "a")
		b := rapid.IntRange(a, high).Draw(t, "b")
		n := rapid.SampledFrom([]int{1, 2, 3, 5, 7, 15, 30, 100}).Draw(t, "n")
		forms := []string{
			"*", fmt.Sprint("*/", n), fmt.Sprint(a), fmt.Sprint(a), fmt.Sprintf("%d-%d", a, b),
			fmt.Sprintf("%d/%d", a, n), fmt.Sprintf("%d-%d/%d", a, b, n),
		}
		return rapid.SampledFrom(append(forms, extra...)).Draw(t, "form")
	})
}

func drawList(low, high int, extra ...string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(drawItem(low, high, extra...), 1, 3).Draw(t, "items"), ",")
	})
}

func drawOften(often string, other *rapid.Generator[string]) *rapid.Generator[string] {
	return rapid.OneOf(rapid.Just(often), rapid.Just(often), other)
}

// drawSchedule draws an expression that Parse accepts.
func drawSchedule() *rapid.Generator[cron.Schedule] {
	return rapid.Custom(func(t *rapid.T) cron.Schedule {
		s, err := cron.Parse(strings.Join([]string{
			drawList(0, 59).Draw(t, "minute"),
			drawList(0, 23, "0-4", "2", "3").Draw(t, "hour"),
			drawOften("*", drawList(1, 31, "L", "LW", "LW/2")).Draw(t, "day"),
			drawOften("*", drawList(1, 12, "MAR-OCT", "MAR", "OCT")).Draw(t, "month"),
			drawOften("*", drawList(0, 7, "SUN", "MON-FRI", "0L", "7L", "5L", "SUN#2", "1#1", "7#5")).Draw(t, "weekday"),
		}, " "))
		if err != nil {
			t.Skip(err) // no date matches
		}
		return s
	})
}

// clocks change in every way: by an hour, half an hour, two hours, a day, at
// midnight, at the year's end, or never.
var clocks = []string{
	"UTC", "Europe/Riga", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Apia",
	"America/Sao_Paulo", "Africa/Casablanca", "Asia/Beirut", "Pacific/Chatham", "America/Caracas", "Asia/Gaza",
}

// drawMoment draws a moment of some seventy years, every other one near a change.
func drawMoment(zone *time.Location) *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		at := time.Date(2005, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.Int64Range(0, 70*366*24*3600).Draw(t, "seconds")) * time.Second).In(zone)
		if start, _ := at.ZoneBounds(); !start.IsZero() && rapid.Bool().Draw(t, "near") {
			at = start.Add(time.Duration(rapid.IntRange(-6*3600, 6*3600).Draw(t, "apart")) * time.Second)
		}
		return at.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 999999999}).Draw(t, "ns")))
	})
}

func drawZone(t *rapid.T) *time.Location {
	zone, err := time.LoadLocation(rapid.SampledFrom(clocks).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestNext_SkipsNothingAndAddsNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, zone := drawSchedule().Draw(t, "expression"), drawZone(t)
		after := drawMoment(zone).Draw(t, "after")
		until := after.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "hours")) * time.Hour)
		var got []time.Time
		for at := s.Next(after, zone); !at.IsZero() && !at.After(until); at = s.Next(at, zone) {
			got = append(got, at)
		}
		want := newMatcher(s.String()).occurrences(after, until)
		if !slices.EqualFunc(got, want, time.Time.Equal) {
			t.Fatalf("%s after %v until %v:\n got %v\nwant %v", s, after, until, got, want)
		}
	})
}

func TestNext_IsLaterMonotoneAndMatches(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, zone := drawSchedule().Draw(t, "expression"), drawZone(t)
		after := drawMoment(zone).Draw(t, "after")
		next := s.Next(after, zone)
		if next.IsZero() {
			return // the clock leaps over all of them
		}
		if !next.After(after) || next.Second() != 0 || next.Nanosecond() != 0 {
			t.Fatalf("%s: %v is no whole minute after %v", s, next, after)
		}
		m := newMatcher(s.String())
		if !m.matchesAt(next) && len(m.occurrences(next.Add(-time.Minute), next)) == 0 {
			t.Fatalf("%s: %v does not match", s, next)
		}
		// From anywhere between, it is the same.
		between := after.Add(time.Duration(rapid.Int64Range(0, int64(next.Sub(after))-1).Draw(t, "between")))
		if again := s.Next(between, zone); !again.Equal(next) {
			t.Fatalf("%s: %v after %v, but %v after %v", s, next, after, again, between)
		}
	})
}

// Over years, by dates: what a minute-by-minute search is too slow for.
func TestNext_FindsEveryDate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSchedule().Draw(t, "expression")
		m := newMatcher(s.String())
		m.minute, m.hour = "30", "12"
		once, err := cron.Parse(strings.Join([]string{m.minute, m.hour, m.day, m.month, m.weekday}, " "))
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(rapid.IntRange(1990, 2110).Draw(t, "year"), 1, 1, 12, 30, 0, 0, time.UTC)
		next := once.Next(at, time.UTC)
		for range 700 {
			if at = at.AddDate(0, 0, 1); m.matchesAt(at) != at.Equal(next) {
				t.Fatalf("%s: %v, but next is %v", once, at, next)
			}
			if at.Equal(next) {
				next = once.Next(next, time.UTC)
			}
		}
	})
}
