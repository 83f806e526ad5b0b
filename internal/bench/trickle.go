package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"os"
	"time"
)

// trickleChecks are pulsed once a minute each, and fill the page.
const trickleChecks = 1000

// withServer runs f on a fresh server whose trickleChecks checks exist.
func withServer(ctx context.Context, f func(*server, [][]byte) error) error {
	return withFresh(ctx, func(srv *server) error {
		requests := pulses(trickleChecks, pingKey, false)
		c := client{addr: srv.addr, requests: requests}
		defer c.close()
		if err := c.connect(ctx); err != nil {
			return err
		}
		for _, r := range requests {
			if err := c.ask(r); err != nil {
				return err
			}
		}
		return f(srv, requests)
	})
}

// withFresh runs f on a server with an empty database of its own.
func withFresh(ctx context.Context, f func(*server) error) (err error) {
	dir, err := os.MkdirTemp("", "heartbeat-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	srv, err := startHeartbeat(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, srv.stop()) }()
	return f(srv)
}

// benchIdle pulses each check once a minute and reads the server's CPU time.
func benchIdle(ctx context.Context, s settings) error {
	return withServer(ctx, func(srv *server, requests [][]byte) error {
		time.Sleep(10 * time.Second) // what the first pulses left to be written
		before, err := usageOf(srv.cmd.Process.Pid)
		if err != nil {
			return err
		}
		begin := time.Now()
		sent, err := trickle(ctx, srv.addr, requests, s.idle)
		if err != nil {
			return err
		}
		took := time.Since(begin)
		after, err := usageOf(srv.cmd.Process.Pid)
		if err != nil {
			return err
		}
		used := after.since(before)
		fmt.Printf("\n%d checks pulsed once a minute each, for %s (%d pulses, a new connection each)\n",
			trickleChecks, took.Round(time.Second), sent)
		line("share of one core, %", "%.2f", []float64{100 * used.cpu.Seconds() / took.Seconds()})
		line("bytes written a pulse", "%.0f", []float64{float64(used.written) / float64(sent)})
		line("resident memory, MiB", "%.0f", []float64{float64(used.rss) / (1 << 20)})
		return nil
	})
}

// trickle sends the requests evenly, each check once a minute.
func trickle(ctx context.Context, addr string, requests [][]byte, length time.Duration) (sent int, err error) {
	end := time.After(length)
	tick := time.NewTicker(time.Minute / time.Duration(len(requests)))
	defer tick.Stop()
	c := client{addr: addr}
	for {
		select {
		case <-end:
			return sent, nil
		case <-tick.C:
		}
		if err := c.connect(ctx); err != nil {
			return sent, err
		}
		if err := c.ask(requests[sent%len(requests)]); err != nil {
			return sent, err
		}
		c.close()
		sent++
	}
}

// benchPage times the dashboard page of 1,000 checks as a browser loads it.
func benchPage(ctx context.Context, _ settings) error {
	return withServer(ctx, func(srv *server, _ [][]byte) error {
		jar, err := cookiejar.New(nil)
		if err != nil {
			return err
		}
		browser := &http.Client{Jar: jar}
		page := "http://" + srv.addr + "/heartbeat/dashboard"
		if err := fetch(ctx, browser, page+"?secret="+secret); err != nil {
			return err
		}
		var took []float64
		for range 50 {
			begin := time.Now()
			if err := fetch(ctx, browser, page); err != nil {
				return err
			}
			took = append(took, ms(time.Since(begin)))
		}
		fmt.Printf("\ndashboard page of %d checks, as the client sees it\n", trickleChecks)
		line("time, ms", "%.1f", took)
		return nil
	})
}
