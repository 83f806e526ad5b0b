package oncalendar_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat/internal/schedule/oncalendar"
)

const layout = "2006-01-02T15:04:05Z"

// occurrences lists what follows start, in UTC.
func occurrences(t testing.TB, text, zone, start string, count int) []string {
	t.Helper()
	at, err := time.Parse(layout, start)
	if err != nil {
		t.Fatal(err)
	}
	schedule, loc := parse(t, text), location(t, zone)
	var list []string
	for range count {
		if at = schedule.Next(at, loc); at.IsZero() {
			break
		}
		list = append(list, at.UTC().Format(layout))
	}
	return list
}

func TestNext(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text, zone, start string
		want                    []string
	}{
		{
			"spring: a time that does not exist is left out", "03:30", "Europe/Riga", "2021-03-27T00:00:00Z",
			[]string{"2021-03-27T01:30:00Z", "2021-03-29T00:30:00Z"},
		},
		{
			"spring: so is the hour of one that is due twice an hour", "*:0/30", "Europe/Riga", "2021-03-28T00:29:00Z",
			[]string{"2021-03-28T00:30:00Z", "2021-03-28T01:00:00Z", "2021-03-28T01:30:00Z"},
		},
		{
			"spring: midnight can be what does not exist", "daily", "America/Havana", "2021-03-13T04:59:59Z",
			[]string{"2021-03-13T05:00:00Z", "2021-03-15T04:00:00Z"},
		},
		{
			"a date that was skipped has no occurrences", "*:*:*", "Pacific/Apia", "2011-12-30T09:59:58Z",
			[]string{"2011-12-30T09:59:59Z", "2011-12-30T10:00:00Z"},
		},
		{
			"autumn: a time that comes twice counts once", "03:30", "Europe/Riga", "2021-10-30T00:30:00Z",
			[]string{"2021-10-31T00:30:00Z", "2021-11-01T01:30:00Z"},
		},
		{
			"autumn: from the second showing on, what is next is after it", "*:0/30", "Europe/Riga", "2021-10-31T01:10:00Z",
			[]string{"2021-10-31T02:00:00Z", "2021-10-31T02:30:00Z"},
		},
		{
			"autumn: the change itself is the second showing", "03:00", "Europe/Riga", "2021-10-31T00:59:59Z",
			[]string{"2021-11-01T01:00:00Z", "2021-11-02T01:00:00Z"},
		},
		{
			"a line's zone goes before the check's", "12:00 Asia/Tokyo\n12:00", "Europe/Berlin", "2024-01-01T00:00:00Z",
			[]string{"2024-01-01T03:00:00Z", "2024-01-01T11:00:00Z", "2024-01-02T03:00:00Z"},
		},
		{
			"lines of the same moment count once", "12:00\nhourly", "UTC", "2024-01-01T11:00:00Z",
			[]string{"2024-01-01T12:00:00Z", "2024-01-01T13:00:00Z"},
		},
		{
			"the last day of the month", "*-*~1", "UTC", "2024-01-31T00:00:00Z",
			[]string{"2024-02-29T00:00:00Z", "2024-03-31T00:00:00Z"},
		},
		{
			"rare ones come in the end", "Mon *-02-29", "UTC", "2024-03-01T00:00:00Z",
			[]string{"2044-02-29T00:00:00Z", "2072-02-29T00:00:00Z"},
		},
		{"a year that has passed", "2015-*-*", "Europe/Riga", "2016-01-01T00:00:00Z", nil},
		{"the last moment", "*:*:*", "UTC", "2199-12-31T23:59:58Z", []string{"2199-12-31T23:59:59Z"}},
		{"the first moment", "*:*:*", "UTC", "0001-01-01T00:00:00Z", []string{"1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			count := max(2, len(test.want))
			if diff := cmp.Diff(test.want, occurrences(t, test.text, test.zone, test.start, count)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", test.text, diff)
			}
		})
	}
}

func TestNext_FractionsOfASecond(t *testing.T) {
	t.Parallel()
	start := time.Date(2024, 1, 1, 0, 0, 0, 1, time.UTC)
	want := time.Date(2024, 1, 1, 0, 0, 1, 0, time.UTC)
	if got := parse(t, "*:*:*").Next(start, time.UTC); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestNext_ZeroScheduleAndNilZone(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	if got := (oncalendar.Schedule{}).Next(now, nil); !got.IsZero() {
		t.Errorf("no lines: %v, want none", got)
	}
	if got, want := parse(t, "1:00").Next(now, nil), now.Add(time.Hour); got != want {
		t.Errorf("no zone: %v, want %v", got, want)
	}
}

// TestParse_SaysWhatToType holds what people read when they mistype.
func TestParse_SaysWhatToType(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                            "line 1: nothing to read",
		"12:00\n\n13:00":              "line 2: nothing to read",
		"daily\n25:00":                `line 2: hour "25" must be *, or made of whole numbers from 0 to 23, such as 0,23 or 0..23`,
		"*:*/5":                       `line 1: minute "*/5": the * stands alone; for every second one type 0/2`,
		"*:0/0":                       `line 1: minute "0/0": after the / comes a step of 1 or more, such as 0/2`,
		"17..9:00":                    `line 1: hour "17..9" runs backwards; type the lower number first, such as 9..17`,
		"12:00:00.5":                  `line 1: second "00.5" must be`,
		"1:2:3:4":                     `line 1: time "1:2:3:4" must be hour:minute or hour:minute:second`,
		"2199-1-1-1":                  `line 1: date "2199-1-1-1" must be year-month-day or month-day`,
		"2200-1-1":                    `line 1: year "2200" must be`,
		"*-*~29":                      `line 1: day of the month "~29": counted from the month's end, a number alone is at most 28`,
		"Fri..Mon":                    `line 1: weekday "Fri..Mon" runs backwards`,
		"Mo 12:00":                    `line 1: "Mo" is no weekday; type Mon`,
		"12":                          `line 1: "12" is no weekday; for a time type 12:00`,
		"12:00 Europe/Rigga":          `line 1: "Europe/Rigga" is no time zone`,
		"12:00 Local":                 `line 1: "Local" is no time zone`,
		"12:00 localtime":             `line 1: "localtime" is no time zone`,
		"12:00 posixrules":            `line 1: "posixrules" is no time zone`,
		"12:00 right/UTC":             `line 1: "right/UTC" is no time zone`,
		"12:00\tUTC":                  `line 1: "UTC" is no time zone; type its name in the tz database, such as Europe/Berlin or UTC, after a space`,
		"UTC":                         `line 1: time zone "UTC" goes to the end, with something before it, such as 00:00 UTC`,
		"Mon Tue 12:00":               `line 1: "Mon Tue 12:00" is no expression`,
		"12:00 Mon":                   `line 1: "Mon" belongs in front`,
		"daily 12:00":                 `line 1: "daily" stands alone`,
		"*/5 * * * *":                 `line 1: "*/5 * * * *" is no expression`,
		"Mon–Fri":                     `line 1: "–" means nothing here`,
		"1999-1-1":                    "never comes",
		"*-02-30":                     "never comes",
		strings.Repeat("daily\n", 33): "has 33 lines; use at most 32",
		strings.Repeat("x", 99):       `line 1: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" is no weekday`,
	} {
		switch _, err := oncalendar.Parse(text); {
		case err == nil:
			t.Errorf("%q is taken, want error %q", text, want)
		case !strings.HasPrefix(err.Error(), "oncalendar "+want):
			t.Errorf("%q:\n got %v\nwant oncalendar %s", text, err, want)
		}
	}
}
