package holiday

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"heartbeat/internal/schedule/worktime"
)

// most is how many entries a list may have. It bounds the work of a calendar.
const most = 400

// List is a list of sets and own dates in canonical order.
type List struct{ entries []entry }

// entry is a set, a date, or, with year 0, a date of every year.
type entry struct {
	code  string
	year  int
	month time.Month
	day   int
}

func (e entry) String() string {
	switch {
	case e.code != "":
		return e.code
	case e.year == 0:
		return fmt.Sprintf("%02d-%02d", e.month, e.day)
	}
	return fmt.Sprintf("%04d-%02d-%02d", e.year, e.month, e.day)
}

// compare puts sets first, then dates of every year, then single dates.
func compare(a, b entry) int {
	return cmp.Or(
		-cmp.Compare(min(len(a.code), 1), min(len(b.code), 1)),
		cmp.Compare(a.code, b.code),
		cmp.Compare(a.year, b.year),
		cmp.Compare(a.month, b.month),
		cmp.Compare(a.day, b.day),
	)
}

// Parse reads a comma-separated list of sets ("de-by"), dates ("2026-12-24") and
// dates of every year ("12-24"). An empty string is an empty list. The error is a
// clause that says what is wrong and what to type.
func Parse(s string) (List, error) {
	var l List
	if strings.Count(s, ",") >= most {
		return List{}, fmt.Errorf("must have at most %d entries", most)
	}
	for part := range strings.SplitSeq(s, ",") {
		part = strings.ToLower(strings.TrimSpace(part))
		if part == "" {
			continue
		}
		e, err := parseEntry(part)
		if err != nil {
			return List{}, err
		}
		l.entries = append(l.entries, e)
	}
	slices.SortFunc(l.entries, compare)
	l.entries = slices.Compact(l.entries)
	return l, nil
}

func parseEntry(s string) (entry, error) {
	if s[0] >= '0' && s[0] <= '9' {
		return parseDate(s)
	}
	if alias, ok := aliases[s]; ok {
		s = alias
	}
	if _, ok := sets()[s]; ok {
		return entry{code: s}, nil
	}
	return entry{}, unknown(s)
}

func parseDate(s string) (entry, error) {
	if len(s) == len("12-24") {
		// 2000 was a leap year: 02-29 is a date of some years.
		if t, err := time.Parse(time.DateOnly, "2000-"+s); err == nil {
			return entry{month: t.Month(), day: t.Day()}, nil
		}
	} else if t, err := time.Parse(time.DateOnly, s); err == nil {
		if t.Year() < firstYear || t.Year() > lastYear {
			return entry{}, fmt.Errorf("must lie between %d and %d, not on %s", firstYear, lastYear, s)
		}
		return entry{year: t.Year(), month: t.Month(), day: t.Day()}, nil
	}
	return entry{}, fmt.Errorf("must give dates as 2026-12-24, or 12-24 for every year; %s is no such date", quote(s))
}

// String writes the list as [Parse] reads it.
func (l List) String() string {
	parts := make([]string, len(l.entries))
	for i, e := range l.entries {
		parts[i] = e.String()
	}
	return strings.Join(parts, ",")
}

// Days returns all dates of the list from 1970 to 2200, in order.
func (l List) Days() []worktime.Day {
	var days []worktime.Day
	for _, e := range l.entries {
		switch {
		case e.code != "":
			days = append(days, sets()[e.code].days()...)
		case e.year != 0:
			days = append(days, worktime.DateDay(e.year, e.month, e.day))
		default:
			days = append(days, e.yearly()...)
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

func (e entry) yearly() []worktime.Day {
	var days []worktime.Day
	for year := firstYear; year <= lastYear; year++ {
		d := worktime.DateDay(year, e.month, e.day)
		if d.Time().Day() == e.day { // else February has no 29th
			days = append(days, d)
		}
	}
	return days
}

// Name tells what makes d a holiday: the holiday's name in its country's
// language, or the list's own entry. It is empty if d is none.
func (l List) Name(d worktime.Day) string {
	y, m, dd := d.Time().Date()
	for _, e := range l.entries {
		if e.code != "" {
			if name := sets()[e.code].name(d); name != "" {
				return name
			}
		} else if e.month == m && e.day == dd && (e.year == 0 || e.year == y) {
			return "own date " + e.String()
		}
	}
	return ""
}

// unknown says that there is no such set, and which ones come near.
func unknown(code string) error {
	country, _, _ := strings.Cut(code, "-")
	var near, countries []string
	for _, c := range Codes() {
		if c == country || strings.HasPrefix(c, country+"-") {
			near = append(near, c)
		}
		if top, _, _ := strings.Cut(c, "-"); !slices.Contains(countries, top) {
			countries = append(countries, top)
		}
	}
	if len(near) > 0 {
		return fmt.Errorf("has no set %s; of %s there are %s", quote(code), country, strings.Join(near, ", "))
	}
	return fmt.Errorf("has no set %s; there are sets for %s, and dates such as 2026-12-24 or 12-24 can be given",
		quote(code), strings.Join(countries, ", "))
}

// quote shows what was typed, cut to a length that fits into a message.
func quote(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}
