package storetest

import (
	"time"

	"heartbeat"
)

func saveRules() []rule {
	return []rule{
		{"WritesCheckFlipAndNotice", saveWritesAll},
		{"WritesEveryField", func(s *subject) {
			old := s.add(fresh("a"))
			c := full("a")
			c.ID, c.Rev = old.ID, old.Rev
			c.Names = heartbeat.Names{Host: "h2", Category: "c2", Type: "t2", Name: "n2"}
			c.Created = at(time.Hour)
			s.ok(s.store.Save(s.ctx, c, nil))
			s.lasting(func() {
				s.wantCheck(c)
				s.wantFlips(c.ID)
				s.wantNotices()
			})
		}},
		{"QuietFlipMakesNoNotice", func(s *subject) {
			c := s.add(up("a"))
			var flip *heartbeat.Flip
			c.State, flip = c.Pause(at(time.Hour))
			s.ok(s.store.Save(s.ctx, c, flip))
			s.lasting(func() {
				s.wantFlips(c.ID, *flip)
				s.wantNotices()
			})
		}},
		{"ChangesTheRevision", func(s *subject) {
			c := s.add(up("a"))
			s.ok(s.store.Save(s.ctx, c, nil))
			if got := s.check(c.ID).Rev; got == c.Rev {
				s.Errorf("the revision is still %d", got)
			}
			s.wantConflict(c)
		}},
		{"StaleRevisionWritesNothing", func(s *subject) {
			old := s.add(up("a"))
			now := old
			now.Grace = time.Minute
			s.ok(s.store.Save(s.ctx, now, nil))
			s.wantConflict(old)
			s.lasting(func() { s.wantCheck(now) })
		}},
		{"PingBetweenReadAndSaveIsAConflict", pingBetween},
		{"GoneIsErrNotFound", func(s *subject) {
			c := s.add(up("a"))
			s.ok(s.store.Delete(s.ctx, c.ID, c.Rev))
			late, flip := lateCheck(c)
			s.wantErr("Save", s.store.Save(s.ctx, late, flip), heartbeat.ErrNotFound)
			s.lasting(func() { s.wantNothing(c.ID) })
		}},
		{"RevisionOfADeletedCheckIsNeverUsedAgain", revNotReused},
		{"PingGoesOnFromWhatWasSaved", func(s *subject) {
			l := &ledger{check: s.add(up("a"))}
			late, flip := lateCheck(l.check)
			s.ok(s.store.Save(s.ctx, late, flip))
			l.check.State = late.State
			l.flipped(flip)
			p := success(48 * time.Hour)
			s.equal("pinged", s.ping(l.check.ID, p), l.ping(p))
			s.lasting(func() { s.wantLedger(l) })
		}},
		{"TakesBackToNever", func(s *subject) {
			l := &ledger{check: s.add(full("a"))}
			for _, p := range story() {
				s.ping(l.check.ID, p)
				l.ping(p)
			}
			c := s.check(l.check.ID)
			c.State = heartbeat.State{Status: heartbeat.StatusNew, Since: at(72 * time.Hour), Pings: c.Pings}
			s.ok(s.store.Save(s.ctx, c, nil))
			l.check.State = c.State
			s.lasting(func() { s.wantLedger(l) })
		}},
	}
}

// lateCheck is what the monitor makes of c when its deadline has passed.
func lateCheck(c heartbeat.Check) (heartbeat.Check, *heartbeat.Flip) {
	flip := &heartbeat.Flip{
		At: at(25 * time.Hour), From: c.Status, To: heartbeat.StatusDown, Reason: heartbeat.ReasonLate,
		Since: c.Since, LastPing: c.LastPing, Detail: "said by nobody: \u202e",
	}
	c.Status, c.Since = heartbeat.StatusDown, flip.At
	return c, flip
}

// wantConflict tries to save c as late and wants it refused without a trace.
func (s *subject) wantConflict(c heartbeat.Check) {
	s.Helper()
	check, flips, notices := s.check(c.ID), s.flips(c.ID), s.noticeLog()
	late, flip := lateCheck(c)
	s.wantErr("Save of a stale revision", s.store.Save(s.ctx, late, flip), heartbeat.ErrConflict)
	s.equal("check", s.check(c.ID), check)
	s.equal("flips", s.flips(c.ID), flips)
	s.equal("notices", s.noticeLog(), notices)
}

func saveWritesAll(s *subject) {
	c := s.add(up("a"))
	late, flip := lateCheck(c)
	s.ok(s.store.Save(s.ctx, late, flip))
	want := *flip
	flip.Detail = "changed by the caller afterwards"
	s.lasting(func() {
		s.wantCheck(late)
		s.wantFlips(c.ID, want)
		s.wantNotices(*heartbeat.NoticeFor(c.ID, &want))
		s.equal("number of unfinished notices", len(s.unfinished()), 1)
	})
}

// pingBetween is the monitor's race: a ping comes in after the check was read
// and found late. Whatever its kind, the verdict must not be saved.
func pingBetween(s *subject) {
	for _, kind := range kinds() {
		read := s.add(up(string(kind)))
		s.ping(read.ID, heartbeat.Ping{At: at(24 * time.Hour), Kind: kind})
		s.wantConflict(read)
	}
}

// revNotReused: somebody deletes a check while the monitor holds it, and a
// ping makes it again. The old verdict must not strike the new check, nor
// after any number of pings.
func revNotReused(s *subject) {
	var stale []heartbeat.Check
	for range 3 {
		for i := range 5 {
			_, err := s.store.Ping(s.ctx, fresh("a").ID, success(time.Duration(i)), maker(fresh("a")))
			s.ok(err)
			c := s.check(fresh("a").ID)
			for _, old := range stale {
				if old.Rev == c.Rev {
					s.Fatalf("revision %d names two states of a check", c.Rev)
				}
			}
			stale = append(stale, c)
		}
		last := stale[len(stale)-1]
		s.ok(s.store.Delete(s.ctx, last.ID, last.Rev))
		if s.reopens() {
			s.store = s.harness.Reopen(s.T, s.store)
		}
	}
}

func deleteRules() []rule {
	return []rule{
		{"RemovesTheCheckAndItsHistory", deleteRemoves},
		{"LeavesOthers", func(s *subject) {
			other := &ledger{check: s.add(fresh("b"))}
			c := s.add(fresh("a"))
			for _, p := range story() {
				s.ping(c.ID, p)
				s.ping(other.check.ID, p)
				other.ping(p)
			}
			c = s.check(c.ID)
			s.ok(s.store.Delete(s.ctx, c.ID, c.Rev))
			s.lasting(func() {
				s.wantNothing(c.ID)
				s.wantLedger(other)
			})
		}},
		{"StaleRevisionRemovesNothing", func(s *subject) {
			l := &ledger{check: s.add(up("a"))}
			read := l.check
			s.ping(read.ID, failure(1))
			l.ping(failure(1))
			s.wantErr("Delete", s.store.Delete(s.ctx, read.ID, read.Rev), heartbeat.ErrConflict)
			s.lasting(func() { s.wantLedger(l) })
		}},
		{"GoneIsErrNotFound", func(s *subject) {
			c := s.add(up("a"))
			s.ok(s.store.Delete(s.ctx, c.ID, c.Rev))
			s.wantErr("Delete again", s.store.Delete(s.ctx, c.ID, c.Rev), heartbeat.ErrNotFound)
			s.wantErr("Delete of another", s.store.Delete(s.ctx, fresh("b").ID, 1), heartbeat.ErrNotFound)
		}},
		{"FinishedNoticesStay", func(s *subject) {
			c := s.add(up("a"))
			s.ping(c.ID, failure(1))
			told := s.unfinished()[0]
			told.Next = time.Time{}
			s.ok(s.store.SaveNotice(s.ctx, told))
			s.ping(c.ID, success(2))
			c = s.check(c.ID)
			s.ok(s.store.Delete(s.ctx, c.ID, c.Rev))
			s.lasting(func() { s.wantNotices(told) })
		}},
		{"NewCheckStartsAfresh", deleteAfresh},
	}
}

func deleteRemoves(s *subject) {
	c := s.add(fresh("a"))
	for _, p := range story() {
		s.ping(c.ID, p)
	}
	owed := s.unfinished()
	if len(owed) == 0 {
		s.Fatal("the story owes no notice")
	}
	c = s.check(c.ID)
	s.ok(s.store.Delete(s.ctx, c.ID, c.Rev))
	s.lasting(func() {
		s.wantNothing(c.ID)
		s.wantNotices()
		s.wantErr("SaveNotice", s.store.SaveNotice(s.ctx, owed[0]), heartbeat.ErrNotFound)
	})
}

// deleteAfresh makes a deleted check again: nothing of its old life is left.
func deleteAfresh(s *subject) {
	c := s.add(full("a"))
	for _, p := range story() {
		s.ping(c.ID, p)
	}
	c = s.check(c.ID)
	s.ok(s.store.Delete(s.ctx, c.ID, c.Rev))
	l := &ledger{check: fresh("a")}
	for i, p := range story()[:6] {
		pinged, err := s.store.Ping(s.ctx, c.ID, p, maker(fresh("a")))
		s.ok(err)
		want := l.ping(p)
		want.Created, want.Sooner = i == 0, pinged.Sooner
		s.equal("pinged", pinged, want)
	}
	s.lasting(func() { s.wantLedger(l) })
}
