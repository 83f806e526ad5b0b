package client_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"heartbeat/client"
)

func TestRun_ReportsStartAndEnd(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk is full")
	for _, test := range []struct {
		err        error
		last, body string
	}{
		{nil, "/ping/" + uuid, "took 3s"},
		{broken, "/ping/" + uuid + "/fail", "failed after 3s: disk is full"},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := &receiver{}
			err := through(t, r, client.Config{}).Run(t.Context(), byUUID, func(context.Context) error {
				time.Sleep(3 * time.Second)
				return test.err
			})
			if err != test.err { //nolint:errorlint // the job's error comes back as it is
				t.Errorf("got %v, want %v", err, test.err)
			}
			ids := regexp.MustCompile(`\?rid=([0-9a-f-]{36})$`)
			begin, end := ids.FindStringSubmatch(r.got[0]), ids.FindStringSubmatch(r.got[1])
			if begin == nil || end == nil || begin[1] != end[1] {
				t.Fatalf("start and end have no common run ID: %q", r.got)
			}
			if !strings.HasPrefix(r.got[0], "POST /ping/"+uuid+"/start?") || !strings.HasPrefix(r.got[1], "POST "+test.last+"?") ||
				r.bodies[1] != test.body {
				t.Errorf("got %q, %q", r.got, r.bodies)
			}
		})
	}
}

func TestRun_MonitorAwayNeitherFailsNorDelaysTheJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		c := through(t, roundTrip(deaf), client.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		began := time.Now()
		var start time.Duration
		err := c.Run(t.Context(), bySlug, func(context.Context) error {
			start = time.Since(began)
			time.Sleep(time.Hour)
			return nil
		})
		if err != nil || start != 0 {
			t.Errorf("got %v; the job began after %v", err, start)
		}
		if took := time.Since(began); took > time.Hour+time.Minute {
			t.Errorf("it took %v", took)
		}
		if got := log.String(); strings.Count(got, "ping not delivered") != 2 || strings.Contains(got, key) {
			t.Errorf("the log says %s", got)
		}
	})
}

func TestRun_StartNeverComesAfterTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{}
		slow := roundTrip(func(req *http.Request) (*http.Response, error) {
			if strings.Contains(req.URL.Path, "/start") {
				time.Sleep(2 * time.Second)
			}
			return r.RoundTrip(req)
		})
		if err := through(t, slow, client.Config{}).Run(t.Context(), byUUID, func(context.Context) error { return nil }); err != nil {
			t.Error(err)
		}
		if len(r.got) != 2 || !strings.Contains(r.got[0], "/start") || strings.Contains(r.got[1], "/start") {
			t.Errorf("got %q", r.got)
		}
	})
}

func TestRun_PanicIsReportedAndGoesOn(t *testing.T) {
	t.Parallel()
	r := &receiver{}
	c := through(t, r, client.Config{})
	defer func() {
		if reason := recover(); reason != "no such table" {
			t.Errorf("recovered %v", reason)
		}
		if len(r.got) != 2 || !strings.Contains(r.got[1], "/fail") || !strings.Contains(r.bodies[1], "no such table") {
			t.Errorf("got %q, %q", r.got, r.bodies)
		}
	}()
	_ = c.Run(t.Context(), byUUID, func(context.Context) error { panic("no such table") })
}

func TestRun_GoexitIsReported(t *testing.T) {
	t.Parallel()
	r := &receiver{}
	c := through(t, r, client.Config{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = c.Run(t.Context(), byUUID, func(context.Context) error { runtime.Goexit(); return nil })
	}()
	<-done
	if len(r.got) != 2 || !strings.Contains(r.got[1], "/fail") || !strings.Contains(r.bodies[1], "ended its goroutine") {
		t.Errorf("got %q, %q", r.got, r.bodies)
	}
}

func TestRun_EndIsReportedAfterTheContext(t *testing.T) {
	t.Parallel()
	r := &receiver{}
	c := through(t, r, client.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	err := c.Run(ctx, byUUID, func(ctx context.Context) error {
		cancel()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) || len(r.got) != 2 || !strings.Contains(r.got[1], "/fail") {
		t.Errorf("got %v, %q", err, r.got)
	}
}

func TestRun_MalformedCheckIsSaidBeforeTheJob(t *testing.T) {
	t.Parallel()
	c := through(t, &receiver{}, client.Config{})
	err := c.Run(t.Context(), client.Check{}, func(context.Context) error { t.Error("it ran"); return nil })
	if !errors.Is(err, client.ErrInvalid) {
		t.Errorf("got %v", err)
	}
}

func TestNewRunID_IsARandomUUID(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	var ids []string
	for range 100 {
		id := client.NewRunID()
		if !form.MatchString(id) || slices.Contains(ids, id) {
			t.Fatalf("got %s after %q", id, ids)
		}
		ids = append(ids, id)
	}
}
