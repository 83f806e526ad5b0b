// Package cron reads cron expressions and finds their occurrences, exactly as
// cronsim 2.7 does, the parser that Healthchecks uses. The rules come from that
// library's documentation and observed behaviour; testdata holds some thousands
// of its answers.
//
// # Grammar
//
// Five fields, parted by white space, in either case:
//
//	minute   0-59
//	hour     0-23
//	day      1-31, L (the month's last), LW (its last from Monday to Friday)
//	month    1-12, JAN-DEC
//	weekday  0-7, SUN-SAT (0 and 7 are Sunday, as a name it is 0),
//	         5L (the month's last Friday), MON#2 or 1#2 (its second Monday)
//
// A field is a list of items: * for all, a, a-b, and with a step */n, a-b/n, or
// a/n from a to the field's end; a-a/n is the same as a/n. A step may be larger
// than the field. A step after L or LW means nothing. There are no seconds, no years, no ?, no W after
// a day, no H, and no names such as @daily.
//
// If the day or the weekday begins with *, an occurrence must match both; else
// either will do. This is Debian's rule: "0 0 1 * MON" is every Monday and every
// first of a month, "0 0 */100,1-7 * MON" is the first Monday.
//
// # When the clock changes
//
// If neither minute nor hour begins with *, the expression names times of day.
// Each happens once: at the moment when the clock first shows it or, if the
// clock leaps over it, at the first whole minute after the leap. So 03:30 is at
// 04:00 on the day on which 03:00 becomes 04:00.
//
// Otherwise the expression is about time that passes. Every moment at which the
// clock shows a matching time counts: none in an hour that is left out, and both
// passes of an hour that is repeated.
//
// # Where it differs from cronsim
//
// Asked for the next time of day in the second pass of a repeated hour, cronsim
// may answer with a time already past, which would make a check late at once.
// [Schedule.Next] is always later.
//
// Of passing time, cronsim can lose up to an hour's occurrences after the clock
// leaps over midnight or changes by half an hour, depending on where it starts.
// Next follows the rule above; testdata/flaws.tsv lists such cases.
//
// Expressions of six fields, the first for seconds, are rejected, as Healthchecks
// rejects them.
package cron

import (
	"math/bits"
	"strings"
	"time"
)

// horizon is how many years ahead an occurrence is looked for. The calendar's
// longest wait is 40 years, for 29 February on a given weekday across 2100.
const horizon = 50

// Schedule is a parsed expression, a value that can be compared. The zero
// Schedule never occurs.
type Schedule struct {
	text    string
	minutes uint64 // bit n: minute n
	hours   uint64
	dates   dates
	// timesOfDay: neither minute nor hour begins with *.
	timesOfDay bool
}

// Parse reads an expression. It rejects what cronsim rejects, and expressions
// that no date can match. Errors are *heartbeat.Invalid with Field "cron".
func Parse(expression string) (Schedule, error) {
	words := strings.Fields(expression)
	if len(words) != 5 {
		return Schedule{}, wrongCount(words)
	}
	s := Schedule{text: canonical(words)}
	words = strings.Fields(s.text)
	var err error
	if s.minutes, err = minuteField.parse(words[0], nil); err != nil {
		return Schedule{}, err
	}
	if s.hours, err = hourField.parse(words[1], nil); err != nil {
		return Schedule{}, err
	}
	if s.dates, err = parseDates(words[2], words[3], words[4]); err != nil {
		return Schedule{}, err
	}
	s.timesOfDay = words[0][0] != '*' && words[1][0] != '*'
	start := time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)
	if s.reading(start, start.AddDate(horizon, 0, 0)).IsZero() {
		return Schedule{}, neverOccurs(words)
	}
	return s, nil
}

// String returns the expression in the form that is stored: as it was written,
// but in capitals, with single spaces and without leading zeros.
func (s Schedule) String() string { return s.text }

// Next returns the first occurrence later than after on the clocks of zone, or
// zero if there is none within 50 years or before the year 10000. The work is
// bounded: a step per month and per change of the clock at worst.
func (s Schedule) Next(after time.Time, zone *time.Location) time.Time {
	if s.timesOfDay {
		return s.nextTimeOfDay(after.In(zone))
	}
	return s.nextPassing(after.In(zone))
}

// nextTimeOfDay goes through the readings of the clock that match and returns
// the moment of the first that is later. More than one is looked at only near a
// change: what the clock leapt over or shows for the second time.
func (s Schedule) nextTimeOfDay(after time.Time) time.Time {
	from := nextMinute(shown(after))
	until := from.AddDate(horizon, 0, 0)
	for {
		r := s.reading(from, until)
		if r.IsZero() {
			return time.Time{}
		}
		if t := moment(r, after.Location()); t.After(after) {
			return t
		}
		from = nextMinute(r)
	}
}

// nextPassing goes through the stretches of time between changes of the clock.
// In each the clock runs straight, so there a reading is one moment.
func (s Schedule) nextPassing(after time.Time) time.Time {
	last := after.AddDate(horizon, 0, 0)
	from := nextMinute(shown(after))
	for t := after; t.Before(last); {
		_, end := straight(t)
		if end.IsZero() || end.After(last) {
			end = last
		}
		offset := offsetOf(t)
		if r := s.reading(from, end.UTC().Add(offset)); !r.IsZero() {
			return r.Add(-offset).In(after.Location())
		}
		t = end.In(after.Location())
		from = wholeMinute(shown(t))
	}
	return time.Time{}
}

// A reading is what a clock shows, kept as the moment at which a clock in UTC
// shows the same.

// reading returns the first matching reading from a whole minute on and before
// until, or zero. It takes a step per month.
func (s Schedule) reading(from, until time.Time) time.Time {
	year, month, day := from.Date()
	hour, minute, today := s.timeOfDay(from.Hour(), from.Minute())
	if !today {
		day++
	}
	for year <= 9999 {
		if set := s.dates.in(year, month) >> day << day; set != 0 {
			first := bits.TrailingZeros64(set)
			if first != day || !today {
				hour, minute, _ = s.timeOfDay(0, 0)
			}
			r := time.Date(year, month, first, hour, minute, 0, 0, time.UTC)
			if !r.Before(until) {
				break
			}
			return r
		}
		day, today = 1, false
		if month++; month > time.December {
			year, month = year+1, time.January
		}
		if !time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Before(until) {
			break
		}
	}
	return time.Time{}
}

// timeOfDay returns the first matching time at or after the given one, if the
// day has one.
func (s Schedule) timeOfDay(hour, minute int) (h, m int, ok bool) {
	if s.hours>>hour&1 == 1 {
		if left := s.minutes >> minute; left != 0 {
			return hour, minute + bits.TrailingZeros64(left), true
		}
	}
	left := s.hours >> (hour + 1)
	if left == 0 || s.minutes == 0 {
		return 0, 0, false
	}
	return hour + 1 + bits.TrailingZeros64(left), bits.TrailingZeros64(s.minutes), true
}

// shown returns the reading of t's zone at t.
func shown(t time.Time) time.Time { return t.UTC().Add(offsetOf(t)) }

func offsetOf(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

// straight returns between which changes of its clock t lies; zero: none. It is
// ZoneBounds, which in Go 1.26 has an end that is not after t on the last day of
// a leap year, where the tz database has a rule in place of a table (from 2038).
func straight(t time.Time) (start, end time.Time) {
	start, end = t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		end = t.Add(time.Hour)
	}
	return start, end
}

// nextMinute returns the first whole minute after a reading.
func nextMinute(reading time.Time) time.Time {
	return reading.Truncate(time.Minute).Add(time.Minute)
}

// wholeMinute returns the first whole minute that is not before a reading.
func wholeMinute(reading time.Time) time.Time {
	return reading.Add(time.Minute - 1).Truncate(time.Minute)
}

// moment returns when the clock of zone first shows the reading or, if it leaps
// over it, the first whole minute after the leap.
func moment(reading time.Time, zone *time.Location) time.Time {
	// No clock has ever been further than 16 hours from UTC.
	t := reading.Add(-16 * time.Hour).In(zone)
	for {
		start, end := straight(t)
		offset := offsetOf(t)
		at := reading.Add(-offset).In(zone)
		if at.Before(start) && !start.IsZero() {
			return wholeMinute(shown(t)).Add(-offset).In(zone)
		}
		if end.IsZero() || at.Before(end) {
			return at
		}
		t = end.In(zone)
	}
}
