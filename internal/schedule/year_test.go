package schedule_test

import (
	"strings"
	"testing"
	"time"

	"heartbeat"
)

// early is how long before its moment a ping may come.
const early = 5 * time.Second

// yearOf is a check and, said again in the plainest way, which readings of the
// clock its expression names.
type yearOf struct {
	spec heartbeat.Spec
	// names tells whether an expression names what a clock in zone shows, as a time
	// without seconds; zone is the check's unless it is given.
	names func(reading time.Time) bool
	zone  string
	// change says what becomes of a named reading when the clock is changed.
	change change
}

// change is one of the three rules of what happens when a clock is changed.
type change int

const (
	passing   change = iota // cron with a star: whenever the clock shows it
	timeOfDay               // cron without: once, also if the clock leaps over it
	firstSeen               // OnCalendar: once, if the clock shows it
)

func clockIs(hour, minute int) func(time.Time) bool {
	return func(r time.Time) bool { return r.Hour() == hour && r.Minute() == minute }
}

// years are checks whose expressions meet changes of the clock, weekends, hours
// and own dates.
func years() []yearOf {
	check := func(kind heartbeat.ScheduleKind, expression, worktime, zone, holidays string) heartbeat.Spec {
		return heartbeat.Spec{Kind: kind, Expression: expression, Worktime: worktime, Zone: zone, Holidays: holidays}
	}
	const cron, onCalendar = heartbeat.ScheduleCron, heartbeat.ScheduleOnCalendar
	isWeekend := func(r time.Time) bool { return r.Weekday() == time.Saturday || r.Weekday() == time.Sunday }
	return []yearOf{
		{check(cron, "30 2 * * *", "always", "Europe/Berlin", ""), clockIs(2, 30), "", timeOfDay},
		{check(cron, "30 2 * * *", "sun-thu 01:00-03:15", "Europe/Berlin", "2026-06-01,2026-12-24"), clockIs(2, 30), "", timeOfDay},
		{check(cron, "*/20 8-18 * * *", "mon-fri 09:00-17:30", "America/New_York", "2026-07-03,2026-12-25"), func(r time.Time) bool {
			return r.Minute()%20 == 0 && r.Hour() >= 8 && r.Hour() <= 18
		}, "", passing},
		{check(cron, "15 * * * *", "sat,sun 00:30-03:10", "Australia/Lord_Howe", ""), func(r time.Time) bool { return r.Minute() == 15 }, "", passing},
		{check(cron, "0 0 1 * *", "mon-fri", "Asia/Kathmandu", "2026-06-01"), func(r time.Time) bool {
			return clockIs(0, 0)(r) && r.Day() == 1
		}, "", timeOfDay},
		{check(cron, "45 23 * * 1-5", "mon-sat", "America/Havana", ""), func(r time.Time) bool {
			return clockIs(23, 45)(r) && !isWeekend(r)
		}, "", timeOfDay},
		{check(onCalendar, "*:0/30", "mon-sat", "Europe/Riga", "2026-10-24,2026-10-26"), func(r time.Time) bool { return r.Minute()%30 == 0 }, "", firstSeen},
		{check(onCalendar, "Sat,Sun 02:30", "sun 01:00-04:00", "Europe/Berlin", ""), func(r time.Time) bool {
			return clockIs(2, 30)(r) && isWeekend(r)
		}, "", firstSeen},
		{check(onCalendar, "Mon 03:00 Asia/Tokyo", "mon-fri 06:00-22:00", "Europe/Berlin", "2026-11-09"), func(r time.Time) bool {
			return clockIs(3, 0)(r) && r.Weekday() == time.Monday
		}, "Asia/Tokyo", firstSeen},
	}
}

// TestDue_EveryMinuteOfAYear goes through a year minute by minute, asks of each
// whether the expression names it and whether it is one of work, and so knows
// what is due after each. It shares nothing with this package but the database
// of time zones.
func TestDue_EveryMinuteOfAYear(t *testing.T) {
	t.Parallel()
	for _, y := range years() {
		t.Run(strings.ReplaceAll(y.spec.Expression+", "+y.spec.Worktime, " ", "_"), func(t *testing.T) {
			t.Parallel()
			begin := at(t, "2026-01-01T00:00:00Z")
			due := y.due(t, begin, 366+40)
			s := compile(t, y.spec)
			asked := 0
			for i := 0; i < 366*24*60; i += 13 {
				// Any second of the minute, also its first and its last moment. In its last
				// five seconds a ping is the next minute's.
				into := []time.Duration{0, 1, 29 * time.Second, time.Minute - early - 1, time.Minute - early, time.Minute - 1}[i/13%6]
				last, minute := begin.Add(time.Duration(i)*time.Minute+into), i
				if into >= time.Minute-early {
					minute++
				}
				if got, want := s.Due(last), begin.Add(time.Duration(due[minute])*time.Minute); !got.Equal(want) {
					t.Fatalf("%+v: after %v comes %v, want %v", y.spec, last, got, want)
				}
				asked++
			}
			if asked < 40_000 {
				t.Errorf("only %d questions", asked)
			}
		})
	}
}

// due returns for each minute of so many days after which minute a ping is due
// that follows one in it.
func (y yearOf) due(t *testing.T, begin time.Time, days int) []int {
	t.Helper()
	minutes := days * 24 * 60
	named, working := y.named(t, begin, minutes), y.working(t, begin, minutes)
	due := make([]int, minutes)
	nextDue, nextWorking := 0, 0 // 0: after the last minute
	for i := minutes - 1; i >= 0; i-- {
		due[i] = nextDue
		if working[i] {
			nextWorking = i
		}
		if named[i] {
			nextDue = nextWorking
		}
	}
	return due
}

// named tells of each minute whether the expression names it.
func (y yearOf) named(t *testing.T, begin time.Time, minutes int) []bool {
	t.Helper()
	name := y.zone
	if name == "" {
		name = y.spec.Zone
	}
	loc := location(t, name)
	all := make([]bool, minutes)
	shown := reading(begin.In(loc)).Add(-time.Minute) // the latest so far
	for i := range all {
		now := reading(begin.Add(time.Duration(i) * time.Minute).In(loc))
		switch y.change {
		case passing:
			all[i] = y.names(now)
		case firstSeen:
			all[i] = now.After(shown) && y.names(now)
		case timeOfDay:
			for r := shown.Add(time.Minute); !r.After(now); r = r.Add(time.Minute) {
				all[i] = all[i] || y.names(r)
			}
		}
		if now.After(shown) {
			shown = now
		}
	}
	return all
}

// working tells of each minute whether it counts.
func (y yearOf) working(t *testing.T, begin time.Time, minutes int) []bool {
	t.Helper()
	loc := location(t, y.spec.Zone)
	days, hours, hasHours := strings.Cut(y.spec.Worktime, " ")
	workdays := map[string]string{
		"always": "MonTueWedThuFriSatSun", "mon-fri": "MonTueWedThuFri", "mon-sat": "MonTueWedThuFriSat",
		"sun-thu": "SunMonTueWedThu", "sat,sun": "SatSun", "sun": "Sun",
	}[days]
	all := make([]bool, minutes)
	var today int // of the month
	var works bool
	for i := range all {
		now := reading(begin.Add(time.Duration(i) * time.Minute).In(loc))
		if now.Day() != today {
			today = now.Day()
			works = strings.Contains(workdays, now.Format("Mon")) && !strings.Contains(y.spec.Holidays, now.Format(time.DateOnly))
		}
		all[i] = works
		if works && hasHours {
			clock := now.Format("15:04")
			all[i] = clock >= hours[:5] && clock < hours[6:]
		}
	}
	return all
}

// reading is what the clock shows at t, as a time in UTC.
func reading(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}
