package storetest

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"heartbeat"
)

func slugRules() []rule {
	return []rule{
		{"UnknownWithoutCreateIsErrNotFound", func(s *subject) {
			s.add(slugged("a", "nightly"))
			for _, where := range []struct {
				project heartbeat.ProjectID
				slug    string
			}{{heartbeat.DefaultProject, "weekly"}, {"another", "nightly"}} {
				_, err := s.store.PingSlug(s.ctx, where.project, where.slug, success(1), nil)
				s.wantErr("PingSlug", err, heartbeat.ErrNotFound)
			}
		}},
		{"AppliesTheCore", func(s *subject) {
			l := &ledger{check: s.add(slugged("a", "nightly"))}
			for i, kind := range kinds() {
				p := heartbeat.Ping{At: at(time.Duration(i)), Kind: kind, Run: "r", Scheme: "https"}
				s.equal("pinged", s.pingSlug("nightly", p), l.ping(p))
			}
			s.lasting(func() { s.wantLedger(l) })
		}},
		{"CreateMakesTheCheck", func(s *subject) {
			c := slugged("a", "nightly")
			pinged, err := s.store.PingSlug(s.ctx, c.Project, c.Slug, success(1), maker(c))
			s.ok(err)
			s.equal("created", pinged.Created, true)
			s.equal("check", pinged.Check, c.ID)
			s.lasting(func() { s.equal("N", s.pingSlug("nightly", success(2)).Check, c.ID) })
		}},
		{"CreateIsAskedAgainIfTheIDIsTaken", createAgain},
		{"SeveralAreErrAmbiguous", func(s *subject) {
			s.add(slugged("a", "nightly"))
			second := s.add(slugged("b", "nightly"))
			_, err := s.store.PingSlug(s.ctx, heartbeat.DefaultProject, "nightly", success(1), maker(slugged("c", "nightly")))
			s.wantErr("PingSlug", err, heartbeat.ErrAmbiguous)
			s.equal("pings", len(s.pings(second.ID)), 0)
			s.ok(s.store.Delete(s.ctx, second.ID, second.Rev))
			s.lasting(func() { s.equal("check", s.pingSlug("nightly", success(2)).Check, slugged("a", "").ID) })
		}},
		{"FollowsASlugThatIsChanged", slugMoves},
		{"ManyFirstPingsMakeOneCheck", func(s *subject) {
			c := slugged("a", "nightly")
			created := make([]bool, 16)
			s.atOnce(len(created), func(i int) error {
				pinged, err := s.store.PingSlug(s.ctx, c.Project, c.Slug, success(time.Duration(i)), maker(c))
				created[i] = pinged.Created
				return err
			})
			n := 0
			for _, first := range created {
				if first {
					n++
				}
			}
			s.equal("pings that made the check", n, 1)
			s.lasting(func() { s.equal("pings", len(s.pings(c.ID)), len(created)) })
		}},
		{"RulesDecideWhatAPingCounts", rulesDecide},
	}
}

// slugged is a check of the default project with a slug.
func slugged(name, slug string) heartbeat.Check {
	c := fresh(name)
	c.Slug = slug
	return c
}

func (s *subject) pingSlug(slug string, p heartbeat.Ping) heartbeat.Pinged {
	s.Helper()
	pinged, err := s.store.PingSlug(s.ctx, heartbeat.DefaultProject, slug, p, nil)
	s.ok(err)
	return pinged
}

// createAgain pings a slug whose own ID belongs to a check that was given
// another slug since.
func createAgain(s *subject) {
	c := slugged("a", "nightly")
	s.add(slugged("a", "renamed"))
	asked := 0
	create := func() heartbeat.Check {
		asked++
		if asked > 1 {
			c.ID = fresh(fmt.Sprint("other ", asked)).ID
		}
		return c
	}
	pinged, err := s.store.PingSlug(s.ctx, c.Project, c.Slug, success(1), create)
	s.ok(err)
	s.equal("created", pinged.Created, true)
	if pinged.Check == slugged("a", "").ID {
		s.Error("the ping went to a check with another slug")
	}
	s.equal("check", s.pingSlug("nightly", success(2)).Check, pinged.Check)
	s.equal("check", s.pingSlug("renamed", success(2)).Check, slugged("a", "").ID)
}

// slugMoves changes slugs right after they were used, so that what a store
// remembers of them is wrong.
func slugMoves(s *subject) {
	a, b := s.add(slugged("a", "nightly")), s.add(slugged("b", ""))
	s.pingSlug("nightly", success(1))
	a = s.check(a.ID)
	a.Slug = "weekly"
	s.ok(s.store.Save(s.ctx, a, nil))
	_, err := s.store.PingSlug(s.ctx, heartbeat.DefaultProject, "nightly", success(2), nil)
	s.wantErr("PingSlug of the slug before", err, heartbeat.ErrNotFound)
	b.Slug = "nightly"
	s.ok(s.store.Save(s.ctx, b, nil))
	s.lasting(func() {
		s.equal("check", s.pingSlug("weekly", success(3)).Check, a.ID)
		s.equal("check", s.pingSlug("nightly", success(3)).Check, b.ID)
	})
	b = s.check(b.ID)
	b.Project = "another"
	s.ok(s.store.Save(s.ctx, b, nil))
	_, err = s.store.PingSlug(s.ctx, heartbeat.DefaultProject, "nightly", success(4), nil)
	s.wantErr("PingSlug in the project before", err, heartbeat.ErrNotFound)
}

func rulesDecide(s *subject) {
	for i, c := range []struct {
		rules  heartbeat.Rules
		status heartbeat.Status
		ping   heartbeat.Ping
		want   heartbeat.Kind
	}{
		{heartbeat.Rules{ManualResume: true}, heartbeat.StatusPaused, success(time.Hour), heartbeat.KindIgnored},
		{heartbeat.Rules{PostOnly: true}, heartbeat.StatusUp, success(time.Hour), heartbeat.KindIgnored},
		{
			heartbeat.Rules{FilterHTTP: true, FailureWords: "ERR"},
			heartbeat.StatusUp,
			heartbeat.Ping{At: at(time.Hour), Kind: heartbeat.KindSuccess, Body: []byte("an ERR!")},
			heartbeat.KindFail,
		},
		{
			heartbeat.Rules{FilterSubject: true, SuccessWords: "done"},
			heartbeat.StatusDown,
			heartbeat.Ping{At: at(time.Hour), Kind: heartbeat.KindSuccess, Mail: &heartbeat.Mail{Subject: "all done"}},
			heartbeat.KindSuccess,
		},
	} {
		check := slugged(fmt.Sprint(i), fmt.Sprint("slug-", i))
		check.Rules, check.Status = c.rules, c.status
		l := &ledger{check: s.add(check)}
		s.equal("pinged by ID", s.ping(check.ID, c.ping), l.ping(c.ping))
		s.equal("pinged by slug", s.pingSlug(check.Slug, c.ping), l.ping(c.ping))
		s.equal("kind", l.pings[0].Kind, c.want)
		s.lasting(func() { s.wantCheck(l.check); s.equal("pings", s.pings(check.ID), newest(l.pings, everything)) })
	}
}

func modelSlugs() []string { return []string{"s1", "s2"} }

func modelProjects() []heartbeat.ProjectID {
	return []heartbeat.ProjectID{heartbeat.DefaultProject, "another"}
}

// pingSlug is an action of the model.
func (m *model) pingSlug(rt *rapid.T) {
	project := rapid.SampledFrom(modelProjects()).Draw(rt, "project")
	slug := rapid.SampledFrom(modelSlugs()).Draw(rt, "slug")
	p := m.drawPing(rt)
	var named []*ledger
	for _, l := range m.ledgers {
		if l.check.Project == project && l.check.Slug == slug {
			named = append(named, l)
		}
	}
	var create func() heartbeat.Check
	made := m.drawCheck(rt, heartbeat.CheckID{})
	made.Project, made.Slug = project, slug
	if rapid.Bool().Draw(rt, "create") && len(m.ledgers) < len(modelNames()) {
		names := modelNames()
		create = func() heartbeat.Check {
			made.ID, names = fresh(names[0]).ID, names[1:]
			return made
		}
	}
	got, err := m.store.PingSlug(m.ctx(), project, slug, p, create)
	switch {
	case len(named) > 1:
		expect(rt, "PingSlug of several", err, heartbeat.ErrAmbiguous)
		return
	case len(named) == 0 && create == nil:
		expect(rt, "PingSlug of none", err, heartbeat.ErrNotFound)
		return
	}
	expect(rt, "PingSlug", err, nil)
	created := len(named) == 0
	if created {
		named = []*ledger{{check: made}}
		m.ledgers[made.ID] = named[0]
	}
	want := named[0].ping(p)
	if want.Created = created; created {
		want.Sooner = got.Sooner // which is the store's to say
	}
	wantSame(rt, "pinged", got, want)
	m.wrote(rt, named[0])
}
