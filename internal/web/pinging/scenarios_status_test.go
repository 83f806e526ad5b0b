package pinging_test

import (
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule"
	"heartbeat/internal/service"
)

// deadline is when the check goes down by itself.
func deadline(f found) time.Time {
	s, err := schedule.Compile(f.Spec)
	if err != nil {
		return time.Time{}
	}
	return f.Outlook(s, nil).Deadline
}

// Section 8.9 of the description, as far as pings and the monitor's look bring
// it about, 66 to 68 of 8.1, and the table of 2.6.
func scenariosOfStatus() []scenario {
	sweep := []step{{send: "SWEEP"}}
	pingThen := func(sends ...string) []step { return append(ok(sends...), step{send: "SWEEP"}) }
	day := 24 * time.Hour
	cron := func(expression, zone string) func(*heartbeat.Check, time.Time) {
		return func(c *heartbeat.Check, _ time.Time) {
			c.Kind, c.Expression, c.Zone = heartbeat.ScheduleCron, expression, zone
		}
	}
	wantDeadline := func(after time.Duration) func(found) string {
		return func(f found) string { return field("time until the deadline", deadline(f).Sub(f.now), after) }
	}
	overdue := in(up, pinged(2*day))
	return []scenario{
		{"66: a start while down", in(down), ok("GET {P}/start"), want{status: down, log: "start", started: true}},
		{"67: a second failure", in(up), []step{
			{send: "GET {P}/fail", want: "200 OK"}, {send: "GET {P}/fail", want: "200 OK", after: time.Second},
		}, want{status: down, log: "fail fail", flips: "up-down fail", also: func(f found) string { return field("last ping", f.LastPing.Equal(f.now), true) }}},
		{"68: overdue, but nobody has looked", overdue, ok("GET {P}"), want{status: up, log: "success"}},
		{"254: late, but within the grace", in(up, pinged(day+30*time.Minute)), sweep, want{status: up}},
		{"255: later than the grace", overdue, sweep, want{status: down, flips: "up-down late", also: func(f found) string {
			return field("the flip", say(f.flips[0].At.Sub(f.LastPing), deadline(f)), say(25*time.Hour, time.Time{}))
		}}},
		{"256: pinged since it was last looked at", overdue, pingThen("GET {P}"), want{status: up, log: "success", also: wantDeadline(25 * time.Hour)}},
		{"260: cron in a zone, pinged just now", in(up, cron("0 10 * * *", "Australia/Brisbane")), pingThen("GET {P}"), want{status: up, log: "success"}},
		{"260: cron in a zone, a day missed", in(up, cron("0 10 * * *", "Australia/Brisbane"), pinged(2*day)), sweep, want{status: down, flips: "up-down late"}},
		{"263: new, and a run takes too long", in(virgin, running(2*time.Hour, "")), sweep, want{status: down, flips: "new-down overrun", started: true}},
		{"263: up, and a run takes too long", in(up, running(2*time.Hour, "")), sweep, want{status: down, flips: "up-down overrun", started: true}},
		{"264: paused, and a run takes too long", in(paused, running(2*time.Hour, "")), sweep, want{status: down, flips: "paused-down overrun", started: true}},
		{"264: a start in a pause, and a look in time", in(paused), pingThen("GET {P}/start"), want{status: paused, log: "start", started: true, also: wantDeadline(time.Hour)}},
		{"265: down, and a run takes too long", in(down, running(2*time.Hour, "")), sweep, want{status: down, started: true}},
		{"265: down, started", in(down), pingThen("GET {P}/start"), want{status: down, log: "start", started: true, also: func(f found) string {
			return field("deadline", deadline(f), time.Time{})
		}}},
		{
			"1.9: the end of a run that took too long", in(virgin, running(2*time.Hour, "")), append(sweep, step{send: "GET {P}", want: "200 OK"}),
			want{status: up, log: "success", flips: "new-down overrun, down-up ping", took: 2 * time.Hour},
		},
		{"1.9: a second start is the one that counts", in(up, running(time.Hour/2, runA)), []step{
			{send: "GET {P}/start?rid={B}", want: "200 OK"}, {send: "GET {P}?rid={B}", want: "200 OK", after: time.Second},
		}, want{status: up, log: "start success", took: time.Second}},
		{"2.3: a start brings the deadline forward", in(up), ok("GET {P}/start"), want{status: up, log: "start", started: true, also: wantDeadline(time.Hour)}},
		{
			"2.3: a start when it is late does not put it off", in(up, pinged(day+30*time.Minute)), ok("GET {P}/start"),
			want{status: up, log: "start", started: true, also: wantDeadline(30 * time.Minute)},
		},
		{"2.6: new, success", in(virgin), pingThen("GET {P}"), want{status: up, log: "success", flips: "new-up ping"}},
		{"2.6: new, fail", in(virgin), pingThen("GET {P}/fail"), want{status: down, log: "fail", flips: "new-down fail"}},
		{"2.6: new, start", in(virgin), pingThen("GET {P}/start"), want{status: virgin, log: "start", started: true}},
		{"2.6: new, time", in(virgin, func(c *heartbeat.Check, now time.Time) { c.Created, c.Since = now.Add(-9*day), now.Add(-9*day) }), sweep, want{status: virgin}},
		{"2.6: up, success", in(up), pingThen("GET {P}"), want{status: up, log: "success"}},
		{"2.6: up, fail", in(up), pingThen("GET {P}/fail"), want{status: down, log: "fail", flips: "up-down fail"}},
		{"2.6: down, success", in(down), pingThen("GET {P}"), want{status: up, log: "success", flips: "down-up ping"}},
		{"2.6: down, fail", in(down), pingThen("GET {P}/fail"), want{status: down, log: "fail"}},
		{"2.6: paused, success", in(paused), pingThen("GET {P}"), want{status: up, log: "success", flips: "paused-up ping"}},
		{"2.6: paused, fail", in(paused), pingThen("GET {P}/fail"), want{status: down, log: "fail", flips: "paused-down fail"}},
		{"2.6: paused, time", in(paused, pinged(9*day)), sweep, want{status: paused}},
		{"2.6: log changes nothing", in(down), pingThen("GET {P}/log"), want{status: down, log: "log"}},
		{"2.6: ignored pings change nothing", in(up, with(heartbeat.Rules{PostOnly: true})), pingThen("GET {P}/fail"), want{status: up, log: "ignored"}},
	}
}

// shown is a check that is pinged at one moment and looked at in others.
type shown struct {
	name string
	spec heartbeat.Spec
	// grace after which the check is down.
	grace time.Duration
	ping  string
	// looks are moments, each with the status to show.
	looks []string
}

// 257 to 260 and 266 of 8.9, with their own dates.
func clocks() []shown {
	cron := func(expression, zone string) heartbeat.Spec {
		return heartbeat.Spec{Kind: heartbeat.ScheduleCron, Expression: expression, Period: time.Hour, Worktime: "always", Zone: zone}
	}
	calendar := func(expression string) heartbeat.Spec {
		return heartbeat.Spec{Kind: heartbeat.ScheduleOnCalendar, Expression: expression, Period: time.Hour, Worktime: "always", Zone: "UTC"}
	}
	midnight := []string{"2000-01-01T23:59:00Z up", "2000-01-02T00:00:00Z grace", "2000-01-02T00:59:59Z grace", "2000-01-02T01:00:00Z down"}
	return []shown{
		{"257: cron", cron("0 0 * * *", "UTC"), time.Hour, "2000-01-01T00:00:00Z", midnight},
		{"258: OnCalendar", calendar("00:00"), time.Hour, "2000-01-01T00:00:00Z", midnight},
		{"259: OnCalendar that has ended", calendar("2019-01-01"), time.Hour, "2020-01-01T00:00:00Z", []string{"2020-01-01T00:00:01Z up", "2026-01-01T00:00:00Z up"}},
		{"260: cron in a zone", cron("0 10 * * *", "Australia/Brisbane"), time.Hour, "2020-01-01T00:00:00Z", []string{
			"2020-01-02T09:59:00+10:00 up", "2020-01-02T10:00:00+10:00 grace", "2020-01-02T11:00:00+10:00 down",
		}},
		{"266: cron where clocks go back", cron("15 * * * *", "Europe/Riga"), 5 * time.Minute, "2023-10-29T00:55:00Z", []string{
			"2023-10-29T01:05:00Z up", "2023-10-29T01:15:00Z grace", "2023-10-29T01:20:00Z down",
		}},
	}
}

// show pings at the moment that sc names, and looks.
func (s *site) show(t *testing.T, sc shown) {
	parse := func(text string) time.Time {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	s.now = parse(sc.ping)
	c := heartbeat.Check{
		ID: service.NewID(), Project: s.project, Settings: heartbeat.Settings{Spec: sc.spec, Grace: sc.grace},
		State: heartbeat.State{Status: heartbeat.StatusNew, Since: s.now}, Created: s.now,
	}
	if err := s.store.Add(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	s.send(t, step{send: "GET /ping/" + c.ID.String(), want: "200 OK"})
	for _, look := range sc.looks {
		at, want, _ := strings.Cut(look, " ")
		row, err := s.Checks.Look(t.Context(), parse(at), c.ID)
		if err != nil || string(row.Shown) != want {
			t.Errorf("at %s: %s, %v, want %s", at, row.Shown, err, want)
		}
	}
}
