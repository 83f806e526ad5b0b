package service_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/auth"
	"heartbeat/internal/service"
	"heartbeat/internal/store/memory"
)

func TestProjects_AreMadeRenamedAndRemoved(t *testing.T) {
	t.Parallel()
	store := memory.New()
	s := service.New(service.Config{Store: store})
	first, err := s.Projects(t.Context())
	if err != nil || len(first) != 1 || first[0].ID != heartbeat.DefaultProject {
		t.Fatal(first, err)
	}
	made, err := s.MakeProject(t.Context(), monday, " Billing ")
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"", "  ", "BILLING", "default", strings.Repeat("x", 61), "a\nb"} {
		var invalid *heartbeat.Invalid
		if _, err := s.MakeProject(t.Context(), monday, wrong); !errors.As(err, &invalid) {
			t.Errorf("project %q was made: %v", wrong, err)
		}
	}
	if err := s.RenameProject(t.Context(), made.ID, "Invoices"); err != nil {
		t.Fatal(err)
	}
	if err := s.RenameProject(t.Context(), "nobody", "x"); !errors.Is(err, heartbeat.ErrNotFound) {
		t.Errorf("renamed a project that is not there: %v", err)
	}
	ping := heartbeat.Ping{At: monday, Kind: heartbeat.KindSuccess}
	for _, project := range []heartbeat.ProjectID{made.ID, heartbeat.DefaultProject} {
		if _, err := s.PingSlug(t.Context(), project, "nightly", ping, &service.Initial{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.RemoveProject(t.Context(), heartbeat.DefaultProject); err == nil {
		t.Error("the default project was removed")
	}
	if err := s.RemoveProject(t.Context(), made.ID); err != nil {
		t.Fatal(err)
	}
	left, _ := s.Projects(t.Context())
	checks, _ := store.Checks(t.Context())
	if len(left) != 1 || len(checks) != 1 || checks[0].Project != heartbeat.DefaultProject {
		t.Errorf("left are %v with %v", left, checks)
	}
}

// Another process may still know the key of a project that was removed.
func TestRemoveProject_PingsDoNotBringItsChecksBack(t *testing.T) {
	t.Parallel()
	store := memory.New()
	told := 0
	s := service.New(service.Config{Store: store, Changed: func(heartbeat.CheckID) { told++ }, Owed: func() { told++ }})
	p, err := s.MakeProject(t.Context(), monday, "Billing")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveProject(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	told = 0 // what waited for its channels was looked at
	ping := heartbeat.Ping{At: monday, Kind: heartbeat.KindFail}
	if _, err := s.PingSlug(t.Context(), p.ID, "nightly", ping, &service.Initial{}); !errors.Is(err, heartbeat.ErrNotFound) {
		t.Errorf("ping by slug: %v, want not found", err)
	}
	names := heartbeat.Names{Host: "web1", Category: "backup", Type: "job", Name: "nightly"}
	if _, err := s.Pulse(t.Context(), service.Pulse{Names: names, Project: p.ID, Ping: ping}); !errors.Is(err, heartbeat.ErrNotFound) {
		t.Errorf("pulse: %v, want not found", err)
	}
	checks, _ := store.Checks(t.Context())
	notices, _ := store.Notices(t.Context(), monday.Add(time.Hour), 10)
	if len(checks) != 0 || len(notices) != 0 || told != 0 {
		t.Errorf("left are checks %v and notices %v; the monitor was told %d times", checks, notices, told)
	}
}

func TestKeys_WorkUntilTheyAreReplacedOrRevoked(t *testing.T) {
	t.Parallel()
	store := memory.New()
	guard, _, err := auth.Open(t.Context(), store, auth.Config{PingKey: "k3y-of-default"})
	if err != nil {
		t.Fatal(err)
	}
	s := service.New(service.Config{Store: store, KeysChanged: guard.KeysChanged})
	p, err := s.MakeProject(t.Context(), monday, "Billing")
	if err != nil {
		t.Fatal(err)
	}
	key := func(kind service.KeyKind) string {
		t.Helper()
		key, err := s.MakeKey(t.Context(), p.ID, kind)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	wantPinger := func(key string, want heartbeat.ProjectID) {
		t.Helper()
		if got, ok, err := guard.Pinger(t.Context(), key); err != nil || got != want || ok != (want != "") {
			t.Errorf("ping key %q: %q %v %v, want %q", key, got, ok, err, want)
		}
	}
	old := key(service.KeyPing)
	if len(old) != 22 {
		t.Errorf("ping key %q has %d characters, want 22", old, len(old))
	}
	wantPinger(old, p.ID)
	fresh := key(service.KeyPing)
	wantPinger(old, "")
	wantPinger(fresh, p.ID)
	wantPinger("k3y-of-default", heartbeat.DefaultProject)
	wantPinger("", "")
	write, read := key(service.KeyAPI), key(service.KeyReadOnly)
	for key, want := range map[string]auth.Access{write: {Project: p.ID, Write: true}, read: {Project: p.ID}} {
		if got, ok, err := guard.API(t.Context(), key); got != want || !ok || err != nil || len(key) != 32 {
			t.Errorf("key %q: %v %v %v, want %v", key, got, ok, err, want)
		}
	}
	if err := s.RevokeKey(t.Context(), p.ID, service.KeyAPI); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := guard.API(t.Context(), write); ok {
		t.Error("a revoked key still works")
	}
	text, _ := store.Value(t.Context(), heartbeat.KeyProjects)
	for _, key := range []string{old, fresh, write, read} {
		if strings.Contains(string(text), key) {
			t.Error("the store holds a key")
		}
	}
}

func TestPingSlug_MakesAChecksOfItsOwnBesideARenamedOne(t *testing.T) {
	t.Parallel()
	store := memory.New()
	s := service.New(service.Config{Store: store})
	ping := heartbeat.Ping{At: monday, Kind: heartbeat.KindSuccess}
	first, err := s.PingSlug(t.Context(), heartbeat.DefaultProject, "nightly", ping, &service.Initial{})
	if err != nil || !first.Created {
		t.Fatal(first, err)
	}
	c, err := store.Check(t.Context(), first.Check)
	if err != nil {
		t.Fatal(err)
	}
	c.Slug = "weekly"
	if err := store.Save(t.Context(), c, nil); err != nil {
		t.Fatal(err)
	}
	second, err := s.PingSlug(t.Context(), heartbeat.DefaultProject, "nightly", ping, &service.Initial{})
	if err != nil || !second.Created || second.Check == first.Check {
		t.Errorf("pinged %+v %v, want a new check", second, err)
	}
	if _, err := s.PingSlug(t.Context(), heartbeat.DefaultProject, "monthly", ping, nil); !errors.Is(err, heartbeat.ErrNotFound) {
		t.Errorf("without create: %v", err)
	}
	var invalid *heartbeat.Invalid
	if _, err := s.PingSlug(t.Context(), heartbeat.DefaultProject, "Über", ping, &service.Initial{}); !errors.As(err, &invalid) {
		t.Errorf("a slug that no URL can have: %v", err)
	}
}
