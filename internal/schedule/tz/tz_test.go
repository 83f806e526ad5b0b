package tz_test

import (
	"os"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the machine may have none

	"heartbeat/internal/schedule/tz"
)

// database are all names of the tz database that Go 1.26 comes with.
func database(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../worktime/testdata/zones.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}

func TestLoad_FindsWhatTheDatabaseHas(t *testing.T) {
	t.Parallel()
	for _, name := range database(t) {
		zone, err := tz.Load(name)
		if err != nil || zone.String() != name {
			t.Errorf("%s is %v, %v", name, zone, err)
		}
		if again, _ := tz.Load(name); again != zone {
			t.Errorf("%s was loaded twice", name)
		}
	}
	if zone, err := tz.Load(""); err != nil || zone != time.UTC {
		t.Errorf("no name is %v, %v; want UTC", zone, err)
	}
}

func TestLoad_RefusesWhatDependsOnTheMachine(t *testing.T) {
	t.Parallel()
	const unknown = "must be an IANA time zone such as Europe/Berlin or UTC, not "
	for _, test := range []struct{ name, want string }{
		{"Mars/Olympus", unknown + `"Mars/Olympus"`},
		{"Local", unknown + `"Local"`},
		{"local", unknown + `"local"`},
		{"localtime", unknown + `"localtime"`},
		{"posixrules", unknown + `"posixrules"`},
		{"posix/Europe/Berlin", unknown + `"posix/Europe/Berlin"`},
		{"right/Europe/Berlin", unknown + `"right/Europe/Berlin"`},
		{"../../etc/passwd", unknown + `"../../etc/passwd"`},
		{"Europe//Berlin", unknown + `"Europe//Berlin"`},
		{"Europe/./Berlin", unknown + `"Europe/./Berlin"`},
		{"Europe", unknown + `"Europe"`},
		{"\x00", unknown + `"\x00"`},
		{strings.Repeat("Ä", 4000), unknown + `"` + strings.Repeat("Ä", 40) + `…"`},
		{"europe/berlin", unknown + `"europe/berlin"; did you mean Europe/Berlin?`},
		{"utc", unknown + `"utc"; did you mean UTC?`},
	} {
		zone, err := tz.Load(test.name)
		if zone != nil || err == nil || err.Error() != test.want {
			t.Errorf("%.50q: %v, error %v; want %s", test.name, zone, err, test.want)
		}
	}
}

// TestTranslate_KeepsTheClock: whoever is translated reads the same clock as
// before, and every name has one answer.
func TestTranslate_KeepsTheClock(t *testing.T) {
	t.Parallel()
	same, other := 0, 0
	for _, name := range database(t) {
		to, ok := tz.Translate(name)
		switch {
		case !ok:
			if name != "Factory" {
				t.Errorf("%s is refused", name)
			}
			continue
		case to == name:
			same++
			continue
		}
		other++
		if again, ok := tz.Translate(to); again != to || !ok {
			t.Errorf("%s becomes %s, which becomes %s", name, to, again)
		}
		if at, differs := firstDifference(t, name, to); differs {
			t.Errorf("%s becomes %s, whose clock differs at %v", name, to, at)
		}
	}
	// Healthchecks takes 483 names as they are; America/Coyhaique is newer.
	if same != 484 || other != 113 {
		t.Errorf("%d names stay and %d are translated, want 484 and 113", same, other)
	}
}

// firstDifference compares the clocks of two zones twice a month for ten years.
func firstDifference(t *testing.T, a, b string) (time.Time, bool) {
	t.Helper()
	zoneA, errA := tz.Load(a)
	zoneB, errB := tz.Load(b)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for range 240 {
		_, offsetA := at.In(zoneA).Zone()
		_, offsetB := at.In(zoneB).Zone()
		if offsetA != offsetB {
			return at, true
		}
		at = at.AddDate(0, 0, 15)
	}
	return time.Time{}, false
}

func TestTranslate(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Europe/Kiev": "Europe/Kyiv", "UCT": "Etc/UTC", "CET": "Europe/Brussels", "EST": "America/Panama",
		"US/Pacific": "America/Los_Angeles", "GB": "Europe/London", "Asia/Calcutta": "Asia/Kolkata",
		"UTC": "UTC", "GMT": "GMT", "Etc/GMT+5": "Etc/GMT+5", "Europe/Berlin": "Europe/Berlin",
		"": "", "utc": "", "Factory": "", "localtime": "", "Local": "", "europe/kiev": "", "Mars/Olympus": "",
	} {
		if got, ok := tz.Translate(name); ok != (want != "") || ok && got != want {
			t.Errorf("%q becomes %q, %v; want %q", name, got, ok, want)
		}
	}
}
