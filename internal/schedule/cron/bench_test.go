package cron_test

import (
	"testing"
	"time"

	"heartbeat/internal/schedule/cron"
)

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := cron.Parse("*/5 8-18 * JAN-JUN MON-FRI"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	for name, expression := range map[string]string{
		"TimeOfDay": "30 3 * * *", "Passing": "*/5 * * * *", "Workdays": "0 9 * * MON-FRI", "Rare": "0 0 */28 2 MON#5",
		"RarePassing": "*/5 0 */28 2 MON#5", "Never": "*/5 2 */100,8-14 3 SUN#2",
	} {
		b.Run(name, func(b *testing.B) {
			s, zone := parse(b, expression), location(b, "America/New_York")
			at := time.Date(2072, 3, 1, 0, 0, 0, 0, time.UTC)
			b.ReportAllocs()
			for b.Loop() {
				s.Next(at, zone)
			}
		})
	}
}
