package service

import (
	"cmp"
	"errors"
	"strings"
	"sync"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule"
)

// Initial are the settings that a ping brings for the check that it makes, as
// they were typed; empty means the default. They are checked always and used at
// creation only.
type Initial struct {
	// Threshold and Grace are hours. At most one of Threshold, Cron and OnCalendar
	// says when pings are due; OnCalendar may have several lines.
	Threshold, Grace, Cron, OnCalendar string
	// Saturday is the original's "0" or "1".
	Saturday, Worktime, Zone string
}

// pulseSettings are those of a check that a pulse makes and says nothing about.
// They are the original's.
func pulseSettings(zone string) heartbeat.Settings {
	return heartbeat.Settings{Spec: heartbeat.Spec{
		Period: heartbeat.DefaultPeriod, Worktime: heartbeat.DefaultWorktime, Zone: zone,
	}}
}

// plainSettings are those of all other checks of which nothing is said. They are
// Healthchecks': a ping a day with an hour of grace, whatever the day.
func plainSettings(zone string) heartbeat.Settings {
	return heartbeat.Settings{
		Spec:  heartbeat.Spec{Period: 24 * time.Hour, Worktime: plainWorktime, Zone: zone},
		Grace: plainGrace,
	}
}

const (
	plainWorktime = "always"
	plainGrace    = time.Hour
)

// settings returns what i makes of the defaults s, in canonical form. Errors are
// *heartbeat.Invalid.
//
// An expression says itself on which days it counts, and a job that begins when
// it is due cannot have been heard of by then: with one, the defaults of Worktime
// and Grace are the plain ones.
func (i Initial) settings(s heartbeat.Settings) (heartbeat.Settings, error) {
	field, err := i.expression(&s.Spec)
	if err != nil {
		return s, err
	}
	if field != "" {
		s.Worktime, s.Grace = plainWorktime, plainGrace
	}
	if i.Threshold != "" {
		if s.Period, err = schedule.ParseHours("threshold", i.Threshold); err != nil {
			return s, err
		}
	}
	if i.Grace != "" {
		if s.Grace, err = schedule.ParseHours("grace", i.Grace); err != nil {
			return s, err
		}
	}
	s.Worktime, s.Zone = cmp.Or(i.Worktime, s.Worktime), cmp.Or(i.Zone, s.Zone)
	if s, err = schedule.CanonicalSettings(s); err != nil {
		return s, rename(err, "schedule", field)
	}
	return s, i.saturday(&s)
}

// expression puts the expression into spec and returns the name of its field;
// "" if there is none.
func (i Initial) expression(spec *heartbeat.Spec) (field string, err error) {
	switch {
	case i.Cron != "" && i.OnCalendar != "":
		return "", &heartbeat.Invalid{Field: "oncalendar", Problem: "does not go with cron: each says when pings are due; send one of the two"}
	case i.Cron != "":
		field, spec.Kind, spec.Expression = "cron", heartbeat.ScheduleCron, tidyLines(i.Cron)
	case i.OnCalendar != "":
		field, spec.Kind, spec.Expression = "oncalendar", heartbeat.ScheduleOnCalendar, tidyLines(i.OnCalendar)
	default:
		return "", nil
	}
	if i.Threshold != "" {
		return "", &heartbeat.Invalid{Field: "threshold", Problem: "does not go with " + field + ": each says when pings are due; send one of the two"}
	}
	if i.Saturday != "" {
		return "", &heartbeat.Invalid{Field: "saturday", Problem: "does not go with " + field + ", which names its days itself: leave saturday out"}
	}
	return field, nil
}

// saturday makes the original's parameter count.
func (i Initial) saturday(s *heartbeat.Settings) error {
	if i.Saturday == "" {
		return nil
	}
	on, err := parseSaturday(i.Saturday)
	if err != nil {
		return err
	}
	if i.Worktime != "" {
		return agree(on, s.Worktime)
	}
	s.Worktime, err = withSaturday(s.Worktime, on)
	return err
}

// rename gives an *heartbeat.Invalid the name under which the field was sent.
func rename(err error, from, to string) error {
	if invalid := new(heartbeat.Invalid); errors.As(err, &invalid) && invalid.Field == from {
		return &heartbeat.Invalid{Field: to, Problem: invalid.Problem}
	}
	return err
}

// size is how many bytes were typed.
func (i Initial) size() int {
	return len(i.Threshold) + len(i.Grace) + len(i.Cron) + len(i.OnCalendar) + len(i.Saturday) + len(i.Worktime) + len(i.Zone)
}

// clone frees the settings from the request line that they are cut from.
func (i Initial) clone() Initial {
	return Initial{
		Threshold:  strings.Clone(i.Threshold),
		Grace:      strings.Clone(i.Grace),
		Cron:       strings.Clone(i.Cron),
		OnCalendar: strings.Clone(i.OnCalendar),
		Saturday:   strings.Clone(i.Saturday),
		Worktime:   strings.Clone(i.Worktime),
		Zone:       strings.Clone(i.Zone),
	}
}

// Bounds of initialCache. They are far above what a set of jobs really sends; a
// client that makes up settings only makes its own pings slower.
const (
	maxInitial      = 1024
	maxInitialBytes = 300
)

// initialCache remembers the settings that were typed before: the jobs of a
// company repeat a handful of them with every ping.
type initialCache struct {
	defaults heartbeat.Settings
	mu       sync.RWMutex
	known    map[Initial]*heartbeat.Settings
}

// settings returns what i makes of the defaults. It is shared: nobody changes it.
func (c *initialCache) settings(i Initial) (*heartbeat.Settings, error) {
	c.mu.RLock()
	known, ok := c.known[i]
	c.mu.RUnlock()
	if ok {
		return known, nil
	}
	i = i.clone()
	made, err := i.settings(c.defaults)
	if err != nil {
		return nil, err
	}
	if i.size() <= maxInitialBytes {
		c.keep(i, &made)
	}
	return &made, nil
}

func (c *initialCache) keep(i Initial, s *heartbeat.Settings) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= maxInitial {
		c.known = make(map[Initial]*heartbeat.Settings)
	}
	c.known[i] = s
}
