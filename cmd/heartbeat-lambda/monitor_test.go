package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/lambda/lambdatest"
)

// parameterStore is an endpoint of Systems Manager that knows these parameters.
func parameterStore(t *testing.T, known map[string]string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			Names          []string
			WithDecryption bool
		}
		err := json.NewDecoder(r.Body).Decode(&asked)
		if err != nil || !asked.WithDecryption || r.Header.Get("X-Amz-Target") != "AmazonSSM.GetParameters" ||
			!strings.Contains(r.Header.Get("Authorization"), "/"+lambdatest.Region+"/ssm/aws4_request") {
			http.Error(w, `{"__type":"ValidationException","message":"no such call"}`, http.StatusBadRequest)
			return
		}
		type parameter struct{ Name, Value string }
		found, invalid := []parameter{}, []string{}
		for _, name := range asked.Names {
			if value, ok := known[name]; ok {
				found = append(found, parameter{name, value})
			} else {
				invalid = append(invalid, name)
			}
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_ = json.NewEncoder(w).Encode(map[string]any{"Parameters": found, "InvalidParameters": invalid})
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// fails adds a check whose job says that it has failed.
func (s *stack) fails() heartbeat.Names {
	s.Helper()
	names := heartbeat.Names{Host: "web1", Category: "cron", Type: "backup", Name: "nightly"}
	id, now := names.ID(heartbeat.DefaultProject), time.Now()
	create := func() heartbeat.Check {
		return heartbeat.Check{
			ID: id, Project: heartbeat.DefaultProject, Names: names, Created: now,
			Settings: heartbeat.Settings{Spec: heartbeat.Spec{Period: time.Hour, Worktime: "always", Zone: "UTC"}},
			State:    heartbeat.State{Status: heartbeat.StatusUp, Since: now, LastPing: now},
		}
	}
	if _, err := s.store.Ping(s.Context(), id, heartbeat.Ping{At: now, Kind: heartbeat.KindFail}, create); err != nil {
		s.Fatal(err)
	}
	return names
}

// As heartbeat deploy leaves it: where messages go stands in the Parameter Store,
// and nowhere in the function's variables.
func TestMonitor_TellsTheWebhookOfTheParameterStore(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.env = slices.DeleteFunc(s.env, func(v string) bool { return strings.HasPrefix(v, "HEARTBEAT_SLACK_WEBHOOK=") })
	const path = "/services/T0/B0/parameter"
	monitor := s.function("monitor",
		"HEARTBEAT_PARAMETERS=/heartbeat/beat",
		"HEARTBEAT_SSM_ENDPOINT="+parameterStore(t, map[string]string{"/heartbeat/beat/slack-webhook": s.slack.URL() + path}))
	names := s.fails()
	s.tick(monitor, scheduled)
	s.wantSaid(1, names, "down")
	if got := s.slack.Requests()[0].Path; got != path {
		t.Errorf("the message went to %s, want %s", got, path)
	}
}

// mark is until when somebody has watched, as it is stored.
func (s *stack) mark() time.Time {
	s.Helper()
	raw, err := s.store.Value(s.Context(), heartbeat.KeyWatch)
	if err != nil {
		s.Fatal(err)
	}
	var watch heartbeat.Watch
	if err := json.Unmarshal(raw, &watch); err != nil {
		s.Fatal(err)
	}
	return watch.Mark
}

// A run that could not look at everything in its time says so, which Lambda
// counts as a failure, and does not claim to have watched.
func TestMonitor_APartialRunIsAFailureAndNoWatch(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	to, err := url.Parse(local.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	var slow atomic.Bool // a scan takes longer than the run may
	proxy := httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if slow.Load() && strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".Scan") {
			<-r.Context().Done()
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	binary, err := bootstrap()
	if err != nil {
		t.Fatal(err)
	}
	run := func() error {
		monitor := lambdatest.Start(t, lambdatest.Config{
			Binary: binary, Timeout: 3 * time.Second,
			Env: append(slices.Clone(s.env), "HEARTBEAT_ROLE=monitor", "HEARTBEAT_DYNAMODB_ENDPOINT="+server.URL),
		})
		_, err := monitor.Invoke(t.Context(), []byte(scheduled))
		return err
	}
	if err := run(); err != nil {
		t.Fatal(err)
	}
	before := s.mark()
	slow.Store(true)
	failure := new(lambdatest.FunctionError)
	if err := run(); !errors.As(err, &failure) || !strings.Contains(failure.Message, "partial") {
		t.Errorf("the run says %v, want that it was partial", err)
	}
	if after := s.mark(); !after.Equal(before) {
		t.Errorf("a partial run moves the watermark from %v to %v", before, after)
	}
	slow.Store(false)
	if err := run(); err != nil {
		t.Fatal(err)
	}
	if after := s.mark(); !after.After(before) {
		t.Errorf("a whole run leaves the watermark at %v", after)
	}
}
