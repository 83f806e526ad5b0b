package worktime_test

import (
	"testing"
	"time"

	"heartbeat/internal/schedule/worktime"
)

func benchCalendar(b *testing.B) *worktime.Calendar {
	b.Helper()
	var holidays []worktime.Day
	for year := 1970; year < 2200; year++ {
		for month := time.January; month <= time.December; month++ {
			holidays = append(holidays, worktime.DateDay(year, month, 6))
		}
	}
	return calendar(b, "mon-fri 09:00-17:30", "Europe/Berlin", holidays...)
}

// BenchmarkDeadline shows that a day costs what ten years cost.
func BenchmarkDeadline(b *testing.B) {
	c := benchCalendar(b)
	from := time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)
	for _, span := range []struct {
		name string
		d    time.Duration
	}{{"1d", 24 * time.Hour}, {"10y", 10 * 365 * 24 * time.Hour}} {
		b.Run(span.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Deadline(from, span.d)
			}
		})
	}
}

func BenchmarkElapsed(b *testing.B) {
	c := benchCalendar(b)
	from := time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)
	for _, span := range []struct {
		name string
		d    time.Duration
	}{{"1d", 24 * time.Hour}, {"10y", 10 * 365 * 24 * time.Hour}} {
		b.Run(span.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Elapsed(from, from.Add(span.d))
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	zone := worktime.NewZone(load(b, "Europe/Berlin"))
	week, err := worktime.ParseWeek("mon-fri 09:00-17:30")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		worktime.New(worktime.Config{Week: week, Zone: zone})
	}
}

func BenchmarkNewZone(b *testing.B) {
	berlin := load(b, "Europe/Berlin")
	b.ReportAllocs()
	for b.Loop() {
		worktime.NewZone(berlin)
	}
}
