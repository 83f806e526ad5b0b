package heartbeat

import (
	"slices"
	"time"
)

// Schedule says when pings are due. Implementations are pure values.
type Schedule interface {
	// Due returns when the next ping is expected after one at last, which may have come
	// a little before the moment at which it was due. It is after last, and never
	// earlier for a later last. Zero: never.
	Due(last time.Time) time.Time
	// Add returns the moment at which d of the schedule's own time has passed
	// since t: plain time, or working time. It is never before t. Zero: never.
	Add(t time.Time, d time.Duration) time.Time
}

// Blind is a stretch of time in which this program did not run or could not
// judge: pings sent in it may be lost.
type Blind struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Length is how long the blind time was.
func (b Blind) Length() time.Duration { return b.To.Sub(b.From) }

// hold moves a deadline that fell into blind time by the length of that time, as
// add counts it, but not beyond what latest says for its end: whoever has a ping
// due every hour is not silent because nobody listened for a day, and is waited
// for one hour more. Blinds are in order of time; a moved deadline can fall into
// the next one.
func hold(deadline time.Time, blinds []Blind, add func(time.Time, time.Duration) time.Time, latest func(end time.Time) time.Time) time.Time {
	for _, b := range blinds {
		if deadline.Before(b.From) || deadline.After(b.To) {
			continue
		}
		moved := b.To.Add(deadline.Sub(b.From))
		if counted := add(b.To, deadline.Sub(b.From)); !counted.IsZero() {
			moved = counted
		}
		deadline = moved
		if most := latest(b.To); !most.IsZero() && most.Before(deadline) {
			deadline = most
		}
	}
	return deadline
}

// Watch is the monitor's memory of its own life. It is stored, so that a
// restart knows how long nobody watched.
type Watch struct {
	// Mark is when the monitor last knew that it could receive and judge.
	Mark time.Time `json:"mark"`
	// Blinds are the blind times that can still hold a deadline, oldest first.
	Blinds []Blind `json:"blinds,omitempty"`
}

// Covered tells whether at lies in one of the blind times.
func (w Watch) Covered(at time.Time) bool {
	return slices.ContainsFunc(w.Blinds, func(b Blind) bool {
		return !at.Before(b.From) && !at.After(b.To)
	})
}
