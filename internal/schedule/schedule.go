// Package schedule turns a specification in people's words into a schedule.
package schedule

import (
	"time"

	"heartbeat"
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
// by its IANA name. Errors are *heartbeat.Invalid with Field "threshold",
// "worktime", "tz" or "holidays".
func Canonical(spec heartbeat.Spec) (heartbeat.Spec, error) { panic("to be written") }

// Compile returns the schedule of a spec; the same value for the same spec.
// Errors are those of Canonical.
func Compile(spec heartbeat.Spec) (Schedule, error) { panic("to be written") }

// ParseHours reads a threshold or grace in hours, decimals allowed: "24", "0.5".
// Errors are *heartbeat.Invalid with the given field.
func ParseHours(field, s string) (time.Duration, error) { panic("to be written") }

// FormatHours writes a duration in hours as ParseHours reads it, without
// needless decimals: "24", "0.5".
func FormatHours(d time.Duration) string { panic("to be written") }
