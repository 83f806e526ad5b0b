package worktime

import (
	"math/bits"
	"slices"
	"sort"
	"time"
)

// Day is a date, counted in days since 1970-01-01.
type Day int32

const day = int64(24 * time.Hour)

// monday is how many days before 1970-01-01, a Thursday, the timeline begins, so
// that its weeks begin on Mondays and local time in it is never negative.
const monday = 3

// DayOf returns the date that t shows in its own location.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return DateDay(y, m, d)
}

// DateDay returns the day of a date.
func DateDay(y int, m time.Month, d int) Day {
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// Time returns the start of the day in UTC, for its date and weekday.
func (d Day) Time() time.Time { return time.Unix(int64(d)*24*60*60, 0).UTC() }

// timeline counts working time on a clock without zone, where all days have 24
// hours. Positions are nanoseconds since the Monday before 1970.
type timeline struct {
	week     Week
	perWeek  int64    // working days in a week
	before   [8]int64 // working days in the first n days of a week
	nth      [7]int64 // the weekday of a week's nth working day
	holidays []Day    // that fall on working days, in order
}

func newTimeline(w Week, holidays []Day) timeline {
	tl := timeline{week: w, perWeek: int64(bits.OnesCount8(uint8(w.Days)))}
	for i := range int64(7) {
		tl.before[i+1] = tl.before[i]
		if w.Days.has(i) {
			tl.nth[tl.before[i]] = i
			tl.before[i+1]++
		}
	}
	tl.holidays = slices.DeleteFunc(slices.Clone(holidays), func(d Day) bool {
		return d < -monday || !w.Days.has((int64(d)+monday)%7)
	})
	return tl
}

// weekdays is how many working weekdays lie before day d, holidays or not.
func (tl *timeline) weekdays(d int64) int64 {
	return d/7*tl.perWeek + tl.before[d%7]
}

// holidaysBefore is how many holidays lie before day d, and whether d is one.
func (tl *timeline) holidaysBefore(d int64) (int64, bool) {
	n, is := slices.BinarySearch(tl.holidays, Day(d-monday))
	return int64(n), is
}

// length is the working time of a working day.
func (tl *timeline) length() int64 { return int64(tl.week.To - tl.week.From) }

// count returns the working time before a position.
func (tl *timeline) count(local int64) int64 {
	d, clock := local/day, local%day
	holidays, isHoliday := tl.holidaysBefore(d)
	n := (tl.weekdays(d) - holidays) * tl.length()
	if tl.week.Days.has(d%7) && !isHoliday {
		n += min(max(clock-int64(tl.week.From), 0), tl.length())
	}
	return n
}

// at returns the position of the working moment before which exactly n of
// working time lies.
func (tl *timeline) at(n int64) int64 {
	rank := n / tl.length() // of the wanted day among the working days
	// The i-th holiday lies before it if no more than rank working days do
	// so before the holiday.
	rank += int64(sort.Search(len(tl.holidays), func(i int) bool {
		return tl.weekdays(int64(tl.holidays[i])+monday)-int64(i) > rank
	}))
	d := rank/tl.perWeek*7 + tl.nth[rank%tl.perWeek]
	return d*day + int64(tl.week.From) + n%tl.length()
}
