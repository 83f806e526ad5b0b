package service

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule"
)

// apply returns old with the edit made, or what is wrong with it.
func (e Edit) apply(old heartbeat.Settings, defaultZone string) (heartbeat.Settings, Invalids) {
	next, bad := old, Invalids(nil)
	note := func(err error) { bad = append(bad, invalids(err)...) }
	spec, err := e.expression(old.Spec)
	next.Kind, next.Expression = spec.Kind, spec.Expression
	note(err)
	if e.Threshold != nil {
		next.Period, err = parseSpan("threshold", *e.Threshold, e.Unit)
		note(err)
	}
	if e.Grace != nil {
		next.Grace, err = parseGrace(strings.TrimSpace(*e.Grace), e.GraceUnit)
		note(err)
	}
	worktime, err := e.worktime(old.Worktime)
	next.Worktime = worktime
	note(err)
	if e.Zone != nil {
		spec, err := alone(heartbeat.Spec{Zone: cmp.Or(strings.TrimSpace(*e.Zone), defaultZone)})
		next.Zone = spec.Zone
		note(err)
	}
	if e.Holidays != nil {
		spec, err := alone(heartbeat.Spec{Holidays: *e.Holidays})
		next.Holidays = spec.Holidays
		note(err)
	}
	if bad == nil {
		next, err = schedule.CanonicalSettings(next)
		note(err)
	}
	return next, bad
}

// expression returns old with the kind and expression that the edit asks for.
func (e Edit) expression(old heartbeat.Spec) (heartbeat.Spec, error) {
	next := old
	if e.Kind != nil {
		next.Kind = heartbeat.ScheduleKind(*e.Kind)
		if *e.Kind == "period" {
			next.Kind = heartbeat.SchedulePeriod
		}
	}
	if e.Expression != nil {
		next.Expression = tidyLines(*e.Expression)
	}
	if next.Kind == old.Kind && next.Expression == old.Expression {
		return old, nil
	}
	spec, err := alone(heartbeat.Spec{Kind: next.Kind, Expression: next.Expression})
	return spec, err
}

// alone checks one field of a spec by giving the others values that are right,
// so that each wrong field of a form gets its own message.
func alone(spec heartbeat.Spec) (heartbeat.Spec, error) {
	if spec.Period == 0 {
		spec.Period = heartbeat.DefaultPeriod
	}
	return schedule.Canonical(spec)
}

func parseGrace(s string, unit *string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	return parseSpan("grace", s, unit)
}

// worktime returns the worktime that Worktime and Saturday ask for where old is
// stored; see Edit for which of them counts.
func (e Edit) worktime(old string) (string, error) {
	next := old
	if e.Worktime != nil {
		spec, err := alone(heartbeat.Spec{Worktime: strings.TrimSpace(*e.Worktime)})
		if err != nil {
			return old, err
		}
		next = spec.Worktime
	}
	if e.Saturday == nil {
		return next, nil
	}
	on, err := parseSaturday(*e.Saturday)
	switch {
	case err != nil:
		return old, err
	case next == old:
		return withSaturday(old, on)
	case on != hasSaturday(old):
		return next, agree(on, next)
	}
	return next, nil
}

// invalids returns what is wrong according to err; nil for nil.
func invalids(err error) Invalids {
	if err == nil {
		return nil
	}
	var invalid *heartbeat.Invalid
	if !errors.As(err, &invalid) {
		invalid = &heartbeat.Invalid{Field: "settings", Problem: "cannot be used: " + err.Error()}
	}
	return Invalids{invalid}
}
