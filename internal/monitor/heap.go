package monitor

import (
	"math"
	"time"

	"heartbeat"
)

// entry says that a check need not be looked at before when. It is 24 bytes and
// holds no pointer, so that a million of them cost 24 MB and the garbage
// collector does not walk them.
type entry struct {
	// when is Unix time in nanoseconds: odd for an entry that an event made, even
	// for one that a scan made. The one nanosecond lost is always a later one, so
	// that a check is never looked at before its deadline.
	when int64
	id   heartbeat.CheckID
}

func scanned(deadline time.Time) int64 { return (nano(deadline) + 1) &^ 1 }

func caused(deadline time.Time) int64 { return nano(deadline) | 1 }

func (e entry) byEvent() bool { return e.when&1 == 1 }

// nano is t.UnixNano, but a moment past the year 2262 does not wrap around.
func nano(t time.Time) int64 {
	const most = math.MaxInt64 - 1
	if t.Unix() > most/int64(time.Second)-1 {
		return most
	}
	return t.UnixNano()
}

// entries is a binary heap with the earliest entry first. container/heap would
// box every entry.
type entries []entry

// order makes a heap of entries in any order.
func (h entries) order() {
	for i := len(h)/2 - 1; i >= 0; i-- {
		h.sink(i)
	}
}

func (h *entries) push(e entry) {
	*h = append(*h, e)
	s := *h
	i := len(s) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if s[parent].when <= s[i].when {
			break
		}
		s[parent], s[i] = s[i], s[parent]
		i = parent
	}
}

func (h *entries) pop() entry {
	s := *h
	first, last := s[0], len(s)-1
	s[0] = s[last]
	*h = s[:last]
	h.sink(0)
	return first
}

func (h entries) sink(i int) {
	for {
		least := 2*i + 1
		if least >= len(h) {
			return
		}
		if right := least + 1; right < len(h) && h[right].when < h[least].when {
			least = right
		}
		if h[i].when <= h[least].when {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}
