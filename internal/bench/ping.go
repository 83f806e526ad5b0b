package main

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"heartbeat"
)

// contender is one way to say that a job is well.
type contender struct {
	name     string
	requests [][]byte
	outcomes []outcome
	used     []usage
}

// benchPing loads the server with pulses, with ping URLs by UUID and with ping
// URLs by slug, in alternate rounds.
func benchPing(ctx context.Context, s settings) error {
	return withFresh(ctx, func(srv *server) error { return s.benchPing(ctx, srv) })
}

func (s settings) benchPing(ctx context.Context, srv *server) error {
	all := []*contender{
		{name: "pulses", requests: pulses(s.checks, pingKey, false)},
		{name: "pings by UUID", requests: pingsByUUID(s.checks)},
		{name: "pings by slug", requests: pingsBySlug(s.checks, "")},
	}
	for _, first := range [][][]byte{all[0].requests, pingsBySlug(s.checks, "?create=1")} {
		if err := each(ctx, srv.addr, first, s.connections); err != nil {
			return err
		}
	}
	for _, c := range all {
		if _, err := load(ctx, srv.addr, c.requests, s.connections, s.warmUp, false); err != nil {
			return err
		}
	}
	for range s.rounds {
		for _, c := range all {
			o, u, err := measured(ctx, srv, c.requests, s, false)
			if err != nil {
				return err
			}
			c.outcomes, c.used = append(c.outcomes, o), append(c.used, u)
		}
	}
	fmt.Printf("\nping URLs and pulses, %d keep-alive connections, %d checks, %d rounds: median (lowest–highest)\n",
		s.connections, s.checks, s.rounds)
	for _, c := range all {
		c.report(all[0])
	}
	return nil
}

func (c *contender) report(pulses *contender) {
	var rates, ratios, cpu []float64
	for i, o := range c.outcomes {
		rates = append(rates, o.rate())
		ratios = append(ratios, o.rate()/pulses.outcomes[i].rate())
		cpu = append(cpu, float64(c.used[i].cpu.Microseconds())/float64(o.requests))
	}
	line(c.name+", a second", "%.0f", rates)
	line("  server CPU each, µs", "%.1f", cpu)
	if c != pulses {
		line("  ratio to pulses, same round", "%.3f", ratios)
	}
}

// each sends every request once.
func each(ctx context.Context, addr string, requests [][]byte, connections int) error {
	var group errgroup.Group
	number := 0
	for chunk := range slices.Chunk(requests, max(1, len(requests)/connections)) {
		c := client{addr: addr, number: number % connections}
		number++
		group.Go(func() error {
			defer c.close()
			if err := c.connect(ctx); err != nil {
				return err
			}
			for _, r := range chunk {
				if err := c.ask(r); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// pingsByUUID are ping URLs of the checks that pulses make.
func pingsByUUID(checks int) [][]byte {
	requests := make([][]byte, checks)
	for i := range requests {
		requests[i] = get("/ping/"+jobNames(i).ID(heartbeat.DefaultProject).String(), "")
	}
	return requests
}

// pingsBySlug are ping URLs of checks that they make themselves, if query says so.
func pingsBySlug(checks int, query string) [][]byte {
	requests := make([][]byte, checks)
	for i := range requests {
		requests[i] = get(fmt.Sprintf("/ping/%s/nightly-backup-%d%s", pingKey, i, query), "")
	}
	return requests
}
