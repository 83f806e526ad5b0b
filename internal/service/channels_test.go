package service_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/service"
	"heartbeat/internal/store/memory"
)

// targets seal with a word, and refuse what is no URL.
type targets struct{ sealed *int }

func (targets) Check(kind heartbeat.ChannelKind, target string) *heartbeat.Invalid {
	if kind != "slack" {
		return &heartbeat.Invalid{Field: "kind", Problem: "must be slack"}
	}
	if !strings.HasPrefix(target, "https://") {
		return &heartbeat.Invalid{Field: "target", Problem: "must be a URL"}
	}
	return nil
}

func (t targets) Seal(_ context.Context, _ heartbeat.ChannelID, target string) ([]byte, error) {
	*t.sealed++
	return []byte("sealed " + target), nil
}

// meanwhile is a store that does something after the projects were read.
type meanwhile struct {
	heartbeat.Store
	do func()
}

func (m *meanwhile) Value(ctx context.Context, key string) ([]byte, error) {
	value, err := m.Store.Value(ctx, key)
	if do := m.do; do != nil && key == heartbeat.KeyProjects {
		m.do = nil
		do()
	}
	return value, err
}

func withChannels(t *testing.T) (*service.Service, heartbeat.Store, *int) {
	t.Helper()
	store, owed := memory.New(), 0
	return service.New(service.Config{
		Store: store, Targets: targets{new(int)}, Owed: func() { owed++ }, Channels: []heartbeat.Channel{{ID: "slack", Kind: "slack", Name: "slack"}},
	}), store, &owed
}

func channelsOf(t *testing.T, s *service.Service, id heartbeat.ProjectID) []heartbeat.Channel {
	t.Helper()
	projects, err := s.Projects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p, _ := projects.Find(id)
	return p.Channels
}

func TestMakeChannel_BelongsToItsProjectAndIsSealed(t *testing.T) {
	t.Parallel()
	s, store, owed := withChannels(t)
	billing, err := s.MakeProject(t.Context(), monday, "Billing")
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.MakeChannel(t.Context(), monday, billing.ID, service.NewChannel{Kind: "slack", Target: " https://example.org/a "})
	if err != nil || !made.ID.Made() || made.Name != "Slack" {
		t.Fatalf("%+v, %v", made, err)
	}
	got := channelsOf(t, s, billing.ID)
	if len(got) != 1 || got[0].ID != made.ID || string(got[0].Sealed) != "sealed https://example.org/a" || *owed != 1 {
		t.Errorf("the project has %+v, owed %d", got, *owed)
	}
	if got := channelsOf(t, s, heartbeat.DefaultProject); len(got) != 1 || got[0].ID != "slack" {
		t.Errorf("the default project has %+v", got)
	}
	if kept, _ := store.Value(t.Context(), heartbeat.KeyProjects); bytes.Contains(kept, []byte(`"id":"slack"`)) {
		t.Errorf("what the settings give was stored: %s", kept)
	}
	if _, err := s.MakeChannel(t.Context(), monday, "nobody", service.NewChannel{Kind: "slack", Target: "https://example.org"}); !errors.Is(err, heartbeat.ErrNotFound) {
		t.Errorf("a project that is not there: %v", err)
	}
	if err := s.RemoveProject(t.Context(), billing.ID); err != nil {
		t.Fatal(err)
	}
	if kept, _ := store.Value(t.Context(), heartbeat.KeyProjects); bytes.Contains(kept, []byte(made.ID)) {
		t.Errorf("the project is removed, its channel stays: %s", kept)
	}
}

func TestMakeChannel_SaysAllThatIsWrongAtOnce(t *testing.T) {
	t.Parallel()
	store, sealed := memory.New(), 0
	s := service.New(service.Config{Store: store, Targets: targets{&sealed}})
	_, err := s.MakeChannel(t.Context(), monday, heartbeat.DefaultProject, service.NewChannel{Kind: "slack", Name: "a\nb", Target: "no URL"})
	var invalids service.Invalids
	if !errors.As(err, &invalids) || len(invalids) != 2 || invalids[0].Field != "target" || invalids[1].Field != "name" {
		t.Errorf("%v", err)
	}
	_, err = s.MakeChannel(t.Context(), monday, heartbeat.DefaultProject, service.NewChannel{Target: "https://example.org"})
	if !errors.As(err, &invalids) || invalids[0].Field != "kind" {
		t.Errorf("no kind: %v", err)
	}
	if _, err = service.New(service.Config{Store: memory.New()}).MakeChannel(t.Context(), monday, heartbeat.DefaultProject, service.NewChannel{Kind: "slack", Target: "https://example.org"}); err == nil {
		t.Error("a channel was made that nobody could seal")
	}
	if _, err := store.Value(t.Context(), heartbeat.KeyProjects); !errors.Is(err, heartbeat.ErrNotFound) || sealed != 0 {
		t.Errorf("something was stored, or sealed for nothing: %v, %d", err, sealed)
	}
	for range heartbeat.MaxChannels + 1 {
		_, err = s.MakeChannel(t.Context(), monday, heartbeat.DefaultProject, service.NewChannel{Kind: "slack", Target: "https://example.org"})
	}
	if !errors.As(err, &invalids) || invalids[0].Field != "channel" {
		t.Errorf("one too many: %v", err)
	}
}

func TestEditChannel_ARenameDoesNotUndoANewTarget(t *testing.T) {
	t.Parallel()
	store := &meanwhile{Store: memory.New()}
	s := service.New(service.Config{Store: store, Targets: targets{new(int)}})
	made, err := s.MakeChannel(t.Context(), monday, heartbeat.DefaultProject, service.NewChannel{Kind: "slack", Target: "https://example.org/old"})
	if err != nil {
		t.Fatal(err)
	}
	store.do = func() {
		if err := s.EditChannel(t.Context(), heartbeat.DefaultProject, made.ID, "Slack", "https://example.org/new"); err != nil {
			t.Error(err)
		}
	}
	if err := s.EditChannel(t.Context(), heartbeat.DefaultProject, made.ID, "Renamed", ""); err != nil {
		t.Fatal(err)
	}
	if got := channelsOf(t, s, heartbeat.DefaultProject)[0]; got.Name != "Renamed" || string(got.Sealed) != "sealed https://example.org/new" {
		t.Errorf("%s leads to %s", got.Name, got.Sealed)
	}
}

func TestEditChannel_ChangesNameAndTarget(t *testing.T) {
	t.Parallel()
	s, _, _ := withChannels(t)
	made, err := s.MakeChannel(t.Context(), monday, heartbeat.DefaultProject, service.NewChannel{Kind: "slack", Name: "Old", Target: "https://example.org/a"})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ name, target, sealed string }{
		{"New", "", "sealed https://example.org/a"},
		{"New", "https://example.org/b", "sealed https://example.org/b"},
	} {
		if err := s.EditChannel(t.Context(), heartbeat.DefaultProject, made.ID, step.name, step.target); err != nil {
			t.Fatal(err)
		}
		if got := channelsOf(t, s, heartbeat.DefaultProject)[1]; got.Name != step.name || string(got.Sealed) != step.sealed || got.ID != made.ID {
			t.Errorf("%+v", got)
		}
	}
	var invalids service.Invalids
	if err := s.EditChannel(t.Context(), heartbeat.DefaultProject, made.ID, "", "no URL"); !errors.As(err, &invalids) || len(invalids) != 2 {
		t.Errorf("%v", err)
	}
	for _, id := range []heartbeat.ChannelID{"slack", "nobody"} { // what the settings give is theirs to change
		if err := s.EditChannel(t.Context(), heartbeat.DefaultProject, id, "x", ""); !errors.Is(err, heartbeat.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestRemoveChannel_LeavesNoCheckThatNamesIt(t *testing.T) {
	t.Parallel()
	s, store, _ := withChannels(t)
	made, err := s.MakeChannel(t.Context(), monday, heartbeat.DefaultProject, service.NewChannel{Kind: "slack", Target: "https://example.org/a"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[heartbeat.CheckID]string{}
	for i, tells := range [][2]string{
		{"", ""},
		{heartbeat.NoChannels, heartbeat.NoChannels},
		{"slack", "slack"},
		{string(made.ID), ""},
		{"slack," + string(made.ID), "slack"},
	} {
		c, err := s.Create(t.Context(), monday.Add(time.Duration(i)), heartbeat.DefaultProject,
			service.Edit{Name: new(fmt.Sprint("job", i)), Channels: &tells[0]})
		if err != nil {
			t.Fatal(err)
		}
		want[c.ID] = tells[1]
	}
	if n, err := s.OnlyTold(t.Context(), made.ID); err != nil || n != 1 {
		t.Errorf("%d checks tell it alone, %v", n, err)
	}
	if err := s.RemoveChannel(t.Context(), heartbeat.DefaultProject, made.ID); err != nil {
		t.Fatal(err)
	}
	for id, channels := range want {
		if c, err := store.Check(t.Context(), id); err != nil || c.Channels != channels {
			t.Errorf("check %s tells %q, want %q, %v", c.Name, c.Channels, channels, err)
		}
	}
	if got := channelsOf(t, s, heartbeat.DefaultProject); len(got) != 1 {
		t.Errorf("left are %+v", got)
	}
	for _, id := range []heartbeat.ChannelID{made.ID, "slack"} {
		if err := s.RemoveChannel(t.Context(), heartbeat.DefaultProject, id); !errors.Is(err, heartbeat.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestProjects_ADamagedValueIsNoStoreThatIsAway(t *testing.T) {
	t.Parallel()
	for _, damaged := range []string{"", "{", "{}", "null", "[]", `[{"id":"x","name":"X"}]`} {
		s, store, _ := withChannels(t)
		if err := store.SetValue(t.Context(), heartbeat.KeyProjects, nil, []byte(damaged)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Projects(t.Context()); !errors.Is(err, heartbeat.ErrUnreadable) {
			t.Errorf("%q: %v, want %v", damaged, err, heartbeat.ErrUnreadable)
		}
	}
}

// stuck is a store that deletes no check.
type stuck struct {
	heartbeat.Store
	free bool
}

func (s *stuck) Delete(ctx context.Context, id heartbeat.CheckID, rev int64) error {
	if !s.free {
		return heartbeat.ErrBusy
	}
	return s.Store.Delete(ctx, id, rev)
}

// A project that could not be removed as a whole keeps its name and its channels,
// so that people hear of what is left, and can be removed again.
func TestRemoveProject_CanBeRepeatedAndTakesItsChannelsFromAllChecks(t *testing.T) {
	t.Parallel()
	store := &stuck{Store: memory.New()}
	s := service.New(service.Config{Store: store, Targets: targets{new(int)}})
	billing, err := s.MakeProject(t.Context(), monday, "Billing")
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.MakeChannel(t.Context(), monday, billing.ID, service.NewChannel{Kind: "slack", Target: "https://example.org/a"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.MakeKey(t.Context(), billing.ID, service.KeyPing); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), monday, billing.ID, service.Edit{Name: new("theirs")}); err != nil {
		t.Fatal(err)
	}
	other, err := s.Create(t.Context(), monday, heartbeat.DefaultProject, service.Edit{Name: new("ours")})
	if err != nil {
		t.Fatal(err)
	}
	other.Channels = "slack," + string(made.ID)
	if stored, err := store.Check(t.Context(), other.ID); err == nil {
		other.Rev = stored.Rev
	}
	if err := store.Save(t.Context(), other, nil); err != nil {
		t.Fatal(err)
	}

	if err := s.RemoveProject(t.Context(), billing.ID); !errors.Is(err, heartbeat.ErrBusy) {
		t.Fatalf("%v, want busy", err)
	}
	projects, _ := s.Projects(t.Context())
	if p, ok := projects.Find(billing.ID); !ok || len(p.Channels) != 1 || p.PingKey != "" {
		t.Errorf("left is %+v", p)
	}
	store.free = true
	if err := s.RemoveProject(t.Context(), billing.ID); err != nil {
		t.Fatal(err)
	}
	checks, _ := store.Checks(t.Context())
	if len(checks) != 1 || checks[0].Channels != "slack" {
		t.Errorf("left are %+v", checks)
	}
	if projects, _ := s.Projects(t.Context()); len(projects) != 1 {
		t.Errorf("left are %v", projects)
	}
}

func TestEdit_NamesChannelsOfItsOwnProjectOnly(t *testing.T) {
	t.Parallel()
	s, store, _ := withChannels(t)
	billing, err := s.MakeProject(t.Context(), monday, "Billing")
	if err != nil {
		t.Fatal(err)
	}
	var ids [2]string
	for i, project := range []heartbeat.ProjectID{heartbeat.DefaultProject, billing.ID} {
		c, err := s.MakeChannel(t.Context(), monday, project, service.NewChannel{Kind: "slack", Target: "https://example.org/a"})
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = string(c.ID)
	}
	ours, theirs, nobodys := ids[0], ids[1], service.NewID().String()
	c, err := s.Create(t.Context(), monday, heartbeat.DefaultProject, service.Edit{Name: new("job"), Channels: &ours})
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{theirs, nobodys, ours + "," + theirs} {
		var invalids service.Invalids
		if err := s.Edit(t.Context(), c.ID, service.Edit{Channels: &wrong}); !errors.As(err, &invalids) || invalids[0].Field != "channels" {
			t.Errorf("edit to %s: %v", wrong, err)
		}
		if _, err := s.Create(t.Context(), monday, heartbeat.DefaultProject, service.Edit{Name: new("other"), Channels: &wrong}); !errors.As(err, &invalids) {
			t.Errorf("create with %s: %v", wrong, err)
		}
	}
	stored, _ := store.Check(t.Context(), c.ID)
	stored.Channels = theirs // as older versions let it be
	if err := store.Save(t.Context(), stored, nil); err != nil {
		t.Fatal(err)
	}
	for _, right := range []string{theirs + "," + ours, "slack-7", "", heartbeat.NoChannels} {
		if err := s.Edit(t.Context(), c.ID, service.Edit{Channels: &right}); err != nil {
			t.Errorf("edit to %q: %v", right, err)
		}
	}
}
