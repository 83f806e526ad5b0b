package schedule_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"heartbeat"
	"heartbeat/internal/schedule"
	"heartbeat/internal/schedule/cron"
	"heartbeat/internal/schedule/oncalendar"
)

// cronSpec is a check of "0 3 * * *" and the like, in Berlin.
func cronSpec(expression, worktime string) heartbeat.Spec {
	return heartbeat.Spec{Kind: heartbeat.ScheduleCron, Expression: expression, Worktime: worktime, Zone: "Europe/Berlin"}
}

func TestDue_OfAnExpression(t *testing.T) {
	t.Parallel()
	// 2026-11-20 is a Friday.
	for _, test := range []struct {
		name                       string
		kind                       heartbeat.ScheduleKind
		expression, worktime, holi string
		last, want, down           string // down: after an hour of grace
	}{
		{"its own days", "cron", "0 3 * * 1-5", "always", "", "2026-11-20T03:00:01+01:00", "2026-11-23T03:00:00+01:00", "2026-11-23T04:00:00+01:00"},
		{"an occurrence does not count for itself", "cron", "0 3 * * *", "always", "", "2026-11-20T03:00:00+01:00", "2026-11-21T03:00:00+01:00", "2026-11-21T04:00:00+01:00"},
		{"by a clock that is fast", "cron", "0 3 * * *", "always", "", "2026-11-20T02:59:55+01:00", "2026-11-21T03:00:00+01:00", "2026-11-21T04:00:00+01:00"},
		{"too early for that", "cron", "0 3 * * *", "always", "", "2026-11-20T02:59:54+01:00", "2026-11-20T03:00:00+01:00", "2026-11-20T04:00:00+01:00"},
		{"the weekend", "cron", "0 3 * * *", "mon-fri", "", "2026-11-20T03:00:01+01:00", "2026-11-23T00:00:00+01:00", "2026-11-23T01:00:00+01:00"},
		{"the night", "cron", "0 3 * * *", "mon-fri 09:00-17:30", "", "2026-11-19T17:00:00+01:00", "2026-11-20T09:00:00+01:00", "2026-11-20T10:00:00+01:00"},
		{"a holiday before a weekend", "cron", "0 3 * * *", "mon-fri", "11-20", "2026-11-19T17:00:00+01:00", "2026-11-23T00:00:00+01:00", "2026-11-23T01:00:00+01:00"},
		{"grace goes on after the weekend", "cron", "30 23 * * 5", "mon-fri", "", "2026-11-20T03:00:00+01:00", "2026-11-20T23:30:00+01:00", "2026-11-23T00:30:00+01:00"},
		{"the end of work is no time of work", "cron", "30 17 * * *", "mon-fri 09:00-17:30", "", "2026-11-19T17:00:00+01:00", "2026-11-20T09:00:00+01:00", "2026-11-20T10:00:00+01:00"},
		{"the first of several lines", "oncalendar", "Sat 06:00\n 04:00 \nSun 03:00", "always", "", "2026-11-20T18:00:00+01:00", "2026-11-21T04:00:00+01:00", "2026-11-21T05:00:00+01:00"},
		{"a line's own zone", "oncalendar", "Mon 03:00 Asia/Tokyo", "always", "", "2026-11-20T18:00:00+01:00", "2026-11-22T19:00:00+01:00", "2026-11-22T20:00:00+01:00"},
		{"a line's own zone, the check's weekend", "oncalendar", "Mon 03:00 Asia/Tokyo", "mon-fri", "", "2026-11-20T18:00:00+01:00", "2026-11-23T00:00:00+01:00", "2026-11-23T01:00:00+01:00"},
		{"in the second pass of an hour", "oncalendar", "*:0/30", "always", "", "2026-10-25T01:10:00Z", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := compile(t, heartbeat.Spec{
				Kind: test.kind, Expression: test.expression, Worktime: test.worktime, Zone: "Europe/Berlin", Holidays: test.holi,
			})
			due := s.Due(at(t, test.last))
			if !due.Equal(at(t, test.want)) {
				t.Errorf("due %s, want %s", due, test.want)
			}
			if down := s.Add(due, hour); !down.Equal(at(t, test.down)) {
				t.Errorf("down %s, want %s", down, test.down)
			}
		})
	}
}

func TestDue_NeverAfterTheLastOccurrence(t *testing.T) {
	t.Parallel()
	for _, worktime := range []string{"always", "mon-fri"} {
		s := compile(t, heartbeat.Spec{Kind: heartbeat.ScheduleOnCalendar, Expression: "2026-11-20 12:00", Worktime: worktime, Zone: "UTC"})
		if due := s.Due(at(t, "2026-11-20T11:59:54Z")); !due.Equal(at(t, "2026-11-20T12:00:00Z")) {
			t.Errorf("%s: due %v", worktime, due)
		}
		if due := s.Due(at(t, "2026-11-20T12:00:00Z")); due != (time.Time{}) {
			t.Errorf("%s: due %v after the last occurrence", worktime, due)
		}
	}
}

// TestDue_ThePeriodHasNoSay: it is kept, and two checks that differ only in it
// are due at the same moments.
func TestDue_ThePeriodHasNoSay(t *testing.T) {
	t.Parallel()
	last := at(t, "2026-11-20T18:00:00Z")
	for _, period := range []time.Duration{0, time.Second, heartbeat.MaxPeriod} {
		// Ten years of this calendar's time take a century.
		spec := cronSpec("0 3 * * *", "mon 00:00-00:01")
		spec.Period = period
		canonical, err := schedule.Canonical(spec)
		if err != nil || canonical != spec {
			t.Errorf("period %s becomes %+v, %v", period, canonical, err)
		}
		if due := compile(t, spec).Due(last); !due.Equal(at(t, "2026-11-23T00:00:00+01:00")) {
			t.Errorf("period %s: due %v", period, due)
		}
	}
}

func TestCanonical_Expressions(t *testing.T) {
	t.Parallel()
	verbatim := " 0  3\t* * mon-FRI \n"
	got, err := schedule.Canonical(heartbeat.Spec{Kind: heartbeat.ScheduleCron, Expression: verbatim, Worktime: "Mon-Sat"})
	want := heartbeat.Spec{Kind: heartbeat.ScheduleCron, Expression: verbatim, Worktime: "mon-sat", Zone: "UTC"}
	if err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	got, err = schedule.Canonical(heartbeat.Spec{Expression: strings.Repeat("leftover ", 20), Period: hour, Worktime: "always"})
	want = heartbeat.Spec{Period: hour, Worktime: "always", Zone: "UTC"}
	if err != nil || got != want {
		t.Errorf("with a period: got %+v, %v; want %+v", got, err, want)
	}
}

func TestCanonical_RefusesExpressions(t *testing.T) {
	t.Parallel()
	long := "0 3 * * *" + strings.Repeat(" ", heartbeat.MaxExpression-9)
	for _, test := range []struct {
		kind       heartbeat.ScheduleKind
		expression string
		want       string
	}{
		{"cron", long, ""},
		{"cron", long + " ", "schedule has 101 characters; it can have 100 at most"},
		{"oncalendar", strings.Repeat("\u00a0", 50) + "daily" + strings.Repeat("\n", 45), ""}, // characters, not bytes
		{"cron", "", "schedule must be five fields"},
		{"cron", "0 0 3 * * *", "schedule must be five fields"},
		{"cron", "@daily", "schedule cannot be @daily: type 0 0 * * *"},
		{"cron", "99 * * * *", `schedule has minute "99"`},
		{"cron", "0 0 30 2 *", "schedule never occurs"},
		{"oncalendar", "", "schedule line 1: nothing to read"},
		{"oncalendar", "daily\nnonsense", `schedule line 2: "nonsense" is no weekday`},
		{"oncalendar", "1999-12-31", "schedule never comes: no such date after 1 January 2000"},
		{"oncalendar", "2000-01-02", ""},
		{"hourly", "", `schedule must be a period or of kind cron or oncalendar, not "hourly"`},
	} {
		_, err := schedule.Canonical(heartbeat.Spec{Kind: test.kind, Expression: test.expression, Worktime: "always"})
		invalid := new(heartbeat.Invalid)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s %q: %v", test.kind, test.expression, err)
		case test.want != "" && (!errors.As(err, &invalid) || invalid.Field != "schedule" || !strings.HasPrefix(err.Error(), test.want)):
			t.Errorf("%s %q: error %v, want one with %q", test.kind, test.expression, err, test.want)
		}
	}
}

func TestCanonical_RefusesAnExpressionThatNeverCounts(t *testing.T) {
	t.Parallel()
	var days []string
	for day := at(t, "2000-01-01T00:00:00Z"); day.Year() == 2000; day = day.AddDate(0, 0, 1) {
		days = append(days, day.Format("01-02"))
	}
	spec := cronSpec("0 3 * * *", "always")
	spec.Holidays = strings.Join(days, ",")
	if _, err := schedule.Canonical(spec); err == nil || err.Error() != "holidays leave no day that counts; take some out" {
		t.Errorf("error %v", err)
	}
}

func TestGuess(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]heartbeat.ScheduleKind{
		"0 3 * * *":            heartbeat.ScheduleCron,
		"\n 0 3\t* * * \n":     heartbeat.ScheduleCron,
		"a b c d e":            heartbeat.ScheduleCron,
		"0 0 3 * * *":          heartbeat.ScheduleOnCalendar,
		"0 3 * *\n*":           heartbeat.ScheduleOnCalendar,
		"Mon..Fri 03:00":       heartbeat.ScheduleOnCalendar,
		"@daily":               heartbeat.ScheduleOnCalendar,
		"":                     heartbeat.ScheduleOnCalendar,
		"12:00\n13:00 UTC":     heartbeat.ScheduleOnCalendar,
		"Mon *-*-* 12:00 UTC ": heartbeat.ScheduleOnCalendar,
	} {
		if got := schedule.Guess(expression); got != want {
			t.Errorf("%q is taken for %q, want %q", expression, got, want)
		}
	}
}

func TestDescribe_Expressions(t *testing.T) {
	t.Parallel()
	for want, spec := range map[string]heartbeat.Spec{
		"cron 0 3 * * 1-5, Europe/Berlin":                           cronSpec("0 3 * * 1-5", "always"),
		"cron 0 3 * * *, mon-fri 09:00-17:30, Europe/Berlin":        cronSpec(" 0  3 * *\t*", "mon-fri 09:00-17:30"),
		"oncalendar Mon..Fri 03:00; Sat 06:00, UTC, holidays de-by": {Kind: heartbeat.ScheduleOnCalendar, Expression: "Mon..Fri  03:00 \r\n Sat 06:00\n", Worktime: "always", Zone: "UTC", Holidays: "de-by"},
		"oncalendar daily, mon-sat, Asia/Kathmandu, holidays 12-24": {Kind: heartbeat.ScheduleOnCalendar, Expression: "daily", Worktime: "mon-sat", Zone: "Asia/Kathmandu", Holidays: "12-24"},
	} {
		if got := schedule.Describe(spec); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// drawSpec draws a check with an expression, and what names its moments.
func drawSpec(t *rapid.T) (heartbeat.Spec, func(after time.Time) time.Time) {
	spec := heartbeat.Spec{
		Worktime: rapid.SampledFrom([]string{
			"always", "mon-fri", "mon-sat", "sun-thu", "sun 01:00-04:00", "mon-fri 09:00-17:30", "mon,wed,sun 02:15-02:45", "sat,sun 23:30-24:00",
		}).Draw(t, "worktime"),
		Zone: rapid.SampledFrom([]string{
			"UTC", "Europe/Riga", "America/New_York", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Antarctica/Troll",
		}).Draw(t, "zone"),
		Holidays: rapid.SampledFrom([]string{"", "de-by,12-24", "2026-03-29,2026-10-25", "us"}).Draw(t, "holidays"),
	}
	zone, err := schedule.Zone(spec.Zone)
	if err != nil {
		t.Fatal(err)
	}
	minute := rapid.SampledFrom([]string{"0", "30", "*/7", "0/20", "59"}).Draw(t, "minute")
	hour := rapid.SampledFrom([]string{"*", "2", "3", "0/6", "23"}).Draw(t, "hour")
	if rapid.Bool().Draw(t, "cron") {
		rest := rapid.SampledFrom([]string{"* * *", "* * 6,0", "1 * *", "L * *", "29 2 *"}).Draw(t, "date")
		spec.Kind, spec.Expression = heartbeat.ScheduleCron, fmt.Sprintf("%s %s %s", minute, hour, rest)
		s, err := cron.Parse(spec.Expression)
		if err != nil {
			t.Fatal(err)
		}
		return spec, func(after time.Time) time.Time { return s.Next(after, zone) }
	}
	date := rapid.SampledFrom([]string{"*-*-*", "Sat,Sun *-*-*", "*-*~1", "2024-02-29", "*-03,10-25..31"}).Draw(t, "date")
	end := rapid.SampledFrom([]string{"", " Asia/Tokyo", "\nSun 02:30"}).Draw(t, "end")
	spec.Kind = heartbeat.ScheduleOnCalendar
	spec.Expression = fmt.Sprintf("%s %s:%s%s", date, hour, strings.Replace(minute, "*", "0", 1), end)
	s, err := oncalendar.Parse(spec.Expression)
	if err != nil {
		t.Fatal(err)
	}
	return spec, func(after time.Time) time.Time { return s.Next(after, zone) }
}

// drawLast draws when a ping came, mostly close to a change of the zone's clock.
func drawLast(t *rapid.T, spec heartbeat.Spec) time.Time {
	zone, err := schedule.Zone(spec.Zone)
	if err != nil {
		t.Fatal(err)
	}
	last := time.Unix(rapid.Int64Range(1_000_000_000, 4_000_000_000).Draw(t, "last"), 0).In(zone)
	if _, end := last.ZoneBounds(); !end.IsZero() && rapid.IntRange(0, 3).Draw(t, "near") > 0 {
		last = end.Add(time.Duration(rapid.Int64Range(-9000, 9000).Draw(t, "off")) * time.Second)
	}
	return last.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 999_999_999}).Draw(t, "ns")))
}

// TestDue_LawsOfExpressions: what is due is the moment that the expression names
// after the ping, which may have come a little early for the one before, or, if no
// time counts then, the first at which time does.
func TestDue_LawsOfExpressions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spec, named := drawSpec(t)
		s, err := schedule.Compile(spec)
		if err != nil {
			t.Fatal(err)
		}
		last := drawLast(t, spec)
		due := s.Due(last)
		first := named(last.Add(early))
		if due.IsZero() != first.IsZero() {
			t.Fatalf("%+v: %v is named after %v, and due is %v", spec, first, last, due)
		}
		if due.IsZero() {
			return
		}
		switch {
		case !due.After(last):
			t.Fatalf("%+v: %v is due, which is not after %v", spec, due, last)
		case due.Before(first) || s.Elapsed(first, due) != 0:
			t.Fatalf("%+v: %v is due for %v, and %s lie between", spec, due, first, s.Elapsed(first, due))
		case s.Elapsed(due, due.Add(1)) != 1:
			t.Fatalf("%+v: %v is due, when no time counts", spec, due)
		case due.Location() != last.Location():
			t.Fatalf("%+v: %v is not in the location of %v", spec, due, last)
		}
		grace := time.Duration(rapid.Int64Range(0, int64(50*hour)).Draw(t, "grace"))
		if down := s.Add(due, grace); down.Before(due) || s.Elapsed(due, down) != grace {
			t.Fatalf("%+v: %s of grace from %v end at %v", spec, grace, due, down)
		}
		later := last.Add(time.Duration(rapid.Int64Range(0, int64(100*hour)).Draw(t, "later")))
		if next := s.Due(later); !next.IsZero() && next.Before(due) {
			t.Fatalf("%+v: after %v comes %v, but after %v comes %v", spec, last, due, later, next)
		}
	})
}
