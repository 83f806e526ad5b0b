package oncalendar_test

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the machine may have none

	"heartbeat"
	"heartbeat/internal/schedule/oncalendar"
)

// What the Python package says; testdata/reference.py tells how it was asked.
var (
	//go:embed testdata/next.txt
	nextVectors []byte
	//go:embed testdata/parse.txt
	parseVectors []byte
)

func TestNext_AgreesWithReference(t *testing.T) {
	t.Parallel()
	starts, zones := 0, map[string]bool{}
	for line := range bytes.Lines(nextVectors) {
		columns := strings.Split(strings.TrimSuffix(string(line), "\n"), "\t")
		zone, schedule := location(t, columns[0]), parse(t, unquote(t, columns[1]))
		zones[columns[0]] = true
		for _, column := range columns[2:] {
			starts++
			checkVector(t, schedule, zone, columns[1], column)
		}
	}
	if starts < 5000 || len(zones) < 30 {
		t.Errorf("only %d starts in %d zones", starts, len(zones))
	}
}

// checkVector compares with a column such as 1306506615:6285,7200,7200.
func checkVector(t *testing.T, schedule oncalendar.Schedule, zone *time.Location, name, column string) {
	t.Helper()
	start, steps, _ := strings.Cut(column, ":")
	at := time.Unix(number(t, start), 0)
	wants := strings.FieldsFunc(steps, func(r rune) bool { return r == ',' })
	for i := range 3 {
		got := schedule.Next(at, zone)
		if i >= len(wants) {
			if !got.IsZero() {
				t.Errorf("%s: after %v comes %v, want none", name, at.In(zone), got)
			}
			return
		}
		want := at.Add(time.Duration(number(t, wants[i])) * time.Second)
		if !got.Equal(want) {
			t.Errorf("%s: after %v comes %v, want %v", name, at.In(zone), got, want.In(zone))
			return
		}
		at = want
	}
}

func TestParse_AgreesWithReference(t *testing.T) {
	t.Parallel()
	lines := bufio.NewScanner(bytes.NewReader(parseVectors))
	for lines.Scan() {
		verdict, quoted, _ := strings.Cut(lines.Text(), "\t")
		_, err := oncalendar.Parse(unquote(t, quoted))
		if taken := verdict == "+"; taken != (err == nil) {
			t.Errorf("%s: error %v, want it taken: %t", quoted, err, taken)
		}
		if invalid := (*heartbeat.Invalid)(nil); err != nil && (!errors.As(err, &invalid) || invalid.Field != "oncalendar") {
			t.Errorf("%s: %T %v, want heartbeat.Invalid for oncalendar", quoted, err, err)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func parse(t testing.TB, text string) oncalendar.Schedule {
	t.Helper()
	schedule, err := oncalendar.Parse(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return schedule
}

func unquote(t testing.TB, quoted string) string {
	t.Helper()
	var text string
	if err := json.Unmarshal([]byte(quoted), &text); err != nil {
		t.Fatalf("%s: %v", quoted, err)
	}
	return text
}

func number(t testing.TB, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
