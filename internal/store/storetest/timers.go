package storetest

import (
	"context"
	"fmt"
	"time"

	"heartbeat"
)

func timerRules() []rule {
	return []rule{
		{"EmptyStoreHasNone", func(s *subject) { s.equal("timers", s.timers(), []heartbeat.Check{}) }},
		{"YieldsEveryCheck", timersYieldAll},
		{"MayStopEarly", func(s *subject) {
			for _, name := range []string{"a", "b", "c"} {
				s.add(up(name))
			}
			for range 20 { // as often as would use up a pool of connections
				for _, err := range s.store.Timers(s.ctx) {
					s.ok(err)
					break
				}
			}
			s.ping(fresh("a").ID, success(1))
			s.equal("number of timers", len(s.timers()), 3)
		}},
		{"StoreMayBeUsedMeanwhile", func(s *subject) {
			for i := range 20 {
				s.add(up(fmt.Sprint(i)))
			}
			for c, err := range s.store.Timers(s.ctx) {
				s.ok(err)
				s.check(c.ID)
				s.ping(c.ID, success(1))
			}
		}},
		{"StopsWithTheContext", func(s *subject) {
			s.add(up("a"))
			ctx, cancel := context.WithCancel(s.ctx)
			cancel()
			var got error
			for _, err := range s.store.Timers(ctx) {
				got = err
			}
			s.wantErr("Timers", got, context.Canceled)
		}},
	}
}

// timers returns what Timers yields, without what it may leave out.
func (s *subject) timers() []heartbeat.Check {
	s.Helper()
	var all []heartbeat.Check
	for c, err := range s.store.Timers(s.ctx) {
		s.ok(err)
		all = append(all, timer(c))
	}
	return sorted(all)
}

// timer is the part of a check that the monitor needs.
func timer(c heartbeat.Check) heartbeat.Check {
	settings := heartbeat.Settings{Spec: c.Spec, Grace: c.Grace}
	return heartbeat.Check{ID: c.ID, Settings: settings, State: heartbeat.State{
		Status: c.Status, LastPing: c.LastPing, LastStart: c.LastStart,
	}}
}

func timersYieldAll(s *subject) {
	var want []heartbeat.Check
	for i, c := range []heartbeat.Check{fresh("a"), full("b"), up("c"), up("d"), full("e")} {
		s.add(c)
		if i >= 3 {
			s.ping(c.ID, start(time.Hour, ""))
			s.ping(c.ID, failure(2*time.Hour))
		}
		want = append(want, timer(s.check(c.ID)))
	}
	s.lasting(func() { s.equal("timers", s.timers(), sorted(want)) })
}
