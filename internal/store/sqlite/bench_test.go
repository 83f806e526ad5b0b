package sqlite_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/store/sqlite"
)

func openFilled(b *testing.B, checks int) (*sqlite.Store, []heartbeat.Check) {
	b.Helper()
	s, err := sqlite.Open(b.Context(), sqlite.Config{Path: filepath.Join(b.TempDir(), "bench.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	var wg sync.WaitGroup
	all := make([]heartbeat.Check, checks)
	for i := range all {
		all[i] = named(i)
		all[i].Status = heartbeat.StatusUp
		all[i].LastPing = noon
		wg.Go(func() {
			if err := s.Add(context.Background(), all[i]); err != nil {
				b.Error(err)
			}
		})
		if i%1000 == 999 {
			wg.Wait()
		}
	}
	wg.Wait()
	return s, all
}

// BenchmarkPing is what 64 connections cost the store: each op is one durable ping.
func BenchmarkPing(b *testing.B) {
	s, all := openFilled(b, 10_000)
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i = (i + 7919) % len(all) {
			if _, err := s.Ping(context.Background(), all[i].ID, heartbeat.Ping{
				At: noon, Kind: heartbeat.KindSuccess, Method: "GET", Addr: "192.0.2.1", Agent: "curl/8.5.0",
			}, nil); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkCheck reads one check afresh.
func BenchmarkCheck(b *testing.B) {
	s, all := openFilled(b, 10_000)
	for i := 0; b.Loop(); i = (i + 7919) % len(all) {
		if _, err := s.Check(b.Context(), all[i].ID); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSave100 saves 100 flips that come at once, as a sweep does.
func BenchmarkSave100(b *testing.B) {
	s, all := openFilled(b, 10_000)
	checks := all[:100]
	for i := range checks {
		stored, err := s.Check(b.Context(), checks[i].ID)
		if err != nil {
			b.Fatal(err)
		}
		checks[i] = stored
	}
	for round := 0; b.Loop(); round++ {
		flip := &heartbeat.Flip{At: noon, From: heartbeat.StatusUp, To: heartbeat.StatusDown, Reason: heartbeat.ReasonLate}
		var wg sync.WaitGroup
		for i := range checks {
			wg.Go(func() {
				if err := s.Save(context.Background(), checks[i], flip); err != nil {
					b.Error(err)
				}
				checks[i].Rev++
			})
		}
		wg.Wait()
	}
}

// BenchmarkChecks1000 reads what a dashboard of 1,000 checks shows.
func BenchmarkChecks1000(b *testing.B) {
	s, _ := openFilled(b, 1000)
	for b.Loop() {
		if checks, err := s.Checks(b.Context()); err != nil || len(checks) != 1000 {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen loads 10,000 checks, as a start does.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "bench.db")
	s, err := sqlite.Open(b.Context(), sqlite.Config{Path: path})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 10_000 {
		c := named(i)
		if _, err := s.Ping(b.Context(), c.ID, heartbeat.Ping{At: noon.Add(time.Second), Kind: heartbeat.KindSuccess},
			func() heartbeat.Check { return c }); err != nil {
			b.Fatal(err)
		}
		if i == 100 && testing.Short() {
			break
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, err := sqlite.Open(b.Context(), sqlite.Config{Path: path})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
