package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"heartbeat"
	"heartbeat/internal/schedule/cron"
	"heartbeat/internal/schedule/oncalendar"
)

// moments are what an expression names.
type moments interface {
	// Next returns the first one after a moment, on the clocks of zone; zero if
	// there is none.
	Next(after time.Time, zone *time.Location) time.Time
}

// Guess tells which kind of schedule an expression is meant to be: cron if it is
// five words in one line, else OnCalendar. It is Healthchecks' rule.
func Guess(expression string) heartbeat.ScheduleKind {
	text := strings.TrimSpace(expression)
	if len(strings.Fields(text)) == 5 && !strings.Contains(text, "\n") {
		return heartbeat.ScheduleCron
	}
	return heartbeat.ScheduleOnCalendar
}

// parseKind reads the period or the expression.
func (w *working) parseKind() error {
	spec := &w.spec
	if spec.Kind == heartbeat.SchedulePeriod {
		spec.Expression = ""
	}
	if spec.Period != 0 || spec.Kind == heartbeat.SchedulePeriod {
		if spec.Period < heartbeat.MinPeriod || spec.Period > heartbeat.MaxPeriod {
			return outOfRange("threshold")
		}
	}
	if n := utf8.RuneCountInString(spec.Expression); n > heartbeat.MaxExpression {
		return invalid("schedule", fmt.Errorf("has %d characters; it can have %d at most", n, heartbeat.MaxExpression))
	}
	var err error
	w.moments, err = parseMoments(spec.Kind, spec.Expression)
	if err == nil {
		return nil
	}
	// The expressions' own packages name the field after themselves.
	if inner := new(heartbeat.Invalid); errors.As(err, &inner) {
		err = errors.New(inner.Problem)
	}
	return invalid("schedule", err)
}

func parseMoments(kind heartbeat.ScheduleKind, expression string) (moments, error) {
	switch kind {
	case heartbeat.SchedulePeriod:
		return nil, nil
	case heartbeat.ScheduleCron:
		return cron.Parse(expression)
	case heartbeat.ScheduleOnCalendar:
		return oncalendar.Parse(expression)
	}
	return nil, fmt.Errorf("must be a period or of kind cron or oncalendar, not %q", shorten(string(kind)))
}

// early is how long before a moment that an expression names a ping counts as that
// moment's. The clock of its sender may be a little fast: the job of 03:00 then
// reports at 02:59:58, and would be due again two seconds later.
const early = 5 * time.Second

// heard is the moment up to which a ping at last is the one that was expected.
func (w *working) heard(last time.Time) time.Time {
	if w.moments == nil {
		return last
	}
	return last.Add(early)
}

// occurrence returns the first moment after last that the expression names, and
// when a ping is due for it: then, or when time counts again. Zero: never.
func (w *working) occurrence(last time.Time) (named, due time.Time) {
	named = w.moments.Next(last, w.zone.Location())
	if named.IsZero() {
		return time.Time{}, time.Time{}
	}
	named = named.In(last.Location())
	return named, w.calendar.Deadline(named, 0)
}
