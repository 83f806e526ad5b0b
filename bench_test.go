package heartbeat_test

import (
	"testing"

	"heartbeat"
)

func BenchmarkStatePing(b *testing.B) {
	state := watched(heartbeat.StatusUp).State
	p := heartbeat.Ping{At: noon.Add(day), Kind: heartbeat.KindSuccess}
	b.ReportAllocs()
	for b.Loop() {
		state, _ = state.Ping(p)
	}
}

func BenchmarkNamesID(b *testing.B) {
	names := heartbeat.Names{Host: "web1.example.org", Category: "backup", Type: "nightly", Name: "database"}
	b.ReportAllocs()
	for b.Loop() {
		names.ID(heartbeat.DefaultProject)
	}
}

// BenchmarkTick judges a check that is on time, as nearly all are.
func BenchmarkTick(b *testing.B) {
	c := watched(heartbeat.StatusUp)
	var s heartbeat.Schedule = plain(period)
	blinds := []heartbeat.Blind{{From: noon.Add(-2 * day), To: noon.Add(-day)}}
	b.ReportAllocs()
	for b.Loop() {
		if _, flip := c.Tick(noon.Add(day), s, blinds); flip != nil {
			b.Fatal("the check is late")
		}
	}
}
