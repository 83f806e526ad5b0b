package dynamo_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"heartbeat"
	"heartbeat/internal/store/dynamo"
)

// past is a check with a few pings and flips, the newest first.
func past() (heartbeat.Check, []heartbeat.Ping, []heartbeat.Flip) {
	c := usual(1)
	c.State = heartbeat.State{Status: heartbeat.StatusNew, Since: noon}
	var pings []heartbeat.Ping
	var flips []heartbeat.Flip
	for i, kind := range []heartbeat.Kind{heartbeat.KindSuccess, heartbeat.KindFail, heartbeat.KindSuccess, heartbeat.KindFail} {
		p := ping(kind, time.Duration(i)*time.Hour)
		state, flip := c.State.Ping(p)
		c.State, p.N = state, state.Pings
		pings, flips = append(pings, p), append(flips, *flip)
	}
	slices.Reverse(pings)
	slices.Reverse(flips)
	return c, pings, flips
}

func wantPast(t *testing.T, s *dynamo.Store) {
	t.Helper()
	c, pings, flips := past()
	got := must(s.Check(t.Context(), c.ID))(t)
	got.Rev = 0
	for _, d := range []string{
		cmp.Diff(c, got),
		cmp.Diff(pings, must(s.Pings(t.Context(), c.ID, 100))(t), cmpopts.EquateEmpty()),
		cmp.Diff(flips, must(s.Flips(t.Context(), c.ID, 100))(t), cmpopts.EquateEmpty()),
	} {
		if d != "" {
			t.Errorf("the check is not as it was (-want +got):\n%s", d)
		}
	}
}

// Wherever a crash comes, a second run brings the check back with its history
// once, and until then there is no check at all.
func TestRestore_AfterACrashAnywhereIsDoneOnce(t *testing.T) {
	t.Parallel()
	for n := range 11 {
		t.Run(fmt.Sprint("write ", n+1), func(t *testing.T) {
			t.Parallel()
			writes := 0
			s, direct, _ := through(t, func(c call) fault {
				if c.op != "PutItem" {
					return pass
				}
				if writes++; writes > n {
					return drop
				}
				return pass
			})
			c, pings, flips := past()
			err := s.Restore(t.Context(), c, pings, flips)
			if crashed := n < 10; crashed != (err != nil) {
				t.Fatalf("got error %v after %d writes of 10", err, n)
			}
			if err != nil {
				if checks := must(direct.Checks(t.Context()))(t); len(checks) != 0 {
					t.Fatalf("a crash left %d checks", len(checks))
				}
				ok(t, direct.Restore(t.Context(), c, pings, flips))
			}
			wantPast(t, direct)
		})
	}
}

func TestRestore_LostAnswersAreNotErrExists(t *testing.T) {
	t.Parallel()
	for _, f := range []fault{lose, loseFail, fail, drop, throttle} {
		for _, table := range []string{"state", "log"} {
			t.Run(fmt.Sprint(f, " ", table), func(t *testing.T) {
				t.Parallel()
				s, direct, _ := through(t, loseWrite(f, table, 1))
				c, pings, flips := past()
				ok(t, s.Restore(t.Context(), c, pings, flips))
				wantPast(t, direct)
			})
		}
	}
}
