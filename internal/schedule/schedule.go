// Package schedule turns a specification in people's words into a schedule.
package schedule

import (
	"errors"
	"fmt"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule/holiday"
	"heartbeat/internal/schedule/tz"
	"heartbeat/internal/schedule/worktime"
)

// Schedule is a compiled specification. It is immutable and shared.
type Schedule interface {
	heartbeat.Schedule
	// Elapsed returns how much of the schedule's own time lies between from and to;
	// 0 if to is not after from.
	Elapsed(from, to time.Time) time.Duration
}

// Canonical checks spec and returns it in the one form that is stored: worktime
// such as "mon-fri 09:00-17:30", holidays sorted and without repeats, the zone
// by its IANA name. An empty worktime is the default, an empty zone UTC. An
// expression stays as it is, and is dropped with a period; with one, there need
// be no period. Errors are *heartbeat.Invalid with Field "schedule", "threshold",
// "worktime", "tz" or "holidays".
func Canonical(spec heartbeat.Spec) (heartbeat.Spec, error) {
	w, err := parse(spec)
	if err != nil {
		return heartbeat.Spec{}, err
	}
	return w.spec, nil
}

// Zone finds the time zone that a Spec's zone names; "" is UTC. Errors are
// *heartbeat.Invalid with Field "tz".
func Zone(name string) (*time.Location, error) {
	zone, err := zones.load(name)
	if err != nil {
		return nil, invalid("tz", err)
	}
	return zone.Location(), nil
}

// TranslateZone returns the name under which Healthchecks keeps the zone that a
// client of its API names, such as Europe/Kyiv for Europe/Kiev; false if it takes
// no such name.
func TranslateZone(name string) (string, bool) { return tz.Translate(name) }

// CanonicalSettings is Canonical for a check's settings. It checks the grace,
// too: Field "grace".
func CanonicalSettings(s heartbeat.Settings) (heartbeat.Settings, error) {
	w, err := parse(s.Spec)
	if err != nil {
		return heartbeat.Settings{}, err
	}
	if s.Grace < 0 || s.Grace > heartbeat.MaxGrace {
		return heartbeat.Settings{}, outOfRange("grace")
	}
	if err := w.reachable("grace", s.Grace); err != nil {
		return heartbeat.Settings{}, err
	}
	s.Spec = w.spec
	return s, nil
}

// Compile returns the schedule of a spec; the same value for the same spec, as
// long as it is kept. Errors are those of Canonical.
func Compile(spec heartbeat.Spec) (Schedule, error) {
	w, err := compile(spec)
	if err != nil {
		return nil, err
	}
	return w, nil
}

func compile(spec heartbeat.Spec) (*working, error) {
	if w := compiled.find(spec); w != nil {
		return w, nil
	}
	w, err := parse(spec)
	if err != nil {
		return nil, err
	}
	return compiled.add(spec, w), nil
}

// working is a schedule whose due times lie in working time.
type working struct {
	spec     heartbeat.Spec // canonical
	moments  moments        // nil: the period is counted
	calendar *worktime.Calendar
	holidays holiday.List
	week     worktime.Week
	zone     *worktime.Zone
}

func (w *working) Due(last time.Time) time.Time {
	if w.moments == nil {
		return w.calendar.Deadline(last, w.spec.Period)
	}
	_, due := w.occurrence(w.heard(last))
	return due
}

func (w *working) Add(t time.Time, d time.Duration) time.Time {
	if d == 0 {
		return t
	}
	return w.calendar.Deadline(t, d)
}

func (w *working) Elapsed(from, to time.Time) time.Duration {
	return w.calendar.Elapsed(from, to)
}

// parse checks a spec and makes its schedule.
func parse(spec heartbeat.Spec) (*working, error) {
	w := &working{spec: spec}
	if err := w.parseKind(); err != nil {
		return nil, err
	}
	if err := w.parseCalendar(); err != nil {
		return nil, err
	}
	if err := w.comes(); err != nil {
		return nil, err
	}
	return w, nil
}

func (w *working) parseCalendar() (err error) {
	if w.spec.Worktime == "" {
		w.spec.Worktime = heartbeat.DefaultWorktime
	}
	if w.week, err = worktime.ParseWeek(w.spec.Worktime); err != nil {
		return invalid("worktime", err)
	}
	if w.zone, err = zones.load(w.spec.Zone); err != nil {
		return invalid("tz", err)
	}
	if w.holidays, err = holiday.Parse(w.spec.Holidays); err != nil {
		return invalid("holidays", err)
	}
	w.spec.Worktime = w.week.String()
	w.spec.Zone = w.zone.Location().String()
	w.spec.Holidays = w.holidays.String()
	w.calendar = calendars.get(w)
	return nil
}

// comes refuses a schedule whose calendar never lets a due time come.
func (w *working) comes() error {
	if w.moments == nil {
		return w.reachable("threshold", w.spec.Period)
	}
	if w.century() > 0 {
		return nil
	}
	return invalid("holidays", errors.New("leave no day that counts; take some out"))
}

// reachable refuses a length of working time that the calendar does not give in
// a century: its deadline would be never, and the check could not fail.
func (w *working) reachable(field string, d time.Duration) error {
	if w.century() > d {
		return nil
	}
	return invalid(field, fmt.Errorf("of %s working time is not reached within a century of %s; make it shorter, or let more time count",
		FormatSpan(d), w.spec.Worktime))
}

// century is how much time counts in a late one, by when the holidays of some
// years only are over.
func (w *working) century() time.Duration {
	start := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	return w.calendar.Elapsed(start, start.AddDate(99, 0, 0))
}

func invalid(field string, err error) error {
	return &heartbeat.Invalid{Field: field, Problem: err.Error()}
}
