package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

func benchPulse(ctx context.Context, s settings) error {
	return compare(ctx, s, fmt.Sprintf("pulses, %d keep-alive connections, %d checks", s.connections, s.checks), false)
}

func benchConnect(ctx context.Context, s settings) error {
	return compare(ctx, s, fmt.Sprintf("pulses, a new connection each, %d at once, %d checks", s.connections, s.checks), true)
}

// compare loads the bare handler and the server in alternate rounds.
func compare(ctx context.Context, s settings, title string, fresh bool) (err error) {
	dir, err := os.MkdirTemp("", "heartbeat-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	bare, err := startBare(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = bare.stop() }() // it ends by the signal
	beat, err := startHeartbeat(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, beat.stop()) }()

	requests := pulses(s.checks, pingKey, fresh)
	for _, srv := range []*server{bare, beat} {
		if _, err := load(ctx, srv.addr, requests, s.connections, s.warmUp, fresh); err != nil {
			return err
		}
	}
	var bares, beats []outcome
	var bareUsed, used []usage
	for range s.rounds {
		b, bu, err := measured(ctx, bare, requests, s, fresh)
		if err != nil {
			return err
		}
		h, u, err := measured(ctx, beat, requests, s, fresh)
		if err != nil {
			return err
		}
		bares, bareUsed = append(bares, b), append(bareUsed, bu)
		beats, used = append(beats, h), append(used, u)
	}
	report(title, bares, beats, bareUsed, used)
	return nil
}

// measured is one round and what it cost the server.
func measured(ctx context.Context, srv *server, requests [][]byte, s settings, fresh bool) (outcome, usage, error) {
	before, err := usageOf(srv.cmd.Process.Pid)
	if err != nil {
		return outcome{}, usage{}, err
	}
	o, err := load(ctx, srv.addr, requests, s.connections, s.length, fresh)
	if err != nil {
		return o, usage{}, err
	}
	after, err := usageOf(srv.cmd.Process.Pid)
	return o, after.since(before), err
}

func report(title string, bares, beats []outcome, bareUsed, used []usage) {
	fmt.Printf("\n%s, %d rounds: median (lowest–highest)\n", title, len(beats))
	each := func(outcomes []outcome, f func(i int) float64) []float64 {
		values := make([]float64, len(outcomes))
		for i := range values {
			values[i] = f(i)
		}
		return values
	}
	line("bare handler, requests/s", "%.0f", each(bares, func(i int) float64 { return bares[i].rate() }))
	line("heartbeat, pulses/s", "%.0f", each(beats, func(i int) float64 { return beats[i].rate() }))
	line("ratio, same round", "%.3f", each(beats, func(i int) float64 { return beats[i].rate() / bares[i].rate() }))
	line("heartbeat p50, ms", "%.2f", each(beats, func(i int) float64 { return ms(beats[i].percentile(0.50)) }))
	line("heartbeat p99, ms", "%.2f", each(beats, func(i int) float64 { return ms(beats[i].percentile(0.99)) }))
	line("bare p99, ms", "%.2f", each(bares, func(i int) float64 { return ms(bares[i].percentile(0.99)) }))
	line("bare server CPU, µs", "%.1f", each(bares, func(i int) float64 {
		return float64(bareUsed[i].cpu.Microseconds()) / float64(bares[i].requests)
	}))
	line("server CPU a pulse, µs", "%.1f", each(beats, func(i int) float64 {
		return float64(used[i].cpu.Microseconds()) / float64(beats[i].requests)
	}))
	line("bytes written a pulse", "%.0f", each(beats, func(i int) float64 {
		return float64(used[i].written) / float64(beats[i].requests)
	}))
	line("resident memory, MiB", "%.0f", each(beats, func(i int) float64 { return float64(used[i].rss) / (1 << 20) }))
}

// line prints the median of values and their spread.
func line(what, format string, values []float64) {
	sorted := slices.Sorted(slices.Values(values))
	median := sorted[len(sorted)/2]
	fmt.Printf("  %-28s "+format+" ("+format+"–"+format+")\n", what, median, sorted[0], sorted[len(sorted)-1])
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
