package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"heartbeat"
)

// ParseHours reads a threshold or grace in hours, decimals allowed: "24", "0.5".
// It is rounded to milliseconds, so that a third of an hour can be written. The
// field decides on the limits: "grace" is from none to a year, any other from a
// second to ten years. Errors are *heartbeat.Invalid with the given field.
func ParseHours(field, s string) (time.Duration, error) {
	whole, fraction, _ := strings.Cut(strings.TrimSpace(s), ".")
	if !isDigits(whole) || !isDigits(fraction) || whole == "" && fraction == "" {
		return 0, notHours(field, s)
	}
	whole = strings.TrimLeft(whole, "0")
	if len(whole) > 6 {
		return 0, outOfRange(field)
	}
	// Whole hours and billionths of an hour, 3,600 ns each, add up exactly.
	hours, _ := strconv.ParseInt("0"+whole, 10, 64)
	billionths, _ := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
	d := time.Duration(hours)*time.Hour + time.Duration(billionths)*3600
	d = d.Round(time.Millisecond)
	if least, most := limits(field); d < least || d > most {
		return 0, outOfRange(field)
	}
	return d, nil
}

func isDigits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

func notHours(field, s string) error {
	problem := "must be a number of hours, for example 24 or 0.5"
	typed := strings.TrimSpace(s)
	if point := strings.Replace(typed, ",", ".", 1); point != typed && isDigits(strings.Replace(point, ".", "", 1)) {
		problem += ", with a point: " + shorten(point)
	} else if d, err := time.ParseDuration(typed); err == nil && d > 0 {
		problem += "; " + shorten(typed) + " is " + FormatHours(d)
	} else if typed != "" {
		problem += fmt.Sprintf(", not %q", shorten(typed))
	}
	return &heartbeat.Invalid{Field: field, Problem: problem}
}

func limits(field string) (least, most time.Duration) {
	if field == "grace" {
		return 0, heartbeat.MaxGrace
	}
	return heartbeat.MinPeriod, heartbeat.MaxPeriod
}

func outOfRange(field string) error {
	problem := "must be between one second and ten years (0.00028 and 87600 hours)"
	if field == "grace" {
		problem = "must be between 0 and a year (8760 hours)"
	}
	return &heartbeat.Invalid{Field: field, Problem: problem}
}

// FormatHours writes a duration in hours as ParseHours reads it, without
// needless decimals: "24", "0.5", "0.3333333". It shows milliseconds at best.
func FormatHours(d time.Duration) string {
	d = d.Round(time.Millisecond)
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	whole := int64(d / time.Hour)
	rest := int64(d % time.Hour)
	// As few decimals as lead back to the same millisecond: seven always do.
	for decimals, unit := 0, int64(time.Hour); ; decimals, unit = decimals+1, unit/10 {
		n := (rest + unit/2) / unit
		if time.Duration(n*unit).Round(time.Millisecond) != time.Duration(rest) {
			continue
		}
		text := sign + strconv.FormatInt(whole+n*unit/int64(time.Hour), 10)
		if decimals > 0 {
			text += fmt.Sprintf(".%0*d", decimals, n)
		}
		return text
	}
}

// FormatSpan writes a duration for people: "24 h", "1 h 30 min", "45 s". It knows
// no days: a working day is as long as its calendar makes it.
func FormatSpan(d time.Duration) string {
	if d == 0 {
		return "0 h"
	}
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	var parts []string
	if h := d / time.Hour; h > 0 {
		parts = append(parts, fmt.Sprintf("%d h", h))
	}
	if m := d % time.Hour / time.Minute; m > 0 {
		parts = append(parts, fmt.Sprintf("%d min", m))
	}
	if s := d % time.Minute; s > 0 {
		parts = append(parts, strconv.FormatFloat(s.Seconds(), 'f', -1, 64)+" s")
	}
	return sign + strings.Join(parts, " ")
}

func shorten(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
