package hcapi_test

import (
	"testing"
	"time"

	"heartbeat"
)

// statusScenarios are those of the status machine that the API shows.
func statusScenarios() []scenario {
	return []scenario{
		{"254 255 late and down", func(_ *testing.T, s *site) {
			for ago, want := range map[time.Duration]string{
				time.Hour: "up", 24*time.Hour + 30*time.Minute: "grace", 25*time.Hour + time.Minute: "down", 48 * time.Hour: "down",
			} {
				s.get("checks/" + s.up(ago)).has(`{"status":"` + want + `"}`)
			}
		}},
		{"259 an expression that has no more moments", func(_ *testing.T, s *site) {
			id := s.add(func(c *heartbeat.Check) {
				c.Kind, c.Expression = heartbeat.ScheduleOnCalendar, "2026-01-01"
				c.Status, c.LastPing = heartbeat.StatusUp, time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
			}).String()
			s.get("checks/" + id).has(`{"status":"up","next_ping":null}`)
		}},
		{"261 started in version 1", func(_ *testing.T, s *site) {
			for _, status := range []heartbeat.Status{heartbeat.StatusNew, heartbeat.StatusPaused, heartbeat.StatusUp, heartbeat.StatusDown} {
				id := s.add(func(c *heartbeat.Check) { c.Status, c.LastPing, c.LastStart = status, s.now, s.now.Add(-5*time.Minute) }).String()
				s.at("v1").get("checks/" + id).has(`{"status":"started","started":true}`)
				s.at("v2").get("checks/" + id).has(`{"status":"` + string(status) + `","started":true}`)
			}
			late := s.add(func(c *heartbeat.Check) {
				c.Status, c.LastPing, c.LastStart = heartbeat.StatusUp, s.now.Add(-48*time.Hour), s.now.Add(-5*time.Minute)
			}).String()
			s.at("v1").get("checks/" + late).has(`{"status":"started"}`)
			s.at("v2").get("checks/" + late).has(`{"status":"down"}`)
		}},
		{"262 up with a run", func(_ *testing.T, s *site) {
			id := s.add(func(c *heartbeat.Check) {
				c.Status, c.LastPing, c.LastStart = heartbeat.StatusUp, s.now.Add(-2*time.Hour), s.now.Add(-5*time.Minute)
			}).String()
			s.at("v2").get("checks/" + id).has(`{"status":"up"}`)
		}},
		{"263 a run that takes too long", func(_ *testing.T, s *site) {
			for _, status := range []heartbeat.Status{heartbeat.StatusNew, heartbeat.StatusPaused, heartbeat.StatusUp, heartbeat.StatusDown} {
				id := s.add(func(c *heartbeat.Check) { c.Status, c.LastPing, c.LastStart = status, s.now, s.now.Add(-2*time.Hour) }).String()
				for _, version := range []string{"v1", "v2", "v3"} {
					s.at(version).get("checks/" + id).has(`{"status":"down","started":true}`)
				}
			}
		}},
	}
}
