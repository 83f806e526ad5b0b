package monitor

import (
	"time"

	"heartbeat"
)

// timers remembers for every check a moment before which it cannot go down: a
// lower bound of its deadline. It decides nothing. When the moment passes, the
// check is read afresh.
//
// A scan of the store makes one entry a check. An event (a flip, a start, an
// edit) may bring a deadline nearer than that entry, and makes a second one;
// never more than one that counts, which is the one in events.
type timers struct {
	heap   entries
	events map[heartbeat.CheckID]event
	scans  uint32
}

// event is the entry of a check that counts among those that events made.
type event struct {
	when  int64
	scans uint32 // how many scans there had been
}

// task is a check to look at, and which of its entries that uses up.
type task struct {
	id          heartbeat.CheckID
	scan, event bool
}

func newTimers() timers {
	return timers{events: make(map[heartbeat.CheckID]event)}
}

// next is when the first entry is due; false if there is none.
func (t *timers) next() (time.Time, bool) {
	if len(t.heap) == 0 {
		return time.Time{}, false
	}
	return time.Unix(0, t.heap[0].when), true
}

// due takes the tasks that are due at now, at most limit. Two entries of one
// check make one task.
func (t *timers) due(now time.Time, limit int) []task {
	var tasks []task
	var at map[heartbeat.CheckID]int
	end := nano(now)
	for len(t.heap) > 0 && t.heap[0].when <= end && len(tasks) < limit {
		e := t.heap.pop()
		if e.byEvent() && !t.use(e) {
			continue
		}
		if at == nil {
			at = make(map[heartbeat.CheckID]int)
		}
		i, ok := at[e.id]
		if !ok {
			i = len(tasks)
			at[e.id] = i
			tasks = append(tasks, task{id: e.id})
		}
		tasks[i].scan = tasks[i].scan || !e.byEvent()
		tasks[i].event = tasks[i].event || e.byEvent()
	}
	return tasks
}

// use takes the entry out of events; false if a nearer one has replaced it.
func (t *timers) use(e entry) bool {
	counts, ok := t.events[e.id]
	if !ok || counts.when != e.when {
		return false
	}
	delete(t.events, e.id)
	return true
}

// remember puts a task's check back with its new deadline; zero forgets it.
func (t *timers) remember(k task, deadline time.Time) {
	switch {
	case deadline.IsZero():
		delete(t.events, k.id)
	case k.scan:
		t.heap.push(entry{scanned(deadline), k.id})
	default:
		when := caused(deadline)
		if counts, ok := t.events[k.id]; ok && counts.when <= when {
			return
		}
		t.events[k.id] = event{when, t.scans}
		t.heap.push(entry{when, k.id})
	}
}

// replace takes over what a new scan has found. Entries by event stay until the
// second scan after them: what a scan yields may be a moment old.
func (t *timers) replace(found entries) {
	t.heap = found
	t.heap.order()
	for id, e := range t.events {
		if e.scans < t.scans {
			delete(t.events, id)
			continue
		}
		t.heap.push(entry{e.when, id})
	}
	t.scans++
}
