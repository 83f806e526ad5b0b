package holiday_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the machine may have none

	"heartbeat/internal/schedule/holiday"
	"heartbeat/internal/schedule/worktime"
)

func parse(t testing.TB, s string) holiday.List {
	t.Helper()
	l, err := holiday.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func date(t testing.TB, s string) worktime.Day {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return worktime.DayOf(d)
}

func TestList_Days(t *testing.T) {
	t.Parallel()
	tests := []struct {
		list, on, off string // dates that are holidays, dates that are not
	}{
		{"de", "2026-10-03 2026-12-25 2026-12-26 2027-03-26", "2026-12-28 2026-11-01 2026-12-24"},
		{"de-by", "2026-11-01 2026-06-04 2027-01-06", "2026-10-31"},
		{"de-hh", "2026-10-31", "2026-11-01"},
		{"de-sn", "2026-11-18", ""},
		{"de-mv", "2027-03-08", "2022-03-08"},
		{"de-th", "2026-09-20", ""},
		{"at", "2026-10-26 2026-12-08", ""},
		{"fr", "2026-07-14 2026-11-11", "2026-04-03"},
		{"us", "2026-07-03 2026-07-04 2026-11-26 2027-12-31 2028-01-01", "2026-07-05 2027-12-30"},
		{"gb", "2027-12-25 2027-12-26 2027-12-27 2027-12-28", "2027-12-29"},
		{"nz", "2026-07-10 2052-06-21 2026-04-27", "2053-06-20"},
		{"pl", "2026-12-24", "2024-12-24"},
		{"it", "2027-10-04", "2025-10-04"},
		{"sk", "2027-05-08", "2026-05-08 2026-11-17 2026-09-01"},
		{"ch", "2026-08-01", "2026-05-01"},
		{"ch-ge", "2026-09-10 2026-12-31", ""},
		{"ch-vd", "2026-09-21", ""},
		{"jp", "2026-05-06", "2026-05-07"},
		{"2026-12-24", "2026-12-24", "2027-12-24"},
		{"12-24", "2026-12-24 2199-12-24 1970-12-24", "2026-12-23"},
		{"02-29", "2028-02-29", "2027-03-01 2027-02-28"},
		{"de,us,12-24", "2026-11-26 2026-10-03 2026-12-24", "2026-11-25"},
		{"", "", "2026-12-25"},
	}
	for _, tt := range tests {
		l := parse(t, tt.list)
		days := l.Days()
		if !slices.IsSorted(days) || len(slices.Compact(slices.Clone(days))) != len(days) {
			t.Errorf("%s: days are not sorted or repeat", tt.list)
		}
		for s := range strings.FieldsSeq(tt.on) {
			if !slices.Contains(days, date(t, s)) || l.Name(date(t, s)) == "" {
				t.Errorf("%s: %s is no holiday (named %q)", tt.list, s, l.Name(date(t, s)))
			}
		}
		for s := range strings.FieldsSeq(tt.off) {
			if slices.Contains(days, date(t, s)) || l.Name(date(t, s)) != "" {
				t.Errorf("%s: %s is a holiday, %q", tt.list, s, l.Name(date(t, s)))
			}
		}
	}
}

// TestSets_AreWhole looks into every set: each has days in every year, each day
// has a name, and none is drawn far from its year by the rule's arithmetic.
func TestSets_AreWhole(t *testing.T) {
	t.Parallel()
	for _, code := range holiday.Codes() {
		l := parse(t, code)
		perYear := make(map[int]int)
		for _, d := range l.Days() {
			year := d.Time().Year()
			perYear[year]++
			if year%40 == 0 && l.Name(d) == "" {
				t.Errorf("%s: %s has no name", code, d.Time())
			}
		}
		for year := 2020; year < 2200; year++ {
			if n := perYear[year]; n < 4 || n > 25 {
				t.Errorf("%s: %d holidays in %d", code, n, year)
			}
		}
	}
}

func TestParse_Canonical(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"":                                    "",
		" , ,":                                "",
		"DE-BY":                               "de-by",
		"us, de-by,us":                        "de-by,us",
		"uk":                                  "gb",
		"2026-12-24,12-31,de,2025-01-02":      "de,12-31,2025-01-02,2026-12-24",
		"12-24,01-06":                         "01-06,12-24",
		"2026-12-24,2026-12-24, 2026-12-24  ": "2026-12-24",
	} {
		if got := parse(t, s).String(); got != want {
			t.Errorf("%q is %q, want %q", s, got, want)
		}
	}
}

func TestParse_SaysWhatToType(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"de-xx":                    "of de there are de, de-bb",
		"au":                       "of au there are au-act",
		"atlantis":                 `no set "atlantis"; there are sets for at, au, be`,
		"2026-02-30":               "2026-12-24, or 12-24 for every year",
		"02-30":                    `"02-30" is no such date`,
		"24.12.":                   "2026-12-24, or 12-24 for every year",
		"1969-12-24":               "between 1970 and 2200",
		strings.Repeat("de,", 400): "at most 400 entries",
	} {
		_, err := holiday.Parse(s)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: error %v, want one with %q", s, err, want)
		}
	}
}

func FuzzHolidays(f *testing.F) {
	for _, s := range []string{"de-by,2026-12-24,12-24", "uk", "02-29", "2026-02-29", ",,", "de-\x00", "-", "0000-00-00", "ß"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := holiday.Parse(s)
		if err != nil {
			if len(err.Error()) > 600 {
				t.Errorf("error of %d bytes", len(err.Error()))
			}
			return
		}
		canonical := l.String()
		again, err := holiday.Parse(canonical)
		if err != nil || again.String() != canonical {
			t.Errorf("%q is %q, which is %q, %v", s, canonical, again.String(), err)
		}
		if !slices.Equal(l.Days(), again.Days()) {
			t.Errorf("%q and %q have different days", s, canonical)
		}
	})
}
