package oncalendar

import (
	"fmt"
	"strings"
	"time"

	"heartbeat"
)

// maxLines bounds the work of Next.
const maxLines = 32

// Schedule is a list of calendar expressions. It is immutable; the zero value
// has no occurrences.
type Schedule struct {
	lines []line
}

// Parse reads a schedule. Errors are *heartbeat.Invalid with Field "oncalendar";
// they name the line, the part of it, and what to type.
func Parse(text string) (Schedule, error) {
	texts := strings.Split(strings.TrimSpace(text), "\n")
	if len(texts) > maxLines {
		return Schedule{}, invalid("has %d lines; use at most %d", len(texts), maxLines)
	}
	s := Schedule{lines: make([]line, len(texts))}
	for i, text := range texts {
		var err error
		if s.lines[i], err = parseLine(text); err != nil {
			return Schedule{}, invalid("line %d: %w", i+1, err)
		}
	}
	millennium := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	if s.Next(millennium, time.UTC).IsZero() {
		return Schedule{}, invalid("never comes: no such date after 1 January 2000; check the year, and that the month has such a day")
	}
	return s, nil
}

// Next returns the first occurrence after the given moment, in zone, over all
// lines. Lines with a time zone of their own are read in that; nil is UTC. It is
// the zero time if there is none.
func (s Schedule) Next(after time.Time, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	if !after.Before(time.Unix(lastDay*daySeconds, 0)) {
		return time.Time{}
	}
	// A day before 1970 is before it in all zones.
	from := int64(-daySeconds)
	if after.After(time.Unix(from, 0)) {
		from = after.Unix()
	}
	var next int64
	found := false
	for i := range s.lines {
		if at, ok := s.lines[i].next(from, zone); ok && (!found || at < next) {
			next, found = at, true
		}
	}
	if !found {
		return time.Time{}
	}
	return time.Unix(next, 0).In(zone)
}

func invalid(format string, args ...any) error {
	return &heartbeat.Invalid{Field: "oncalendar", Problem: fmt.Errorf(format, args...).Error()}
}
