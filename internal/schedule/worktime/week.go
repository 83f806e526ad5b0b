package worktime

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Days is a set of weekdays.
type Days uint8

// Sets of weekdays that have names.
const (
	MonFri   Days = 0b0011111
	MonSat   Days = 0b0111111
	EveryDay Days = 0b1111111
)

// dayNames are in the order of a Monday's week, as bits of Days are.
var dayNames = [7]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

var fullNames = [7]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

// Has tells whether the weekday is in the set.
func (d Days) Has(w time.Weekday) bool { return d.has(int64(w+6) % 7) }

// has counts weekdays from Monday, 0.
func (d Days) has(monday int64) bool { return d>>monday&1 == 1 }

// Week is which hours of which days are working time. Its zero value has none.
type Week struct {
	Days Days
	// From and To are the working hours as time of day: From counts, To does not.
	// A whole day is from 0 to 24 h.
	From, To time.Duration
}

// WholeDays returns the week in which every hour of the given days counts.
func WholeDays(d Days) Week { return Week{Days: d, To: 24 * time.Hour} }

// Always tells whether all time is working time.
func (w Week) Always() bool { return w == WholeDays(EveryDay) }

// String writes the week as [ParseWeek] reads it, in one form only.
func (w Week) String() string {
	days := w.Days.String()
	if w.From == 0 && w.To == 24*time.Hour {
		return days
	}
	return days + " " + w.Hours()
}

// Hours writes the working hours, such as "09:00-17:30".
func (w Week) Hours() string { return clock(w.From) + "-" + clock(w.To) }

// String names the days: "always", a range such as "mon-fri" or "sun-thu", or a
// list such as "mon,wed,fri".
func (d Days) String() string {
	if d == EveryDay {
		return "always"
	}
	if first, length := d.onlyRun(); length >= 3 {
		return dayNames[first] + "-" + dayNames[(first+length-1)%7]
	}
	var parts []string
	for i := 0; i < 7; i++ {
		end := i
		for end < 7 && d.has(int64(end)) {
			end++
		}
		switch {
		case end-i >= 3:
			parts = append(parts, dayNames[i]+"-"+dayNames[end-1])
			i = end
		case end > i:
			parts = append(parts, dayNames[i])
		}
	}
	return strings.Join(parts, ",")
}

// onlyRun finds the first day and the length of the set's only run of days, a
// run that passes Sunday included; 0, 0 if there are several runs.
func (d Days) onlyRun() (first, length int) {
	runs := 0
	for i := range 7 {
		if !d.has(int64(i)) {
			continue
		}
		length++
		if !d.has(int64(i+6) % 7) {
			runs++
			first = i
		}
	}
	if runs != 1 {
		return 0, 0
	}
	return first, length
}

func clock(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

// ParseWeek reads days, optionally followed by hours: "mon-fri", "always",
// "sun-thu", "mon,wed,fri 09:00-17:30". Letter case does not matter. The error
// is a clause that says what is wrong and what to type.
func ParseWeek(s string) (Week, error) {
	fields := strings.Fields(strings.ToLower(s))
	w := WholeDays(0)
	var err error
	if n := len(fields); n > 0 && strings.Contains(fields[n-1], ":") {
		if w.From, w.To, err = parseHours(fields[n-1]); err != nil {
			return Week{}, err
		}
		fields = fields[:n-1]
	}
	if len(fields) == 0 {
		return Week{}, fmt.Errorf("must begin with the working days, such as mon-fri or mon-fri 09:00-17:30, not %s", quote(s))
	}
	w.Days, err = parseDays(strings.Join(fields, " "))
	return w, err
}

func parseDays(s string) (Days, error) {
	if s == "always" {
		return EveryDay, nil
	}
	var days Days
	for part := range strings.SplitSeq(s, ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, ok := weekday(from)
		last := first
		if isRange {
			var okTo bool
			last, okTo = weekday(to)
			ok = ok && okTo
		}
		if !ok {
			return 0, fmt.Errorf("must be mon-fri, mon-sat, always, or days such as sun-thu or mon,wed,fri, with optional hours such as 09:00-17:30; %s is none of these", quote(part))
		}
		for i := first; ; i = (i + 1) % 7 {
			days |= 1 << i
			if i == last {
				break
			}
		}
	}
	return days, nil
}

func weekday(s string) (int, bool) {
	s = strings.TrimSpace(s)
	for i := range 7 {
		if s == dayNames[i] || s == fullNames[i] {
			return i, true
		}
	}
	return 0, false
}

func parseHours(s string) (from, to time.Duration, err error) {
	a, b, ok := strings.Cut(s, "-")
	from, okFrom := parseClock(a)
	to, okTo := parseClock(b)
	switch {
	case !ok || !okFrom || !okTo || from == 24*time.Hour:
		return 0, 0, fmt.Errorf("has hours %s, which must look like 09:00-17:30, from 00:00 to 24:00", quote(s))
	case from == to:
		return 0, 0, fmt.Errorf("has hours %s that end when they begin; leave them out if the whole day counts", quote(s))
	case from > to:
		return 0, 0, fmt.Errorf("has hours %s that run past midnight, which is not supported; type %s-24:00, or leave the hours out so that whole days count", quote(s), clock(from))
	}
	return from, to, nil
}

// parseClock reads H:MM or HH:MM up to 24:00.
func parseClock(s string) (time.Duration, bool) {
	hour, minute, ok := strings.Cut(s, ":")
	if !ok || len(hour) < 1 || len(hour) > 2 || len(minute) != 2 {
		return 0, false
	}
	h, errH := strconv.ParseUint(hour, 10, 8)
	m, errM := strconv.ParseUint(minute, 10, 8)
	if errH != nil || errM != nil || m > 59 || h > 24 || h == 24 && m > 0 {
		return 0, false
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, true
}

// quote shows what was typed, cut to a length that fits into a message.
func quote(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}
