package heartbeat

import (
	"encoding/hex"
	"time"
)

// CheckID is a check's identity, a UUID. Its zero value names no check.
type CheckID [16]byte

// ParseCheckID reads the form that [CheckID.String] writes. Upper-case digits
// are refused, as Healthchecks' routes refuse them.
func ParseCheckID(s string) (CheckID, error) {
	var id CheckID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return CheckID{}, errBadCheckID
	}
	digits := s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	if _, err := hex.Decode(id[:], []byte(digits)); err != nil || id.String() != s {
		return CheckID{}, errBadCheckID
	}
	return id, nil
}

var errBadCheckID = &Invalid{
	Field:   "id",
	Problem: "must be a lower-case UUID such as 0e4b1b1e-7c0b-8a53-9c4d-3f7f5b1c2d3e",
}

// String writes the ID as a lower-case UUID.
func (id CheckID) String() string {
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

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

// Outlook is what lies ahead of a check if no further ping comes.
type Outlook struct {
	// Due is when the next ping is expected. Zero: none is.
	Due time.Time
	// Deadline is when the check goes down. Zero: it cannot go down by itself.
	Deadline time.Time
	// Reason is what the flip at the deadline will say: late or overrun.
	Reason Reason
	// Held is by how much blind time has moved the deadline.
	Held time.Duration
}
