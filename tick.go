package heartbeat

import "time"

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

// Outlook tells what lies ahead of the check under schedule s. A deadline that
// falls into one of the blind times moves by that time's length, but at most to
// one period after its end or, with an expression, to the deadline of the first
// occurrence after it. It is moved in the schedule's own time: nobody is late
// while no time counts.
func (c Check) Outlook(s Schedule, blinds []Blind) Outlook {
	var o Outlook
	var start time.Time // of the grace: the due moment, or the run's start if that is earlier
	if c.Status == StatusUp {
		o.Due = s.Due(c.LastPing)
		start, o.Reason = o.Due, ReasonLate
	}
	if c.Started() && c.Status != StatusDown && c.Grace > 0 &&
		(start.IsZero() || c.LastStart.Before(start)) {
		start, o.Reason = c.LastStart, ReasonOverrun
	}
	if start.IsZero() {
		return Outlook{}
	}
	deadline := s.Add(start, c.Grace)
	if deadline.IsZero() {
		return Outlook{Due: o.Due}
	}
	o.Deadline = hold(deadline, blinds, s.Add, func(end time.Time) time.Time { return c.heard(s, end) })
	o.Held = o.Deadline.Sub(deadline)
	return o
}

// heard is by when a job that is well is heard of, whatever was missed of it, if
// somebody listens from t on. No ping after t makes for an earlier deadline.
// Zero: it need not be heard of any more.
func (c Check) heard(s Schedule, t time.Time) time.Time {
	due := s.Due(t)
	if due.IsZero() || c.Kind == SchedulePeriod {
		return due
	}
	return s.Add(due, c.Grace)
}

// Shown is the status to show at now: the stored one, or grace or down where
// time has passed that the monitor has not yet judged.
func (c Check) Shown(o Outlook, now time.Time) Status {
	switch {
	case !o.Deadline.IsZero() && !now.Before(o.Deadline):
		return StatusDown
	case !o.Due.IsZero() && !now.Before(o.Due):
		return StatusGrace
	}
	return c.Status
}

// Tick judges the check at now. It returns the changed check and the flip, or
// the check unchanged and nil if it is on time. The flip's moment is the
// deadline. A run that overran stays started: its end still gives a duration.
func (c Check) Tick(now time.Time, s Schedule, blinds []Blind) (Check, *Flip) {
	o := c.Outlook(s, blinds)
	if o.Deadline.IsZero() || now.Before(o.Deadline) {
		return c, nil
	}
	state, flip := c.become(StatusDown, o.Deadline, c.State, Flip{Reason: o.Reason})
	c.State = state
	return c, flip
}
