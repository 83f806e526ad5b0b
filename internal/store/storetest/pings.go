package storetest

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"heartbeat"
)

func pingRules() []rule {
	return []rule{
		{"AppliesTheCore", pingAppliesCore},
		{"UnknownWithoutCreateIsErrNotFound", pingUnknown},
		{"CreateMakesTheCheck", pingCreates},
		{"CreateDoesNotTouchAKnownCheck", func(s *subject) {
			c := s.add(up("a"))
			other := full("a")
			pinged, err := s.store.Ping(s.ctx, c.ID, success(time.Hour), maker(other))
			s.ok(err)
			s.equal("created", pinged.Created, false)
			s.equal("settings", s.check(c.ID).Settings, c.Settings)
		}},
		{"WrongCreateWritesNothing", pingWrongCreate},
		{"FirstPingThatFailsIsTold", func(s *subject) {
			l := &ledger{check: fresh("a")}
			pinged, err := s.store.Ping(s.ctx, l.check.ID, failure(1), maker(l.check))
			s.ok(err)
			want := l.ping(failure(1))
			s.equal("flip", pinged.Flip, want.Flip)
			s.lasting(func() { s.wantLedger(l) })
		}},
		{"ChangesTheRevision", func(s *subject) {
			c := s.add(up("a"))
			for i, kind := range kinds() {
				s.ping(c.ID, heartbeat.Ping{At: at(time.Duration(i)), Kind: kind})
				next := s.check(c.ID)
				if next.Rev == c.Rev {
					s.Errorf("the revision is still %d after a ping of kind %s", c.Rev, kind)
				}
				c = next
			}
		}},
		{"CountsOnFromTheCheck", func(s *subject) {
			c := s.add(full("a"))
			s.equal("N", s.ping(c.ID, success(time.Hour)).N, c.Pings+1)
		}},
		{"OneCheckDoesNotTouchAnother", func(s *subject) {
			other := &ledger{check: full("b")}
			c := s.add(fresh("a"))
			s.add(other.check)
			s.ping(c.ID, success(1))
			s.ping(c.ID, start(2, ""))
			s.lasting(func() { s.wantLedger(other) })
		}},
		{"LatePingIsCounted", func(s *subject) {
			l := &ledger{check: s.add(up("a"))}
			for _, p := range []heartbeat.Ping{success(time.Hour), success(time.Minute), success(time.Hour)} {
				s.equal("pinged", s.ping(l.check.ID, p), l.ping(p))
			}
			s.lasting(func() { s.wantLedger(l) })
		}},
	}
}

func kinds() []heartbeat.Kind {
	return []heartbeat.Kind{
		heartbeat.KindSuccess, heartbeat.KindStart, heartbeat.KindFail, heartbeat.KindLog, heartbeat.KindIgnored,
	}
}

// story is a life with every kind of ping, runs that overlap and late answers.
func story() []heartbeat.Ping {
	return []heartbeat.Ping{
		{At: at(1), Kind: heartbeat.KindLog, Method: "POST", Body: []byte("about to begin")},
		start(time.Second, "a"),
		success(2 * time.Second), // no run ID: ends the run, without a duration
		start(time.Minute, "b"),
		{At: at(61 * time.Second), Kind: heartbeat.KindSuccess, Run: "foreign"},
		{At: at(62*time.Second + 5), Kind: heartbeat.KindSuccess, Run: "b", Exit: new(0)},
		{At: at(time.Hour), Kind: heartbeat.KindIgnored, Exit: new(1)},
		{At: at(2 * time.Hour), Kind: heartbeat.KindFail, Exit: new(255), Body: []byte("disk full")},
		failure(2*time.Hour + 1),
		start(3*time.Hour, ""),
		success(3*time.Hour + 90*time.Second),
		success(4 * time.Hour),
		{At: at(5 * time.Hour), Kind: heartbeat.KindFail, Run: "c"},
	}
}

func pingAppliesCore(s *subject) {
	l := &ledger{check: fresh("a")}
	s.add(l.check)
	for i, p := range story() {
		got, want := s.ping(l.check.ID, p), l.ping(p)
		if diff := same(got, want); diff != "" {
			s.Errorf("ping %d of kind %s (-want +got):\n%s", i+1, p.Kind, diff)
		}
	}
	s.lasting(func() { s.wantLedger(l) })
	last := success(6 * time.Hour)
	s.equal("ping after all", s.ping(l.check.ID, last), l.ping(last))
	s.wantLedger(l)
}

func pingUnknown(s *subject) {
	id := fresh("a").ID
	_, err := s.store.Ping(s.ctx, id, success(1), nil)
	s.wantErr("Ping", err, heartbeat.ErrNotFound)
	s.lasting(func() { s.wantNothing(id) })
}

// wantNothing checks that the store knows nothing at all about id.
func (s *subject) wantNothing(id heartbeat.CheckID) {
	s.Helper()
	_, err := s.store.Check(s.ctx, id)
	s.wantErr("Check", err, heartbeat.ErrNotFound)
	s.equal("pings", s.pings(id), []heartbeat.Ping{})
	s.equal("flips", s.flips(id), []heartbeat.Flip{})
	for _, c := range s.checks() {
		if c.ID == id {
			s.Errorf("Checks returns %v", c)
		}
	}
	for _, n := range s.unfinished() {
		if n.Check == id {
			s.Errorf("Notices returns %v", n)
		}
	}
}

func pingCreates(s *subject) {
	l := &ledger{check: fresh("a")}
	for i, p := range story() {
		got, err := s.store.Ping(s.ctx, l.check.ID, p, maker(fresh("a")))
		s.ok(err)
		want := l.ping(p)
		if i == 0 {
			// Whether the deadline of a check that was not there came nearer is
			// the store's to say.
			want.Created, want.Sooner = true, got.Sooner
		}
		s.equal("pinged", got, want)
	}
	s.lasting(func() { s.wantLedger(l) })
}

func pingWrongCreate(s *subject) {
	right, wrong := fresh("right"), fresh("wrong")
	known := &ledger{check: full("known")}
	s.add(known.check)
	for _, made := range []heartbeat.Check{wrong, known.check, {}} {
		if _, err := s.store.Ping(s.ctx, right.ID, failure(1), maker(made)); err == nil {
			s.Errorf("Ping took a create function that made check %v instead of %v", made.ID, right.ID)
		}
	}
	s.lasting(func() {
		s.wantNothing(right.ID)
		s.wantNothing(wrong.ID)
		s.wantLedger(known)
	})
	pinged, err := s.store.Ping(s.ctx, right.ID, success(2), maker(right))
	s.ok(err)
	s.equal("N of the first ping that was taken", pinged.N, int64(1))
}

func logRules() []rule {
	return []rule{
		{"UnknownCheckHasNone", func(s *subject) { s.wantNothing(fresh("a").ID) }},
		{"KeepsBodies", keepsBodies},
		{"KeepsExitStatuses", func(s *subject) {
			keepsPings(s, []heartbeat.Ping{
				success(1),
				{At: at(2), Kind: heartbeat.KindSuccess, Exit: new(0)},
				{At: at(3), Kind: heartbeat.KindFail, Exit: new(1)},
				{At: at(4), Kind: heartbeat.KindFail, Exit: new(255)},
				failure(5),
			})
		}},
		{"KeepsSenders", func(s *subject) {
			keepsPings(s, []heartbeat.Ping{
				{At: at(1), Kind: heartbeat.KindSuccess, Method: "GET", Addr: "192.0.2.7", Agent: "curl/8.5.0"},
				{At: at(2), Kind: heartbeat.KindSuccess, Method: "HEAD", Addr: "2001:db8::1%eth0", Agent: "שלום\t\"x\""},
				{At: at(3), Kind: heartbeat.KindSuccess, Agent: strings.Repeat("long ", 200)},
			})
		}},
		{"KeepsRuns", func(s *subject) {
			keepsPings(s, []heartbeat.Ping{
				start(1, ""), start(2, "6f0a1a9e-7d5f-4f0e-9d0a-0b7b6c1f2a3b"), start(3, "日本"),
				{At: at(4), Kind: heartbeat.KindSuccess, Run: "日本"},
			})
		}},
		{"KeepsTimesAndDurations", keepsDurations},
		{"NewestFirstUpToLimit", logLimit},
		{"OrderIsThatOfArrival", func(s *subject) {
			keepsPings(s, []heartbeat.Ping{success(time.Hour), success(time.Minute), success(time.Minute), success(3)})
		}},
		{"KeepsTheLastHundred", keepsLastHundred},
		{"SharesNothing", logSharesNothing},
		{"Flips/NewestFirstUpToLimit", flipLimit},
	}
}

// keepsPings sends pings to one check and wants the log to hold exactly them.
func keepsPings(s *subject, pings []heartbeat.Ping) {
	s.Helper()
	l := &ledger{check: fresh("a")}
	s.add(l.check)
	for _, p := range pings {
		s.ping(l.check.ID, p)
		l.ping(p)
	}
	s.lasting(func() { s.wantLedger(l) })
}

func keepsBodies(s *subject) {
	all := [][]byte{
		nil,
		{},
		[]byte("one line\r\nand another\n"),
		{0},
		{0xff, 0xfe, 0x80, 'a', 0xc0, 0xaf, 0xed, 0xa0, 0x80},
		bytes.Repeat([]byte{'x'}, heartbeat.MaxBody),
		bytes.Repeat([]byte{0xff, 0}, heartbeat.MaxBody/2),
		[]byte("מקום פנוי: 3%"),
	}
	var pings []heartbeat.Ping
	for i, body := range all {
		p := success(time.Duration(i))
		p.Body = body
		pings = append(pings, p)
	}
	keepsPings(s, pings)
}

func keepsDurations(s *subject) {
	var pings []heartbeat.Ping
	clock := time.Duration(0)
	for _, took := range []time.Duration{0, 1, time.Millisecond + 1, time.Hour, heartbeat.MaxPeriod} {
		pings = append(pings, start(clock, "r"), heartbeat.Ping{
			At: at(clock + took), Kind: heartbeat.KindSuccess, Run: "r",
		})
		clock += took + 999_999_999
	}
	keepsPings(s, pings)
}

func logLimit(s *subject) {
	c := s.add(fresh("a"))
	for i := range 7 {
		s.ping(c.ID, success(time.Duration(i)))
	}
	s.lasting(func() {
		for _, limit := range []int{0, 1, 3, 7, 8, everything} {
			pings, err := s.store.Pings(s.ctx, c.ID, limit)
			s.ok(err)
			var want []int64
			for n := int64(7); n > 0 && len(want) < limit; n-- {
				want = append(want, n)
			}
			s.equal("numbers of pings", numbers(pings), want)
		}
	})
}

func numbers(pings []heartbeat.Ping) []int64 {
	var all []int64
	for _, p := range pings {
		all = append(all, p.N)
	}
	return all
}

// keepsLastHundred lets two checks take turns, so that one's log is not found
// where the other's should be.
func keepsLastHundred(s *subject) {
	const sent = 350
	a := &ledger{check: fresh("a")}
	b := &ledger{check: fresh("b")}
	s.add(a.check)
	s.add(b.check)
	for i := range sent {
		for _, l := range []*ledger{a, b} {
			p := success(time.Duration(i) * time.Second)
			p.Body = []byte(l.check.Name)
			s.ping(l.check.ID, p)
			l.ping(p)
		}
	}
	s.lasting(func() {
		for _, l := range []*ledger{a, b} {
			s.wantCheck(l.check)
			got := s.pings(l.check.ID)
			if len(got) < heartbeat.KeepPings {
				s.Fatalf("got %d pings of %d sent, want at least %d", len(got), sent, heartbeat.KeepPings)
			}
			s.equal("the newest pings", got, newest(l.pings, len(got)))
			got, err := s.store.Pings(s.ctx, l.check.ID, heartbeat.KeepPings)
			s.ok(err)
			s.equal("the last hundred pings", got, newest(l.pings, heartbeat.KeepPings))
		}
	})
}

// logSharesNothing changes whatever went in and came out.
func logSharesNothing(s *subject) {
	c := s.add(up("a"))
	p := failure(1)
	p.Body, p.Exit = []byte("before"), new(3)
	want := p
	want.Body, want.Exit, want.N = slices.Clone(p.Body), new(3), c.Pings+1
	pinged := s.ping(c.ID, p)
	p.Body[0], *p.Exit, pinged.Flip.Detail = 'X', 99, "changed"
	for range 2 {
		got := s.pings(c.ID)
		s.equal("pings", got, []heartbeat.Ping{want})
		got[0].Body[0], *got[0].Exit = 'Y', 98
		flips := s.flips(c.ID)
		s.equal("detail of the flip", flips[0].Detail, "exit status 3")
		flips[0].Detail = "changed"
		s.equal("detail of the notice", s.unfinished()[0].Flip.Detail, "exit status 3")
	}
}

func flipLimit(s *subject) {
	l := &ledger{check: fresh("a")}
	s.add(l.check)
	for i := range 6 {
		p := success(time.Duration(i/2) * time.Second) // two flips at one moment
		if i%2 == 1 {
			p.Kind = heartbeat.KindFail
		}
		s.ping(l.check.ID, p)
		l.ping(p)
	}
	s.lasting(func() {
		for _, limit := range []int{0, 1, 4, 6, 7, everything} {
			flips, err := s.store.Flips(s.ctx, l.check.ID, limit)
			s.ok(err)
			s.equal("flips", flips, newest(l.flips, limit))
		}
	})
}
