package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/config"
	"heartbeat/internal/notify/notifytest"
	"heartbeat/internal/store/sqlite"
)

const testKey = "test-ping-key"

// settings are those of a server on a free port over a file of its own.
func settings(t *testing.T) config.Config {
	t.Helper()
	return config.Config{
		Listen:              "127.0.0.1:0",
		Store:               config.Store{Kind: "sqlite", Path: filepath.Join(t.TempDir(), "heartbeat.db")},
		Secret:              "test-secret",
		PingKey:             testKey,
		AllowPrivateTargets: true,
		Timezone:            "UTC",
	}
}

// start runs the whole program in this process. stop ends it as SIGTERM does.
func start(t *testing.T, cfg config.Config) (s *server, stop func()) {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := newServer(t.Context(), cfg, logger)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the server ended badly: %v", err)
		}
	})
	t.Cleanup(stop)
	return s, stop
}

// startForPulse is start, for who needs nothing but the address of pulses.
func startForPulse(t *testing.T, cfg config.Config) (pulse string, stop func()) {
	t.Helper()
	s, stop := start(t, cfg)
	return s.link("/" + testKey + "/pulse"), stop
}

func query(name string, more ...string) string {
	q := url.Values{"host": {"web1"}, "category": {"test"}, "type": {"go"}, "name": {name}}
	for i := 0; i < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return "?" + q.Encode()
}

// send sends a pulse and returns an error unless it was acknowledged.
func send(client *http.Client, address string) error {
	resp, err := client.Get(address)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || string(body) != "Successful Heartbeat Pulse" {
		return fmt.Errorf("%s: %s", resp.Status, body)
	}
	return nil
}

func TestServe_LateIsToldWithinASecondAndRecoveryOnce(t *testing.T) {
	t.Parallel()
	receiver := notifytest.NewReceiver(t)
	cfg := settings(t)
	cfg.SlackWebhooks = []config.Secret{config.Secret(receiver.URL() + "/services/T0/B0/x")}
	pulse, stop := startForPulse(t, cfg)
	nightly := pulse + query("nightly", "threshold", "0.0003", "worktime", "always") // 1.08 s

	sent := time.Now()
	if err := send(http.DefaultClient, nightly); err != nil {
		t.Fatal(err)
	}
	late := receiver.Wait(t, 1)
	if took := time.Since(sent); took < 1080*time.Millisecond || took > 2080*time.Millisecond+leeway {
		t.Errorf("the message came %v after the pulse, want within a second of the deadline at 1.08 s", took)
	}
	for _, want := range []string{"web1", "nightly", "late", "/heartbeat/check?id="} {
		if !bytes.Contains(late[0].Body, []byte(want)) {
			t.Errorf("the message lacks %q: %s", want, late[0].Body)
		}
	}
	if bytes.Contains(late[0].Body, []byte("test-secret")) || bytes.Contains(late[0].Body, []byte(testKey)) {
		t.Errorf("the message holds a key: %s", late[0].Body)
	}

	// A pulse with another threshold does not change the stored one.
	if err := send(http.DefaultClient, pulse+query("nightly", "threshold", "24")); err != nil {
		t.Fatal(err)
	}
	both := receiver.Wait(t, 2)
	if !bytes.Contains(both[1].Body, []byte("nightly")) {
		t.Errorf("the second message does not tell of the recovery: %s", both[1].Body)
	}
	stop()
	if n := len(receiver.Requests()); n > 3 { // a third may tell of the second lateness
		t.Errorf("%d messages came", n)
	}
}

// leeway is for machines that are busy with other tests.
const leeway = 2 * time.Second

func TestServe_WhatIsAcknowledgedDuringShutdownIsThere(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	pulse, stop := startForPulse(t, cfg)
	const jobs = 16
	var acknowledged atomic.Int64
	var all sync.WaitGroup
	for i := range jobs {
		all.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for send(client, pulse+query(fmt.Sprint("job ", i))) == nil {
				acknowledged.Add(1)
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	stop()
	all.Wait()

	stored := int64(0)
	for _, c := range checks(t, cfg.Store.Path) {
		stored += c.Pings
	}
	if got := acknowledged.Load(); got == 0 || stored < got || stored > got+jobs {
		t.Errorf("%d pulses were acknowledged, %d are stored", got, stored)
	}
}

func TestServe_FirstPulsesAtOnceMakeOneCheck(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	pulse, stop := startForPulse(t, cfg)
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if err := send(http.DefaultClient, pulse+query("first")); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if err := send(http.DefaultClient, pulse+query("first")); err != nil {
		t.Error(err)
	}
	stop()
	if got := checks(t, cfg.Store.Path); len(got) != 1 || got[0].Pings != 3 {
		t.Errorf("got %d checks, want one with 3 pings: %+v", len(got), got)
	}
}

// checks reads the store of a server that has ended.
func checks(t *testing.T, path string) []heartbeat.Check {
	t.Helper()
	list, err := open(t, path).Checks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func open(t *testing.T, path string) heartbeat.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}
