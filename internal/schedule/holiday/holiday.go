// Package holiday turns lists such as "de-by,us,2026-12-24,12-31" into dates.
//
// A set has the days off of a country or region: each holiday on its own date,
// and where a country gives another day because that date is a Saturday or
// Sunday, that day too. Germany, for example, gives none. Holidays that hold in
// some communities only, or were decreed for one year, are in no set: type their
// dates beside it, as in "de-by,08-15".
//
// The rules come from github.com/rickar/cal, with amendments.
package holiday

import (
	"maps"
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
	all := known()
	maps.Copy(all, amended())
	m := make(map[string]*set, len(all))
	for code, rules := range all {
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
	return []worktime.Day{worktime.DayOf(actual), worktime.DayOf(observed)}
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
