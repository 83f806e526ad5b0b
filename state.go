package heartbeat

import (
	"strconv"
	"time"
)

// State is what pings and time have made of a check.
type State struct {
	Status Status
	// Since is when Status began.
	Since time.Time
	// LastPing is the last success or failure; zero if there was none.
	LastPing time.Time
	// LastStart is when the run that has not ended began; zero if none runs.
	LastStart time.Time
	// StartRun is the run ID that came with LastStart. It outlives the run.
	StartRun RunID
	// LastDuration is how long the last ended run took; 0 if not known.
	LastDuration time.Duration
	// Pings counts all pings ever recorded.
	Pings int64
}

// Started tells whether a run has begun and not ended.
func (s State) Started() bool { return !s.LastStart.IsZero() }

// Ping returns the state after p, and the flip that it caused, or nil.
// A ping never moves LastPing back, so a success never brings a deadline nearer.
func (s State) Ping(p Ping) (State, *Flip) {
	s.Pings++
	before := s
	switch p.Kind {
	case KindSuccess:
		s = s.finish(p)
		return s.become(StatusUp, p.At, before, Flip{Reason: ReasonPing})
	case KindFail:
		s = s.finish(p)
		return s.become(StatusDown, p.At, before, Flip{Reason: ReasonFail, Detail: exitDetail(p)})
	case KindStart:
		s.LastStart, s.StartRun = p.At, p.Run
	}
	return s, nil
}

// finish ends the run that p belongs to. A success without a run ID and any
// failure end whatever runs; a success with another run's ID ends nothing.
func (s State) finish(p Ping) State {
	s.LastDuration = 0
	if p.At.After(s.LastPing) {
		s.LastPing = p.At
	}
	if !s.Started() {
		return s
	}
	if p.Run == s.StartRun {
		s.LastDuration = max(p.At.Sub(s.LastStart), 1)
		s.LastStart = time.Time{}
	} else if p.Kind == KindFail || p.Run == "" {
		s.LastStart = time.Time{}
	}
	return s
}

// become sets the status and completes the flip; nil if the status stays.
func (s State) become(to Status, at time.Time, before State, f Flip) (State, *Flip) {
	if s.Status == to {
		return s, nil
	}
	flip := f // a copy, so that the ping that flips nothing allocates nothing
	flip.At, flip.From, flip.To = at, before.Status, to
	flip.Since, flip.LastPing = before.Since, before.LastPing
	s.Status, s.Since = to, at
	return s, &flip
}

func exitDetail(p Ping) string {
	if p.Exit == nil {
		return ""
	}
	return "exit status " + strconv.Itoa(*p.Exit)
}

// Sooner tells whether going from s to next can bring the deadline nearer.
// A plain success of an up check cannot: that is what makes a remembered
// deadline a lower bound.
func (s State) Sooner(next State) bool {
	return s.Status != next.Status || !s.LastStart.Equal(next.LastStart) && next.Started()
}

// Pause returns the state of a check that somebody paused.
func (s State) Pause(at time.Time) (State, *Flip) {
	before := s
	s.LastStart = time.Time{}
	return s.become(StatusPaused, at, before, Flip{Reason: ReasonPaused})
}

// Resume returns the state of a paused check that somebody resumed: it waits
// for its next ping as if new. Other checks stay as they are.
func (s State) Resume(at time.Time) (State, *Flip) {
	if s.Status != StatusPaused {
		return s, nil
	}
	before := s
	s.LastStart, s.LastPing = time.Time{}, time.Time{}
	return s.become(StatusNew, at, before, Flip{Reason: ReasonResumed})
}
