package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"time"

	"heartbeat"
)

// changeRules are those of [heartbeat.Shared], for stores that are shared.
func changeRules() []rule {
	rules := []rule{
		{"EachCheckOnce", func(s *subject) {
			c := s.add(up("a"))
			for i := range 5 {
				s.ping(c.ID, start(time.Duration(i+1)*time.Hour, ""))
			}
			ids := s.changes(time.Now().Add(-time.Minute))
			slices.SortFunc(ids, func(a, b heartbeat.CheckID) int { return bytes.Compare(a[:], b[:]) })
			s.equal("changes", ids, slices.Compact(slices.Clone(ids)))
		}},
		{"DeletedChecksDoNoHarm", func(s *subject) {
			c := s.add(up("a"))
			s.ok(s.store.Delete(s.ctx, c.ID, c.Rev))
			s.changes(time.Now())
		}},
		{"WhoPollsMissesNothing", pollsMissNothing},
	}
	for name, change := range map[string]func(s *subject, c heartbeat.Check){
		"Save": func(s *subject, c heartbeat.Check) {
			c.Period /= 2
			s.ok(s.store.Save(s.ctx, c, nil))
		},
		"SaveWithFlip": func(s *subject, c heartbeat.Check) {
			late, flip := lateCheck(c)
			s.ok(s.store.Save(s.ctx, late, flip))
		},
		"Start":    func(s *subject, c heartbeat.Check) { s.ping(c.ID, start(time.Hour, "")) },
		"Failure":  func(s *subject, c heartbeat.Check) { s.ping(c.ID, failure(time.Hour)) },
		"Recovery": func(s *subject, c heartbeat.Check) { s.ping(c.ID, failure(1)); s.ping(c.ID, success(2)) },
	} {
		rules = append(rules, rule{name, func(s *subject) {
			c := s.add(up("a"))
			s.wantChange(c.ID, func() { change(s, c) })
		}})
	}
	return append(rules,
		rule{"Add", func(s *subject) { s.wantChange(up("a").ID, func() { s.add(up("a")) }) }},
		rule{"Restore", func(s *subject) {
			s.wantChange(up("a").ID, func() { s.ok(s.store.Restore(s.ctx, up("a"), nil, nil)) })
		}},
		rule{"FirstPing", func(s *subject) {
			c := fresh("a")
			s.wantChange(c.ID, func() {
				_, err := s.store.Ping(s.ctx, c.ID, success(1), maker(c))
				s.ok(err)
			})
		}},
	)
}

// changes asks a store that is shared.
func (s *subject) changes(since time.Time) []heartbeat.CheckID {
	s.Helper()
	ids, err := s.store.(heartbeat.Shared).Changes(s.ctx, since)
	s.ok(err)
	return ids
}

// wantChange wants a change to be told of from the moment it was made, to this
// process and to another.
func (s *subject) wantChange(id heartbeat.CheckID, change func()) {
	s.Helper()
	change()
	done := time.Now()
	s.lasting(func() {
		if ids := s.changes(done); !slices.Contains(ids, id) {
			s.Errorf("the change of check %v is not among %v", id, ids)
		}
	})
}

// pollsMissNothing lets one poll while others write. Whatever it polls it reads
// afresh, and in the end it must know everything.
func pollsMissNothing(s *subject) {
	const checks, rounds = 6, 8
	var names []heartbeat.CheckID
	known := map[heartbeat.CheckID]heartbeat.State{}
	for i := range checks {
		names = append(names, s.add(up(fmt.Sprint(i))).ID)
	}
	last := time.Now()
	poll := func() {
		now := time.Now()
		for _, id := range s.changes(last) {
			known[id] = s.check(id).State
		}
		last = now
	}
	var writers sync.WaitGroup
	for _, id := range names {
		writers.Go(func() {
			for i := range rounds {
				if _, err := s.store.Ping(s.ctx, id, start(time.Duration(i+1)*time.Hour, ""), nil); err != nil {
					s.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	for writing := true; writing; {
		select {
		case <-done:
			writing = false
		default:
		}
		poll()
	}
	for _, id := range names {
		s.equal("state", known[id], s.check(id).State)
	}
}
