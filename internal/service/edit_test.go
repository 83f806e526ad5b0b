package service_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/service"
)

func TestEdit_ChangesWhatIsGivenAndNothingElse(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pulse(t, pulse("nightly", monday))
	before := b.check(t, "nightly")
	b.changed = nil
	edit := service.Edit{
		Threshold: new("1.5"), Grace: new(" 0.25 "), Worktime: new("MON-SAT 08:00-18:00"), Zone: new("Europe/Berlin"), Holidays: new("de-by"),
	}
	if err := b.Edit(t.Context(), id("nightly"), edit); err != nil {
		t.Fatal(err)
	}
	got := b.check(t, "nightly")
	want := heartbeat.Settings{
		Spec:  heartbeat.Spec{Period: 90 * time.Minute, Worktime: "mon-sat 08:00-18:00", Zone: "Europe/Berlin", Holidays: "de-by"},
		Grace: 15 * time.Minute,
	}
	if got.Settings != want || got.State != before.State {
		t.Errorf("got %+v %+v, want %+v %+v", got.Settings, got.State, want, before.State)
	}
	if !slices.Equal(b.changed, []heartbeat.CheckID{id("nightly")}) {
		t.Errorf("changed %v, want the check", b.changed)
	}
	if err := b.Edit(t.Context(), id("nightly"), service.Edit{Grace: new(""), Worktime: new(""), Zone: new("")}); err != nil {
		t.Fatal(err)
	}
	got = b.check(t, "nightly")
	if got.Grace != 0 || got.Worktime != "mon-fri" || got.Zone != "UTC" || got.Period != 90*time.Minute {
		t.Errorf("emptied fields: %+v, want the defaults and the period as it was", got.Settings)
	}
}

func TestEdit_ListsEveryWrongFieldAndStoresNothing(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pulse(t, pulse("nightly", monday))
	before := b.check(t, "nightly")
	err := b.Edit(t.Context(), id("nightly"), service.Edit{
		Threshold: new(""), Grace: new("-1"), Worktime: new("sometimes"), Zone: new("Mars"), Holidays: new("atlantis"),
	})
	if got := fields(err); !slices.Equal(got, []string{"threshold", "grace", "worktime", "tz", "holidays"}) {
		t.Errorf("wrong fields %v: %v", got, err)
	}
	var invalid *heartbeat.Invalid
	if !errors.As(err, &invalid) || invalid.Field != "threshold" {
		t.Errorf("errors.As finds %v, want the first problem", invalid)
	}
	if after := b.check(t, "nightly"); after != before {
		t.Errorf("stored %+v, want %+v", after, before)
	}
	if err := b.Edit(t.Context(), id("unknown"), service.Edit{}); !errors.Is(err, heartbeat.ErrNotFound) {
		t.Errorf("edit of an unknown check: %v, want not found", err)
	}
}

func TestEdit_SaturdayAddsOrRemovesTheDay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stored, saturday string
		worktime         *string
		want             string
	}{
		{stored: "mon-fri", saturday: "1", want: "mon-sat"},
		{stored: "mon-sat", saturday: "0", want: "mon-fri"},
		{stored: "always", saturday: "0", want: "sun-fri"},
		{stored: "sun-fri", saturday: "1", want: "always"},
		{stored: "mon,wed 09:00-17:00", saturday: "1", want: "mon,wed,sat 09:00-17:00"},
		{stored: "mon-fri", saturday: "0", want: "mon-fri"},
		{stored: "sat", saturday: "0", want: "refused"},
		{stored: "mon-fri", saturday: "on", want: "refused"},
		// A form sends both: the one that changed counts.
		{stored: "mon-fri", saturday: "1", worktime: new("mon-fri"), want: "mon-sat"},
		{stored: "mon-fri", saturday: "0", worktime: new("mon-sat"), want: "mon-sat"},
		{stored: "mon-sat", saturday: "1", worktime: new("tue-thu"), want: "tue-thu"},
		{stored: "mon-fri", saturday: "1", worktime: new("always"), want: "always"},
		{stored: "mon-fri", saturday: "1", worktime: new("tue-thu"), want: "refused"},
	} {
		b := setUp(t)
		p := pulse("nightly", monday)
		p.Worktime = c.stored
		b.pulse(t, p)
		err := b.Edit(t.Context(), id("nightly"), service.Edit{Saturday: &c.saturday, Worktime: c.worktime})
		if c.want == "refused" {
			if got := fields(err); !slices.Equal(got, []string{"saturday"}) {
				t.Errorf("%+v: %v, want saturday refused", c, err)
			}
		} else if got := b.check(t, "nightly").Worktime; err != nil || got != c.want {
			t.Errorf("%+v: %s, %v", c, got, err)
		}
	}
}

func TestEdit_LeavesLateChecksToTheMonitor(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pulse(t, pulse("nightly", monday))
	b.changed = nil
	if err := b.Edit(t.Context(), id("nightly"), service.Edit{Threshold: new("1")}); err != nil {
		t.Fatal(err)
	}
	if got := b.check(t, "nightly").Status; got != heartbeat.StatusUp || len(b.changed) != 1 {
		t.Errorf("status %s, changed %v; want up, and the monitor told", got, b.changed)
	}
	row, err := b.Look(t.Context(), monday.Add(3*time.Hour), id("nightly"))
	if err != nil || row.Shown != heartbeat.StatusDown {
		t.Errorf("shown %s, %v; want down", row.Shown, err)
	}
}

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pulse(t, pulse("nightly", monday))
	for _, step := range []struct {
		do    func() error
		want  heartbeat.Status
		flips int
	}{
		{func() error { return b.Pause(t.Context(), monday.Add(time.Hour), id("nightly")) }, heartbeat.StatusPaused, 2},
		{func() error { return b.Pause(t.Context(), monday.Add(2*time.Hour), id("nightly")) }, heartbeat.StatusPaused, 2},
		{func() error { return b.Resume(t.Context(), monday.Add(3*time.Hour), id("nightly")) }, heartbeat.StatusNew, 3},
		{func() error { return b.Resume(t.Context(), monday.Add(4*time.Hour), id("nightly")) }, heartbeat.StatusNew, 3},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		_, flips, err := b.History(t.Context(), id("nightly"), 10)
		if got := b.check(t, "nightly").Status; got != step.want || len(flips) != step.flips || err != nil {
			t.Errorf("%s after %d flips (%v), want %s after %d", got, len(flips), err, step.want, step.flips)
		}
	}
	if b.owed != 0 {
		t.Error("pause and resume are no news, but a notice is owed")
	}
}

func TestChanges_RunAgainAfterALostRace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		losses int
		ok     bool
	}{{0, true}, {9, true}, {10, false}} {
		r := &racer{}
		b := setUp(t, func(s heartbeat.Store) heartbeat.Store { r.Store = s; return r })
		b.pulse(t, pulse("nightly", monday))
		for name, do := range map[string]func() error{
			"edit":  func() error { return b.Edit(t.Context(), id("nightly"), service.Edit{Grace: new("1")}) },
			"pause": func() error { return b.Pause(t.Context(), monday, id("nightly")) },
		} {
			r.left = c.losses
			if err := do(); (err == nil) != c.ok || !c.ok && !errors.Is(err, heartbeat.ErrConflict) {
				t.Errorf("%s after %d lost races: %v", name, c.losses, err)
			}
		}
		r.left = c.losses
		if err := b.Delete(t.Context(), id("nightly")); (err == nil) != c.ok {
			t.Errorf("delete after %d lost races: %v", c.losses, err)
		}
	}
}

func TestDelete_ForgetsTheCheckAndAPulseBringsItBackNew(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pulse(t, pulse("nightly", monday))
	if err := b.Delete(t.Context(), id("nightly")); err != nil {
		t.Fatal(err)
	}
	if err := b.Delete(t.Context(), id("nightly")); !errors.Is(err, heartbeat.ErrNotFound) {
		t.Errorf("second delete: %v, want not found", err)
	}
	if got := b.pulse(t, pulse("nightly", monday.Add(time.Hour))); !got.Created || got.N != 1 {
		t.Errorf("pulse after delete: %+v, want a new check", got)
	}
}
