package service_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/service"
	"heartbeat/internal/store/memory"
)

func TestCreate_MakesACheckAsTyped(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	made, err := b.Create(t.Context(), monday, heartbeat.DefaultProject, service.Edit{
		Name: new(" Customers' dump "), Tags: new("prod \t db"), Desc: new("first line\r\nsecond"), Channels: new(heartbeat.NoChannels),
		Kind: new("cron"), Expression: new("0 3 * * 1-5"), Zone: new("Europe/Berlin"),
		Grace: new("90"), GraceUnit: new("minutes"), Rules: &heartbeat.Rules{PostOnly: true, FailureWords: "ERROR,"},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.store.Check(t.Context(), made.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := heartbeat.Check{
		ID: made.ID, Project: heartbeat.DefaultProject, Rev: got.Rev, Created: monday,
		Names:  heartbeat.Names{Name: "Customers' dump"},
		Labels: heartbeat.Labels{Slug: "customers-dump", Tags: "prod db", Desc: "first line\nsecond", Channels: heartbeat.NoChannels},
		Settings: heartbeat.Settings{
			Spec: heartbeat.Spec{
				Kind: heartbeat.ScheduleCron, Expression: "0 3 * * 1-5",
				Period: 24 * time.Hour, Worktime: "always", Zone: "Europe/Berlin",
			},
			Grace: 90 * time.Minute,
			Rules: heartbeat.Rules{PostOnly: true, FailureWords: "ERROR,"},
		},
		State: heartbeat.State{Status: heartbeat.StatusNew, Since: monday},
	}
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// slowList is a store in which much can happen while checks are listed.
type slowList struct{ heartbeat.Store }

func (s slowList) Checks(ctx context.Context) ([]heartbeat.Check, error) {
	checks, err := s.Store.Checks(ctx)
	time.Sleep(time.Millisecond)
	return checks, err
}

func TestCreate_SeveralAtOnceGetASlugEach(t *testing.T) {
	t.Parallel()
	s := service.New(service.Config{Store: slowList{memory.New()}})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := s.Create(t.Context(), monday, heartbeat.DefaultProject, service.Edit{Name: new("Nightly")}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	rows, err := s.ProjectChecks(t.Context(), monday, heartbeat.DefaultProject)
	slugs := map[string]bool{}
	for _, row := range rows {
		slugs[row.Slug] = true
	}
	if err != nil || len(rows) != 8 || len(slugs) != 8 {
		t.Errorf("%d checks have slugs %v, %v", len(rows), slugs, err)
	}
}

func TestCreate_ListsEveryWrongFieldAndStoresNothing(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	_, err := b.Create(t.Context(), monday, heartbeat.DefaultProject, service.Edit{
		Name: new(" "), Slug: new("No Slug"), Tags: new(strings.Repeat("x", 501)), Desc: new("\x1b[2J"),
		Kind: new("oncalendar"), Expression: new("every day"),
		Grace: new("long"), GraceUnit: new("days"), Zone: new("Mars"),
		Rules: &heartbeat.Rules{StartWords: strings.Repeat("x", 201)},
	})
	want := []string{"name", "slug", "tags", "desc", "start_words", "schedule", "grace", "tz"}
	if got := fields(err); !slices.Equal(got, want) {
		t.Errorf("wrong fields %v, want %v: %v", got, want, err)
	}
	if checks, err := b.store.Checks(t.Context()); err != nil || len(checks) != 0 {
		t.Errorf("stored %v, %v", checks, err)
	}
	if _, err := b.Create(t.Context(), monday, "nowhere", service.Edit{Name: new("x")}); !errors.Is(err, heartbeat.ErrNotFound) {
		t.Errorf("in an unknown project: %v, want not found", err)
	}
}

func TestSlug_IsOneChecksInItsProject(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	other, err := b.MakeProject(t.Context(), monday, "Shop")
	if err != nil {
		t.Fatal(err)
	}
	create := func(project heartbeat.ProjectID, e service.Edit) heartbeat.Check {
		t.Helper()
		c, err := b.Create(t.Context(), monday, project, e)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	named := service.Edit{Name: new("Nightly dump")}
	first, second := create(heartbeat.DefaultProject, named), create(heartbeat.DefaultProject, named)
	elsewhere, nameless := create(other.ID, named), create(other.ID, service.Edit{Name: new("日本")})
	got := []string{first.Slug, second.Slug, elsewhere.Slug, nameless.Slug}
	if want := []string{"nightly-dump", "nightly-dump-2", "nightly-dump", ""}; !slices.Equal(got, want) {
		t.Errorf("slugs %q, want %q", got, want)
	}
	_, err = b.Create(t.Context(), monday, other.ID, service.Edit{Name: new("x"), Slug: new("nightly-dump")})
	if got := fields(err); !slices.Equal(got, []string{"slug"}) {
		t.Errorf("a slug that is taken: %v", err)
	}
	if err := b.Edit(t.Context(), second.ID, service.Edit{Slug: new("nightly-dump")}); !slices.Equal(fields(err), []string{"slug"}) {
		t.Errorf("an edit to a slug that is taken: %v", err)
	}
	if err := b.Edit(t.Context(), second.ID, service.Edit{Slug: new("")}); err != nil {
		t.Error(err)
	}
}

func TestEdit_NamesOfPulsesStay(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pulse(t, pulse("nightly", monday))
	err := b.Edit(t.Context(), id("nightly"), service.Edit{Name: new("daily")})
	if !slices.Equal(fields(err), []string{"name"}) {
		t.Errorf("got %v", err)
	}
	b.pulse(t, pulse(" padded ", monday))
	for _, name := range []string{"nightly", " padded "} {
		if err := b.Edit(t.Context(), id(name), service.Edit{Name: &name, Tags: new("prod")}); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestSpan_IsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	for _, d := range []time.Duration{
		time.Second, 90 * time.Second, 5 * time.Minute, time.Hour, 25 * time.Hour, 48 * time.Hour, 21 * 24 * time.Hour, 1500 * time.Millisecond,
	} {
		number, unit := service.FormatSpan(d)
		got, err := b.Try(b.Blank(""), service.Edit{Threshold: &number, Unit: &unit})
		if err != nil || got.Period != d {
			t.Errorf("%v is written %s %s and read %v, %v", d, number, unit, got.Period, err)
		}
	}
	for _, c := range []struct{ number, unit string }{
		{"1e3", "days"}, {"NaN", "days"}, {"", "weeks"}, {"-1", "minutes"}, {"1", "moons"}, {"99999999999999", "weeks"}, {"0", "days"},
	} {
		if got, err := b.Try(b.Blank(""), service.Edit{Threshold: &c.number, Unit: &c.unit}); !slices.Equal(fields(err), []string{"threshold"}) {
			t.Errorf("%s %s is %v, %v", c.number, c.unit, got.Period, err)
		}
	}
}
