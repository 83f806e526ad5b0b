package cron

import (
	"fmt"
	"strconv"
	"strings"

	"heartbeat"
)

func problem(format string, args ...any) error {
	return &heartbeat.Invalid{Field: "cron", Problem: fmt.Sprintf(format, args...)}
}

// macros are the names that other crons know.
var macros = map[string]string{
	"@YEARLY": "0 0 1 1 *", "@ANNUALLY": "0 0 1 1 *", "@MONTHLY": "0 0 1 * *", "@WEEKLY": "0 0 * * 0",
	"@DAILY": "0 0 * * *", "@MIDNIGHT": "0 0 * * *", "@HOURLY": "0 * * * *",
}

func wrongCount(words []string) error {
	const needed = "must be five fields: minute, hour, day, month and weekday, such as 30 3 * * MON-FRI"
	switch n := len(words); n {
	case 0:
		return problem(needed)
	case 1:
		if same := macros[strings.ToUpper(words[0])]; same != "" {
			return problem("cannot be %s: type %s", words[0], same)
		}
		return problem("%s; %s is only one", needed, quote(words[0]))
	case 6, 7:
		return problem("%s; this has %d: leave out seconds and years", needed, n)
	default:
		return problem("%s; this has %d", needed, n)
	}
}

func (f *field) wrongStep(item string) error {
	return problem("has %s %s: the step after / must be 1 or more, such as */2", f.name, quote(item))
}

// wrong says what to type in place of an item that is not understood.
func (f *field) wrong(item string) error {
	switch item {
	case "":
		return problem("has an empty place in its list for the %s: leave out the comma or type %s", f.name, f.hint)
	case "?":
		return problem("has %s ?: type *", f.name)
	}
	if advice := f.backwards(item); advice != "" {
		return problem("has %s %s, which runs backwards: type %s", f.name, quote(item), advice)
	}
	if number, ok := strings.CutSuffix(item, "L"); ok {
		if day, isDay := f.value(number); isDay && f.names == weekdayNames {
			return problem("has %s %s: for the last one type %dL", f.name, quote(item), day)
		}
	}
	return problem("has %s %s: type %s", f.name, quote(item), f.hint)
}

// backwards returns what a-b is meant to say if a is later than b, or "".
func (f *field) backwards(item string) string {
	first, last, _ := strings.Cut(item, "-")
	from, ok := f.value(first)
	to, ok2 := f.value(last)
	if !ok || !ok2 || from <= to {
		return ""
	}
	_, isNumber := digits(first)
	restart := f.low
	if f.high == 7 { // Sunday as 7 ends the week, so the next begins on Monday
		restart = 1
	}
	end := f.show(from, f.high, !isNumber)
	if to < restart {
		return end
	}
	return end + "," + f.show(restart, to, !isNumber)
}

// show writes a range, with names where wanted and there are some.
func (f *field) show(from, to int, named bool) string {
	word := func(v int) string {
		if at := 3 * (v - f.low); named && at < len(f.names) {
			return f.names[at : at+3]
		}
		return strconv.Itoa(v)
	}
	if from == to {
		return word(from)
	}
	return word(from) + "-" + word(to)
}

func noSuchDay(day, month string) error {
	return problem("never occurs: month %s has no day %s; for a month's last day type L", quote(month), quote(day))
}

func neverOccurs(words []string) error {
	return problem("never occurs: no date is day %s, month %s and weekday %s; days and weekdays must both match because one of them begins with *",
		quote(words[2]), quote(words[3]), quote(words[4]))
}

// quote shows what was typed, shortened.
func quote(s string) string {
	if runes := []rune(s); len(runes) > 20 {
		s = string(runes[:20]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
