package service_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat"
	"heartbeat/internal/service"
)

func cronSpec(expression, worktime, zone string) heartbeat.Spec {
	return heartbeat.Spec{
		Kind: heartbeat.ScheduleCron, Expression: expression, Period: 24 * time.Hour, Worktime: worktime, Zone: zone,
	}
}

func TestInitial_BecomesTheSettingsOfTheNewCheck(t *testing.T) {
	t.Parallel()
	nightly := cronSpec("0 3 * * *", "always", "Europe/Berlin")
	tokyo := cronSpec("0 3 * * 6", "mon-sat", "Asia/Tokyo")
	calendar := nightly
	calendar.Kind, calendar.Expression = heartbeat.ScheduleOnCalendar, "12:34\nSat 15:00"
	period := func(hours time.Duration, worktime string) heartbeat.Spec {
		return heartbeat.Spec{Period: hours * time.Hour, Worktime: worktime, Zone: "Europe/Berlin"}
	}
	with := func(spec heartbeat.Spec, grace time.Duration) heartbeat.Settings {
		return heartbeat.Settings{Spec: spec, Grace: grace}
	}
	for name, c := range map[string]struct {
		typed       service.Initial
		pulse, slug heartbeat.Settings
	}{
		"nothing is said": {
			service.Initial{}, with(period(24, "mon-fri"), 0), with(period(24, "always"), time.Hour),
		},
		"a period and a grace": {
			service.Initial{Threshold: "2", Grace: "0.5", Worktime: "mon-sat"},
			with(period(2, "mon-sat"), 30*time.Minute), with(period(2, "mon-sat"), 30*time.Minute),
		},
		"cron has a grace, and counts on all days": {
			service.Initial{Cron: " 0 3 * * * "}, with(nightly, time.Hour), with(nightly, time.Hour),
		},
		"cron with all that is said": {
			service.Initial{Cron: "0 3 * * 6", Grace: "0", Worktime: "mon-sat", Zone: "Asia/Tokyo"}, with(tokyo, 0), with(tokyo, 0),
		},
		"lines of OnCalendar": {
			service.Initial{OnCalendar: "12:34\r\nSat 15:00"}, with(calendar, time.Hour), with(calendar, time.Hour),
		},
	} {
		b := setUp(t)
		s := service.New(service.Config{Store: b.store, Zone: "Europe/Berlin"})
		p := pulse("nightly", monday)
		p.Initial = c.typed
		if _, err := s.Pulse(t.Context(), p); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.pulse, b.check(t, "nightly").Settings); diff != "" {
			t.Errorf("%s, by a pulse (-want +got):\n%s", name, diff)
		}
		made, err := s.PingSlug(t.Context(), heartbeat.DefaultProject, "nightly", p.Ping, &c.typed)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		check, err := b.store.Check(t.Context(), made.Check)
		if diff := cmp.Diff(c.slug, check.Settings); diff != "" || err != nil {
			t.Errorf("%s, by slug (-want +got): %v\n%s", name, err, diff)
		}
	}
}

func TestInitial_RefusesWhatContradictsItself(t *testing.T) {
	t.Parallel()
	for want, typed := range map[string]service.Initial{
		"threshold does not go with cron":       {Threshold: "24", Cron: "0 3 * * *"},
		"threshold does not go with oncalendar": {Threshold: "24", OnCalendar: "12:34"},
		"oncalendar does not go with cron":      {Cron: "0 3 * * *", OnCalendar: "12:34"},
		"saturday does not go with cron":        {Saturday: "0", Cron: "0 3 * * *"},
		"cron ":                                 {Cron: "0 3 * *"},
		"oncalendar ":                           {OnCalendar: "noonish"},
		"cron has 121 characters":               {Cron: strings.Repeat("1,", 56) + "1 3 * * *"},
		"grace must be a number of hours":       {Grace: "1h"},
		"grace must be between 0 and a year":    {Cron: "0 3 * * *", Grace: "8761"},
	} {
		b := setUp(t)
		p := pulse("nightly", monday)
		p.Initial = typed
		_, byPulse := b.Pulse(t.Context(), p)
		_, bySlug := b.PingSlug(t.Context(), heartbeat.DefaultProject, "nightly", p.Ping, &typed)
		for _, err := range []error{byPulse, bySlug} {
			if err == nil || !strings.HasPrefix(err.Error(), want) || len(fields(err)) != 1 {
				t.Errorf("%+v: %v, want %q", typed, err, want)
			}
		}
		if checks, err := b.store.Checks(t.Context()); err != nil || len(checks) != 0 {
			t.Errorf("%+v: %d checks stored, %v", typed, len(checks), err)
		}
	}
}

// What was wrong once is wrong for a check that exists, too: a mistake shows at
// every ping, not only at the first.
func TestInitial_IsCheckedAlwaysAndUsedOnce(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	ping := heartbeat.Ping{At: monday, Kind: heartbeat.KindSuccess}
	send := func(i service.Initial) error {
		_, err := b.PingSlug(t.Context(), heartbeat.DefaultProject, "nightly", ping, &i)
		return err
	}
	if err := send(service.Initial{Cron: "0 3 * * *"}); err != nil {
		t.Fatal(err)
	}
	if err := send(service.Initial{Cron: "0 4 * * *"}); err != nil {
		t.Fatal(err)
	}
	if err := send(service.Initial{Cron: "0 25 * * *"}); !slices.Equal(fields(err), []string{"cron"}) {
		t.Errorf("got %v", err)
	}
	c, err := b.store.Check(t.Context(), heartbeat.SlugID(heartbeat.DefaultProject, "nightly"))
	if err != nil || c.Expression != "0 3 * * *" || c.Pings != 2 {
		t.Errorf("got %q after %d pings, %v", c.Expression, c.Pings, err)
	}
}
