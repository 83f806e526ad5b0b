package dynamo_test

import (
	"testing"
	"time"

	"heartbeat"
)

// A change is told of for a few minutes, however often one asks, and then no more.
func TestChanges_FallOutOfTheWindow(t *testing.T) {
	t.Parallel()
	s := open(t, fresh(t, ""))
	defer s.Close()
	ok(t, s.Add(t.Context(), usual(1)))
	for after, want := range map[time.Duration]int{
		-50 * time.Minute: 1, -time.Minute: 1, 0: 1, time.Minute: 1, 3 * time.Minute: 0,
	} {
		if ids := must(s.Changes(t.Context(), time.Now().Add(after)))(t); len(ids) != want {
			t.Errorf("%v since the change: got %v, want %d", after, ids, want)
		}
	}
}

// The pulse of a healthy check costs no row of the feed.
func TestChanges_PulsesAreNone(t *testing.T) {
	t.Parallel()
	s, direct, p := through(t, nil)
	ok(t, direct.Add(t.Context(), usual(1)))
	p.reset()
	for i := range 3 {
		must(s.Ping(t.Context(), usual(1).ID, ping(heartbeat.KindSuccess, time.Duration(i+1)*time.Hour), nil))(t)
	}
	if got, want := p.summary(), "PutItem log ×3, UpdateItem state ×3"; got != want {
		t.Errorf("got calls %s, want %s", got, want)
	}
}

func TestChanges_OfAnImportAreAllRead(t *testing.T) {
	t.Parallel()
	s, _, p := through(t, nil)
	p.page = 3
	for i := range 10 {
		ok(t, s.Add(t.Context(), usual(i)))
	}
	if ids := must(s.Changes(t.Context(), time.Now()))(t); len(ids) != 10 {
		t.Errorf("got %d changes of 10", len(ids))
	}
}
