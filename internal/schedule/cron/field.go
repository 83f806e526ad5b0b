package cron

import (
	"regexp"
	"strconv"
	"strings"
)

// field is the grammar of one of the five fields.
type field struct {
	name      string
	low, high int
	// names are words of three letters that stand for low, low+1 ...
	names string
	// hint says what can be typed.
	hint string
}

const (
	monthNames   = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"
	weekdayNames = "SUNMONTUEWEDTHUFRISAT"
)

// The five fields. They are never written to.
var (
	minuteField  = field{"minute", 0, 59, "", "0 to 59, such as 30, 0,30 or */5"}
	hourField    = field{"hour", 0, 23, "", "0 to 23, such as 3, 9-17 or */2"}
	dayField     = field{"day", 1, 31, "", "1 to 31, L for the last or LW for the last from Monday to Friday, such as 1, 1,15 or */2"}
	monthField   = field{"month", 1, 12, monthNames, "1 to 12 or JAN to DEC, such as 6, JAN-MAR or */3"}
	weekdayField = field{"weekday", 0, 7, weekdayNames, "0 to 7 or SUN to SAT, such as MON-FRI, 0,6, 5L for the last Friday or MON#2 for the second Monday"}
)

// parse returns the values of a field as bits. Special, if not nil, is asked
// first whether an item, without its step, is one of the field's own.
func (f *field) parse(text string, special func(item string, stepped bool) bool) (uint64, error) {
	var set uint64
	for item := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(item, "/")
		step := 1
		if stepped {
			var ok bool
			if step, ok = digits(stepText); !ok || step == 0 {
				return 0, f.wrongStep(item)
			}
		}
		if special != nil && special(span, stepped) {
			continue
		}
		from, to, ok := f.span(span, stepped)
		if !ok {
			return 0, f.wrong(item)
		}
		for v := from; v <= to; v += step {
			set |= 1 << v
		}
	}
	return set, nil
}

// span reads *, a, or a-b; with a step, a and a-a reach to the field's end.
func (f *field) span(text string, stepped bool) (from, to int, ok bool) {
	if text == "*" {
		return f.low, f.high, true
	}
	first, last, isRange := strings.Cut(text, "-")
	if from, ok = f.value(first); !ok {
		return 0, 0, false
	}
	to = from
	if isRange {
		to, ok = f.value(last)
	}
	if stepped && to == from {
		to = f.high
	}
	return from, to, ok && from <= to
}

// value reads a number or name within the field's limits.
func (f *field) value(text string) (int, bool) {
	if at := strings.Index(f.names, text); len(text) == 3 && at >= 0 && at%3 == 0 {
		return f.low + at/3, true
	}
	n, ok := digits(text)
	return n, ok && f.low <= n && n <= f.high
}

// special reads 5L, the month's last, and MON#2, its second.
func (w *weekdays) special(item string, stepped bool) bool {
	if stepped {
		return false
	}
	if number, ok := strings.CutSuffix(item, "L"); ok {
		day, isNumber := digits(number)
		if !isNumber || day > 7 {
			return false
		}
		w.last |= 1 << (day % 7)
		return true
	}
	name, number, _ := strings.Cut(item, "#")
	day, isDay := weekdayField.value(name)
	nth, isNumber := digits(number)
	if !isDay || !isNumber || nth < 1 || nth > len(w.nth) {
		return false
	}
	w.nth[nth-1] |= 1 << (day % 7)
	return true
}

// digits reads a number without a sign. What is too large for any field may be
// read as something smaller that still is.
func digits(text string) (int, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		n = 1 << 20 // too large to be read
	}
	return min(n, 1<<20), true
}

var leadingZeros = regexp.MustCompile(`\b0+([0-9])`)

// canonical joins the fields as [Schedule.String] shows them.
func canonical(words []string) string {
	return leadingZeros.ReplaceAllString(strings.ToUpper(strings.Join(words, " ")), "$1")
}
