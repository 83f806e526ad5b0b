package storetest

import (
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"heartbeat"
)

func noticeRules() []rule {
	return []rule{
		{"AddKeepsEveryField", func(s *subject) {
			n := fullNotice("a", time.Hour)
			s.ok(s.store.AddNotice(s.ctx, n))
			s.lasting(func() {
				s.wantNotices(n)
				s.equal("unfinished", bareNotices(s.unfinished()), bareNotices([]heartbeat.Notice{n}))
			})
		}},
		{"KeepsBlindReports", func(s *subject) {
			n := blindNotice()
			s.ok(s.store.AddNotice(s.ctx, n))
			s.lasting(func() { s.wantNotices(n) })
		}},
		{"DropsZones", noticesWithoutZones},
		{"AddGivesItsOwnIdentity", noticeIdentity},
		{"DueIsInclusive", noticesDue},
		{"EarliestFirstUpToLimit", noticesOrder},
		{"LogIsNewestFirstUpToLimit", noticeLogOrder},
		{"SaveWritesHowFarItHasGot", func(s *subject) {
			for _, n := range []heartbeat.Notice{blindNotice(), fullNotice("a", 0)} {
				n.Deliveries = nil
				n = s.addNotice(n)
				n.Next, n.Deliveries = at(2*time.Hour), fullNotice("a", 2*time.Hour).Deliveries
				s.ok(s.store.SaveNotice(s.ctx, n))
				s.lasting(func() {
					s.equal("notice", bareNotices(s.noticeLog()[:1]), bareNotices([]heartbeat.Notice{n}))
				})
			}
		}},
		{"SaveOfAStaleRevisionIsAConflict", noticeConflict},
		{"SaveOfAnUnknownIsErrNotFound", func(s *subject) {
			n := s.addNotice(fullNotice("a", 0))
			for _, id := range []heartbeat.NoticeID{"", "no such", n.ID + "0", "-1", "999999999999"} {
				other := n
				other.ID = id
				s.wantErr(fmt.Sprintf("SaveNotice %q", id), s.store.SaveNotice(s.ctx, other), heartbeat.ErrNotFound)
			}
			s.lasting(func() { s.wantNotices(n) })
		}},
		{"FinishedAreNotDue", func(s *subject) {
			n := s.addNotice(fullNotice("a", 0))
			n.Next = time.Time{}
			s.ok(s.store.SaveNotice(s.ctx, n))
			s.lasting(func() {
				s.equal("unfinished", s.unfinished(), []heartbeat.Notice{})
				s.wantNotices(n)
			})
		}},
		{"LogKeepsAThousandAndTheUnfinished", noticeLogKeeps},
		{"SharesNothing", noticesShareNothing},
	}
}

// fullNotice is a notice about a check, next due at next, with deliveries in
// every state.
func fullNotice(name string, next time.Duration) heartbeat.Notice {
	_, flip := lateCheck(up(name))
	return heartbeat.Notice{
		Check: fresh(name).ID, Flip: *flip, Created: flip.At, Next: at(next),
		Deliveries: []heartbeat.Delivery{
			{Channel: "slack", State: heartbeat.DeliveryWaiting, Attempts: 3, Next: at(next), Error: "429: слишком часто…"},
			{Channel: "webhook", State: heartbeat.DeliverySent, Attempts: 1, Done: at(next + 1)},
			{Channel: "pager", State: heartbeat.DeliveryFailed, Attempts: 99, Done: at(next + 2), Error: "gone"},
		},
	}
}

func blindNotice() heartbeat.Notice {
	return heartbeat.Notice{
		Created: at(1), Next: at(2),
		Blind: &heartbeat.BlindReport{Blind: heartbeat.Blind{From: at(-time.Hour), To: at(7)}, Held: 12},
	}
}

func noticesWithoutZones(s *subject) {
	east := time.FixedZone("east", 14*60*60)
	n := blindNotice()
	n.Blind.From, n.Blind.To = n.Blind.From.In(east), n.Blind.To.In(east)
	n.Deliveries = []heartbeat.Delivery{{Channel: "slack", Next: at(1).In(east), Done: at(2).In(east)}}
	s.ok(s.store.AddNotice(s.ctx, n))
	s.lasting(func() {
		got := s.noticeLog()[0]
		for _, t := range []time.Time{got.Blind.From, got.Blind.To, got.Deliveries[0].Next, got.Deliveries[0].Done} {
			if t.Location() != time.UTC {
				s.Errorf("got a time in zone %v, want UTC", t.Location())
			}
		}
	})
}

func noticeIdentity(s *subject) {
	n := fullNotice("a", 0)
	n.ID, n.Rev = "mine", 77
	ids := map[heartbeat.NoticeID]bool{"": true, "mine": true}
	for range 5 {
		added := s.addNotice(n)
		if ids[added.ID] {
			s.Errorf("ID %q was given before", added.ID)
		}
		ids[added.ID] = true
		s.ok(s.store.SaveNotice(s.ctx, added))
	}
}

func noticesDue(s *subject) {
	n := fullNotice("a", time.Hour)
	s.ok(s.store.AddNotice(s.ctx, n))
	s.lasting(func() {
		for _, c := range []struct {
			due  time.Time
			want int
		}{
			{time.Time{}, 0},
			{n.Next.Add(-1), 0},
			{n.Next, 1},
			{n.Next.Add(1), 1},
			{n.Next.In(time.FixedZone("east", 14*60*60)), 1},
		} {
			got, err := s.store.Notices(s.ctx, c.due, everything)
			s.ok(err)
			if len(got) != c.want {
				s.Errorf("got %d notices due at %v, want %d", len(got), c.due, c.want)
			}
		}
	})
}

func noticesOrder(s *subject) {
	for _, next := range []time.Duration{5, 1, 4, 1, 3} {
		s.ok(s.store.AddNotice(s.ctx, fullNotice("a", next)))
	}
	moved := s.unfinished()[0]
	moved.Next = at(2)
	s.ok(s.store.SaveNotice(s.ctx, moved))
	want := []time.Time{at(1), at(2), at(3), at(4), at(5)}
	s.lasting(func() {
		for limit := range len(want) + 2 {
			notices, err := s.store.Notices(s.ctx, at(5), limit)
			s.ok(err)
			var got []time.Time
			for _, n := range notices {
				got = append(got, n.Next)
			}
			s.equal("next of notices", got, want[:min(limit, len(want))])
		}
	})
}

func noticeLogOrder(s *subject) {
	var added []heartbeat.Notice
	for i := range 5 {
		n := fullNotice("a", time.Duration(10-i))
		n.Created = at(time.Duration(i))
		added = append(added, s.addNotice(n))
	}
	added[1].Next = time.Time{}
	s.ok(s.store.SaveNotice(s.ctx, added[1]))
	s.lasting(func() {
		for limit := range len(added) + 2 {
			got, err := s.store.NoticeLog(s.ctx, limit)
			s.ok(err)
			s.equal("notices", bareNotices(got), bareNotices(newest(added, limit)))
		}
	})
}

func noticeConflict(s *subject) {
	read := s.addNotice(fullNotice("a", 0))
	saved := read
	saved.Next = at(time.Hour)
	s.ok(s.store.SaveNotice(s.ctx, saved))
	if got := s.noticeLog()[0].Rev; got == read.Rev {
		s.Errorf("the revision is still %d", got)
	}
	stale := read
	stale.Next = time.Time{}
	s.wantErr("SaveNotice", s.store.SaveNotice(s.ctx, stale), heartbeat.ErrConflict)
	s.lasting(func() { s.wantNotices(saved) })
}

// noticeLogKeeps buries an unfinished notice under finished ones.
func noticeLogKeeps(s *subject) {
	const keep, sent = 1000, 1100
	s.ok(s.store.AddNotice(s.ctx, fullNotice("unfinished", 0)))
	finished := fullNotice("finished", 0)
	finished.Next = time.Time{}
	var adders errgroup.Group
	adders.SetLimit(64) // many at once, so that a store may write them together
	for range sent {
		adders.Go(func() error { return s.store.AddNotice(s.ctx, finished) })
	}
	s.ok(adders.Wait())
	last := fullNotice("last", 0)
	s.ok(s.store.AddNotice(s.ctx, last))
	s.lasting(func() {
		log := s.noticeLog()
		if len(log) < keep+2 {
			s.Errorf("the log holds %d notices of %d, want at least %d", len(log), sent+2, keep+2)
		}
		s.equal("the newest", bareNotices(log[:1]), bareNotices([]heartbeat.Notice{last}))
		owed := s.unfinished()
		if len(owed) != 2 || !slices.ContainsFunc(owed, func(n heartbeat.Notice) bool {
			return n.Check == fresh("unfinished").ID
		}) {
			s.Errorf("got %d unfinished notices, want the first and the last", len(owed))
		}
	})
}

func noticesShareNothing(s *subject) {
	given := blindNotice()
	given.Deliveries = fullNotice("a", 0).Deliveries
	s.ok(s.store.AddNotice(s.ctx, given))
	want := blindNotice()
	want.Deliveries = fullNotice("a", 0).Deliveries
	spoil := func(n heartbeat.Notice) {
		n.Blind.Held, n.Deliveries[0].Error = -1, "changed"
	}
	spoil(given)
	for range 2 {
		s.wantNotices(want)
		spoil(s.noticeLog()[0])
		spoil(s.unfinished()[0])
	}
	read := s.unfinished()[0]
	s.ok(s.store.SaveNotice(s.ctx, read))
	spoil(read)
	s.wantNotices(want)
}
