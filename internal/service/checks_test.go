package service_test

import (
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

// add makes a check of the default project.
func (b *bench) add(t *testing.T, at time.Time, change func(*service.Details) error) heartbeat.CheckID {
	t.Helper()
	id, err := b.AddCheck(t.Context(), at, heartbeat.DefaultProject, change)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func called(name string) func(*service.Details) error {
	return func(d *service.Details) error { d.Name = name; return nil }
}

func nothing(*service.Details) error { return nil }

func TestAddCheck_TellsNobodyUnlessAsked(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	id := b.add(t, monday, nothing)
	c, err := b.store.Check(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	want := heartbeat.Check{
		ID: id, Project: heartbeat.DefaultProject, Labels: heartbeat.Labels{Channels: heartbeat.NoChannels},
		Settings: heartbeat.Settings{
			Spec: heartbeat.Spec{Period: 24 * time.Hour, Worktime: "always", Zone: "UTC"}, Grace: time.Hour,
		},
		State: heartbeat.State{Status: heartbeat.StatusNew, Since: monday}, Created: monday, Rev: c.Rev,
	}
	if c != want {
		t.Errorf("got %+v, want %+v", c, want)
	}
	if !slices.Equal(b.changed, []heartbeat.CheckID{id}) {
		t.Errorf("the monitor hears of %v", b.changed)
	}
}

func TestAddCheck_RefusesWhatNoCheckCanHave(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	for field, change := range map[string]func(*service.Details){
		"name":      func(d *service.Details) { d.Name = strings.Repeat("x", 201) },
		"host":      func(d *service.Details) { d.Host = "a\nb" },
		"type":      func(d *service.Details) { d.Type = "\xff" },
		"slug":      func(d *service.Details) { d.Slug = "A" },
		"tags":      func(d *service.Details) { d.Tags = strings.Repeat("x", 501) },
		"desc":      func(d *service.Details) { d.Desc = strings.Repeat("x", 10_001) },
		"grace":     func(d *service.Details) { d.Grace = -1 },
		"threshold": func(d *service.Details) { d.Period = 0 },
		"worktime":  func(d *service.Details) { d.Worktime = "never" },
		"tz":        func(d *service.Details) { d.Zone = "Atlantis" },
	} {
		var invalid *heartbeat.Invalid
		_, err := b.AddCheck(t.Context(), monday, heartbeat.DefaultProject, func(d *service.Details) error { change(d); return nil })
		if !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
	if _, err := b.AddCheck(t.Context(), monday, "gone", nothing); !errors.Is(err, heartbeat.ErrNotFound) {
		t.Errorf("a check of a project that is gone: %v", err)
	}
	if checks, _ := b.store.Checks(t.Context()); len(checks) != 0 {
		t.Errorf("made %v", checks)
	}
}

func TestAddCheck_PulsesFindTheCheckWithTheirNames(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	named := func(d *service.Details) error { d.Names = names("nightly"); return nil }
	first := b.add(t, monday, named)
	second := b.add(t, monday, named)
	if pinged := b.pulse(t, pulse("nightly", monday)); pinged.Check != first || pinged.Created || second == first {
		t.Errorf("made %s and %s, the pulse went to %+v", first, second, pinged)
	}
	var invalid *heartbeat.Invalid
	if err := b.ChangeCheck(t.Context(), first, called("other")); !errors.As(err, &invalid) || invalid.Field != "name" {
		t.Errorf("renamed what pulses find by its name: %v", err)
	}
	if err := b.ChangeCheck(t.Context(), second, called("other")); err != nil {
		t.Errorf("a check that pulses do not find cannot be renamed: %v", err)
	}
}

func TestChangeCheck_LeavesStateAloneAndTellsTheMonitor(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pulse(t, pulse("nightly", monday))
	before := b.check(t, "nightly")
	b.changed = nil
	err := b.ChangeCheck(t.Context(), before.ID, func(d *service.Details) error { d.Period = time.Minute; return nil })
	after := b.check(t, "nightly")
	if err != nil || after.Period != time.Minute || after.State != before.State || len(b.changed) != 1 {
		t.Errorf("%v: %+v became %+v, the monitor hears of %v", err, before, after, b.changed)
	}
	refused := errors.New("no")
	if err := b.ChangeCheck(t.Context(), before.ID, func(*service.Details) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	if err := b.ChangeCheck(t.Context(), heartbeat.CheckID{1}, nothing); !errors.Is(err, heartbeat.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestPutCheck_ChangesTheOldestThatMatches(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.add(t, monday.Add(time.Hour), called("dup"))
	oldest := b.add(t, monday, called("dup"))
	match := func(name string) func(heartbeat.Check) bool {
		return func(c heartbeat.Check) bool { return c.Name == name }
	}
	id, made, err := b.PutCheck(t.Context(), monday, heartbeat.DefaultProject, match("dup"), called("new"))
	if err != nil || made || id != oldest {
		t.Errorf("got %s, %t, %v; want %s", id, made, err, oldest)
	}
	if _, made, err := b.PutCheck(t.Context(), monday, heartbeat.DefaultProject, match("none"), called("none")); err != nil || !made {
		t.Errorf("made %t, %v", made, err)
	}
}

func TestPutCheck_SeveralAtOnceMakeOne(t *testing.T) {
	t.Parallel()
	s := service.New(service.Config{Store: memory.New()})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			_, _, err := s.PutCheck(t.Context(), monday, heartbeat.DefaultProject,
				func(c heartbeat.Check) bool { return c.Name == "one" },
				func(d *service.Details) error {
					time.Sleep(time.Millisecond) // so that all have looked before the first has made it
					d.Name = "one"
					return nil
				})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if rows, err := s.ProjectChecks(t.Context(), monday, heartbeat.DefaultProject); err != nil || len(rows) != 1 {
		t.Errorf("made %d checks, %v", len(rows), err)
	}
}

func TestProjectChecks_AreTheProjectsOwnTheOldestFirst(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	other, err := b.MakeProject(t.Context(), monday, "other")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.AddCheck(t.Context(), monday, other.ID, nothing); err != nil {
		t.Fatal(err)
	}
	second, first := b.add(t, monday.Add(1), nothing), b.add(t, monday, nothing)
	rows, err := b.ProjectChecks(t.Context(), monday, heartbeat.DefaultProject)
	if err != nil || len(rows) != 2 || rows[0].ID != first || rows[1].ID != second {
		t.Errorf("got %v, %v", rows, err)
	}
}

func TestRunning_UntilTheGraceIsUsedUp(t *testing.T) {
	t.Parallel()
	row := service.Row{Check: heartbeat.Check{Settings: heartbeat.Settings{
		Spec: heartbeat.Spec{Period: time.Hour, Worktime: "mon-fri", Zone: "UTC"}, Grace: time.Hour,
	}}}
	if row.Running(monday) {
		t.Error("nothing was started")
	}
	row.LastStart = monday
	if !row.Running(monday.Add(time.Hour-1)) || row.Running(monday.Add(time.Hour)) {
		t.Error("it does not run for its grace")
	}
	if row.Grace = 0; !row.Running(monday.Add(100 * time.Hour)) {
		t.Error("without a grace, there is no limit")
	}
	row.Grace, row.Zone = time.Hour, "Atlantis"
	if !row.Running(monday.Add(100 * time.Hour)) {
		t.Error("what cannot be judged has overrun")
	}
}
