package dynamo_test

import (
	"strings"
	"testing"
	"time"

	"heartbeat"
)

// What is lost of any segment must come to light, and whoever has seen enough
// waits for nothing.
func TestTimers_AnErrorOfAnySegmentSurfaces(t *testing.T) {
	t.Parallel()
	for segment := range 4 {
		s, direct, p := through(t, nil)
		for i := range 12 {
			ok(t, direct.Add(t.Context(), usual(i)))
		}
		p.page = 1
		p.plan = func(c call) fault {
			if c.op == "Scan" && c.body["Segment"] == float64(segment) {
				return deny
			}
			return pass
		}
		failed := 0
		for _, err := range s.Timers(t.Context()) {
			if err != nil {
				failed++
			}
		}
		if failed != 1 {
			t.Errorf("segment %d: %d errors, want one", segment, failed)
		}
		if _, err := s.Checks(t.Context()); err == nil {
			t.Errorf("segment %d: no error", segment)
		}
	}
}

func TestTimers_ReadNoMoreAfterTheConsumerHasStopped(t *testing.T) {
	t.Parallel()
	s, direct, p := through(t, nil)
	for i := range 40 {
		ok(t, direct.Add(t.Context(), usual(i)))
	}
	p.page = 1
	for _, err := range s.Timers(t.Context()) {
		ok(t, err)
		break
	}
	after := func() int {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.calls["Scan state"]
	}
	time.Sleep(50 * time.Millisecond) // calls that were on their way arrive
	n := after()
	if n > 16 {
		t.Errorf("%d pages were read for one check", n)
	}
	time.Sleep(50 * time.Millisecond)
	if more := after(); more != n {
		t.Errorf("%d pages were read afterwards", more-n)
	}
}

// Long names are kept apart, and the monitor does without; a long schedule it
// needs.
func TestTimers_TextsApartAreReadOnlyForTheSchedule(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", heartbeat.MaxName)
	for what, c := range map[string]heartbeat.Check{"BatchGetItem": usual(1), "": usual(2)} {
		s, direct, p := through(t, nil)
		c.Names = heartbeat.Names{Host: long, Category: long, Type: long, Name: long}
		if what != "" {
			c.Holidays = strings.Repeat("2026-12-24,", 30)
		}
		ok(t, direct.Add(t.Context(), c))
		p.reset()
		for got, err := range s.Timers(t.Context()) {
			ok(t, err)
			if got.Spec != c.Spec {
				t.Errorf("got schedule %+v, want %+v", got.Spec, c.Spec)
			}
		}
		if batches := p.calls["BatchGetItem "]; (batches > 0) != (what != "") {
			t.Errorf("holidays %q: %d batches were read", c.Holidays, batches)
		}
		if got := must(s.Checks(t.Context()))(t); len(got) != 1 || got[0].Names != c.Names || got[0].Spec != c.Spec {
			t.Errorf("got %+v", got)
		}
	}
}
