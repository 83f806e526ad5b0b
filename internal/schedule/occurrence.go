package schedule

import (
	"slices"
	"strings"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule/worktime"
)

// Occurrence is when a ping is due.
type Occurrence struct {
	// Due is zero if no ping is ever due.
	Due time.Time
	// MovedFrom is the moment that the expression names, if no time counts then and
	// the ping is due only when it does again; zero otherwise.
	MovedFrom time.Time
	// Why says what is in the way at MovedFrom, such as "weekend".
	Why string
}

// Moved tells whether the ping is due later than the expression says.
func (o Occurrence) Moved() bool { return !o.MovedFrom.IsZero() }

// Named is the moment that the expression names; Due where there is none.
func (o Occurrence) Named() time.Time {
	if o.Moved() {
		return o.MovedFrom
	}
	return o.Due
}

// Occurrences returns the next n due times after a ping at last, if each ping
// comes exactly when due; fewer if there are no more. Times are in the zone of
// the spec. Errors are those of [Canonical].
func Occurrences(spec heartbeat.Spec, last time.Time, n int) ([]Occurrence, error) {
	w, err := compile(spec)
	if err != nil {
		return nil, err
	}
	var all []Occurrence
	for after := w.heard(last).In(w.zone.Location()); len(all) < n; {
		o := w.next(after)
		if o.Due.IsZero() {
			break
		}
		all, after = append(all, o), o.Due
	}
	return all, nil
}

// next returns when a ping is due after what was heard until then, and why not
// earlier.
func (w *working) next(after time.Time) Occurrence {
	if w.moments == nil {
		return Occurrence{Due: w.Due(after)}
	}
	named, due := w.occurrence(after)
	if due.IsZero() || due.Equal(named) {
		return Occurrence{Due: due}
	}
	return Occurrence{Due: due, MovedFrom: named, Why: w.between(named, due)}
}

// mostReasons is how many things in the way are named.
const mostReasons = 3

// between says what keeps time from counting between two moments, of which the
// first is not working time and the second is the next that is.
func (w *working) between(from, to time.Time) string {
	var reasons []string
	for d, last := worktime.DayOf(from), worktime.DayOf(to); d <= last; d++ {
		reason := w.dayOff(d)
		if reason == "" {
			reason = "outside " + w.week.Hours()
		}
		if slices.Contains(reasons, reason) || d == last && len(reasons) > 0 {
			continue
		}
		if len(reasons) == mostReasons {
			return strings.Join(reasons, ", ") + " …"
		}
		reasons = append(reasons, reason)
	}
	return strings.Join(reasons, ", ")
}

// dayOff tells why nothing of a date counts, or "".
func (w *working) dayOff(d worktime.Day) string {
	weekday := d.Time().Weekday()
	if name := w.holidays.Name(d); name != "" {
		return name
	}
	switch {
	case w.week.Days.Has(weekday):
		return ""
	case weekday == time.Saturday || weekday == time.Sunday:
		return "weekend"
	}
	return "no working day"
}
