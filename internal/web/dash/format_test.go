package dash_test

import (
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/web/dash"
)

func TestDurations_AreSaidHumanely(t *testing.T) {
	t.Parallel()
	const h, m, s = time.Hour, time.Minute, time.Second
	for _, tt := range []struct {
		say  func(time.Duration) string
		d    time.Duration
		want string
	}{
		{dash.Span, 300 * time.Microsecond, "< 1 ms"},
		{dash.Span, 350 * time.Millisecond, "350 ms"},
		{dash.Span, 1250 * time.Millisecond, "1.2 s"},
		{dash.Span, 3*m + 20*s, "3 min 20 s"},
		{dash.Span, 2*h + 5*m + 9*s, "2 h 5 min"},
		{dash.Span, 25 * h, "1 day 1 h"},
		{dash.Span, 72 * h, "3 days"},
		{dash.Counted, 0, "0 s"},
		{dash.Counted, 9*m + 5*s, "9 min 5 s"},
		{dash.Counted, 14*m + 6*s, "14 min"},
		{dash.Counted, 49*h + 30*m, "49 h 30 min"}, // a day of working time is not a day
		{dash.Counted, 139*h + 26*m, "139 h"},
		{dash.Exact, 1500 * time.Millisecond, "1.5 s"},
		{dash.Exact, 100*h + 30*m, "100 h 30 min"},
		{dash.Exact, h + 30*s, "1 h 30 s"},
		{dash.Exact, 90*s + 500*time.Millisecond, "1 min 30.5 s"},
	} {
		if got := strings.ReplaceAll(tt.say(tt.d), "\u00a0", " "); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.d, got, tt.want)
		}
	}
}

func TestRelative_SaysHowFarOff(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0:                     "just now",
		-time.Second:          "just now",
		-34 * time.Second:     "34 s ago",
		-3 * time.Minute:      "3 min ago",
		-47 * time.Hour:       "47 h ago",
		-49 * time.Hour:       "2 days ago",
		-90 * 24 * time.Hour:  "3 months ago",
		-800 * 24 * time.Hour: "2 years ago",
		5 * time.Minute:       "in 5 min",
	} {
		if got := strings.ReplaceAll(dash.Relative(noon, noon.Add(d)), "\u00a0", " "); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

func TestShowBody_IsSafeToLookAt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, body, text, note string }{
		{"plain", "one\r\ntwo\t3", "one\ntwo\t3", ""},
		{"escape", "\x1b[31mred", "␛[31mred", ""},
		{"override", "a\u202egnp.exe", "a�gnp.exe", ""},
		{"invalid", "a\xffb", "a�b", "UTF-8"},
		{"cut", strings.Repeat("x", heartbeat.MaxBody-1) + "\xc3", strings.Repeat("x", heartbeat.MaxBody-1), "first 10 kB"},
	} {
		got, note := dash.ShowBody([]byte(tt.body))
		if got != tt.text || !strings.Contains(note, tt.note) || tt.note == "" && note != "" {
			t.Errorf("%s: got %q, %q, want %q, %q", tt.name, got, note, tt.text, tt.note)
		}
	}
}
