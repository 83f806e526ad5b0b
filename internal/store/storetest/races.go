package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"heartbeat"
)

func raceRules() []rule {
	return []rule{
		{"TwoFirstPings", twoFirstPings},
		{"PingsAreNeitherLostNorDoubled", manyPings},
		{"PingsChainTheirFlips", pingsChainFlips},
		{"OneSaveOfARevisionWins", func(s *subject) {
			c := s.add(up("a"))
			late, flip := lateCheck(c)
			s.wantOneWinner(func() error { return s.store.Save(s.ctx, late, flip) })
			s.lasting(func() {
				s.wantCheck(late)
				s.wantFlips(c.ID, *flip)
				s.wantNotices(*heartbeat.NoticeFor(c.ID, flip))
			})
		}},
		{"OneAddWins", func(s *subject) {
			s.wantOneWinner(func() error { return s.store.Add(s.ctx, full("a")) })
			s.equal("number of checks", len(s.checks()), 1)
		}},
		{"OneDeleteWins", func(s *subject) {
			c := s.add(up("a"))
			s.wantOneWinner(func() error { return s.store.Delete(s.ctx, c.ID, c.Rev) })
			s.wantNothing(c.ID)
		}},
		{"OneSaveNoticeWins", func(s *subject) {
			n := s.addNotice(fullNotice("a", 0))
			s.wantOneWinner(func() error { return s.store.SaveNotice(s.ctx, n) })
		}},
		{"ValuesCount", valuesCount},
		{"SavesAndPingsTakeTurns", savesAndPings},
	}
}

// atOnce runs f n times at the same moment.
func (s *subject) atOnce(n int, f func(i int) error) {
	s.Helper()
	gate := make(chan struct{})
	var all errgroup.Group
	for i := range n {
		all.Go(func() error {
			<-gate
			return f(i)
		})
	}
	close(gate)
	s.ok(all.Wait())
}

// wantOneWinner runs the same write many times at once: one must be made, all
// others refused.
func (s *subject) wantOneWinner(write func() error) {
	s.Helper()
	var won atomic.Int32
	s.atOnce(20, func(int) error {
		err := write()
		switch {
		case err == nil:
			won.Add(1)
		case !errors.Is(err, heartbeat.ErrConflict) && !errors.Is(err, heartbeat.ErrExists) &&
			!errors.Is(err, heartbeat.ErrNotFound):
			return err
		}
		return nil
	})
	s.equal("number of writes that were made", won.Load(), int32(1))
}

// twoFirstPings sends two pings to a check that does not exist at the same
// instant, then a third, as two hosts do that share a name.
func twoFirstPings(s *subject) {
	for round := range 20 {
		c := fresh(fmt.Sprint("round ", round))
		var got [3]heartbeat.Pinged
		send := func(i int) (err error) {
			got[i], err = s.store.Ping(s.ctx, c.ID, success(0), maker(c))
			return err
		}
		s.atOnce(2, send)
		s.ok(send(2))
		s.equal("which N were given", sortedNumbers(got[:]), []int64{1, 2, 3})
		created, flips := 0, 0
		for _, p := range got {
			if p.Created {
				created++
				s.equal("N of the ping that made the check", p.N, int64(1))
			}
			if p.Flip != nil {
				flips++
			}
		}
		s.equal("number of pings that made the check", created, 1)
		s.equal("number of flips", flips, 1)
	}
	s.lasting(func() {
		s.equal("number of checks", len(s.checks()), 20)
		for round := range 20 {
			id := fresh(fmt.Sprint("round ", round)).ID
			s.equal("number of pings", len(s.pings(id)), 3)
			s.equal("number of flips", len(s.flips(id)), 1)
		}
	})
}

func sortedNumbers(pinged []heartbeat.Pinged) []int64 {
	var all []int64
	for _, p := range pinged {
		all = append(all, p.N)
	}
	slices.Sort(all)
	return all
}

const (
	racers     = 200
	raceChecks = 4
)

// race sends many pings at once to a few checks that do not exist before, and
// returns the answers by check.
func (s *subject) race(kind func(i int) heartbeat.Kind) [raceChecks][]heartbeat.Pinged {
	s.Helper()
	var mu sync.Mutex
	var answers [raceChecks][]heartbeat.Pinged
	s.atOnce(racers, func(i int) error {
		which := i % raceChecks
		c := fresh(strconv.Itoa(which))
		p := heartbeat.Ping{At: at(time.Duration(i)), Kind: kind(i / raceChecks), Body: []byte(strconv.Itoa(i))}
		pinged, err := s.store.Ping(s.ctx, c.ID, p, maker(c))
		mu.Lock()
		defer mu.Unlock()
		answers[which] = append(answers[which], pinged)
		return err
	})
	return answers
}

func manyPings(s *subject) {
	answers := s.race(func(int) heartbeat.Kind { return heartbeat.KindSuccess })
	const each = racers / raceChecks
	var want []int64
	for n := range int64(each) {
		want = append(want, n+1)
	}
	for _, pinged := range answers {
		s.equal("which N were given", sortedNumbers(pinged), want)
	}
	s.lasting(func() {
		for which := range raceChecks {
			c := s.check(fresh(strconv.Itoa(which)).ID)
			s.equal("number of pings counted", c.Pings, int64(each))
			s.equal("last ping", c.LastPing, at(time.Duration(racers-raceChecks+which)))
			bodies := map[string]bool{}
			for _, p := range s.pings(c.ID) {
				bodies[string(p.Body)] = true
			}
			s.equal("number of different pings in the log", len(bodies), each)
		}
	})
}

// pingsChainFlips lets successes and failures race. However they come, the log
// says in what order, and the core says what flips that order makes.
func pingsChainFlips(s *subject) {
	answers := s.race(func(i int) heartbeat.Kind {
		if i%2 == 0 {
			return heartbeat.KindSuccess
		}
		return heartbeat.KindFail
	})
	s.lasting(func() {
		notices := 0
		for which, pinged := range answers {
			l := &ledger{check: fresh(strconv.Itoa(which))}
			told := 0
			for _, p := range newest(s.pings(l.check.ID), everything) {
				if l.ping(p).Flip != nil {
					told++
				}
			}
			s.wantCheck(l.check)
			s.wantFlips(l.check.ID, newest(l.flips, everything)...)
			notices += len(l.notices)
			for _, p := range pinged {
				if p.Flip != nil {
					told--
				}
			}
			s.equal("flips that were not told to the pinger", told, 0)
		}
		s.equal("number of notices", len(s.unfinished()), notices)
	})
}

// valuesCount lets many increment one number by compare and swap.
func valuesCount(s *subject) {
	s.ok(s.store.SetValue(s.ctx, "n", nil, []byte("0")))
	s.atOnce(10, func(int) error {
		for done := 0; done < 5; {
			old, err := s.store.Value(s.ctx, "n")
			if err != nil {
				return err
			}
			n, err := strconv.Atoi(string(old))
			if err != nil {
				return err
			}
			err = s.store.SetValue(s.ctx, "n", old, []byte(strconv.Itoa(n+1)))
			switch {
			case err == nil:
				done++
			case !errors.Is(err, heartbeat.ErrConflict):
				return err
			}
		}
		return nil
	})
	s.lasting(func() { s.wantValue("n", []byte("50")) })
}

// savesAndPings lets people pause and resume a check while pings come in:
// whatever wins, every flip follows the one before.
func savesAndPings(s *subject) {
	id := s.add(up("a")).ID
	toggle := func(i int) error {
		for {
			c, err := s.store.Check(s.ctx, id)
			if err != nil {
				return err
			}
			var flip *heartbeat.Flip
			if c.Status == heartbeat.StatusPaused {
				c.State, flip = c.Resume(at(time.Duration(i)))
			} else {
				c.State, flip = c.Pause(at(time.Duration(i)))
			}
			if err = s.store.Save(s.ctx, c, flip); !errors.Is(err, heartbeat.ErrConflict) {
				return err
			}
		}
	}
	s.atOnce(40, func(i int) error {
		if i%4 == 0 {
			return toggle(i)
		}
		_, err := s.store.Ping(s.ctx, id, success(time.Duration(i)), nil)
		return err
	})
	s.lasting(func() {
		s.equal("number of pings", len(s.pings(id)), 30)
		status := heartbeat.StatusUp
		for _, f := range newest(s.flips(id), everything) {
			s.equal("from", f.From, status)
			status = f.To
		}
		s.equal("status", s.check(id).Status, status)
	})
}
