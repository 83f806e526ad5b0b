package storetest

import (
	"slices"
	"strings"
	"time"

	"heartbeat"
)

// epoch is when the suite's stories begin: to the nanosecond, so that a store
// that rounds is found out.
var epoch = time.Date(2026, 11, 20, 18, 0, 0, 123456789, time.UTC)

// at is d after the beginning.
func at(d time.Duration) time.Time { return epoch.Add(d) }

// fresh is a check as a first pulse makes it.
func fresh(name string) heartbeat.Check {
	names := heartbeat.Names{Host: "web1.example.org", Category: "backup", Type: "nightly", Name: name}
	return heartbeat.Check{
		ID:      names.ID(heartbeat.DefaultProject),
		Project: heartbeat.DefaultProject,
		Names:   names,
		Settings: heartbeat.Settings{Spec: heartbeat.Spec{
			Period: heartbeat.DefaultPeriod, Worktime: heartbeat.DefaultWorktime, Zone: "Europe/Berlin",
		}},
		State:   heartbeat.State{Status: heartbeat.StatusNew, Since: epoch},
		Created: epoch,
	}
}

// full is a check in which no field is at its zero value.
func full(name string) heartbeat.Check {
	c := fresh(name)
	c.Project = "another"
	c.Labels = heartbeat.Labels{Slug: "full-" + strings.ToLower(name), Tags: "prod db", Desc: "Über\nall", Channels: "slack,webhook"}
	c.Kind, c.Expression = "cron", "0 3 * * 1-5"
	c.Holidays = "de-by,2026-12-24"
	c.Grace = time.Hour + 1
	c.Rules = heartbeat.Rules{
		ManualResume: true, PostOnly: true, FilterHTTP: true, FilterBody: true, FilterSubject: true, DefaultFail: true,
		FailureWords: "ERR, fatal", SuccessWords: "ok", StartWords: "begin",
	}
	c.State = heartbeat.State{
		Status: heartbeat.StatusUp, Since: at(1), LastPing: at(2), LastStart: at(3),
		StartRun: "run 1", LastDuration: 90*time.Second + 7, Pings: 41,
	}
	return c
}

// up is a check that has had its first success, which is not in the log.
func up(name string) heartbeat.Check {
	c := fresh(name)
	c.Status, c.LastPing, c.Pings = heartbeat.StatusUp, epoch, 1
	return c
}

// maker returns a create function for c.
func maker(c heartbeat.Check) func() heartbeat.Check {
	return func() heartbeat.Check { return c }
}

func success(after time.Duration) heartbeat.Ping {
	return heartbeat.Ping{At: at(after), Kind: heartbeat.KindSuccess}
}

func failure(after time.Duration) heartbeat.Ping {
	return heartbeat.Ping{At: at(after), Kind: heartbeat.KindFail}
}

func start(after time.Duration, run heartbeat.RunID) heartbeat.Ping {
	return heartbeat.Ping{At: at(after), Kind: heartbeat.KindStart, Run: run}
}

// ledger is what the core alone says about a check and its pings. It is the
// measure of every store.
type ledger struct {
	check   heartbeat.Check
	pings   []heartbeat.Ping // oldest first
	flips   []heartbeat.Flip // oldest first
	notices []heartbeat.Notice
}

// ping applies p and returns what Store.Ping must answer for a known check.
func (l *ledger) ping(p heartbeat.Ping) heartbeat.Pinged {
	before := l.check.State
	p.Kind = l.check.Rules.Judge(p, before.Status)
	p.Mail = nil
	state, flip := before.Ping(p)
	l.check.State = state
	p.N = state.Pings
	if p.Kind == heartbeat.KindSuccess || p.Kind == heartbeat.KindFail {
		p.Duration = state.LastDuration
	}
	l.pings = append(l.pings, p)
	l.flipped(flip)
	return heartbeat.Pinged{Check: l.check.ID, N: p.N, Flip: flip, Sooner: before.Sooner(state)}
}

// flipped records a flip, which may be nil, and the notice that it owes.
func (l *ledger) flipped(flip *heartbeat.Flip) {
	if flip == nil {
		return
	}
	l.flips = append(l.flips, *flip)
	if n := heartbeat.NoticeFor(l.check.ID, flip); n != nil {
		l.notices = append(l.notices, *n)
	}
}

// newest returns the last limit items, the last one first.
func newest[T any](items []T, limit int) []T {
	items = slices.Clone(items[max(0, len(items)-limit):])
	slices.Reverse(items)
	return items
}

// wantLedger compares everything a store says about a check with the ledger.
func (s *subject) wantLedger(l *ledger) {
	s.Helper()
	s.wantCheck(l.check)
	s.equal("pings", s.pings(l.check.ID), newest(l.pings, everything))
	s.wantFlips(l.check.ID, newest(l.flips, everything)...)
	s.wantNotices(newest(l.notices, everything)...)
}
