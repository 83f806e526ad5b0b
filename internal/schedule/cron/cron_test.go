package cron_test

import (
	_ "embed"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the machine may have none

	"heartbeat"
	"heartbeat/internal/schedule/cron"
)

// What cronsim 2.7 answers; testdata/vectors.py asked it.
var (
	//go:embed testdata/vectors.tsv
	vectors string
	// Answers that break the rules, then those that the rules ask for.
	//go:embed testdata/flaws.tsv
	flaws string
	//go:embed testdata/grammar.tsv
	grammar string
)

func parse(t testing.TB, expression string) cron.Schedule {
	t.Helper()
	s, err := cron.Parse(expression)
	if err != nil {
		t.Fatalf("%q: %v", expression, err)
	}
	return s
}

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func moment(t testing.TB, text string) time.Time {
	t.Helper()
	for _, layout := range []string{"2006-01-02T15:04Z", time.RFC3339} {
		if m, err := time.Parse(layout, text); err == nil {
			return m
		}
	}
	t.Fatalf("not a moment: %q", text)
	return time.Time{}
}

func show(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02T15:04Z")
}

func TestNext_AnswersAsCronsim(t *testing.T) {
	t.Parallel()
	if count := checkVectors(t, vectors, 3); count < 5000 {
		t.Errorf("only %d vectors", count)
	}
}

// Where the clock changes by half an hour or leaps over midnight, cronsim loses
// some of the first occurrences of passing time. We keep to the rule.
func TestNext_KeepsWhatCronsimLoses(t *testing.T) {
	t.Parallel()
	if count := checkVectors(t, flaws, 6); count < 10 {
		t.Errorf("only %d vectors", count)
	}
}

// checkVectors compares with the three answers from the given column on.
func checkVectors(t *testing.T, lines string, column int) (count int) {
	t.Helper()
	zones := make(map[string]*time.Location)
	for line := range strings.Lines(lines) {
		columns := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		expression, name, start := columns[0], columns[1], columns[2]
		if zones[name] == nil {
			zones[name] = location(t, name)
		}
		s := parse(t, expression)
		at := moment(t, start)
		for _, want := range columns[column:] {
			if at = s.Next(at, zones[name]); show(at) != want {
				t.Errorf("%s in %s after %s: %s, want %s", expression, name, start, show(at), want)
				break
			}
		}
		count++
	}
	if column == 3 && len(zones) < 30 {
		t.Errorf("only %d zones", len(zones))
	}
	return count
}

func TestParse_AcceptsWhatCronsimAccepts(t *testing.T) {
	t.Parallel()
	count := 0
	for line := range strings.Lines(grammar) {
		answer, quoted, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		var expression string
		if err := json.Unmarshal([]byte(quoted), &expression); err != nil {
			t.Fatal(err)
		}
		count++
		s, err := cron.Parse(expression)
		if accepted := err == nil; accepted != (answer == "yes") {
			t.Errorf("%q: %v, cronsim says %s", expression, err, answer)
			continue
		}
		if err == nil {
			checkCanonical(t, s)
			continue
		}
		var invalid *heartbeat.Invalid
		if !errors.As(err, &invalid) || invalid.Field != "cron" {
			t.Errorf("%q: %#v is not about cron", expression, err)
		}
	}
	if count < 300 {
		t.Errorf("only %d expressions", count)
	}
}

// checkCanonical holds that the canonical text says the same and stays itself.
func checkCanonical(t testing.TB, s cron.Schedule) {
	t.Helper()
	again, err := cron.Parse(s.String())
	if err != nil || again != s {
		t.Errorf("%q read again: %q, %v", s, again, err)
	}
}

func TestParse_StoresCapitalsSingleSpacesNoLeadingZeros(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		" 05  00\t* jan-Mar  mon#02 ": "5 0 * JAN-MAR MON#2",
		"00/010 0,007 lw/01 */05 05l": "0/10 0,7 LW/1 */5 5L",
		"0 10,20 100/5 * *":           "",
		"10-20 0 10,20 10 7":          "10-20 0 10,20 10 7",
	} {
		s, err := cron.Parse(expression)
		if s.String() != want {
			t.Errorf("%q: %q, want %q (%v)", expression, s, want, err)
		}
		if want != "" {
			checkCanonical(t, s)
		}
	}
}

func TestParse_ErrorsSayWhatToType(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"":                  `cron must be five fields: minute, hour, day, month and weekday, such as 30 3 * * MON-FRI`,
		"0 3 * *":           `cron must be five fields: minute, hour, day, month and weekday, such as 30 3 * * MON-FRI; this has 4`,
		"0 0 3 * * *":       `cron must be five fields: minute, hour, day, month and weekday, such as 30 3 * * MON-FRI; this has 6: leave out seconds and years`,
		"@daily":            `cron cannot be @daily: type 0 0 * * *`,
		"daily":             `cron must be five fields: minute, hour, day, month and weekday, such as 30 3 * * MON-FRI; "daily" is only one`,
		"60 * * * *":        `cron has minute "60": type 0 to 59, such as 30, 0,30 or */5`,
		"0 24 * * *":        `cron has hour "24": type 0 to 23, such as 3, 9-17 or */2`,
		"0 22-6 * * *":      `cron has hour "22-6", which runs backwards: type 22-23,0-6`,
		"0 23-0 * * *":      `cron has hour "23-0", which runs backwards: type 23,0`,
		"0 0 15W * *":       `cron has day "15W": type 1 to 31, L for the last or LW for the last from Monday to Friday, such as 1, 1,15 or */2`,
		"0 0 ? * MON":       `cron has day ?: type *`,
		"0 0 1, * *":        `cron has an empty place in its list for the day: leave out the comma or type 1 to 31, L for the last or LW for the last from Monday to Friday, such as 1, 1,15 or */2`,
		"0 0 * oct-mar *":   `cron has month "OCT-MAR", which runs backwards: type OCT-DEC,JAN-MAR`,
		"0 0 * * FRI-MON":   `cron has weekday "FRI-MON", which runs backwards: type FRI-7,MON`,
		"0 0 * * mon-sun":   `cron has weekday "MON-SUN", which runs backwards: type MON-7`,
		"0 0 * * 5-2":       `cron has weekday "5-2", which runs backwards: type 5-7,1-2`,
		"0 0 * * FRIL":      `cron has weekday "FRIL": for the last one type 5L`,
		"*/0 * * * *":       `cron has minute "*/0": the step after / must be 1 or more, such as */2`,
		"0 0 30 2 *":        `cron never occurs: month "2" has no day "30"; for a month's last day type L`,
		"0 0 */100 2 MON#2": `cron never occurs: no date is day "*/100", month "2" and weekday "MON#2"; days and weekdays must both match because one of them begins with *`,
		"0 0 * * nonsensical_and_long_winded": `cron has weekday "NONSENSICAL_AND_LONG…": ` +
			`type 0 to 7 or SUN to SAT, such as MON-FRI, 0,6, 5L for the last Friday or MON#2 for the second Monday`,
	} {
		_, err := cron.Parse(expression)
		if err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", expression, err, want)
		}
	}
}

// What an error about one field tells people to type is accepted.
func TestParse_AdviceIsAccepted(t *testing.T) {
	t.Parallel()
	advised := regexp.MustCompile(`: (?:for the last one )?type ([-0-9A-Z,*]+)$`)
	samples := map[int][]string{
		1: {"22-6", "23-0", "23-22", "1-0"},
		2: {"31-1", "?", "20-10"},
		3: {"DEC-JAN", "12-1", "OCT-3", "10-MAR"},
		4: {"FRI-MON", "FRI-SUN", "SAT-FRI", "MON-0", "7-0", "7-1", "6-MON", "MONL", "SUNL"},
	}
	for i, words := range samples {
		for _, word := range words {
			fields := []string{"0", "0", "*", "*", "*"}
			fields[i] = word
			_, err := cron.Parse(strings.Join(fields, " "))
			if err == nil {
				t.Errorf("%q is accepted", fields)
				continue
			}
			advice := advised.FindStringSubmatch(err.Error())
			if advice == nil {
				t.Errorf("%q: no advice in %q", word, err)
				continue
			}
			fields[i] = advice[1]
			parse(t, strings.Join(fields, " "))
		}
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rule, expression, zone, start, want string }{
		{"a time leapt over is at the end of the leap", "30 3 * * *", "Europe/Riga", "2021-03-28T00:10Z", "2021-03-28T01:00Z"},
		{"several such are one", "0,30 3 * * *", "Europe/Riga", "2021-03-28T01:00Z", "2021-03-29T00:00Z"},
		{"a midnight leapt over is kept, too", "0 0 * * *", "America/Sao_Paulo", "2017-10-14T04:00Z", "2017-10-15T03:00Z"},
		{"and a day", "0 12 30 * *", "Pacific/Apia", "2011-12-29T23:00Z", "2011-12-30T10:00Z"},
		{"passing time is not", "*/30 0 * * *", "America/Sao_Paulo", "2017-10-14T04:00Z", "2017-10-16T02:00Z"},
		{"a time shown twice is the first", "30 3 * * *", "Europe/Riga", "2021-10-30T12:00Z", "2021-10-31T00:30Z"},
		{"and not the second", "30 3 * * *", "Europe/Riga", "2021-10-31T00:30Z", "2021-11-01T01:30Z"},
		{"passing time counts both", "*/30 3 * * *", "Europe/Riga", "2021-10-31T00:30Z", "2021-10-31T01:00Z"},
		{"a ping in the second pass is not answered with the first", "30 3 * * *", "Europe/Riga", "2021-10-31T01:10Z", "2021-11-01T01:30Z"},
		{"not by a list of hours either", "*/30 0-23 * * *", "Europe/Riga", "2021-10-31T01:10Z", "2021-10-31T01:30Z"},
		{"a fraction of a second is later", "0 * * * *", "UTC", "2021-01-01T09:59:59.999Z", "2021-01-01T10:00Z"},
		{"the start itself is not later", "0 * * * *", "UTC", "2021-01-01T10:00Z", "2021-01-01T11:00Z"},
		{"nor is a moment within its first second", "0 * * * *", "UTC", "2021-01-01T10:00:00.001Z", "2021-01-01T11:00Z"},
		{"29 February on a weekday may be 40 years away", "0 0 */28 2 MON#5", "UTC", "2072-02-29T00:00Z", "2112-02-29T00:00Z"},
		{"in passing time as well", "*/30 0 */28 2 MON#5", "Europe/Riga", "2072-02-29T00:00Z", "2112-02-28T22:00Z"},
		{"what the clock always leaps over is never", "*/5 2 */100,8-14 3 SUN#2", "America/New_York", "2021-01-01T00:00Z", "never"},
		{"offsets may have seconds", "*/15 * * * *", "Africa/Monrovia", "1972-01-07T00:00Z", "1972-01-07T00:14Z"},
		{"a leap may end between two minutes", "30 0 * * *", "Africa/Monrovia", "1972-01-07T00:10Z", "1972-01-07T00:45Z"},
		{"there is no year 10000", "0 0 1 1 *", "UTC", "9999-06-01T00:00Z", "never"},
		{"nor one far after it", "* * * * *", "UTC", "9999-12-31T23:59Z", "never"},
	} {
		s := parse(t, c.expression)
		if got := show(s.Next(moment(t, c.start), location(t, c.zone))); got != c.want {
			t.Errorf("%s: %s in %s after %s: %s, want %s", c.rule, c.expression, c.zone, c.start, got, c.want)
		}
	}
}

func TestNext_IsOnTheClockOfTheZone(t *testing.T) {
	t.Parallel()
	zone := location(t, "Asia/Kathmandu")
	start := time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, expression := range []string{"0 9 * * *", "*/30 9 * * *"} {
		got := parse(t, expression).Next(start, zone)
		if want := time.Date(2021, 1, 1, 9, 0, 0, 0, zone); got != want {
			t.Errorf("%s: %v, want %v", expression, got, want)
		}
	}
}

func TestNext_ZeroScheduleNeverOccurs(t *testing.T) {
	t.Parallel()
	if got := (cron.Schedule{}).Next(time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC), time.UTC); !got.IsZero() {
		t.Error(got)
	}
}
