package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"heartbeat"
	"heartbeat/internal/monitor"
	"heartbeat/internal/store/sqlite"
)

const (
	sweepRounds = 20  // sweeps that find something
	sweepDue    = 100 // checks that each of them finds
	sweepStep   = 100 * time.Millisecond
)

// sweepStart is when the first of them are due. Sweeps are given their time, so
// it can be any.
var sweepStart = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

// benchSweep fills a database in one process and sweeps it in another, so that
// the memory it reports is that of a server after its start.
func benchSweep(ctx context.Context, s settings) (err error) {
	dir, err := os.MkdirTemp("", "heartbeat-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "bench.db")
	if err := fill(ctx, path, s.million); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	child := exec.CommandContext(ctx, self, "sweep-child", path, strconv.Itoa(s.million))
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	return child.Run()
}

// fill stores n checks, the first of which are due in groups.
func fill(ctx context.Context, path string, n int) error {
	store, err := sqlite.Open(ctx, sqlite.Config{Path: path})
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(512)
	for i := range n {
		group.Go(func() error { return store.Add(ctx, sweepCheck(i)) })
	}
	return errors.Join(group.Wait(), store.Close())
}

func sweepCheck(i int) heartbeat.Check {
	names := heartbeat.Names{
		Host: fmt.Sprintf("web%d.example.org", i%1000), Category: "backup", Type: "nightly", Name: fmt.Sprint("job ", i),
	}
	last := sweepStart.Add(-time.Hour)
	period := 30 * 24 * time.Hour
	if i < sweepRounds*sweepDue {
		period = time.Hour + time.Duration(i/sweepDue)*sweepStep
	}
	return heartbeat.Check{
		ID: names.ID(heartbeat.DefaultProject), Names: names, Created: last,
		Settings: heartbeat.Settings{Spec: heartbeat.Spec{Period: period, Worktime: "always", Zone: "UTC"}},
		State:    heartbeat.State{Status: heartbeat.StatusUp, Since: last, LastPing: last, Pings: 1},
	}
}

// sweepChild opens the database, sweeps it and prints how long that took.
func sweepChild(ctx context.Context, path, checks string) error {
	begin := time.Now()
	store, err := sqlite.Open(ctx, sqlite.Config{Path: path})
	if err != nil {
		return err
	}
	opened := time.Since(begin)
	m := monitor.New(monitor.Config{Store: store, Logger: slog.New(slog.DiscardHandler)})
	begin = time.Now()
	if _, err := m.Sweep(ctx, sweepStart.Add(-time.Second)); err != nil {
		return err
	}
	first := time.Since(begin)
	found, err := sweeps(ctx, m, sweepRounds, sweepStart, sweepStep)
	if err != nil {
		return err
	}
	none, err := sweeps(ctx, m, 100, sweepStart.Add(sweepRounds*sweepStep), time.Millisecond)
	if err != nil {
		return err
	}
	debug.FreeOSMemory()
	used, err := usageOf(os.Getpid())
	if err != nil {
		return err
	}
	fmt.Printf("\nsweep over %s checks: median (lowest–highest)\n", checks)
	line(fmt.Sprintf("%d due, flips durable, ms", sweepDue), "%.2f", found[1:])
	line("the first of them, cold, ms", "%.2f", found[:1])
	line("none due, ms", "%.4f", none)
	line("open the file, s", "%.2f", []float64{opened.Seconds()})
	line("first sweep (reads all), s", "%.2f", []float64{first.Seconds()})
	line("resident memory, MiB", "%.0f", []float64{float64(used.rss) / (1 << 20)})
	return store.Close()
}

// sweeps returns how many milliseconds each of n sweeps took.
func sweeps(ctx context.Context, m *monitor.Monitor, n int, from time.Time, step time.Duration) ([]float64, error) {
	var took []float64
	for i := range n {
		begin := time.Now()
		if _, err := m.Sweep(ctx, from.Add(time.Duration(i)*step)); err != nil {
			return nil, err
		}
		took = append(took, ms(time.Since(begin)))
	}
	return took, nil
}
