package notify_test

import (
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/notify"
)

func flipped(name string, to heartbeat.Status) notify.Event {
	return notify.Event{
		Check: heartbeat.Check{ID: heartbeat.CheckID{name[0]}, Names: heartbeat.Names{Name: name}},
		Flip:  heartbeat.Flip{To: to},
	}
}

func TestHeadline(t *testing.T) {
	t.Parallel()
	down := func(name string) notify.Event { return flipped(name, heartbeat.StatusDown) }
	up := func(name string) notify.Event { return flipped(name, heartbeat.StatusUp) }
	blind := notify.Event{Blind: &heartbeat.BlindReport{Blind: heartbeat.Blind{To: time.Time{}.Add(21 * time.Minute)}}}
	for _, tt := range []struct {
		want   string
		events []notify.Event
	}{
		{"backup is down", []notify.Event{down("backup")}},
		{"backup is up again", []notify.Event{up("backup")}},
		{"2 checks are down", []notify.Event{down("a"), down("b")}},
		{"2 checks are up again", []notify.Event{up("a"), up("b")}},
		{"a is down, b is up again", []notify.Event{down("a"), up("b")}},
		{"2 checks are down, 1 is up again", []notify.Event{down("a"), down("b"), up("c")}},
		{"2 checks are down, 2 are up again", []notify.Event{down("a"), down("b"), up("c"), up("d")}},
		{"a is down, 2 checks are up again", []notify.Event{down("a"), up("b"), up("c")}},
		{"a is up again", []notify.Event{down("a"), up("a")}},
		{"a is down", []notify.Event{up("a"), down("a")}},
		{"Heartbeat was not watching for 21 min", []notify.Event{blind}},
		{"a is down, Heartbeat was not watching for 21 min", []notify.Event{blind, down("a")}},
		{strings.Repeat("a", 49) + "… is down", []notify.Event{down(strings.Repeat("a", 51))}},
	} {
		if got := notify.Headline(notify.Message{Events: tt.events}); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestCause(t *testing.T) {
	t.Parallel()
	for reason, want := range map[heartbeat.Reason]string{
		heartbeat.ReasonLate:    "late: no ping came in time, exit status 3",
		heartbeat.ReasonOverrun: "overrun: a started run did not end in time, exit status 3",
		heartbeat.ReasonFail:    "fail: the job reported failure, exit status 3",
		"other":                 "other, exit status 3",
	} {
		if got := notify.Cause(heartbeat.Flip{Reason: reason, Detail: "exit status 3"}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTitle(t *testing.T) {
	t.Parallel()
	id := heartbeat.CheckID{0xb0, 0xfd, 0x5d, 0x77}
	for want, c := range map[string]heartbeat.Check{
		"nightly":          {ID: id, Names: heartbeat.Names{Host: "db1", Name: "nightly"}, Labels: heartbeat.Labels{Slug: "slug"}},
		"slug":             {ID: id, Labels: heartbeat.Labels{Slug: "slug"}},
		"unnamed b0fd5d77": {ID: id},
	} {
		if got := c.Title(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		m := notify.Message{Events: []notify.Event{{Check: c, Flip: heartbeat.Flip{To: heartbeat.StatusDown}}}}
		if got := notify.Headline(m); got != want+" is down" {
			t.Errorf("headline is %q, want it to name %q", got, want)
		}
	}
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		want string
		spec heartbeat.Spec
	}{
		{"threshold 24 h", heartbeat.Spec{Period: 24 * time.Hour, Worktime: "always", Zone: "Europe/Berlin"}},
		{"threshold 30 min", heartbeat.Spec{Period: 30 * time.Minute}},
		{"threshold 24 h of working time (mon-fri, Europe/Berlin)", heartbeat.Spec{
			Period: 24 * time.Hour, Worktime: "mon-fri", Zone: "Europe/Berlin",
		}},
		{"threshold 24 h of working time (always, UTC, less holidays de-by)", heartbeat.Spec{
			Period: 24 * time.Hour, Worktime: "always", Zone: "UTC", Holidays: "de-by",
		}},
		{"cron 0 3 * * * (Europe/Berlin)", heartbeat.Spec{
			Kind: heartbeat.ScheduleCron, Expression: "0 3 * * *", Period: 24 * time.Hour, Worktime: "always", Zone: "Europe/Berlin",
		}},
		{"oncalendar Mon..Fri 09:00; Sat 10:00 (mon-sat, UTC, less holidays de-by)", heartbeat.Spec{
			Kind: heartbeat.ScheduleOnCalendar, Expression: "Mon..Fri 09:00\n  Sat 10:00", Worktime: "mon-sat", Zone: "UTC", Holidays: "de-by",
		}},
	} {
		if got := notify.Schedule(tt.spec); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		d           time.Duration
		exact, span string
	}{
		{0, "0 ms", "0 s"},
		{500 * time.Millisecond, "500 ms", "0 s"},
		{time.Second, "1 s", "1 s"},
		{90 * time.Second, "1 min 30 s", "1 min 30 s"},
		{90 * time.Minute, "1 h 30 min", "1 h 30 min"},
		{24 * time.Hour, "24 h", "1 d"},
		{24*time.Hour + time.Second, "24 h 1 s", "1 d"},
		{76*time.Hour + 59*time.Minute, "76 h 59 min", "3 d 4 h"},
		{-time.Second, "0 ms", "0 s"},
	} {
		if got := notify.Exact(tt.d); got != tt.exact {
			t.Errorf("Exact(%v) = %q, want %q", tt.d, got, tt.exact)
		}
		if got := notify.Span(tt.d); got != tt.span {
			t.Errorf("Span(%v) = %q, want %q", tt.d, got, tt.span)
		}
	}
}

func TestBlindText(t *testing.T) {
	t.Parallel()
	for held, want := range map[int]string{
		0: "no deadline fell", 1: "1 deadline fell into it and was moved", 41: "41 deadlines fell into it and were moved",
	} {
		if got := notify.BlindText(heartbeat.BlindReport{Held: held}); !strings.Contains(got, want) {
			t.Errorf("got %q, want it to say %q", got, want)
		}
	}
}
