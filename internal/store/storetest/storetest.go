// Package storetest proves that a heartbeat.Store keeps its contract. Nothing
// about a store's behaviour is tested for one implementation only: each runs
// [Run], or [Harness.Run] if it outlives a restart. [Model] compares a store
// with the core in random sequences of operations, and [Faulty] makes of any
// store one that fails, delays or loses answers.
package storetest

import (
	"testing"

	"heartbeat"
)

// Harness says how to come by a store. Both functions may be called from
// parallel tests.
type Harness struct {
	// Open returns an empty store that shares nothing with any other. The suite
	// closes it.
	Open func(t *testing.T) heartbeat.Store
	// Reopen closes the store, if it is not closed yet, and opens again what it
	// kept. Nil if the store cannot outlive that.
	Reopen func(t *testing.T, s heartbeat.Store) heartbeat.Store
}

// Run proves that what open returns is a [heartbeat.Store].
func Run(t *testing.T, open func(t *testing.T) heartbeat.Store) {
	t.Helper()
	Harness{Open: open}.Run(t)
}

// Run proves that what the harness opens is a [heartbeat.Store], and that
// everything is still there after it was opened again. If it is a
// [heartbeat.Shared], that is proven too.
func (h Harness) Run(t *testing.T) {
	areas := []struct {
		name  string
		rules []rule
	}{
		{"Checks", checkRules()},
		{"Restore", restoreRules()},
		{"Ping", pingRules()},
		{"PingSlug", slugRules()},
		{"Log", logRules()},
		{"Save", saveRules()},
		{"Delete", deleteRules()},
		{"Notices", noticeRules()},
		{"Values", valueRules()},
		{"Timers", timerRules()},
		{"Races", raceRules()},
		{"Lifecycle", lifecycleRules()},
	}
	for _, area := range areas {
		t.Run(area.name, func(t *testing.T) {
			t.Parallel()
			for _, r := range area.rules {
				t.Run(r.name, func(t *testing.T) {
					t.Parallel()
					r.test(newSubject(t, h))
				})
			}
		})
	}
	t.Run("Changes", func(t *testing.T) {
		t.Parallel()
		if _, ok := newSubject(t, h).store.(heartbeat.Shared); !ok {
			return // one process at a time uses such a store
		}
		for _, r := range changeRules() {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				r.test(newSubject(t, h))
			})
		}
	})
	t.Run("Model", func(t *testing.T) {
		t.Parallel()
		Model(t, h)
	})
}

// rule is one clause of the contract with its proof.
type rule struct {
	name string
	test func(s *subject)
}
