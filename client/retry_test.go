package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"heartbeat/client"
)

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// deaf gives no answer.
func deaf(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

func through(t *testing.T, transport http.RoundTripper, cfg client.Config) *client.Client {
	t.Helper()
	cfg.BaseURL, cfg.HTTPClient = "https://example.org", &http.Client{Transport: transport}
	return open(t, cfg)
}

func TestRetry_UntilTaken(t *testing.T) {
	t.Parallel()
	busy := answer{status: 503}
	for _, answers := range [][]answer{
		{busy, {status: 500}, {status: 502, text: "<html>"}, {status: 200, text: "OK"}},
		{{status: 429}, busy, busy, {status: 201, text: "Created"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := &receiver{answers: answers}
			began := time.Now()
			err := through(t, r, client.Config{}).Success(t.Context(), byUUID, client.Details{})
			if err != nil || len(r.got) != 4 {
				t.Errorf("got %v after %d attempts", err, len(r.got))
			}
			// Pauses of 0.5, 1 and 2 s, each shortened by up to a half.
			if took := time.Since(began); took < 1750*time.Millisecond || took > 3500*time.Millisecond {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestRetry_PausesDiffer(t *testing.T) {
	t.Parallel()
	seen := map[time.Duration]bool{}
	for range 10 {
		synctest.Test(t, func(t *testing.T) {
			r := &receiver{answers: []answer{{status: 503}, {status: 200, text: "OK"}}}
			began := time.Now()
			if err := through(t, r, client.Config{}).Success(t.Context(), byUUID, client.Details{}); err != nil {
				t.Error(err)
			}
			seen[time.Since(began)] = true
		})
	}
	if len(seen) < 5 {
		t.Errorf("of ten pauses only %d differ", len(seen))
	}
}

func TestRetry_IsBoundedAndTellsTheLastError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{answers: []answer{{status: 500, text: "store is broken"}}}
		began := time.Now()
		err := through(t, r, client.Config{}).Success(t.Context(), byUUID, client.Details{})
		took := time.Since(began)
		if took > time.Minute || took < 45*time.Second {
			t.Errorf("it took %v", took)
		}
		if n := len(r.got); n < 8 || n > 16 {
			t.Errorf("%d attempts", n)
		}
		want := fmt.Sprintf("store is broken (%d attempts in ", len(r.got))
		if status := new(client.StatusError); !errors.As(err, &status) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	})
}

func TestRetry_AfterIsObeyed(t *testing.T) {
	t.Parallel()
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, test := range []struct {
		after    func() string
		min, max time.Duration
		attempts int
	}{
		{func() string { return "7" }, 7 * time.Second, 7 * time.Second, 2},
		{func() string { return in(20 * time.Second) }, 20 * time.Second, 20 * time.Second, 2},
		{func() string { return "0" }, 250 * time.Millisecond, 500 * time.Millisecond, 2},
		{func() string { return "soon" }, 250 * time.Millisecond, 500 * time.Millisecond, 2},
		{func() string { return in(-time.Hour) }, 250 * time.Millisecond, 500 * time.Millisecond, 2},
		// Longer than there is time: knocking earlier would help nobody.
		{func() string { return "3600" }, 0, 0, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			wait := http.Header{"Retry-After": {test.after()}}
			r := &receiver{answers: []answer{{status: 429, header: wait}, {status: 200, text: "OK"}}}
			began := time.Now()
			err := through(t, r, client.Config{}).Success(t.Context(), byUUID, client.Details{})
			took := time.Since(began)
			if took < test.min || took > test.max || len(r.got) != test.attempts || (err == nil) != (test.attempts == 2) {
				t.Errorf("Retry-After %s: %d attempts in %v, %v", wait, len(r.got), took, err)
			}
		})
	}
}

func TestRetry_HangingServerIsAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		hangs := roundTrip(func(req *http.Request) (*http.Response, error) {
			if calls++; calls == 3 {
				return (&receiver{}).RoundTrip(req)
			}
			return deaf(req)
		})
		began := time.Now()
		if err := through(t, hangs, client.Config{}).Success(t.Context(), byUUID, client.Details{}); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took < 20*time.Second || took > 22*time.Second {
			t.Errorf("it took %v, want two attempts of 10 s and their pauses", took)
		}
	})
}

func TestRetry_NeverAnsweredIsSaid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := through(t, roundTrip(deaf), client.Config{}).Success(t.Context(), byUUID, client.Details{})
		if took := time.Since(began); took > time.Minute {
			t.Errorf("it took %v", took)
		}
		if err == nil || !strings.Contains(err.Error(), "example.org gave no answer within 10s (") {
			t.Errorf("got %v", err)
		}
	})
}

func TestRetry_SingleAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{answers: []answer{{status: 503}}}
		began := time.Now()
		err := through(t, r, client.Config{RetryFor: -1}).Success(t.Context(), byUUID, client.Details{})
		if err == nil || len(r.got) != 1 || time.Since(began) != 0 {
			t.Errorf("got %v after %d attempts", err, len(r.got))
		}
	})
}

func TestRetry_CanceledWhileItWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{answers: []answer{{status: 503}}}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		began := time.Now()
		err := through(t, r, client.Config{}).Success(ctx, byUUID, client.Details{})
		status := new(client.StatusError)
		if !errors.Is(err, context.Canceled) || !errors.As(err, &status) || time.Since(began) != 3*time.Second {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
	})
}
