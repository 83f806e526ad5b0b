package storetest

import (
	"bytes"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"pgregory.net/rapid"

	"heartbeat"
)

func restoreRules() []rule {
	return []rule{
		{"KeepsCheckAndHistory", func(s *subject) {
			l := lived("a")
			s.restore(l)
			s.lasting(func() {
				s.wantRestored(l)
				s.equal("checks", len(s.checks()), 1)
			})
		}},
		{"WithoutHistoryIsAdd", func(s *subject) {
			s.ok(s.store.Restore(s.ctx, full("a"), nil, nil))
			s.lasting(func() { s.wantRestored(&ledger{check: full("a")}) })
		}},
		{"OwesNobodyANotice", func(s *subject) {
			c, flip := lateCheck(up("a"))
			s.ok(s.store.Restore(s.ctx, c, nil, []heartbeat.Flip{*flip}))
			s.lasting(func() {
				s.wantCheck(c)
				s.wantNotices()
				s.equal("number of unfinished notices", len(s.unfinished()), 0)
			})
		}},
		{"GivesItsOwnRevision", func(s *subject) {
			l := lived("a")
			l.check.Rev = 77
			s.restore(l)
			c := s.check(l.check.ID)
			c.Grace = time.Minute
			s.ok(s.store.Save(s.ctx, c, nil))
			s.wantCheck(c)
		}},
		{"KnownCheckIsErrExists", restoreOverKnown},
		{"HistoryGoesOn", restoreGoesOn},
		{"KeepsALongHistory", restoreLong},
		{"DeletedAndRestoredAgain", restoreAgain},
		{"LeavesOthers", func(s *subject) {
			other, l := lived("b"), lived("a")
			s.restore(other)
			s.restore(l)
			s.lasting(func() {
				s.wantRestored(other)
				s.wantRestored(l)
			})
		}},
		{"SharesNothing", restoreSharesNothing},
		{"OneRestoreWins", oneRestoreWins},
	}
}

// lived is a check with a past of every kind, which owes nothing any more.
func lived(name string) *ledger {
	l := &ledger{check: fresh(name)}
	for _, p := range story() {
		l.ping(p)
	}
	l.ping(heartbeat.Ping{
		At: at(100 * time.Hour), Kind: heartbeat.KindFail, Exit: new(3), Run: "r\xff", Method: "POST",
		Addr: "192.0.2.1", Agent: "curl\xfe/8", Body: []byte{0, 1, 0xff},
	})
	l.notices = nil
	return l
}

func (s *subject) restore(l *ledger) {
	s.Helper()
	s.ok(s.store.Restore(s.ctx, l.check, newest(l.pings, everything), newest(l.flips, everything)))
}

// wantRestored compares all but notices, of which others may be owed.
func (s *subject) wantRestored(l *ledger) {
	s.Helper()
	s.wantCheck(l.check)
	s.equal("pings", s.pings(l.check.ID), newest(l.pings, everything))
	s.wantFlips(l.check.ID, newest(l.flips, everything)...)
}

func restoreOverKnown(s *subject) {
	restored := lived("restored")
	s.restore(restored)
	added := &ledger{check: s.add(up("added"))}
	pinged := &ledger{check: fresh("pinged")}
	for _, p := range story()[:6] {
		_, err := s.store.Ping(s.ctx, pinged.check.ID, p, maker(fresh("pinged")))
		s.ok(err)
		pinged.ping(p)
	}
	known := []*ledger{restored, added, pinged}
	for _, l := range known {
		other := lived("other")
		other.check.ID = l.check.ID
		err := s.store.Restore(s.ctx, other.check, newest(other.pings, everything), newest(other.flips, everything))
		s.wantErr("Restore", err, heartbeat.ErrExists)
	}
	s.lasting(func() {
		for _, l := range known {
			s.wantRestored(l)
		}
	})
}

// restoreGoesOn lets a restored check live on.
func restoreGoesOn(s *subject) {
	l := lived("a")
	s.restore(l)
	for i, kind := range kinds() {
		p := heartbeat.Ping{At: at(time.Duration(200+i) * time.Hour), Kind: kind}
		s.equal("pinged", s.ping(l.check.ID, p), l.ping(p))
	}
	s.lasting(func() { s.wantLedger(l) })
	c := s.check(l.check.ID)
	late, flip := lateCheck(c)
	s.ok(s.store.Save(s.ctx, late, flip))
	l.check = late
	l.flipped(flip)
	s.lasting(func() { s.wantLedger(l) })
	c = s.check(l.check.ID)
	s.ok(s.store.Delete(s.ctx, c.ID, c.Rev))
	s.lasting(func() { s.wantNothing(c.ID) })
}

// restoreLong restores more than a store must keep, and then pings on: the last
// ones are there, each once.
func restoreLong(s *subject) {
	const many = 2*heartbeat.KeepPings + 50
	l := &ledger{check: fresh("a")}
	for i := range many {
		l.ping(heartbeat.Ping{At: at(time.Duration(i) * time.Minute), Kind: kinds()[i%2*2]})
	}
	l.notices = nil
	s.restore(l)
	p := success(many * time.Minute)
	s.equal("pinged", s.ping(l.check.ID, p), l.ping(p))
	s.lasting(func() {
		got := s.pings(l.check.ID)
		if len(got) < heartbeat.KeepPings {
			s.Fatalf("got %d pings, want at least %d", len(got), heartbeat.KeepPings)
		}
		s.equal("pings", got, newest(l.pings, len(got)))
		flips := s.flips(l.check.ID)
		s.equal("flips", flips, newest(l.flips, everything))
	})
}

// restoreAgain gives a check three lives. Nothing of one is seen in the next,
// and no revision names two states.
func restoreAgain(s *subject) {
	revs := map[int64]bool{}
	for range 3 {
		l := lived("a")
		s.restore(l)
		for range 3 {
			c := s.check(l.check.ID)
			if revs[c.Rev] {
				s.Fatalf("revision %d names two states of a check", c.Rev)
			}
			revs[c.Rev] = true
			s.ping(c.ID, success(300*time.Hour))
			l.ping(success(300 * time.Hour))
		}
		s.wantRestored(l)
		c := s.check(l.check.ID)
		s.ok(s.store.Delete(s.ctx, c.ID, c.Rev))
	}
	l := &ledger{check: fresh("a")}
	s.restore(l)
	s.lasting(func() { s.wantRestored(l) })
}

func restoreSharesNothing(s *subject) {
	l := lived("a")
	pings, flips := newest(l.pings, everything), newest(l.flips, everything)
	for i := range pings {
		pings[i].Body = bytes.Clone(pings[i].Body)
		if pings[i].Exit != nil {
			pings[i].Exit = new(*pings[i].Exit)
		}
	}
	s.ok(s.store.Restore(s.ctx, l.check, pings, flips))
	for i := range pings {
		for j := range pings[i].Body {
			pings[i].Body[j] = 'x'
		}
		if pings[i].Exit != nil {
			*pings[i].Exit = 99
		}
	}
	clear(pings)
	clear(flips)
	s.lasting(func() { s.wantRestored(l) })
}

// oneRestoreWins lets several restore one check while a job pings it. Whoever
// wins, the history is one life, without doubles.
func oneRestoreWins(s *subject) {
	l := lived("a")
	var won atomic.Int64
	s.atOnce(8, func(int) error {
		err := s.store.Restore(s.ctx, l.check, newest(l.pings, everything), newest(l.flips, everything))
		if errors.Is(err, heartbeat.ErrExists) {
			return nil
		}
		won.Add(1)
		return err
	})
	s.equal("winners", won.Load(), int64(1))
	s.lasting(func() { s.wantRestored(l) })
}

// restore is an action of the model: a check comes with a past that the core
// has made.
func (m *model) restore(rt *rapid.T) {
	l := &ledger{check: m.drawCheck(rt, m.drawID(rt))}
	for range rapid.IntRange(0, 4).Draw(rt, "pings") {
		l.ping(m.drawPing(rt))
	}
	l.notices = nil
	pings, flips := slices.Clone(l.pings), slices.Clone(l.flips)
	slices.Reverse(pings)
	slices.Reverse(flips)
	err := m.store.Restore(m.ctx(), l.check, pings, flips)
	if _, known := m.ledgers[l.check.ID]; known {
		expect(rt, "Restore of a known check", err, heartbeat.ErrExists)
		return
	}
	expect(rt, "Restore", err, nil)
	m.ledgers[l.check.ID] = l
	m.wrote(rt, l)
}
