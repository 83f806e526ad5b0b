package monitor_test

import (
	"time"

	"heartbeat"
)

// told is a change that people must hear of.
type told struct {
	at     time.Time
	to     heartbeat.Status
	reason heartbeat.Reason
}

// sent is a ping that reached the server.
type sent struct {
	at   time.Time
	kind heartbeat.Kind
}

// oracle works out from a check's pings alone what people must hear of it. It
// knows neither the core nor the monitor.
type oracle struct {
	period, grace time.Duration
	calendar      *calendar
	blinds        []heartbeat.Blind
	held          []int // by blind time: how many deadlines it moves

	status    heartbeat.Status
	last, ran time.Time // the last ping that counts, the run that goes on
	seen      time.Time // the last ping of any kind
	told      []told
}

// judge returns what must be told until end.
func (o *oracle) judge(pings []sent, end time.Time) []told {
	o.status = heartbeat.StatusNew
	for _, p := range pings {
		o.until(p.at)
		o.ping(p)
		o.seen = p.at
	}
	o.until(end)
	return o.told
}

func (o *oracle) become(at time.Time, to heartbeat.Status, why heartbeat.Reason) {
	if o.status != to && (to == heartbeat.StatusDown || o.status == heartbeat.StatusDown) {
		o.told = append(o.told, told{at, to, why})
	}
	o.status = to
}

func (o *oracle) ping(p sent) {
	switch p.kind {
	case heartbeat.KindStart:
		o.ran = p.at
	case heartbeat.KindSuccess:
		o.last, o.ran = p.at, time.Time{}
		o.become(p.at, heartbeat.StatusUp, heartbeat.ReasonPing)
	case heartbeat.KindFail:
		o.last, o.ran = p.at, time.Time{}
		o.become(p.at, heartbeat.StatusDown, heartbeat.ReasonFail)
	}
}

// until lets time pass without a ping.
func (o *oracle) until(next time.Time) {
	if o.status == heartbeat.StatusDown {
		return
	}
	var from time.Time
	why := heartbeat.ReasonLate
	if o.status == heartbeat.StatusUp {
		from = o.due(o.last)
	}
	if !o.ran.IsZero() && o.grace > 0 && (from.IsZero() || o.ran.Before(from)) {
		from, why = o.ran, heartbeat.ReasonOverrun
	}
	if from.IsZero() {
		return
	}
	deadline := o.calendar.add(from, o.grace)
	for i, b := range o.blinds {
		if b.From.Before(next) && !deadline.Before(b.From) && !deadline.After(b.To) {
			deadline = earliest(o.calendar.add(b.To, deadline.Sub(b.From)), o.heard(b.To))
			if b.From.After(o.seen) { // else a start has come since, and it was counted
				o.held[i]++
			}
		}
	}
	if deadline.Before(next) {
		o.become(deadline, heartbeat.StatusDown, why)
	}
}

// due is when a ping is due that follows one at t.
func (o *oracle) due(t time.Time) time.Time {
	if o.calendar.next != nil {
		return o.calendar.due(t)
	}
	return o.calendar.add(t, o.period)
}

// heard is by when a check is heard of that was not listened to until t: a
// period later, or at the end of the grace of its next occurrence.
func (o *oracle) heard(t time.Time) time.Time {
	if o.calendar.next != nil {
		return o.calendar.add(o.calendar.due(t), o.grace)
	}
	return o.due(t)
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
