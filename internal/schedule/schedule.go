// Package schedule turns a specification in people's words into a schedule.
package schedule

import (
	"fmt"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule/holiday"
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
// by its IANA name. An empty worktime is the default, an empty zone UTC. Errors
// are *heartbeat.Invalid with Field "threshold", "worktime", "tz" or "holidays".
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
	return heartbeat.Settings{Spec: w.spec, Grace: s.Grace}, nil
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

// working is a schedule whose period is counted in working time.
type working struct {
	spec     heartbeat.Spec // canonical
	calendar *worktime.Calendar
	holidays holiday.List
	week     worktime.Week
	zone     *worktime.Zone
}

func (w *working) Due(last time.Time) time.Time {
	return w.calendar.Deadline(last, w.spec.Period)
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
	if spec.Period < heartbeat.MinPeriod || spec.Period > heartbeat.MaxPeriod {
		return nil, outOfRange("threshold")
	}
	if spec.Worktime == "" {
		spec.Worktime = heartbeat.DefaultWorktime
	}
	w := new(working)
	var err error
	if w.week, err = worktime.ParseWeek(spec.Worktime); err != nil {
		return nil, invalid("worktime", err)
	}
	if w.zone, err = zones.load(spec.Zone); err != nil {
		return nil, invalid("tz", err)
	}
	if w.holidays, err = holiday.Parse(spec.Holidays); err != nil {
		return nil, invalid("holidays", err)
	}
	w.spec = heartbeat.Spec{
		Period:   spec.Period,
		Worktime: w.week.String(),
		Zone:     w.zone.Location().String(),
		Holidays: w.holidays.String(),
	}
	w.calendar = calendars.get(w)
	if err := w.reachable("threshold", spec.Period); err != nil {
		return nil, err
	}
	return w, nil
}

// reachable refuses a length of working time that the calendar does not give in
// a century: its deadline would be never, and the check could not fail.
func (w *working) reachable(field string, d time.Duration) error {
	start := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	if w.calendar.Elapsed(start, start.AddDate(99, 0, 0)) > d {
		return nil
	}
	return invalid(field, fmt.Errorf("of %s working time is not reached within a century of %s; make it shorter, or let more time count",
		FormatSpan(d), w.spec.Worktime))
}

func invalid(field string, err error) error {
	return &heartbeat.Invalid{Field: field, Problem: err.Error()}
}
