package cron

import (
	"math/bits"
	"time"
)

// dates is which days match: the fields day, month and weekday.
type dates struct {
	months uint64 // bit n: month n
	days   uint64 // bit n: day n
	// lastDay and lastWorkday are L and LW.
	lastDay, lastWorkday bool
	weekdays             weekdays
	// both: a date must match day and weekday, not one of them.
	both bool
}

// weekdays are sets of weekdays as bits, Sunday's first.
type weekdays struct {
	every uint64
	nth   [5]uint64 // the month's first, second ... fifth
	last  uint64    // the month's last
}

func parseDates(day, month, weekday string) (dates, error) {
	d := dates{both: day[0] == '*' || weekday[0] == '*'}
	var err error
	if d.days, err = dayField.parse(day, d.lastDays); err != nil {
		return dates{}, err
	}
	if d.months, err = monthField.parse(month, nil); err != nil {
		return dates{}, err
	}
	if d.weekdays.every, err = weekdayField.parse(weekday, d.weekdays.special); err != nil {
		return dates{}, err
	}
	d.weekdays.every |= d.weekdays.every >> 7 // 7 is Sunday, too
	if !d.lastDay && !d.lastWorkday && bits.TrailingZeros64(d.days) > d.longestMonth() {
		return dates{}, noSuchDay(day, month)
	}
	return d, nil
}

// longestMonth returns the length of the longest month that matches.
func (d *dates) longestMonth() int {
	longest := 0
	for m := time.January; m <= time.December; m++ {
		if d.months>>m&1 == 1 {
			longest = max(longest, lengthOf(2000, m)) // a leap year
		}
	}
	return longest
}

// lastDays reads the items L and LW; a step after them is ignored.
func (d *dates) lastDays(item string, _ bool) bool {
	switch item {
	case "L":
		d.lastDay = true
	case "LW":
		d.lastWorkday = true
	default:
		return false
	}
	return true
}

// in returns the days of a month that match as bits, the first day's bit 1.
func (d *dates) in(year int, month time.Month) uint64 {
	if d.months>>month&1 == 0 {
		return 0
	}
	length := lengthOf(year, month)
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Weekday()
	set := d.days
	if d.lastDay {
		set |= 1 << length
	}
	if d.lastWorkday {
		set |= 1 << lastWorkday(length, first)
	}
	if byWeekday := d.weekdays.in(length, first); d.both {
		set &= byWeekday
	} else {
		set |= byWeekday
	}
	return set & (1<<(length+1) - 1)
}

// in returns the matching days of a month whose first day is the given weekday.
func (w *weekdays) in(length int, first time.Weekday) uint64 {
	var set uint64
	for day := 1; day <= length; day++ {
		matching := w.every | w.nth[(day-1)/7]
		if day+7 > length {
			matching |= w.last
		}
		weekday := (int(first) + day - 1) % 7
		set |= matching >> weekday & 1 << day
	}
	return set
}

// lastWorkday returns the month's last day from Monday to Friday.
func lastWorkday(length int, first time.Weekday) int {
	switch (int(first) + length - 1) % 7 {
	case int(time.Saturday):
		return length - 1
	case int(time.Sunday):
		return length - 2
	}
	return length
}

// lengthOf returns how many days a month has.
func lengthOf(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
