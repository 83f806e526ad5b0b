package storetest

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"heartbeat"
)

// Model runs random sequences of operations against the store and against a
// model that is made of the core's functions and a few maps, and compares all
// that can be read after each step. Where the harness allows, the store is
// closed and opened again in between.
//
// Unless -rapid.checks says how many sequences to run, no more are begun after
// a few seconds: a store on a slow disk is proven a little by every run of the
// tests.
func Model(t *testing.T, h Harness) {
	t.Helper()
	begun := 0
	prop := property(t, h)
	rapid.Check(t, patiently(3*time.Second, func(rt *rapid.T) {
		begun++
		prop(rt)
	}))
	t.Logf("%d sequences were run", begun)
}

// patiently lets a property hold without a look once the time is over, but not
// if it has failed already and is being shrunk.
func patiently(patience time.Duration, prop func(*rapid.T)) func(*rapid.T) {
	if f := flag.Lookup("rapid.checks"); f == nil || f.Value.String() != f.DefValue {
		return prop
	}
	begun := time.Now()
	failed := false
	return func(rt *rapid.T) {
		if !failed && time.Since(begun) > patience {
			return
		}
		defer func() { failed = failed || rt.Failed() }()
		prop(rt)
	}
}

// property is what [Model] checks; t serves the harness only.
func property(t *testing.T, h Harness) func(*rapid.T) {
	return func(rt *rapid.T) {
		m := &model{
			t: t, harness: h, store: h.Open(t), now: epoch,
			ledgers: map[heartbeat.CheckID]*ledger{},
			values:  map[string][]byte{},
			revs:    map[heartbeat.CheckID]map[int64]bool{},
		}
		defer func() {
			if err := m.store.Close(); err != nil {
				rt.Errorf("Close: %v", err)
			}
		}()
		actions := map[string]func(*rapid.T){
			"":           m.compare,
			"ping":       m.ping,
			"pingSlug":   m.pingSlug,
			"add":        m.add,
			"restore":    m.restore,
			"save":       m.save,
			"delete":     m.delete,
			"addNotice":  m.addNotice,
			"saveNotice": m.saveNotice,
			"setValue":   m.setValue,
			"wait":       m.wait,
			"look":       m.look,
		}
		if h.Reopen != nil {
			actions["reopen"] = func(*rapid.T) { m.store = h.Reopen(t, m.store) }
		}
		rt.Repeat(actions)
	}
}

// model is what a store must hold, and what was read from it.
type model struct {
	t       *testing.T
	harness Harness
	store   heartbeat.Store
	now     time.Time

	ledgers map[heartbeat.CheckID]*ledger
	notices []heartbeat.Notice // oldest first, with the store's IDs and revisions
	values  map[string][]byte

	// revs holds every revision that each ID ever had.
	revs map[heartbeat.CheckID]map[int64]bool
	// read and readNotices are what some slow goroutine may still hold: all but
	// the last of each are stale.
	read        []heartbeat.Check
	readNotices []heartbeat.Notice
}

// modelNames are the checks of a model run: few, so that operations meet.
func modelNames() []string { return []string{"a", "b", "c"} }

func (m *model) drawID(rt *rapid.T) heartbeat.CheckID {
	return fresh(rapid.SampledFrom(modelNames()).Draw(rt, "check")).ID
}

// expect ends the run unless the operation ended as the model says.
func expect(rt *rapid.T, operation string, got, want error) bool {
	rt.Helper()
	if !errors.Is(got, want) {
		rt.Fatalf("%s: got error %v, want %v", operation, got, want)
	}
	return want == nil
}

func (m *model) ping(rt *rapid.T) {
	id, p := m.drawID(rt), m.drawPing(rt)
	create := rapid.SampledFrom([]string{"nil", "right", "wrong"}).Draw(rt, "create")
	l, known := m.ledgers[id]
	made := m.drawCheck(rt, id)
	var f func() heartbeat.Check
	switch create {
	case "right":
		f = maker(made)
	case "wrong":
		f = maker(fresh("a check of another name"))
	}
	got, err := m.store.Ping(m.ctx(), id, p, f)
	switch {
	case known || create == "right":
	case create == "nil":
		expect(rt, "Ping without create", err, heartbeat.ErrNotFound)
		return
	default:
		if err == nil {
			rt.Fatal("Ping took a wrong check from create")
		}
		return
	}
	expect(rt, "Ping", err, nil)
	if !known {
		l = &ledger{check: made}
		m.ledgers[id] = l
	}
	want := l.ping(p)
	if want.Created = !known; want.Created {
		want.Sooner = got.Sooner // which is the store's to say
	}
	wantSame(rt, "pinged", got, want)
	m.wrote(rt, l)
}

func (m *model) drawPing(rt *rapid.T) heartbeat.Ping {
	p := heartbeat.Ping{
		At:   m.now.Add(-rapid.SampledFrom([]time.Duration{0, 1, time.Hour}).Draw(rt, "late by")),
		Kind: rapid.SampledFrom(kinds()).Draw(rt, "kind"),
		Run:  rapid.SampledFrom([]heartbeat.RunID{"", "r1", "r2"}).Draw(rt, "run"),
		Body: rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(rt, "body"),
		// With the rules of a full check, these say more than Kind does.
		Method: rapid.SampledFrom([]string{"GET", "POST"}).Draw(rt, "method"),
		Scheme: rapid.SampledFrom([]string{"", "https"}).Draw(rt, "scheme"),
	}
	if word := rapid.SampledFrom([]string{"", "ok", "fatal"}).Draw(rt, "word"); word != "" {
		p.Body = []byte(word)
	}
	if status := rapid.IntRange(-1, 255).Draw(rt, "exit"); status >= 0 {
		p.Exit = &status
	}
	return p
}

// drawCheck draws a check that may be created under id.
func (m *model) drawCheck(rt *rapid.T, id heartbeat.CheckID) heartbeat.Check {
	kinds := []func(string) heartbeat.Check{fresh, up, full}
	c := kinds[rapid.IntRange(0, len(kinds)-1).Draw(rt, "made")]("drawn")
	c.ID, c.Created = id, m.now
	c.Project = rapid.SampledFrom(modelProjects()).Draw(rt, "project")
	c.Slug = rapid.SampledFrom(append(modelSlugs(), "")).Draw(rt, "slug")
	return c
}

func (m *model) add(rt *rapid.T) {
	c := m.drawCheck(rt, m.drawID(rt))
	err := m.store.Add(m.ctx(), c)
	if _, known := m.ledgers[c.ID]; known {
		expect(rt, "Add of a known check", err, heartbeat.ErrExists)
		return
	}
	expect(rt, "Add", err, nil)
	m.ledgers[c.ID] = &ledger{check: c}
	m.wrote(rt, m.ledgers[c.ID])
}

// wrote takes over what a write changed: the revision, and the notices owed.
func (m *model) wrote(rt *rapid.T, l *ledger) {
	rt.Helper()
	id := l.check.ID
	got, err := m.store.Check(m.ctx(), id)
	expect(rt, "Check", err, nil)
	if m.revs[id][got.Rev] {
		rt.Fatalf("revision %d was given before", got.Rev)
	}
	if m.revs[id] == nil {
		m.revs[id] = map[int64]bool{}
	}
	m.revs[id][got.Rev] = true
	l.check.Rev = got.Rev
	m.read = append(m.read, l.check)
	m.owe(rt, l.notices...)
	l.notices = nil
}

// owe takes over notices that the store has added, and learns their identity.
func (m *model) owe(rt *rapid.T, notices ...heartbeat.Notice) {
	rt.Helper()
	log, err := m.store.NoticeLog(m.ctx(), len(notices))
	expect(rt, "NoticeLog", err, nil)
	wantSame(rt, "new notices", bareNotices(log), bareNotices(newest(notices, len(notices))))
	slices.Reverse(log)
	m.notices = append(m.notices, log...)
	m.readNotices = append(m.readNotices, log...)
}

// conditional says how a conditional write of what was read must end.
func (m *model) conditional(read heartbeat.Check) error {
	l, known := m.ledgers[read.ID]
	switch {
	case !known:
		return heartbeat.ErrNotFound
	case l.check.Rev != read.Rev:
		return heartbeat.ErrConflict
	}
	return nil
}

// drawRead draws something that was read before, the newest first.
func drawRead[T any](rt *rapid.T, read []T) T {
	if len(read) == 0 {
		rt.Skip("nothing was read")
	}
	age := rapid.IntRange(0, min(len(read)-1, 4)).Draw(rt, "read before")
	return read[len(read)-1-age]
}

func (m *model) save(rt *rapid.T) {
	c := drawRead(rt, m.read)
	want := m.conditional(c)
	var flip *heartbeat.Flip
	switch rapid.SampledFrom([]string{"settings", "pause", "resume", "tick", "reset"}).Draw(rt, "change") {
	case "settings":
		c.Settings, c.Labels = full("").Settings, full("").Labels
		c.Slug = rapid.SampledFrom(append(modelSlugs(), "")).Draw(rt, "slug")
		c.Name = rapid.String().Draw(rt, "name")
	case "pause":
		c.State, flip = c.Pause(m.now)
	case "resume":
		c.State, flip = c.Resume(m.now)
	case "tick":
		c, flip = c.Tick(m.now, plainTime(c.Period), nil)
	case "reset":
		c.State = heartbeat.State{Status: heartbeat.StatusNew, Since: m.now}
	}
	if !expect(rt, "Save", m.store.Save(m.ctx(), c, flip), want) {
		return
	}
	l := m.ledgers[c.ID]
	l.check = c
	l.flipped(flip)
	m.wrote(rt, l)
}

func (m *model) delete(rt *rapid.T) {
	c := drawRead(rt, m.read)
	if !expect(rt, "Delete", m.store.Delete(m.ctx(), c.ID, c.Rev), m.conditional(c)) {
		return
	}
	delete(m.ledgers, c.ID)
	m.notices = slices.DeleteFunc(m.notices, func(n heartbeat.Notice) bool {
		return n.Check == c.ID && !n.Next.IsZero()
	})
}

func (m *model) addNotice(rt *rapid.T) {
	n := blindNotice()
	n.Created, n.Next = m.now, m.drawNext(rt)
	expect(rt, "AddNotice", m.store.AddNotice(m.ctx(), n), nil)
	m.owe(rt, n)
}

// drawNext draws when a notice is to be looked at again, which may be never.
func (m *model) drawNext(rt *rapid.T) time.Time {
	if rapid.Bool().Draw(rt, "finished") {
		return time.Time{}
	}
	return m.now.Add(rapid.SampledFrom([]time.Duration{0, 1, time.Minute}).Draw(rt, "next"))
}

func (m *model) saveNotice(rt *rapid.T) {
	n := drawRead(rt, m.readNotices)
	n.Next = m.drawNext(rt)
	n.Deliveries = fullNotice("", 0).Deliveries[:rapid.IntRange(0, 3).Draw(rt, "deliveries")]
	err := m.store.SaveNotice(m.ctx(), n)
	i := slices.IndexFunc(m.notices, func(stored heartbeat.Notice) bool { return stored.ID == n.ID })
	switch {
	case i < 0:
		expect(rt, "SaveNotice of one that is gone", err, heartbeat.ErrNotFound)
		return
	case m.notices[i].Rev != n.Rev:
		expect(rt, "SaveNotice of a stale one", err, heartbeat.ErrConflict)
		return
	}
	expect(rt, "SaveNotice", err, nil)
	log, err := m.store.NoticeLog(m.ctx(), len(m.notices)-i)
	expect(rt, "NoticeLog", err, nil)
	saved := log[len(log)-1]
	if saved.Rev == n.Rev {
		rt.Fatalf("SaveNotice left the revision at %d", n.Rev)
	}
	n.Rev = saved.Rev
	m.notices[i] = n
	m.readNotices = append(m.readNotices, n)
}

func (m *model) setValue(rt *rapid.T) {
	key := rapid.SampledFrom([]string{"k", "K"}).Draw(rt, "key")
	value := rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(rt, "value")
	stored, known := m.values[key]
	old := stored
	if rapid.Bool().Draw(rt, "guess old") {
		old = [][]byte{nil, {}, []byte("x")}[rapid.IntRange(0, 2).Draw(rt, "old")]
	}
	var want error
	if known != (old != nil) || !bytes.Equal(old, stored) {
		want = heartbeat.ErrConflict
	}
	if expect(rt, "SetValue", m.store.SetValue(m.ctx(), key, old, value), want) {
		m.values[key] = append([]byte{}, value...)
	}
}

func (m *model) wait(rt *rapid.T) {
	m.now = m.now.Add(rapid.SampledFrom([]time.Duration{1, time.Second, time.Hour, 25 * time.Hour}).Draw(rt, "wait"))
}

func (m *model) ctx() context.Context { return m.t.Context() }
