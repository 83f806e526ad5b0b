// Command bench measures what docs/performance.md says. It starts a bare
// net/http handler that answers OK and `heartbeat serve` side by side, loads
// both from this, a third, process in alternate rounds, and prints medians with
// their spread. Nothing leaves the loopback interface and every loop is bounded.
//
//	make bench                        everything
//	go run ./internal/bench pulse     one part: pulse, connect, ping, sweep, idle or page
//	go run ./internal/bench load ADDR nothing but the load, on a server that a profiler watches
//
// The databases are made in a temporary folder: point TMPDIR at the disk that
// is to be measured, not at memory.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"time"
)

// settings are the sizes of a run.
type settings struct {
	rounds      int
	length      time.Duration // of one round
	warmUp      time.Duration
	connections int
	checks      int // that pulses go to
	million     int // checks of the sweep
	idle        time.Duration
}

// part is one measurement.
type part struct {
	name string
	run  func(ctx context.Context, s settings) error
}

func parts() []part {
	return []part{
		{"pulse", benchPulse},
		{"connect", benchConnect},
		{"ping", benchPing},
		{"sweep", benchSweep},
		{"idle", benchIdle},
		{"page", benchPage},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var s settings
	flag.IntVar(&s.rounds, "rounds", 5, "rounds of each server")
	flag.DurationVar(&s.length, "length", 3*time.Second, "length of a round")
	flag.DurationVar(&s.warmUp, "warm-up", time.Second, "load before the first counted round of each server")
	flag.IntVar(&s.connections, "connections", 64, "connections at once")
	flag.IntVar(&s.checks, "checks", 10_000, "checks that are pulsed")
	flag.IntVar(&s.million, "million", 1_000_000, "checks of the sweep")
	flag.DurationVar(&s.idle, "idle", 60*time.Second, "length of the measurement at a trickle")
	flag.Parse()
	switch names := flag.Args(); {
	case len(names) == 2 && names[0] == "bare": // the child process
		return serveBare(ctx, names[1])
	case len(names) == 2 && names[0] == "load": // for a profiler
		o, err := load(ctx, names[1], pulses(s.checks, pingKey, false), s.connections, s.length, false)
		fmt.Println(o.rate(), o.percentile(0.5), o.percentile(0.99))
		return err
	case len(names) == 3 && names[0] == "sweep-child":
		return sweepChild(ctx, names[1], names[2])
	default:
		return runParts(ctx, s, names)
	}
}

func runParts(ctx context.Context, s settings, names []string) error {
	for _, p := range parts() {
		if len(names) > 0 && !slices.Contains(names, p.name) {
			continue
		}
		if err := p.run(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}
