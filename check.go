package heartbeat

import (
	"cmp"
	"strings"
	"time"
)

// Limits of settings.
const (
	// MinPeriod and MaxPeriod bound how often a ping must come.
	MinPeriod = time.Second
	MaxPeriod = 10 * 365 * 24 * time.Hour
	// MaxGrace bounds the grace time. No grace at all (0) is allowed.
	MaxGrace = 365 * 24 * time.Hour
	// DefaultPeriod and DefaultWorktime are what a first pulse without settings
	// gets, as in the original.
	DefaultPeriod   = 24 * time.Hour
	DefaultWorktime = "mon-fri"
	// MaxExpression is how many characters an Expression may have.
	MaxExpression = 100
)

// ScheduleKind is what says when a check's pings are due.
type ScheduleKind string

// The kinds of schedules.
const (
	// SchedulePeriod: a ping is due when Period has passed since the last one.
	SchedulePeriod ScheduleKind = ""
	// ScheduleCron and ScheduleOnCalendar: pings are due at the moments that the
	// Expression names, a crontab's five fields or lines of systemd's OnCalendar.
	ScheduleCron       ScheduleKind = "cron"
	ScheduleOnCalendar ScheduleKind = "oncalendar"
)

// Spec says when pings must come, in the words that people type. It is
// comparable, so that a compiled schedule can be kept by it. Its strings are
// canonical as internal/schedule writes them, but for the Expression.
type Spec struct {
	Kind ScheduleKind
	// Expression is kept as it was typed; "" with a period.
	Expression string
	// Period is the longest time between two pings, counted in working time.
	// The original's word for it is threshold. It has no say where there is an
	// expression, and is kept for the day on which there is none any more.
	Period time.Duration
	// Worktime is the working calendar, such as "mon-fri", "mon-sat", "always"
	// or "mon-fri 09:00-17:30". A moment that an expression names in time that does
	// not count is put off until time counts again.
	Worktime string
	// Zone is the IANA time zone in which days and hours are read.
	Zone string
	// Holidays are holiday sets and own dates, such as "de-by,2026-12-24".
	Holidays string
}

// ExpressionLine writes the lines of the expression in one, with single blanks.
func (s Spec) ExpressionLine() string {
	lines := strings.Split(strings.TrimSpace(s.Expression), "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return strings.Join(lines, "; ")
}

// Settings are what people choose for a check.
type Settings struct {
	Spec
	// Grace is how long after the due moment the check still waits before it goes
	// down, and how long a started run may take. It is counted like the period.
	// With no grace (0) a run has no limit of its own.
	Grace time.Duration
	Rules
}

// Check is one job or service that is watched.
type Check struct {
	ID      CheckID
	Project ProjectID
	Names
	Labels
	Settings
	State
	Created time.Time
	// Rev changes with every write of the check. Stores set it; a conditional
	// write gives back the one that was read.
	Rev int64
}

// Title is what the check is called in a few words: its last name, or its slug, or
// what its ID begins with.
func (c Check) Title() string { return cmp.Or(c.Name, c.Slug, "unnamed "+c.ID.String()[:8]) }
