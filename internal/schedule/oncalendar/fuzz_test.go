package oncalendar_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"heartbeat/internal/schedule/oncalendar"
)

// FuzzParse holds that no text makes Parse or Next fail or take long, and that
// the moments of Next rise.
func FuzzParse(f *testing.F) {
	for line := range bytes.Lines(parseVectors) {
		_, quoted, _ := strings.Cut(string(line), "\t")
		f.Add(unquote(f, quoted), int64(1_635_642_600))
	}
	f.Add("*:*:*", int64(-1<<62))
	f.Add("*-*~1", int64(1<<62))
	zones := []*time.Location{
		time.UTC, location(f, "Europe/Riga"), location(f, "Pacific/Apia"), location(f, "Australia/Lord_Howe"),
		time.FixedZone("odd", -23*3600-59*60-59),
	}
	f.Fuzz(func(t *testing.T, text string, at int64) {
		schedule, err := oncalendar.Parse(text)
		if err != nil {
			return
		}
		begun := time.Now()
		for _, zone := range zones {
			after := time.Unix(at, 999)
			for range 4 {
				next := schedule.Next(after, zone)
				if next.IsZero() {
					break
				}
				if !next.After(after) {
					t.Fatalf("%q: %v comes after %v", text, next, after)
				}
				after = next
			}
		}
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("%q: Next took %v", text, took)
		}
	})
}
