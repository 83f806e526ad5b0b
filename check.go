package heartbeat

import "time"

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
)

// Spec says when pings must come, in the words that people type. It is
// comparable, so that a compiled schedule can be kept by it. Its strings are
// canonical as internal/schedule writes them.
type Spec struct {
	// Period is the longest time between two pings, counted in working time.
	// The original's word for it is threshold.
	Period time.Duration
	// Worktime is the working calendar, such as "mon-fri", "mon-sat", "always"
	// or "mon-fri 09:00-17:30".
	Worktime string
	// Zone is the IANA time zone in which days and hours are read.
	Zone string
	// Holidays are holiday sets and own dates, such as "de-by,2026-12-24".
	Holidays string
}

// Settings are what people choose for a check.
type Settings struct {
	Spec
	// Grace is how long after the due moment the check still waits before it goes
	// down, and how long a started run may take. It is counted like the period.
	// With no grace (0) a run has no limit of its own.
	Grace time.Duration
}

// Check is one job or service that is watched.
type Check struct {
	ID CheckID
	Names
	Settings
	State
	Created time.Time
	// Rev changes with every write of the check. Stores set it; a conditional
	// write gives back the one that was read.
	Rev int64
}
