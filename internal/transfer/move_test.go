package transfer_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"heartbeat"
	"heartbeat/internal/monitor"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/transfer"
)

// watched runs a monitor over the store until the function returned is called.
func watched(t *testing.T, s heartbeat.Store) (*monitor.Monitor, func()) {
	t.Helper()
	m := monitor.New(monitor.Config{Store: s, Link: func(heartbeat.CheckID) string { return "" }})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); m.Run(ctx) }()
	synctest.Wait()
	return m, func() { stop(); <-done }
}

// A check moves while its deadline passes. It must not be blamed for that, and if
// it is dead, that must be noticed: whether somebody watches the new store
// already, or begins to afterwards.
func TestMove_NobodyIsBlamedForTheTimeInBetween(t *testing.T) {
	t.Parallel()
	for name, runs := range map[string]bool{"the new one runs already": true, "the new one starts afterwards": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				from, to := memory.New(), memory.New()
				c := named("nightly")
				c.Settings = heartbeat.Settings{Spec: heartbeat.Spec{Period: time.Hour, Worktime: "always", Zone: "UTC"}}
				c.Created, c.Since = time.Now(), time.Now()
				m, stop := watched(t, from)
				_, err := from.Ping(t.Context(), c.ID, heartbeat.Ping{At: time.Now(), Kind: heartbeat.KindSuccess},
					func() heartbeat.Check { return c })
				ok(t, err)
				m.Changed(c.ID)
				time.Sleep(50 * time.Minute)
				stop()
				src, err := transfer.Export(t.Context(), from, keys(), time.Now())
				ok(t, err)
				options := transfer.Options{Now: time.Now}
				if runs {
					m, stop = watched(t, to)
					options.Changed = m.Changed
				}
				time.Sleep(30 * time.Minute) // the deadline passes after 10
				report, err := transfer.Load(t.Context(), to, src, options)
				ok(t, err)
				equal(t, "report", report, transfer.Report{Checks: 1, Pings: 1, Flips: 1})
				if !runs {
					_, stop = watched(t, to)
				}
				defer stop()
				moved := time.Now()
				time.Sleep(9 * time.Minute)
				if got, _ := to.Flips(t.Context(), c.ID, 1); got[0].To != heartbeat.StatusUp {
					t.Fatalf("it was blamed: %+v", got[0])
				}
				time.Sleep(2 * time.Minute)
				got, _ := to.Flips(t.Context(), c.ID, 1)
				if got[0].To != heartbeat.StatusDown || got[0].At.Sub(moved) != 10*time.Minute {
					t.Fatalf("it was missed, or late: %+v", got[0])
				}
			})
		})
	}
}
