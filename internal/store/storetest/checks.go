package storetest

import (
	"slices"
	"strings"
	"time"

	"heartbeat"
)

func checkRules() []rule {
	return []rule{
		{"EmptyStoreHasNone", func(s *subject) {
			s.equal("checks", s.checks(), []heartbeat.Check{})
			_, err := s.store.Check(s.ctx, fresh("a").ID)
			s.wantErr("Check", err, heartbeat.ErrNotFound)
		}},
		{"AddKeepsEveryField", func(s *subject) {
			s.ok(s.store.Add(s.ctx, full("a")))
			s.lasting(func() { s.wantCheck(full("a")) })
		}},
		{"AddAgainIsErrExists", func(s *subject) {
			s.add(full("a"))
			other := fresh("a")
			other.Grace = time.Minute
			s.wantErr("Add", s.store.Add(s.ctx, other), heartbeat.ErrExists)
			s.lasting(func() { s.wantCheck(full("a")) })
		}},
		{"AddGivesItsOwnRevision", func(s *subject) {
			c := fresh("a")
			c.Rev = 77
			c = s.add(c)
			c.Grace = time.Minute
			s.ok(s.store.Save(s.ctx, c, nil))
			s.wantCheck(c)
		}},
		{"ChecksReturnsAll", allChecks},
		{"KeepsNames", keepsNames},
		{"KeepsTimes", keepsTimes},
		{"KeepsExtremes", keepsExtremes},
		{"KeepsEveryStatus", func(s *subject) {
			all := []heartbeat.Status{
				heartbeat.StatusNew, heartbeat.StatusUp, heartbeat.StatusDown, heartbeat.StatusPaused,
			}
			for _, status := range all {
				c := fresh(string(status))
				c.Status = status
				s.add(c)
				s.wantCheck(c)
			}
		}},
		{"RevisionLastsOverReopening", func(s *subject) {
			c := s.add(fresh("a"))
			s.lasting(func() {
				s.equal("revision", s.check(c.ID).Rev, c.Rev)
			})
			s.ok(s.store.Save(s.ctx, c, nil))
		}},
	}
}

func allChecks(s *subject) {
	want := []heartbeat.Check{fresh("a"), full("b"), up("c")}
	for _, c := range want {
		s.add(c)
	}
	s.lasting(func() {
		got := s.checks()
		for i := range got {
			s.equal("check in Checks", got[i], s.check(got[i].ID))
			got[i].Rev = 0
		}
		s.equal("checks", sorted(got), sorted(want))
	})
}

// sorted returns checks in the order of their IDs.
func sorted(checks []heartbeat.Check) []heartbeat.Check {
	return slices.SortedFunc(slices.Values(checks), func(a, b heartbeat.Check) int {
		return strings.Compare(a.ID.String(), b.ID.String())
	})
}

// keepsNames stores names that a careless store would mix up, cut or change.
func keepsNames(s *subject) {
	long := strings.Repeat("𝒽", heartbeat.MaxName)
	all := []heartbeat.Names{
		{Host: "a/b", Category: "c", Type: "d", Name: "e"},
		{Host: "a", Category: "b/c", Type: "d", Name: "e"},
		{Host: "a / b", Category: "c|d", Type: "e:f", Name: "g#h"},
		{Host: "A", Category: "B/C", Type: "D", Name: "E"},
		{Host: " a", Category: "a ", Type: "  ", Name: "a  a"},
		{Host: "é", Category: "e\u0301", Type: "ß", Name: "SS"},
		{Host: "سيرفر", Category: "גיבוי", Type: "\u202eabc\u202c", Name: "שלום world"},
		{Host: "服务器", Category: "👩‍👩‍👧", Type: "\u200b", Name: "\ufeffbom"},
		{Host: `'; DROP TABLE checks; --`, Category: `"`, Type: `\`, Name: `%_?*`},
		{Host: "null", Category: "NULL", Type: "0", Name: "0x00"},
		{Host: "1", Category: "01", Type: "1.0", Name: "1e0"},
		{Host: long, Category: long, Type: long, Name: long},
	}
	for _, names := range all {
		c := fresh("")
		c.Names, c.ID = names, names.ID(heartbeat.DefaultProject)
		c.Spec = heartbeat.Spec{Period: heartbeat.MinPeriod} // the optional fields are empty
		s.add(c)
	}
	s.lasting(func() {
		for _, names := range all {
			s.equal("names", s.check(names.ID(heartbeat.DefaultProject)).Names, names)
		}
		s.equal("number of checks", len(s.checks()), len(all))
	})
}

func keepsTimes(s *subject) {
	tokyo := time.FixedZone("JST", 9*60*60)
	all := []time.Time{
		{},
		epoch,
		epoch.In(tokyo),
		epoch.Add(1),
		time.Date(1999, 12, 31, 23, 59, 59, 999999999, time.UTC),
		time.Date(2200, 2, 28, 1, 2, 3, 4, time.UTC),
	}
	check := func(i int) heartbeat.Check {
		c := fresh("times")
		c.ID[0] = byte(i)
		c.Created, c.Since, c.LastPing, c.LastStart = all[i], all[i], all[i], all[i]
		return c
	}
	for i := range all {
		s.add(check(i))
	}
	s.lasting(func() {
		for i := range all {
			s.wantCheck(check(i))
			got := s.check(check(i).ID)
			s.equal("a run has begun", got.Started(), check(i).Started())
		}
	})
}

func keepsExtremes(s *subject) {
	least := fresh("least")
	least.Settings = heartbeat.Settings{Spec: heartbeat.Spec{Period: heartbeat.MinPeriod}}
	most := full("most")
	most.Period, most.Grace = heartbeat.MaxPeriod, heartbeat.MaxGrace
	most.LastDuration, most.Pings = heartbeat.MaxPeriod, 1<<52
	most.Holidays = strings.Repeat("2026-12-24,", 1000)
	most.StartRun = heartbeat.RunID(strings.Repeat("r", 200))
	s.add(least)
	s.add(most)
	s.lasting(func() {
		s.wantCheck(least)
		s.wantCheck(most)
	})
}
