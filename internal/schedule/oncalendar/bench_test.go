package oncalendar_test

import (
	"strings"
	"testing"
	"time"

	"heartbeat/internal/schedule/oncalendar"
)

func BenchmarkParse(b *testing.B) {
	for name, text := range map[string]string{
		"daily": "daily",
		"full":  "Mon..Fri *-1..6-1,15 8..18/2:00:30",
		"zone":  "Mon..Fri 09:00 Europe/Riga",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := oncalendar.Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNext(b *testing.B) {
	at := time.Date(2024, 5, 1, 12, 34, 56, 0, time.UTC)
	for name, text := range map[string]string{
		"daily":   "daily",
		"minute":  "*:*",
		"monthly": "*-*~1 12:00",
		"rare":    "Mon *-02-29",
		"gone":    "2015-*-*",
		// Each of these falls into an hour that is left out, or on no day at all.
		"gaps":  "Sun *-03-25..31 03:30",
		"worst": strings.Repeat("Sun *-03-25..31 3:0..59:0..59\n", 31) + "2023-*-*",
	} {
		b.Run(name, func(b *testing.B) {
			schedule, zone := parse(b, text), location(b, "Europe/Riga")
			b.ReportAllocs()
			for b.Loop() {
				schedule.Next(at, zone)
			}
		})
	}
}
