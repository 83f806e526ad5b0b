// Package holiday turns lists such as "de-by,us,2026-12-24,12-31" into dates.
//
// A set's dates are those on which people have the day off: where a country moves
// a holiday, the date that it moves to; and the date itself too if that is a
// Saturday or Sunday (Christmas Day stays Christmas Day when the Monday after it
// is given instead). Germany, for example, moves nothing. Holidays that hold in
// some communities only, or were decreed for one year, are in no set: type their
// dates beside it, as in "de-by,08-15".
//
// The rules come from github.com/rickar/cal.
package holiday

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rickar/cal/v2"

	"heartbeat/internal/schedule/worktime"
)

// Years for which dates are computed.
const (
	firstYear = 1970
	lastYear  = 2200
)

// set is the holidays of a country or region.
type set struct {
	rules []*cal.Holiday
	// days computes all its dates once.
	days func() []worktime.Day
}

var sets = sync.OnceValue(func() map[string]*set {
	// The library computes dates in the machine's zone unless told otherwise, and
	// is a day off where that zone skips midnight. Nothing else here uses it.
	cal.DefaultLoc = time.UTC
	m := make(map[string]*set)
	for code, rules := range rules() {
		s := &set{rules: rules}
		s.days = sync.OnceValue(s.compute)
		m[code] = s
	}
	return m
})

func (s *set) compute() []worktime.Day {
	var days []worktime.Day
	for _, h := range s.rules {
		for year := firstYear; year <= lastYear; year++ {
			days = append(days, dates(h, year)...)
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// dates returns the days off that a year's occurrence of a holiday gives.
func dates(h *cal.Holiday, year int) []worktime.Day {
	actual, observed := h.Calc(year)
	if actual.Year() != year {
		return nil // not held in this year
	}
	days := []worktime.Day{worktime.DayOf(observed)}
	if !observed.Equal(actual) && cal.IsWeekend(actual) {
		days = append(days, worktime.DayOf(actual))
	}
	return days
}

// name tells which holiday makes d a day off, or "".
func (s *set) name(d worktime.Day) string {
	year := d.Time().Year()
	for _, h := range s.rules {
		for y := year - 1; y <= year+1; y++ {
			if slices.Contains(dates(h, y), d) {
				return h.Name
			}
		}
	}
	return ""
}

// Codes returns the codes of all sets, in order.
func Codes() []string {
	codes := make([]string, 0, len(sets()))
	for code := range sets() {
		codes = append(codes, code)
	}
	slices.SortFunc(codes, strings.Compare)
	return codes
}
