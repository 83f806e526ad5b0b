package storetest

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"heartbeat"
)

func wantSame(rt *rapid.T, what string, got, want any) {
	rt.Helper()
	if diff := same(got, want); diff != "" {
		rt.Fatalf("%s differs (-want +got):\n%s", what, diff)
	}
}

// compare reads everything and compares it with the model.
func (m *model) compare(rt *rapid.T) {
	for _, name := range modelNames() {
		m.compareCheck(rt, fresh(name).ID)
	}
	m.compareAll(rt)
	m.compareNotices(rt)
	for _, key := range []string{"k", "K"} {
		got, err := m.store.Value(m.ctx(), key)
		want, known := m.values[key]
		if !known {
			expect(rt, "Value", err, heartbeat.ErrNotFound)
			continue
		}
		expect(rt, "Value", err, nil)
		wantSame(rt, "value", got, want)
	}
}

func (m *model) compareCheck(rt *rapid.T, id heartbeat.CheckID) {
	rt.Helper()
	got, err := m.store.Check(m.ctx(), id)
	l, known := m.ledgers[id]
	if known {
		expect(rt, "Check", err, nil)
		wantSame(rt, "check", got, l.check)
	} else {
		expect(rt, "Check", err, heartbeat.ErrNotFound)
		l = &ledger{}
	}
	m.compareLog(rt, id, l, everything)
	flips, err := m.store.Flips(m.ctx(), id, everything)
	expect(rt, "Flips", err, nil)
	wantSame(rt, "flips", flips, newest(l.flips, everything))
}

// compareLog allows for a log that keeps no more than it must.
func (m *model) compareLog(rt *rapid.T, id heartbeat.CheckID, l *ledger, limit int) {
	rt.Helper()
	got, err := m.store.Pings(m.ctx(), id, limit)
	expect(rt, "Pings", err, nil)
	want := newest(l.pings, limit)
	if len(got) >= heartbeat.KeepPings {
		want = want[:min(len(want), len(got))]
	}
	wantSame(rt, "pings", got, want)
}

func (m *model) compareAll(rt *rapid.T) {
	rt.Helper()
	var want, wantTimers []heartbeat.Check
	for _, l := range m.ledgers {
		want = append(want, l.check)
		wantTimers = append(wantTimers, timer(l.check))
	}
	got, err := m.store.Checks(m.ctx())
	expect(rt, "Checks", err, nil)
	wantSame(rt, "checks", sorted(got), sorted(want))
	var timers []heartbeat.Check
	for c, err := range m.store.Timers(m.ctx()) {
		expect(rt, "Timers", err, nil)
		timers = append(timers, timer(c))
	}
	wantSame(rt, "timers", sorted(timers), sorted(wantTimers))
}

func (m *model) compareNotices(rt *rapid.T) {
	rt.Helper()
	log, err := m.store.NoticeLog(m.ctx(), everything)
	expect(rt, "NoticeLog", err, nil)
	wantSame(rt, "notice log", log, newest(m.notices, everything))
	due, err := m.store.Notices(m.ctx(), m.now, everything)
	expect(rt, "Notices", err, nil)
	if !slices.IsSortedFunc(due, byNext) {
		rt.Fatalf("notices are not in order: %v", due)
	}
	// Those that are due at the same moment come in any order.
	wantSame(rt, "due notices", slices.SortedStableFunc(slices.Values(due), byIdentity), m.due())
}

// due returns the notices that are due now, in the order of their IDs.
func (m *model) due() []heartbeat.Notice {
	var due []heartbeat.Notice
	for _, n := range m.notices {
		if !n.Next.IsZero() && !n.Next.After(m.now) {
			due = append(due, n)
		}
	}
	return slices.SortedStableFunc(slices.Values(due), byIdentity)
}

func byNext(a, b heartbeat.Notice) int { return a.Next.Compare(b.Next) }

func byIdentity(a, b heartbeat.Notice) int {
	if a.ID < b.ID {
		return -1
	}
	return 1
}

// look reads with small limits.
func (m *model) look(rt *rapid.T) {
	id := m.drawID(rt)
	limit := rapid.IntRange(0, 5).Draw(rt, "limit")
	l, known := m.ledgers[id]
	if !known {
		l = &ledger{}
	}
	m.compareLog(rt, id, l, limit)
	flips, err := m.store.Flips(m.ctx(), id, limit)
	expect(rt, "Flips", err, nil)
	wantSame(rt, "flips", flips, newest(l.flips, limit))
	log, err := m.store.NoticeLog(m.ctx(), limit)
	expect(rt, "NoticeLog", err, nil)
	wantSame(rt, "notice log", log, newest(m.notices, limit))
	due, err := m.store.Notices(m.ctx(), m.now, limit)
	expect(rt, "Notices", err, nil)
	wantSame(rt, "number of due notices", len(due), min(limit, len(m.due())))
}

// plainTime is a schedule in which all time counts.
type plainTime time.Duration

func (p plainTime) Due(last time.Time) time.Time { return last.Add(time.Duration(p)) }

func (p plainTime) Add(t time.Time, d time.Duration) time.Time { return t.Add(d) }
