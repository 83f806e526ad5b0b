package dynamo_test

import (
	"testing"
	"time"

	"heartbeat"
)

// A store that was told to keep no pings counts them, and keeps all else.
func TestNoPingLog_KeepsFlipsAndNoticesButNoPings(t *testing.T) {
	t.Parallel()
	cfg := fresh(t, "")
	with := open(t, cfg)
	defer with.Close()
	cfg.NoPingLog = true
	s := open(t, cfg)
	defer s.Close()
	ok(t, with.Add(t.Context(), usual(1)))
	// Even those from before are out of sight.
	must(with.Ping(t.Context(), usual(1).ID, ping(heartbeat.KindSuccess, time.Hour), nil))(t)
	for i, kind := range []heartbeat.Kind{heartbeat.KindStart, heartbeat.KindFail, heartbeat.KindSuccess, heartbeat.KindLog} {
		must(s.Ping(t.Context(), usual(1).ID, ping(kind, time.Duration(i+2)*time.Hour), nil))(t)
	}
	if pings := must(s.Pings(t.Context(), usual(1).ID, 100))(t); len(pings) != 0 {
		t.Errorf("got pings %v", pings)
	}
	if pings := must(with.Pings(t.Context(), usual(1).ID, 100))(t); len(pings) != 1 {
		t.Errorf("%d pings were kept, want the one from before", len(pings))
	}
	flips := must(s.Flips(t.Context(), usual(1).ID, 100))(t)
	owed := must(s.Notices(t.Context(), noon.Add(100*time.Hour), 100))(t)
	if len(flips) != 2 || len(owed) != 2 {
		t.Errorf("%d flips and %d notices, want 2 and 2", len(flips), len(owed))
	}
	if c := must(s.Check(t.Context(), usual(1).ID))(t); c.Pings != usual(1).Pings+5 {
		t.Errorf("%d pings are counted, want %d", c.Pings, usual(1).Pings+5)
	}
}

func TestNoPingLog_RestoresTheCheckAndItsFlips(t *testing.T) {
	t.Parallel()
	cfg := fresh(t, "")
	cfg.NoPingLog = true
	s := open(t, cfg)
	defer s.Close()
	c, pings, flips := past()
	ok(t, s.Restore(t.Context(), c, pings, flips))
	if got := must(s.Flips(t.Context(), c.ID, 100))(t); len(got) != len(flips) {
		t.Errorf("%d flips, want %d", len(got), len(flips))
	}
	if got := must(s.Pings(t.Context(), c.ID, 100))(t); len(got) != 0 {
		t.Errorf("got pings %v", got)
	}
}
