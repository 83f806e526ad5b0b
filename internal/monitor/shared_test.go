package monitor_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"heartbeat"
	"heartbeat/internal/monitor"
	"heartbeat/internal/notify"
	"heartbeat/internal/notify/notifytest"
	"heartbeat/internal/store/dynamo"
	"heartbeat/internal/store/dynamo/dynalite"
)

// local is the DynamoDB of the tests in which processes share a store.
var local dynalite.Server

var tables atomic.Int64

func TestMain(m *testing.M) {
	code := m.Run()
	local.Stop()
	os.Exit(code)
}

// newTables makes tables that no other test uses. What it returns opens them as
// one process would.
func newTables(t *testing.T) (open func() *dynamo.Store) {
	t.Helper()
	cfg := dynamo.Config{
		Prefix: fmt.Sprintf("m%d", tables.Add(1)), Region: "eu-central-1", Endpoint: local.URL(t),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	}
	if err := dynamo.CreateTables(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	return func() *dynamo.Store {
		s, err := dynamo.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
}

// A replica learns of a check that another one has made, and of a run that it
// was told of, long before it reads all checks again.
func TestRun_LearnsWhatOtherReplicasChange(t *testing.T) {
	t.Parallel()
	open := newTables(t)
	mine, theirs := open(), open()
	slack := newChannel()
	m := monitor.New(monitor.Config{
		Store: mine, Changes: mine.Changes, Logger: slog.New(slog.DiscardHandler), Every: time.Second,
		Channels: notifytest.Given(notify.Channel{ID: "slack", Notifier: slack}),
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); m.Run(ctx) }()
	defer func() { cancel(); <-done }()
	for m.Ready(time.Now()) != nil {
		time.Sleep(10 * time.Millisecond)
	}
	w := &world{T: t, store: theirs}
	quick, long := w.check("quick", 2*time.Second, 0), w.check("long", time.Hour, 2*time.Second)
	w.ping(quick, up)
	w.ping(long, up)
	time.Sleep(1500 * time.Millisecond) // by now the monitor has seen both
	w.ping(long, heartbeat.KindStart)
	want := map[string]bool{"quick down late": true, "long down overrun": true}
	for begun := now(); len(slack.all()) < len(want) && now().Sub(begun) < 20*time.Second; {
		time.Sleep(10 * time.Millisecond)
	}
	for _, h := range slack.all() {
		if _, ok := want[h.what()]; !ok {
			t.Errorf("heard %q", h.what())
		}
		delete(want, h.what())
		if late := h.at.Sub(h.Flip.At); late > 5*time.Second {
			t.Errorf("%s %v after it was", h.what(), late)
		}
	}
	if len(want) > 0 {
		t.Errorf("did not hear %v", want)
	}
}
