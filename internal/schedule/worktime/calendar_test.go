package worktime_test

import (
	"testing"
	"time"

	"heartbeat/internal/schedule/worktime"
)

func load(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func calendar(t testing.TB, week, zone string, holidays ...worktime.Day) *worktime.Calendar {
	t.Helper()
	w, err := worktime.ParseWeek(week)
	if err != nil {
		t.Fatal(err)
	}
	return worktime.New(worktime.Config{Week: w, Zone: worktime.NewZone(load(t, zone)), Holidays: holidays})
}

// at reads a local time; a second reading of the same hour needs an offset.
func at(t testing.TB, zone, s string) time.Time {
	t.Helper()
	if moment, err := time.Parse("2006-01-02 15:04 -0700", s); err == nil {
		return moment
	}
	moment, err := time.ParseInLocation("2006-01-02 15:04", s, load(t, zone))
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	const h = time.Hour
	tests := []struct {
		name, week, zone string
		from             string
		d                time.Duration
		want             string
	}{
		{"over a weekend", "mon-fri", "Europe/Berlin", "2026-11-20 18:00", 24 * h, "2026-11-23 18:00"},
		{"Saturday counts", "mon-sat", "Europe/Berlin", "2026-11-20 18:00", 24 * h, "2026-11-21 18:00"},
		{"Sunday does not", "mon-sat", "Europe/Berlin", "2026-11-21 18:00", 24 * h, "2026-11-23 18:00"},
		{"sent on a Sunday", "mon-fri", "Europe/Berlin", "2026-11-22 12:00", 24 * h, "2026-11-24 00:00"},
		{"used up at the end of Friday", "mon-fri", "Europe/Berlin", "2026-11-20 18:00", 6 * h, "2026-11-23 00:00"},
		{"used up at the end of the hours", "mon-fri 09:00-17:00", "UTC", "2026-11-20 16:00", 1 * h, "2026-11-23 09:00"},
		{"hours", "mon-fri 09:00-17:00", "UTC", "2026-11-20 16:00", 2 * h, "2026-11-23 10:00"},
		{"sent before the hours", "mon-fri 09:00-17:00", "UTC", "2026-11-20 03:00", 8 * h, "2026-11-23 09:00"},
		{"a week that passes Sunday", "sun-thu", "Asia/Riyadh", "2026-11-19 18:00", 24 * h, "2026-11-22 18:00"},

		{"Berlin, 23 hours", "always 00:00-23:00", "Europe/Berlin", "2026-03-28 23:00", 22 * h, "2026-03-30 00:00"},
		{"Berlin, spring, whole days", "sun", "Europe/Berlin", "2026-03-29 00:00", 22 * h, "2026-03-29 23:00"},
		{"Berlin, spring, used up", "sun", "Europe/Berlin", "2026-03-29 00:00", 23 * h, "2026-04-05 00:00"},
		{"Berlin, autumn, the 25th hour", "sun", "Europe/Berlin", "2026-10-25 00:00", 24 * h, "2026-10-25 23:00"},
		{"Berlin, into the hour that is left out", "sun 02:00-03:00", "Europe/Berlin", "2026-03-29 00:00", time.Minute, "2026-04-05 02:01"},
		{"Berlin, the hour that comes twice", "sun 02:00-03:00", "Europe/Berlin", "2026-10-25 00:00", 90 * time.Minute, "2026-10-25 02:30 +0100"},
		{"Lord Howe, spring by half an hour", "sun", "Australia/Lord_Howe", "2026-10-04 00:00", 23 * h, "2026-10-04 23:30"},
		{"Lord Howe, autumn by half an hour", "sun", "Australia/Lord_Howe", "2026-04-05 00:00", 24 * h, "2026-04-05 23:30"},
		{"Kathmandu", "mon-fri", "Asia/Kathmandu", "2026-11-20 23:45", 30 * time.Minute, "2026-11-23 00:15"},
		{"São Paulo, a day without midnight", "sun", "America/Sao_Paulo", "2017-10-14 22:00", h, "2017-10-15 02:00"},
		{"São Paulo, hours that begin in the gap", "always 00:00-02:00", "America/Sao_Paulo", "2017-10-14 02:00", 30 * time.Minute, "2017-10-15 01:30"},
		{"São Paulo, 23:00 comes twice", "sat", "America/Sao_Paulo", "2018-02-17 22:00", 2 * h, "2018-02-17 23:00 -0300"},
		{"Cairo, midnight left out", "fri", "Africa/Cairo", "2026-04-23 12:00", h, "2026-04-24 02:00"},
		{"Cairo, last hour of Thursday twice", "thu", "Africa/Cairo", "2026-10-29 22:00", 2 * h, "2026-10-29 23:00 +0200"},
		{"Apia has no 2011-12-30, a Friday", "mon-fri", "Pacific/Apia", "2011-12-29 12:00", 12 * h, "2012-01-02 00:00"},
		{"Apia, the day after", "mon-sat", "Pacific/Apia", "2011-12-29 12:00", 13 * h, "2011-12-31 01:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := calendar(t, tt.week, tt.zone)
			from, want := at(t, tt.zone, tt.from), at(t, tt.zone, tt.want)
			got := c.Deadline(from, tt.d)
			if !got.Equal(want) {
				t.Errorf("deadline is %s, want %s", got, want)
			}
			if counted := c.Elapsed(from, got); counted != tt.d {
				t.Errorf("%s counted up to the deadline, want %s", counted, tt.d)
			}
			if !c.Working(got) {
				t.Errorf("deadline %s falls into time that does not count", got)
			}
		})
	}
}

func TestDeadline_HolidaysDoNotCount(t *testing.T) {
	t.Parallel()
	christmas := worktime.DateDay(2026, 12, 25) // a Friday
	saturday := worktime.DateDay(2026, 12, 26)
	c := calendar(t, "mon-fri", "Europe/Berlin", christmas, saturday)
	got := c.Deadline(at(t, "Europe/Berlin", "2026-12-24 18:00"), 24*time.Hour)
	if want := at(t, "Europe/Berlin", "2026-12-28 18:00"); !got.Equal(want) {
		t.Errorf("deadline is %s, want %s", got, want)
	}
}

func TestCalendar_AlwaysIsPlainTime(t *testing.T) {
	t.Parallel()
	c := calendar(t, "always", "Europe/Berlin")
	from := at(t, "Europe/Berlin", "2026-03-28 12:00")
	if got := c.Deadline(from, 24*time.Hour); !got.Equal(from.Add(24 * time.Hour)) {
		t.Errorf("deadline is %s", got)
	}
	if old := time.Date(1890, 1, 1, 0, 0, 0, 0, time.UTC); c.Elapsed(old, old.Add(time.Hour)) != time.Hour {
		t.Error("plain time has no limits")
	}
}

func TestCalendar_AtTheEndsOfTheTable(t *testing.T) {
	t.Parallel()
	c := calendar(t, "mon-fri", "America/New_York")
	var (
		before = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
		first  = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC) // Wednesday 19:00 in New York
		last   = time.Date(2199, 12, 31, 0, 0, 0, 0, time.UTC)
		after  = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	)
	if got := c.Elapsed(before, first); got != 0 {
		t.Errorf("%s counted before 1970", got)
	}
	if got, want := c.Deadline(before, time.Hour), first.Add(time.Hour); !got.Equal(want) {
		t.Errorf("deadline is %s, want %s", got, want)
	}
	for _, from := range []time.Time{last, after} {
		if got := c.Deadline(from, 1000*time.Hour); !got.IsZero() {
			t.Errorf("deadline after 2200 is %s, want never", got)
		}
	}
	if got := c.Deadline(first, 1<<63-1); !got.IsZero() {
		t.Errorf("deadline of the longest duration is %s, want never", got)
	}
	if got := c.Elapsed(last, after); got > 24*time.Hour {
		t.Errorf("%s counted after the last day", got)
	}
	if c.Elapsed(last, first) != 0 {
		t.Error("time counted backwards")
	}
	if c.Working(before) || c.Working(after) {
		t.Error("time outside the table is working time")
	}
}

func TestZone_StartOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		zone       string
		date, want string
	}{
		{"Europe/Berlin", "2026-11-20", "2026-11-20 00:00"},
		{"America/Sao_Paulo", "2017-10-15", "2017-10-15 01:00"},
		{"America/Sao_Paulo", "2018-02-18", "2018-02-18 00:00"},
		{"Pacific/Apia", "2011-12-30", "2011-12-31 00:00"},
		{"Pacific/Apia", "2011-12-31", "2011-12-31 00:00"},
		{"America/St_Johns", "2010-11-07", "2010-11-07 00:00 -0230"}, // clocks go back to 23:01 a minute later
	}
	for _, tt := range tests {
		date, err := time.Parse(time.DateOnly, tt.date)
		if err != nil {
			t.Fatal(err)
		}
		got := worktime.NewZone(load(t, tt.zone)).StartOf(worktime.DayOf(date))
		if want := at(t, tt.zone, tt.want); !got.Equal(want) {
			t.Errorf("%s begins at %s in %s, want %s", tt.date, got, tt.zone, want)
		}
	}
}
