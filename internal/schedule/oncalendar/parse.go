package oncalendar

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"heartbeat/internal/schedule/tz"
)

// longForm returns what a shorthand stands for.
func longForm(shorthand string) (string, bool) {
	switch strings.ToLower(shorthand) {
	case "minutely":
		return "*-*-* *:*:00", true
	case "hourly":
		return "*-*-* *:00:00", true
	case "daily":
		return "*-*-* 00:00:00", true
	case "weekly":
		return "Mon *-*-* 00:00:00", true
	case "monthly":
		return "*-*-01 00:00:00", true
	case "quarterly":
		return "*-01,04,07,10-01 00:00:00", true
	case "semiannually":
		return "*-01,07-01 00:00:00", true
	case "yearly", "annually":
		return "*-01-01 00:00:00", true
	}
	return "", false
}

func parseLine(text string) (line, error) {
	if err := plain(text); err != nil {
		return line{}, err
	}
	var l line
	words := strings.Fields(text)
	if len(words) == 0 {
		return l, errors.New("nothing to read; remove the line, or type an expression such as daily or Mon..Fri 09:00")
	}
	// Some blank of the line must be a space; the Python package wants it so.
	if len(words) > 1 && strings.Contains(strings.TrimSpace(text), " ") {
		if zone, ok := tz.Find(words[len(words)-1]); ok {
			l.zone, words = zone, words[:len(words)-1]
		}
	}
	if len(words) == 1 {
		if full, ok := longForm(words[0]); ok {
			words = strings.Fields(full)
		}
	}
	err := l.parseWords(words)
	return l, err
}

// parseWords reads all of the line but its zone: one word or more.
func (l *line) parseWords(words []string) error {
	for _, word := range words {
		if _, ok := longForm(word); ok {
			return fmt.Errorf("%q stands alone, or with a time zone after it", word)
		}
	}
	rest, weekday, date, clock := words, "Mon..Sun", "*-*-*", "00:00:00"
	if n := len(rest); strings.Contains(rest[n-1], ":") {
		clock, rest = rest[n-1], rest[:n-1]
	}
	if n := len(rest); n > 0 && isDate(rest[n-1]) {
		date, rest = rest[n-1], rest[:n-1]
	}
	if len(rest) > 0 {
		weekday, rest = rest[0], rest[1:]
	}
	if len(rest) > 0 {
		return misplaced(words)
	}
	return cmp.Or(l.parseWeekdays(weekday), l.parseDate(date), l.parseTime(clock))
}

func isDate(word string) bool {
	return strings.ContainsAny(word, "-~") && strings.ContainsAny(word[:1], "0123456789*")
}

// misplaced says why a line has no meaning, for all we can guess.
func misplaced(words []string) error {
	last := words[len(words)-1]
	if _, err := parseWeekday(last); err == nil {
		return fmt.Errorf("%q belongs in front; type [weekday] [date] [time] [time zone], and several weekdays as Mon,Tue or Mon..Fri", shorten(last))
	}
	if strings.ContainsAny(last[:1], "0123456789*") {
		return fmt.Errorf("%q is no expression; type [weekday] [date] [time] [time zone], such as Mon..Fri *-*-* 09:00 Europe/Berlin", shorten(strings.Join(words, " ")))
	}
	return fmt.Errorf("%q is no time zone; type its name in the tz database, such as Europe/Berlin or UTC, after a space", shorten(last))
}

// parseWeekdays reads a list of days and ranges of days.
func (l *line) parseWeekdays(text string) error {
	// systemd lets people write "Mon, 12:00".
	list := strings.TrimRight(text, ",")
	for term := range strings.SplitSeq(strings.ReplaceAll(list, "-", ".."), ",") {
		from, to, ranged := strings.Cut(term, "..")
		first, err := parseWeekday(from)
		if err != nil {
			return err
		}
		last := first
		if ranged {
			if last, err = parseWeekday(to); err != nil {
				return err
			}
		}
		if last < first {
			return fmt.Errorf("weekday %q runs backwards, weeks begin on Monday; type two ranges, such as Sat,Sun,Mon..Wed", shorten(term))
		}
		for day := first; day <= last; day++ {
			l.weekdays.add(day)
		}
	}
	return nil
}

// parseWeekday reads a day's name: in full or its first three letters.
func parseWeekday(text string) (int, error) {
	names := []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
	lower := strings.ToLower(text)
	day := slices.IndexFunc(names, func(name string) bool { return lower == name || lower == name[:3] })
	if day >= 0 {
		return day, nil
	}
	if _, ok := tz.Find(text); ok && text != "" {
		return 0, fmt.Errorf("time zone %q goes to the end, with something before it, such as 00:00 %[1]s", text)
	}
	if strings.Trim(text, "0123456789") == "" && text != "" {
		return 0, fmt.Errorf("%q is no weekday; for a time type 12:00, for a date 01-31", shorten(text))
	}
	return 0, fmt.Errorf("%q is no weekday; type Mon, Sat,Sun or Mon..Fri, or leave it out", shorten(text))
}

// parseDate reads [year-]month-day or [year-]month~day.
func (l *line) parseDate(text string) error {
	parts := strings.Split(strings.ReplaceAll(text, "~", "-~"), "-")
	if len(parts) == 2 {
		parts = slices.Insert(parts, 0, "*")
	}
	if len(parts) != 3 {
		return fmt.Errorf("date %q must be year-month-day or month-day, such as 2030-01-31, *-*-01 or *-*~1 for the last of the month", shorten(text))
	}
	day, fromEnd := strings.CutPrefix(parts[2], "~")
	l.fromEnd = fromEnd
	dayField := field{name: "day of the month", first: 1, last: 31, downward: fromEnd}
	return cmp.Or(
		field{name: "year", first: firstYear, last: lastYear, base: firstYear}.parse(parts[0], &l.years),
		field{name: "month", first: 1, last: 12}.parse(parts[1], &l.months),
		dayField.parse(day, &l.days),
	)
}

// parseTime reads hour:minute[:second].
func (l *line) parseTime(text string) error {
	parts := strings.Split(text, ":")
	if len(parts) == 2 {
		parts = append(parts, "0")
	}
	if len(parts) != 3 {
		return fmt.Errorf("time %q must be hour:minute or hour:minute:second, such as 09:30", shorten(text))
	}
	return cmp.Or(
		field{name: "hour", last: 23}.parse(parts[0], &l.hours),
		field{name: "minute", last: 59}.parse(parts[1], &l.minutes),
		field{name: "second", last: 59}.parse(parts[2], &l.seconds),
	)
}

// plain refuses what word processors make of dashes and digits.
func plain(text string) error {
	for _, r := range text {
		if r >= utf8.RuneSelf && !unicode.IsSpace(r) {
			return fmt.Errorf("%q means nothing here; type plain letters, digits, and - or .. for a range", string(r))
		}
	}
	return nil
}

func shorten(text string) string {
	const most = 40
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}
