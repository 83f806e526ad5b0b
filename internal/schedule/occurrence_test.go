package schedule_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"heartbeat"
	"heartbeat/internal/schedule"
)

// TestOccurrences_Laws: they are the due times in a row, and every move is said
// and has a reason.
func TestOccurrences_Laws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spec, named := drawSpec(t)
		if rapid.IntRange(0, 4).Draw(t, "period") == 0 {
			spec.Kind, spec.Period = heartbeat.SchedulePeriod, hour
		}
		last := drawLast(t, spec)
		all, err := schedule.Occurrences(spec, last, 5)
		if err != nil {
			t.Fatal(err)
		}
		s, _ := schedule.Compile(spec)
		for i := range 5 {
			due := s.Due(last)
			if due.IsZero() != (i >= len(all)) {
				t.Fatalf("%+v: %d occurrences, after which %v is due", spec, len(all), due)
			}
			if due.IsZero() {
				break
			}
			o := all[i]
			if !o.Due.Equal(due) || o.Moved() != (o.Why != "") || o.Due.Location().String() != spec.Zone {
				t.Fatalf("%+v: %v is due, got %+v", spec, due, o)
			}
			if want := named(last.Add(early)); spec.Kind != heartbeat.SchedulePeriod && (!o.Named().Equal(want) || o.Moved() == want.Equal(due)) {
				t.Fatalf("%+v: %v is due for %v, got %+v", spec, due, want, o)
			}
			last = due
		}
	})
}

func TestOccurrences_SayWhatMovedThem(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		expression, worktime, holidays, last string
		want                                 []string
	}{
		{"0 3 * * *", "mon-fri", "", "2026-11-19T12:00:00+01:00", []string{
			"Fri 20 03:00", "Mon 23 00:00 for Sat 21 03:00: weekend", "Mon 23 03:00",
		}},
		{"0 3 * * *", "mon-fri", "de-by", "2026-12-24T12:00:00+01:00", []string{
			"Mon 28 00:00 for Fri 25 03:00: Weihnachtstag, Zweiter Weihnachtsfeiertag, weekend",
		}},
		{"0 3 * * *", "mon-fri 09:00-17:30", "", "2026-11-19T12:00:00+01:00", []string{
			"Fri 20 09:00 for Fri 20 03:00: outside 09:00-17:30", "Mon 23 09:00 for Sat 21 03:00: weekend",
		}},
		{"0 20 * * *", "mon-fri 09:00-17:30", "", "2026-11-19T21:00:00+01:00", []string{
			"Mon 23 09:00 for Fri 20 20:00: outside 09:00-17:30, weekend", "Tue 24 09:00 for Mon 23 20:00: outside 09:00-17:30",
		}},
		{"0 3 * * *", "mon,tue", "", "2026-11-17T12:00:00+01:00", []string{
			"Mon 23 00:00 for Wed 18 03:00: no working day, weekend",
		}},
		{"0 3 * * *", "mon-fri", "2026-11-18,2026-11-19,2026-11-20", "2026-11-17T12:00:00+01:00", []string{
			"Mon 23 00:00 for Wed 18 03:00: own date 2026-11-18, own date 2026-11-19, own date 2026-11-20 …",
		}},
	} {
		spec := cronSpec(test.expression, test.worktime)
		spec.Holidays = test.holidays
		all, err := schedule.Occurrences(spec, at(t, test.last), len(test.want))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range all {
			text := o.Due.Format("Mon 2 15:04")
			if o.Moved() {
				text += " for " + o.MovedFrom.Format("Mon 2 15:04") + ": " + o.Why
			}
			got = append(got, text)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", spec, diff)
		}
	}
}

func TestExplain_Expressions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		expression string
		worktime   string
		grace      time.Duration
		want       []string
	}{
		{"on time", "0 20 * * *", "always", hour, []string{"Fri 2026-11-20: 1 h, 1 h: due at 20:00, down at 21:00"}},
		{"moved", "0 3 * * *", "mon-fri", hour, []string{
			"Sat 2026-11-21: 0 h, 0 h: weekend, occurs at 03:00",
			"Sun 2026-11-22: 0 h, 0 h: weekend",
			"Mon 2026-11-23: 1 h, 1 h: due at 00:00, down at 01:00",
		}},
		{"moved from the evening", "0 20 * * *", "mon-fri 09:00-17:30", 0, []string{
			"Fri 2026-11-20: 0 h, 0 h: occurs at 20:00, after the working time",
			"Sat 2026-11-21: 0 h, 0 h: weekend",
			"Sun 2026-11-22: 0 h, 0 h: weekend",
			"Mon 2026-11-23: 0 h, 0 h: due at 09:00",
		}},
		{"moved within the day", "0 7 * * 1-5", "mon-fri 09:00-17:30", hour, []string{
			"Mon 2026-11-23: 1 h, 1 h: occurs at 07:00, due at 09:00, down at 10:00",
		}},
		{"grace over a weekend", "30 23 * * *", "mon-fri", hour, []string{
			"Fri 2026-11-20: 30 min, 30 min: due at 23:30",
			"Sat 2026-11-21: 0 h, 30 min: weekend",
			"Sun 2026-11-22: 0 h, 30 min: weekend",
			"Mon 2026-11-23: 30 min, 1 h: down at 00:30",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := explain(t, cronSpec(test.expression, test.worktime), "2026-11-20T18:00:00+01:00", test.grace)
			if diff := cmp.Diff(test.want, lines(e.Days)); diff != "" {
				t.Errorf("days (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExplain_WithoutFurtherOccurrences(t *testing.T) {
	t.Parallel()
	spec := heartbeat.Spec{Kind: heartbeat.ScheduleOnCalendar, Expression: "2026-11-20", Worktime: "mon-fri"}
	e := explain(t, spec, "2026-11-20T00:00:00Z", hour)
	if !e.Due.IsZero() || !e.Deadline.IsZero() || e.Moved() || e.Days != nil {
		t.Errorf("got %+v", e)
	}
}
