package schedule_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata" // the machine may have none

	"github.com/google/go-cmp/cmp"

	"heartbeat"
	"heartbeat/internal/schedule"
)

const hour = time.Hour

func compile(t testing.TB, spec heartbeat.Spec) schedule.Schedule {
	t.Helper()
	s, err := schedule.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func at(t testing.TB, s string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func TestDue(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		period         time.Duration
		worktime, holi string
		last, want     string
		grace          time.Duration
		down           string
	}{
		{name: "Monday, as Saturday does not count", period: 24 * hour, worktime: "mon-fri", last: "2026-11-20T18:00:00+01:00", want: "2026-11-23T18:00:00+01:00"},
		{name: "Saturday, as it counts", period: 24 * hour, worktime: "mon-sat", last: "2026-11-20T18:00:00+01:00", want: "2026-11-21T18:00:00+01:00"},
		{name: "plain time", period: 24 * hour, worktime: "always", last: "2026-03-28T18:00:00+01:00", want: "2026-03-29T19:00:00+02:00"},
		{name: "holidays", period: 24 * hour, worktime: "mon-fri", holi: "de-by,12-24", last: "2026-12-23T18:00:00+01:00", want: "2026-12-28T18:00:00+01:00"},
		{name: "grace is counted, too", period: 6 * hour, worktime: "mon-fri", last: "2026-11-20T17:00:00+01:00", want: "2026-11-20T23:00:00+01:00", grace: 2 * hour, down: "2026-11-23T01:00:00+01:00"},
		{name: "grace from the due moment, not from the weekend", period: 6 * hour, worktime: "mon-fri", last: "2026-11-20T18:00:00+01:00", want: "2026-11-23T00:00:00+01:00", grace: hour, down: "2026-11-23T01:00:00+01:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := compile(t, heartbeat.Spec{Period: tt.period, Worktime: tt.worktime, Zone: "Europe/Berlin", Holidays: tt.holi})
			last, want := at(t, tt.last), at(t, tt.want)
			due := s.Due(last)
			if !due.Equal(want) {
				t.Errorf("due %s, want %s", due, want)
			}
			if got := s.Elapsed(last, due); got != tt.period {
				t.Errorf("%s counted until due, want %s", got, tt.period)
			}
			if tt.down != "" && !s.Add(due, tt.grace).Equal(at(t, tt.down)) {
				t.Errorf("down %s, want %s", s.Add(due, tt.grace), tt.down)
			}
		})
	}
}

func TestAdd_NothingStaysWhereItIs(t *testing.T) {
	t.Parallel()
	sunday := at(t, "2026-11-22T12:00:00Z")
	s := compile(t, heartbeat.Spec{Period: hour, Worktime: "mon-fri", Zone: "UTC"})
	if got := s.Add(sunday, 0); !got.Equal(sunday) {
		t.Errorf("nothing added to %s is %s", sunday, got)
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	tests := []struct{ spec, want heartbeat.Spec }{
		{
			heartbeat.Spec{Period: hour},
			heartbeat.Spec{Period: hour, Worktime: "mon-fri", Zone: "UTC"},
		},
		{
			heartbeat.Spec{Period: hour, Worktime: "Mon-Fri 9:00-17:30", Zone: "Europe/Berlin", Holidays: "2026-12-24, DE-BY,de-by"},
			heartbeat.Spec{Period: hour, Worktime: "mon-fri 09:00-17:30", Zone: "Europe/Berlin", Holidays: "de-by,2026-12-24"},
		},
	}
	for _, tt := range tests {
		for _, spec := range []heartbeat.Spec{tt.spec, tt.want} {
			got, err := schedule.Canonical(spec)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", spec, diff)
			}
		}
	}
}

func TestCanonical_NamesTheField(t *testing.T) {
	t.Parallel()
	good := heartbeat.Spec{Period: hour, Worktime: "mon-fri", Zone: "Europe/Berlin"}
	tests := []struct {
		change func(*heartbeat.Spec)
		want   string
	}{
		{func(s *heartbeat.Spec) { s.Period = 0 }, "threshold must be between one second and ten years"},
		{func(s *heartbeat.Spec) { s.Period = -hour }, "threshold must be between"},
		{func(s *heartbeat.Spec) { s.Period = heartbeat.MaxPeriod + 1 }, "threshold must be between"},
		{func(s *heartbeat.Spec) { s.Period, s.Worktime = heartbeat.MaxPeriod, "mon-fri 09:00-09:01" }, "threshold of 87600 h working time is not reached within a century"},
		{func(s *heartbeat.Spec) { s.Worktime = "weekdays" }, "worktime must be mon-fri"},
		{func(s *heartbeat.Spec) { s.Zone = "Local" }, "tz must be an IANA time zone"},
		{func(s *heartbeat.Spec) { s.Zone = "Mars/Olympus" }, "tz must be an IANA time zone"},
		{func(s *heartbeat.Spec) { s.Zone = "../../etc/passwd" }, "tz must be an IANA time zone"},
		{func(s *heartbeat.Spec) { s.Zone = "europe/berlin" }, "did you mean Europe/Berlin?"},
		{func(s *heartbeat.Spec) { s.Zone = "utc" }, "did you mean UTC?"},
		{func(s *heartbeat.Spec) { s.Holidays = "de-xx" }, "holidays has no set"},
	}
	for _, tt := range tests {
		spec := good
		tt.change(&spec)
		_, err := schedule.Canonical(spec)
		invalid := new(heartbeat.Invalid)
		if !errors.As(err, &invalid) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: error %v, want one with %q", spec, err, tt.want)
		}
		if s, compileErr := schedule.Compile(spec); s != nil || compileErr == nil || compileErr.Error() != err.Error() {
			t.Errorf("Compile says %v, Canonical %v", compileErr, err)
		}
	}
}

// TestCanonical_RefusesWhatNeverComes: a calendar of holidays only has no
// deadlines, and a check without deadlines never fails.
func TestCanonical_RefusesWhatNeverComes(t *testing.T) {
	t.Parallel()
	var days []string
	for day := at(t, "2000-01-01T00:00:00Z"); day.Year() == 2000; day = day.AddDate(0, 0, 1) {
		days = append(days, day.Format("01-02"))
	}
	_, err := schedule.Canonical(heartbeat.Spec{Period: hour, Worktime: "always", Zone: "UTC", Holidays: strings.Join(days, ",")})
	if err == nil || !strings.HasPrefix(err.Error(), "threshold of 1 h working time is not reached") {
		t.Errorf("error %v", err)
	}
}

func TestCanonicalSettings(t *testing.T) {
	t.Parallel()
	rare := heartbeat.Spec{Period: time.Minute, Worktime: "mon 09:00-10:00", Zone: "UTC"}
	tests := []struct {
		grace time.Duration
		want  string
	}{
		{0, ""},
		{24 * hour, ""},
		{-1, "grace must be between 0 and a year"},
		{heartbeat.MaxGrace + 1, "grace must be between 0 and a year"},
		{heartbeat.MaxGrace, "grace of 8760 h working time is not reached within a century of mon 09:00-10:00"},
	}
	for _, tt := range tests {
		settings := heartbeat.Settings{Spec: rare, Grace: tt.grace}
		got, err := schedule.CanonicalSettings(settings)
		if tt.want == "" && (err != nil || got != settings) {
			t.Errorf("grace %s gives %+v, %v", tt.grace, got, err)
		}
		if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("grace %s: error %v, want one with %q", tt.grace, err, tt.want)
		}
	}
}

func TestCompile_SharesSchedules(t *testing.T) {
	t.Parallel()
	typed := heartbeat.Spec{Period: 7 * hour, Worktime: "Mon-Sat", Zone: "Asia/Kathmandu"}
	canonical, err := schedule.Canonical(typed)
	if err != nil {
		t.Fatal(err)
	}
	schedules := make([]schedule.Schedule, 16)
	var group sync.WaitGroup
	for i := range schedules {
		group.Go(func() {
			spec := typed
			if i%2 == 0 {
				spec = canonical
			}
			schedules[i], _ = schedule.Compile(spec)
		})
	}
	group.Wait()
	for i, s := range schedules {
		if s == nil || s != schedules[0] {
			t.Errorf("schedule %d is another one", i)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	spec := heartbeat.Spec{Period: 24 * hour, Worktime: "mon-fri", Zone: "Europe/Berlin", Holidays: "de-by"}
	b.Run("known", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := schedule.Compile(spec); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("another period", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			spec.Period += time.Millisecond
			if _, err := schedule.Compile(spec); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("another expression", func(b *testing.B) {
		b.ReportAllocs()
		spec := spec
		spec.Kind = heartbeat.ScheduleOnCalendar
		for i := 0; b.Loop(); i++ {
			spec.Expression = fmt.Sprintf("Mon..Fri %d:%d:%d Asia/Tokyo", i/3600%24, i/60%60, i%60)
			if _, err := schedule.Compile(spec); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("another calendar", func(b *testing.B) {
		b.ReportAllocs()
		day := at(b, "1970-01-01T00:00:00Z")
		for b.Loop() {
			day = day.AddDate(0, 0, 1)
			if day.Year() == 2200 {
				day = day.AddDate(-230, 0, 0)
			}
			spec.Holidays = "de-by," + day.Format(time.DateOnly)
			if _, err := schedule.Compile(spec); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestOutlook_BlindTimeIsHeldInWorkingTime: an hourly job that was not heard on
// Friday afternoon is late on Monday, not on Friday night.
func TestOutlook_BlindTimeIsHeldInWorkingTime(t *testing.T) {
	t.Parallel()
	c := heartbeat.Check{Settings: heartbeat.Settings{
		Spec: heartbeat.Spec{Period: hour, Worktime: "mon-fri 09:00-17:00", Zone: "UTC"},
	}}
	c.Status, c.LastPing = heartbeat.StatusUp, at(t, "2026-11-20T15:30:00Z") // a Friday; due at 16:30
	for _, test := range []struct{ from, to, want string }{
		{"2026-11-20T16:29:00Z", "2026-11-20T16:31:00Z", "2026-11-20T16:32:00Z"},
		{"2026-11-20T16:00:00Z", "2026-11-20T20:00:00Z", "2026-11-23T09:30:00Z"},
		{"2026-11-20T16:29:00Z", "2026-11-20T17:00:00Z", "2026-11-23T09:01:00Z"},
		{"2026-11-20T16:00:00Z", "2026-11-23T11:00:00Z", "2026-11-23T11:30:00Z"},
		{"2026-11-20T11:00:00Z", "2026-11-20T18:00:00Z", "2026-11-23T10:00:00Z"}, // at most a period
	} {
		b := heartbeat.Blind{From: at(t, test.from), To: at(t, test.to)}
		o := c.Outlook(compile(t, c.Spec), []heartbeat.Blind{b})
		if want := at(t, test.want); !o.Deadline.Equal(want) || o.Held != want.Sub(o.Due) {
			t.Errorf("blind from %s to %s: late at %v, held by %v; want %v", test.from, test.to, o.Deadline, o.Held, want)
		}
	}
}
