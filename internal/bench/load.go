package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"heartbeat"
)

// outcome is what one round of load saw.
type outcome struct {
	requests  int
	seconds   float64
	latencies []time.Duration // sorted
}

func (o outcome) rate() float64 { return float64(o.requests) / o.seconds }

func (o outcome) percentile(p float64) time.Duration {
	if len(o.latencies) == 0 {
		return 0
	}
	return o.latencies[min(int(p*float64(len(o.latencies))), len(o.latencies)-1)]
}

// load sends requests to addr from a number of connections for a time. With
// fresh, every request opens a connection of its own, as curl does.
func load(ctx context.Context, addr string, requests [][]byte, connections int, length time.Duration, fresh bool) (outcome, error) {
	var mu sync.Mutex
	var all outcome
	var errs []error
	var wg sync.WaitGroup
	begin := time.Now()
	for i := range connections {
		wg.Go(func() {
			c := client{addr: addr, requests: requests, fresh: fresh, number: i}
			err := c.run(ctx, begin.Add(length))
			mu.Lock()
			defer mu.Unlock()
			all.latencies = append(all.latencies, c.latencies...)
			errs = append(errs, err)
		})
	}
	wg.Wait()
	all.seconds = time.Since(begin).Seconds()
	all.requests = len(all.latencies)
	slices.Sort(all.latencies)
	return all, errors.Join(errs...)
}

// client is one connection's worth of load. It speaks just enough HTTP to cost
// little beside the server.
type client struct {
	addr      string
	requests  [][]byte
	fresh     bool
	number    int
	latencies []time.Duration

	conn net.Conn
	in   *bufio.Reader
}

func (c *client) run(ctx context.Context, end time.Time) error {
	random := rand.New(rand.NewPCG(uint64(c.number), 1))
	defer c.close()
	for {
		begin := time.Now()
		if begin.After(end) {
			return nil
		}
		if err := c.connect(ctx); err != nil {
			return err
		}
		if err := c.ask(c.requests[random.IntN(len(c.requests))]); err != nil {
			return err
		}
		if c.fresh {
			c.close()
		}
		c.latencies = append(c.latencies, time.Since(begin))
	}
}

func (c *client) connect(ctx context.Context) error {
	if c.conn != nil {
		return nil
	}
	// A source address for each client: a host has too few ports for thousands
	// of new connections a second.
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(c.number+1))}}
	conn, err := dialer.DialContext(ctx, "tcp", c.addr)
	if err != nil {
		return err
	}
	c.conn = conn
	if c.in == nil {
		c.in = bufio.NewReader(conn)
	}
	c.in.Reset(conn)
	return nil
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// ask sends one request and reads its answer, which must be a 200 or 201 with a
// Content-Length.
func (c *client) ask(request []byte) error {
	if _, err := c.conn.Write(request); err != nil {
		return err
	}
	status, err := c.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 20")) {
		return fmt.Errorf("answered %q", bytes.TrimSpace(status))
	}
	length := 0
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) == 2 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	_, err = c.in.Discard(length)
	return err
}

// pulses are ready-made requests for a number of checks.
func pulses(checks int, key string, fresh bool) [][]byte {
	connection := ""
	if fresh {
		connection = "Connection: close\r\n"
	}
	requests := make([][]byte, checks)
	for i := range requests {
		n := jobNames(i)
		requests[i] = get(fmt.Sprintf("/heartbeat/%s/pulse?host=%s&category=%s&type=%s&name=%s&threshold=24",
			key, n.Host, n.Category, n.Type, url.QueryEscape(n.Name)), connection)
	}
	return requests
}

func jobNames(i int) heartbeat.Names {
	return heartbeat.Names{Host: fmt.Sprintf("web%d", i%50), Category: "backup", Type: "nightly", Name: fmt.Sprintf("job %d", i)}
}

// get is a request as curl sends it; header is empty or ends with a line break.
func get(target, header string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: monitor.example.org\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n%s\r\n", target, header)
}
