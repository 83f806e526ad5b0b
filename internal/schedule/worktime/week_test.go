package worktime_test

import (
	"strings"
	"testing"

	"heartbeat/internal/schedule/worktime"
)

func TestParseWeek_Canonical(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"mon-fri":                     "mon-fri",
		" Mon-Sat ":                   "mon-sat",
		"ALWAYS":                      "always",
		"mon-sun":                     "always",
		"tue-mon":                     "always",
		"sun-thu":                     "sun-thu",
		"fri-mon":                     "fri-mon",
		"mon,wed,fri":                 "mon,wed,fri",
		"fri, wed, mon":               "mon,wed,fri",
		"mon,tue,wed,thu,fri":         "mon-fri",
		"sat,sun":                     "sat,sun",
		"sat-sun":                     "sat,sun",
		"mon-wed,fri":                 "mon-wed,fri",
		"sun,mon,wed":                 "mon,wed,sun",
		"sun":                         "sun",
		"Monday-Friday":               "mon-fri",
		"mon-fri 09:00-17:30":         "mon-fri 09:00-17:30",
		"mon-fri  9:00-17:30":         "mon-fri 09:00-17:30",
		"always 0:00-24:00":           "always",
		"mon, tue 22:00-24:00":        "mon,tue 22:00-24:00",
		"always 00:00-00:01":          "always 00:00-00:01",
		"mon-mon":                     "mon",
		"mon,mon-tue,tue 08:15-08:16": "mon,tue 08:15-08:16",
	} {
		w, err := worktime.ParseWeek(s)
		if err != nil {
			t.Errorf("%q: %v", s, err)
			continue
		}
		if got := w.String(); got != want {
			t.Errorf("%q is %q, want %q", s, got, want)
		}
	}
}

func TestParseWeek_SaysWhatToType(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"":                           "must begin with the working days, such as mon-fri",
		"09:00-17:00":                "must begin with the working days",
		"weekdays":                   `mon-fri, mon-sat, always, or days such as sun-thu or mon,wed,fri, with optional hours such as 09:00-17:30; "weekdays" is none of these`,
		"24/7":                       "always",
		"mon-fri 22:00-06:00":        "run past midnight, which is not supported; type 22:00-24:00",
		"mon-fri 09:00-09:00":        "end when they begin",
		"mon-fri 09:00-25:00":        "must look like 09:00-17:30",
		"mon-fri 09:00-24:01":        "must look like 09:00-17:30",
		"mon-fri 24:00-24:00":        "must look like 09:00-17:30",
		"mon-fri 09:00":              "must look like 09:00-17:30",
		"mon-fri 9:0-17:30":          "must look like 09:00-17:30",
		"mon-fri -9:00-17:30":        "must look like 09:00-17:30",
		"mon-fri +9:00-17:30":        "must look like 09:00-17:30",
		"mon-fri 09:00-17:00 UTC":    "none of these",
		"mon--fri":                   "none of these",
		"mon-fri,":                   "none of these",
		"always,mon":                 "none of these",
		strings.Repeat("mon-fri", 9): `"mon-frimon-frimon-frimon-frimon-frimon-f…"`,
	} {
		_, err := worktime.ParseWeek(s)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", s, err, want)
		}
	}
}

func FuzzParseWorktime(f *testing.F) {
	for _, s := range []string{
		"mon-fri", "always", "sun-thu 09:00-17:30", "mon,wed,fri 0:00-24:00", "fri-mon 23:59-24:00",
		"", " ", ":", "mon-", "-", "mon 1:00-0:59", "MON\u00a0FRI", "mon 99:99-99:99",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := worktime.ParseWeek(s)
		if err != nil {
			if len(err.Error()) > 600 {
				t.Errorf("error of %d bytes", len(err.Error()))
			}
			return
		}
		if w.Days == 0 || w.From < 0 || w.From >= w.To {
			t.Errorf("%q has no working time: %+v", s, w)
		}
		again, err := worktime.ParseWeek(w.String())
		if err != nil || again != w {
			t.Errorf("%q is %q, which is %q, %v", s, w, again, err)
		}
	})
}
