package schedule_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat"
	"heartbeat/internal/schedule"
)

func explain(t *testing.T, spec heartbeat.Spec, last string, grace time.Duration) schedule.Explanation {
	t.Helper()
	e, err := schedule.Explain(spec, at(t, last), grace)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func lines(days []schedule.Day) []string {
	var lines []string
	for _, d := range days {
		lines = append(lines, strings.TrimRight(fmt.Sprintf("%s: %s, %s: %s",
			d, schedule.FormatSpan(d.Counted), schedule.FormatSpan(d.Total), d.Note), ": "))
	}
	return lines
}

func TestExplain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		spec  heartbeat.Spec
		last  string
		grace time.Duration
		want  []string
	}{
		{
			"over a weekend",
			heartbeat.Spec{Period: 24 * hour, Worktime: "mon-fri", Zone: "Europe/Berlin"},
			"2026-11-20T18:00:00+01:00", hour,
			[]string{
				"Fri 2026-11-20: 6 h, 6 h: ping at 18:00",
				"Sat 2026-11-21: 0 h, 6 h: weekend",
				"Sun 2026-11-22: 0 h, 6 h: weekend",
				"Mon 2026-11-23: 19 h, 25 h: due at 18:00, down at 19:00",
			},
		},
		{
			"holidays",
			heartbeat.Spec{Period: 12 * hour, Worktime: "mon-fri 08:00-16:00", Zone: "Europe/Berlin", Holidays: "de,12-24"},
			"2026-12-23T17:00:00+01:00", 0,
			[]string{
				"Wed 2026-12-23: 0 h, 0 h: ping at 17:00, after the working time",
				"Thu 2026-12-24: 0 h, 0 h: own date 12-24",
				"Fri 2026-12-25: 0 h, 0 h: Weihnachtstag",
				"Sat 2026-12-26: 0 h, 0 h: Zweiter Weihnachtsfeiertag",
				"Sun 2026-12-27: 0 h, 0 h: weekend",
				"Mon 2026-12-28: 8 h, 8 h",
				"Tue 2026-12-29: 4 h, 12 h: due at 12:00",
			},
		},
		{
			"clocks go forward",
			heartbeat.Spec{Period: 48 * hour, Worktime: "always", Zone: "Europe/Berlin"},
			"2026-03-28T12:00:00+01:00", 0,
			[]string{
				"Sat 2026-03-28: 12 h, 12 h: ping at 12:00",
				"Sun 2026-03-29: 23 h, 35 h: clock change: 23 h day",
				"Mon 2026-03-30: 13 h, 48 h: due at 13:00",
			},
		},
		{
			"a date that a zone skipped",
			heartbeat.Spec{Period: 24 * hour, Worktime: "mon-sat", Zone: "Pacific/Apia"},
			"2011-12-29T12:00:00-10:00", 0,
			[]string{
				"Thu 2011-12-29: 12 h, 12 h: ping at 12:00",
				"Fri 2011-12-30: 0 h, 12 h: the clocks skip this date",
				"Sat 2011-12-31: 12 h, 24 h: due at 12:00",
			},
		},
		{
			"days that are no weekend",
			heartbeat.Spec{Period: 24 * hour, Worktime: "sun-thu", Zone: "Asia/Riyadh"},
			"2026-11-19T21:00:00Z", 0,
			[]string{
				"Fri 2026-11-20: 0 h, 0 h: no working day, ping at 00:00",
				"Sat 2026-11-21: 0 h, 0 h: weekend",
				"Sun 2026-11-22: 24 h, 24 h",
				"Mon 2026-11-23: 0 h, 24 h: due at 00:00",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := explain(t, tt.spec, tt.last, tt.grace)
			if diff := cmp.Diff(tt.want, lines(e.Days)); diff != "" {
				t.Errorf("days (-want +got):\n%s", diff)
			}
		})
	}
}

// TestExplain_AddsUp: whatever is folded, the days' counts make up the total.
func TestExplain_AddsUp(t *testing.T) {
	t.Parallel()
	for _, period := range []time.Duration{time.Second, 100 * hour, 1000 * hour, heartbeat.MaxPeriod} {
		spec := heartbeat.Spec{Period: period, Worktime: "mon-fri 09:00-17:30", Zone: "America/St_Johns", Holidays: "ca"}
		e := explain(t, spec, "2010-11-01T10:00:00Z", 3*hour)
		sum, dates := time.Duration(0), 0
		for _, d := range e.Days {
			sum += d.Counted
			dates += d.Folded
			if d.Total != sum {
				t.Errorf("%s: total after %s is %s, want %s", period, d, d.Total, sum)
			}
		}
		if want := period + 3*hour; sum != want {
			t.Errorf("%s: days add up to %s, want %s", period, sum, want)
		}
		if len(e.Days) > 31 {
			t.Errorf("%s: %d lines", period, len(e.Days))
		}
		if span := e.Deadline.Sub(e.Last); dates < int(span/(24*hour)) {
			t.Errorf("%s: %d dates in %s", period, dates, span)
		}
	}
}

func TestExplain_RefusesWhatCanonicalDoes(t *testing.T) {
	t.Parallel()
	if _, err := schedule.Explain(heartbeat.Spec{Period: hour, Zone: "Local"}, time.Time{}, 0); err == nil {
		t.Error("no error")
	}
	if _, err := schedule.Explain(heartbeat.Spec{Period: hour}, time.Time{}, -1); err == nil {
		t.Error("no error")
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	for want, spec := range map[string]heartbeat.Spec{
		"24 h, mon-fri, Europe/Berlin, holidays de-by": {Period: 24 * hour, Worktime: "mon-fri", Zone: "Europe/Berlin", Holidays: "de-by"},
		"1 h 30 min, always, UTC":                      {Period: 90 * time.Minute, Worktime: "always", Zone: "UTC"},
	} {
		if got := schedule.Describe(spec); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
