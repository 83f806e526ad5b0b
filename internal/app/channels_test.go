package app_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/app"
	"heartbeat/internal/auth"
	"heartbeat/internal/notify"
	"heartbeat/internal/notify/notifytest"
	"heartbeat/internal/service"
	"heartbeat/internal/store/memory"
)

// open joins the program over a store, as a start does.
func open(t *testing.T, store heartbeat.Store, targets app.Targets) *app.App {
	t.Helper()
	guard, _, err := auth.Open(t.Context(), store, auth.Config{Secret: "s", PingKey: "k"})
	if err != nil {
		t.Fatal(err)
	}
	targets.AllowPrivate = true // receivers are on this machine
	return app.New(app.Config{
		Store: store, Auth: guard, Targets: targets, Base: &url.URL{Scheme: "https", Host: "example.org"}, Zone: "UTC",
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
}

// made makes a channel of a project that leads to the receiver.
func made(t *testing.T, a *app.App, project heartbeat.ProjectID, kind heartbeat.ChannelKind, url string) heartbeat.ChannelID {
	t.Helper()
	c, err := a.Checks.MakeChannel(t.Context(), time.Now(), project, service.NewChannel{Kind: kind, Target: url})
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}

func directory(t *testing.T, a *app.App) notify.Directory {
	t.Helper()
	d, err := a.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestChannels_TellOfTheirProjectAfterARestart makes a check of each of two
// projects fail, one of which has a channel of its own.
func TestChannels_TellOfTheirProjectAfterARestart(t *testing.T) {
	t.Parallel()
	store := memory.New()
	settings, own := notifytest.NewReceiver(t), notifytest.NewReceiver(t)
	targets := app.Targets{Slack: []string{settings.URL() + "/slack"}}
	first := open(t, store, targets)
	billing, err := first.Checks.MakeProject(t.Context(), time.Now(), "Billing")
	if err != nil {
		t.Fatal(err)
	}
	made(t, first, billing.ID, "webhook", own.URL()+"/hook-of-billing")

	kept, err := store.Value(t.Context(), heartbeat.KeyProjects)
	if err != nil || bytes.Contains(kept, []byte("hook-of-billing")) {
		t.Fatalf("the store shows where the channel leads: %s, %v", kept, err)
	}
	taken := map[string]*atomic.Int32{"slack": {}, "webhook": {}}
	targets.Delivery = func(kind string, sent bool) {
		if sent {
			taken[kind].Add(1)
		}
	}
	second := open(t, store, targets)
	fail := heartbeat.Ping{At: time.Now(), Kind: heartbeat.KindFail}
	for project, slug := range map[heartbeat.ProjectID]string{billing.ID: "invoices", heartbeat.DefaultProject: "backup"} {
		if _, err := second.Checks.PingSlug(t.Context(), project, slug, fail, &service.Initial{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := second.Monitor.Once(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	for name, heard := range map[string]*notifytest.Receiver{"backup": settings, "invoices": own} {
		requests := heard.Requests()
		if len(requests) != 1 || !strings.Contains(string(requests[0].Body), name+" is down") {
			t.Errorf("of %s were told: %d messages, %v", name, len(requests), requests)
		}
	}
	for kind, n := range taken {
		if n.Load() != 1 {
			t.Errorf("%d messages by %s are counted, want 1", n.Load(), kind)
		}
	}
}

func TestDirectory_SaysWhatCannotBeUsed(t *testing.T) {
	t.Parallel()
	store := memory.New()
	a := open(t, store, app.Targets{})
	id := made(t, a, heartbeat.DefaultProject, "slack", "https://hooks.example.org/services/T0/B0/secret")
	if c, ok := directory(t, a).Find(id); !ok || c.Problem != "" || c.Target != "hooks.example.org/…" {
		t.Errorf("a good channel: %+v", c)
	}
	change := func(key string, change func(old []byte) []byte) {
		t.Helper()
		old, err := store.Value(t.Context(), key)
		if err == nil {
			err = store.SetValue(t.Context(), key, old, change(old))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	broken := func(a *app.App, says string) {
		t.Helper()
		c, ok := directory(t, a).Find(id)
		if !ok || !strings.Contains(c.Problem, says) {
			t.Errorf("the channel is %+v, want a word on %s", c, says)
		}
		var failure *notify.Failure
		if err := c.Notifier.Notify(t.Context(), notify.Message{Test: true}); !errors.As(err, &failure) || !failure.Again {
			t.Errorf("a message to it: %v, want one that is tried again", err)
		}
	}
	change(heartbeat.KeyProjects, func(old []byte) []byte { return bytes.Replace(old, []byte(`"slack"`), []byte(`"pigeon"`), 1) })
	broken(a, `the kind "pigeon"`)
	change(heartbeat.KeyProjects, func(old []byte) []byte { return bytes.Replace(old, []byte(`"pigeon"`), []byte(`"slack"`), 1) })
	change("auth/seal", func(old []byte) []byte { return bytes.Repeat([]byte{7}, len(old)) })
	b := open(t, store, app.Targets{})
	broken(b, "type it in again")
	if err := b.Checks.EditChannel(t.Context(), heartbeat.DefaultProject, id, "Mended", "https://hooks.example.org/new"); err != nil {
		t.Fatal(err)
	}
	if c, _ := directory(t, b).Find(id); c.Problem != "" {
		t.Errorf("typed in again: %+v", c)
	}
	change("auth/seal", func([]byte) []byte { return []byte("short") })
	broken(open(t, store, app.Targets{}), "damaged")
}

func TestDirectory_SettingsStillTellIfProjectsAreDamaged(t *testing.T) {
	t.Parallel()
	store := memory.New()
	if err := store.SetValue(t.Context(), heartbeat.KeyProjects, nil, []byte("{")); err != nil {
		t.Fatal(err)
	}
	d := directory(t, open(t, store, app.Targets{Webhooks: []string{"https://example.org/hook"}}))
	if !d.Partial || len(d.Channels) != 1 || len(d.Tellers("any")) != 1 {
		t.Errorf("%+v", d)
	}
	if d, err := open(t, store, app.Targets{}).Directory(t.Context()); err == nil {
		t.Errorf("nobody can be told, and nobody hears of it: %+v", d)
	}
}

// away is a store that cannot read one value.
type away struct {
	heartbeat.Store
	key string
}

func (s away) Value(ctx context.Context, key string) ([]byte, error) {
	if key == s.key {
		return nil, errors.New("connection refused")
	}
	return s.Store.Value(ctx, key)
}

// A message that could not be tried because of the store costs no attempt.
func TestDirectory_IsAnErrorWhileTheStoreIsAway(t *testing.T) {
	t.Parallel()
	store := memory.New()
	a := open(t, store, app.Targets{Slack: []string{"https://hooks.example.org/given"}})
	made(t, a, heartbeat.DefaultProject, "slack", "https://hooks.example.org/made")
	for _, key := range []string{heartbeat.KeyProjects, "auth/seal"} {
		b := open(t, away{store, key}, app.Targets{Slack: []string{"https://hooks.example.org/given"}})
		if d, err := b.Directory(t.Context()); err == nil || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("%s cannot be read: %+v, %v", key, d, err)
		}
	}
}

func TestSeal_RefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	store := memory.New()
	guard, _, err := auth.Open(t.Context(), store, auth.Config{Secret: "s", PingKey: "k"})
	if err != nil {
		t.Fatal(err)
	}
	a := app.New(app.Config{Store: store, Auth: guard, Base: new(url.URL), Zone: "UTC", Logger: slog.New(slog.DiscardHandler)})
	for _, c := range []struct{ kind, url, field, says string }{
		{"pigeon", "https://example.org", "kind", "must be slack or webhook"},
		{"slack", "", "target", "is missing"},
		{"slack", "hooks.example.org/x", "target", "https://"},
		{"webhook", "ftp://example.org/x", "target", "https://"},
		{"webhook", "http://127.0.0.1:9/x", "target", "--allow-private-targets"},
		{"webhook", "https://example.org/" + strings.Repeat("x", 1000), "target", "1000 characters"},
	} {
		_, err := a.Checks.MakeChannel(t.Context(), time.Now(), heartbeat.DefaultProject, service.NewChannel{Kind: heartbeat.ChannelKind(c.kind), Target: c.url})
		var invalid *heartbeat.Invalid
		if !errors.As(err, &invalid) || invalid.Field != c.field || !strings.Contains(invalid.Problem, c.says) {
			t.Errorf("%s to %.40q: %v, want %s %s", c.kind, c.url, err, c.field, c.says)
		}
	}
	if _, err := store.Value(t.Context(), heartbeat.KeyProjects); !errors.Is(err, heartbeat.ErrNotFound) {
		t.Error("something was stored")
	}
}
