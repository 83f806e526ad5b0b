package service

import (
	"math"
	"strconv"
	"strings"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule"
)

// A Unit is what people count a period or grace time in.
type Unit struct {
	Name string
	Is   time.Duration
}

// Units returns the units, the smallest first.
func Units() []Unit {
	return []Unit{
		{"seconds", time.Second},
		{"minutes", time.Minute},
		{"hours", time.Hour},
		{"days", 24 * time.Hour},
		{"weeks", 7 * 24 * time.Hour},
	}
}

// FormatSpan writes a duration in the largest unit of which it is a whole number,
// or in hours if there is none.
func FormatSpan(d time.Duration) (number, unit string) {
	number, unit = schedule.FormatHours(d), "hours"
	if d == 0 {
		return number, unit
	}
	for _, u := range Units() {
		if d%u.Is == 0 {
			number, unit = strconv.FormatInt(int64(d/u.Is), 10), u.Name
		}
	}
	return number, unit
}

// parseSpan reads a number of units, of hours if unit is nil. Errors are
// *heartbeat.Invalid with the given field. Only for hours the limits are checked.
func parseSpan(field, text string, unit *string) (time.Duration, error) {
	if unit == nil || *unit == "hours" {
		return schedule.ParseHours(field, text)
	}
	number := strings.TrimSpace(text)
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || strings.Trim(number, "0123456789.") != "" {
		return 0, &heartbeat.Invalid{Field: field, Problem: "must be a number such as 30 or 1.5"}
	}
	for _, u := range Units() {
		if u.Name == *unit {
			// What is beyond all limits stays so.
			long := math.Min(n*float64(u.Is), float64(2*heartbeat.MaxPeriod))
			return time.Duration(long).Round(time.Millisecond), nil
		}
	}
	return 0, &heartbeat.Invalid{Field: field, Problem: "must be counted in seconds, minutes, hours, days or weeks"}
}
