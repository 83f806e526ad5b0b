package monitor_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/monitor"
	"heartbeat/internal/store/memory"
)

// fill adds n checks whose deadlines begin at first, a second apart.
func fill(b *testing.B, store heartbeat.Store, n int, first time.Time) {
	b.Helper()
	c := heartbeat.Check{
		Names:    heartbeat.Names{Host: "web1", Category: "backup", Type: "job"},
		Settings: heartbeat.Settings{Spec: heartbeat.Spec{Period: time.Hour, Worktime: "always", Zone: "UTC"}},
	}
	c.Status = heartbeat.StatusUp
	for i := range n {
		binary.BigEndian.PutUint32(c.ID[:], uint32(i)*2_654_435_761) // spread, no two alike
		c.Name = fmt.Sprintf("job %d", i)
		c.LastPing = first.Add(time.Duration(i)*time.Second - c.Period)
		if err := store.Add(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSweep is one sweep over a million checks, the flips included.
func BenchmarkSweep(b *testing.B) {
	for _, due := range []int{0, 100} {
		b.Run(fmt.Sprintf("due=%d", due), func(b *testing.B) {
			store := memory.New()
			benchmarkSweep(b, store, 1_000_000, due)
		})
	}
}

func benchmarkSweep(b *testing.B, store heartbeat.Store, checks, due int) {
	// The watermark is not due: the sweep alone is measured.
	m := monitor.New(monitor.Config{Store: store, Logger: slog.New(slog.DiscardHandler), Every: 1000 * time.Hour})
	begin := time.Now().Round(0)
	fill(b, store, checks, begin.Add(time.Second))
	before := heap()
	if _, err := m.Sweep(b.Context(), begin); err != nil {
		b.Fatal(err)
	}
	remembers := float64(heap()-before) / float64(checks)
	at := begin.Add(time.Second / 2)
	for b.Loop() {
		at = at.Add(time.Duration(due) * time.Second)
		swept, err := m.Sweep(context.Background(), at)
		if err != nil {
			b.Fatal(err)
		}
		if len(swept.Flips) != due {
			b.Fatalf("%d flips, want %d: too many rounds for %d checks, try a smaller -benchtime", len(swept.Flips), due, checks)
		}
	}
	runtime.KeepAlive(m)
	b.ReportMetric(remembers, "B/check")
}

func heap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}
