package sqlite

import (
	"hash/maphash"
	"slices"
	"sync"

	"heartbeat"
)

// record is the state of one check in memory. It holds no pointers, so that a
// million of them cost the garbage collector nothing.
type record struct {
	id        heartbeat.CheckID
	about     uint64 // hash of what stands in the checks table beside the settings
	rev       int64
	since     int64
	lastPing  int64
	lastStart int64
	duration  int64
	pings     int64
	lastRow   int64  // the newest row of the log; 0: none
	terms     uint32 // index of the settings in table.terms
	status    uint8  // index in statuses
	live      bool   // a check has this slot
	dirty     bool   // the states row lags behind
}

var statuses = [...]heartbeat.Status{
	heartbeat.StatusNew, heartbeat.StatusUp, heartbeat.StatusDown, heartbeat.StatusPaused,
}

func statusCode(s heartbeat.Status) uint8 {
	for i, known := range statuses {
		if s == known {
			return uint8(i)
		}
	}
	return 0 // grace is never stored
}

const chunkSize = 4096

// table is the state of all checks. Only the writer changes it, holding mu;
// others read it holding mu for reading.
type table struct {
	mu     sync.RWMutex
	chunks []*[chunkSize]record // by slot, which is the check's row number
	slots  map[heartbeat.CheckID]uint32
	free   []uint32
	next   uint32
	runs   map[uint32]heartbeat.RunID // the StartRun of the few that have one
	terms  []heartbeat.Settings       // distinct settings; most checks share few
	byTerm map[heartbeat.Settings]uint32
	seed   maphash.Seed

	// slugs are those of the checks that have one, bySlug leads back.
	slugs  map[uint32]heartbeat.SlugRef
	bySlug map[heartbeat.SlugRef][]uint32
}

// setSlug gives slot another slug, or none.
func (t *table) setSlug(slot uint32, s heartbeat.SlugRef) {
	old := t.slugs[slot]
	if old == s {
		return
	}
	if old != (heartbeat.SlugRef{}) {
		delete(t.slugs, slot)
		rest := slices.DeleteFunc(t.bySlug[old], func(other uint32) bool { return other == slot })
		if t.bySlug[old] = rest; len(rest) == 0 {
			delete(t.bySlug, old)
		}
	}
	if s != (heartbeat.SlugRef{}) {
		t.slugs[slot] = s
		t.bySlug[s] = append(t.bySlug[s], slot)
	}
}

func newTable() *table {
	return &table{
		slots:  map[heartbeat.CheckID]uint32{},
		next:   1,
		runs:   map[uint32]heartbeat.RunID{},
		byTerm: map[heartbeat.Settings]uint32{},
		seed:   maphash.MakeSeed(),
		slugs:  map[uint32]heartbeat.SlugRef{},
		bySlug: map[heartbeat.SlugRef][]uint32{},
	}
}

// at returns the record of a slot, which must be below next.
func (t *table) at(slot uint32) *record {
	return &t.chunks[slot/chunkSize][slot%chunkSize]
}

// take returns an unused slot.
func (t *table) take() uint32 {
	if n := len(t.free); n > 0 {
		slot := t.free[n-1]
		t.free = t.free[:n-1]
		return slot
	}
	slot := t.next
	t.grow(slot)
	return slot
}

// grow makes room for slot and marks everything below it as used.
func (t *table) grow(slot uint32) {
	for int(slot/chunkSize) >= len(t.chunks) {
		t.chunks = append(t.chunks, new([chunkSize]record))
	}
	t.next = max(t.next, slot+1)
}

// put makes slot hold r.
func (t *table) put(slot uint32, r record) {
	*t.at(slot) = r
	t.slots[r.id] = slot
}

// drop empties slot.
func (t *table) drop(slot uint32) {
	delete(t.slots, t.at(slot).id)
	delete(t.runs, slot)
	t.setSlug(slot, heartbeat.SlugRef{})
	*t.at(slot) = record{}
	t.free = append(t.free, slot)
}

func (t *table) term(s heartbeat.Settings) uint32 {
	if i, ok := t.byTerm[s]; ok {
		return i
	}
	i := uint32(len(t.terms))
	t.terms = append(t.terms, s)
	t.byTerm[s] = i
	return i
}

// hash tells whether anything of a check but its settings and state has changed.
func (t *table) hash(c heartbeat.Check) uint64 {
	return maphash.Comparable(t.seed, struct {
		project heartbeat.ProjectID
		names   heartbeat.Names
		labels  heartbeat.Labels
		created int64
	}{c.Project, c.Names, c.Labels, nano(c.Created)})
}

// says tells whether the checks row of slot already says what c says.
func (t *table) says(slot uint32, c heartbeat.Check) bool {
	r := t.at(slot)
	return t.terms[r.terms] == c.Settings && r.about == t.hash(c)
}

func (t *table) state(slot uint32) heartbeat.State {
	r := t.at(slot)
	st := heartbeat.State{
		Status:       statuses[r.status],
		Since:        moment(r.since),
		LastPing:     moment(r.lastPing),
		LastStart:    moment(r.lastStart),
		LastDuration: duration(r.duration),
		Pings:        r.pings,
	}
	if len(t.runs) > 0 {
		st.StartRun = t.runs[slot]
	}
	return st
}

func (t *table) setState(slot uint32, st heartbeat.State) {
	r := t.at(slot)
	r.status, r.since = statusCode(st.Status), nano(st.Since)
	r.lastPing, r.lastStart = nano(st.LastPing), nano(st.LastStart)
	r.duration, r.pings = int64(st.LastDuration), st.Pings
	if st.StartRun != "" {
		t.runs[slot] = st.StartRun
	} else if len(t.runs) > 0 {
		delete(t.runs, slot)
	}
}

// lean returns the check of a slot without its names.
func (t *table) lean(slot uint32) heartbeat.Check {
	r := t.at(slot)
	return heartbeat.Check{ID: r.id, Settings: t.terms[r.terms], State: t.state(slot), Rev: r.rev}
}
