package metrics_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/metrics"
)

func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	if answer.Code != 200 {
		t.Fatalf("scrape: status %d: %s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

func TestHandler_ServesAllFigures(t *testing.T) {
	t.Parallel()
	m := metrics.New(metrics.Config{
		Version:  "v1.2.3",
		Checks:   func() (map[heartbeat.Status]int, error) { return map[heartbeat.Status]int{"up": 7, "down": 2}, nil },
		SweepAge: func() time.Duration { return 1500 * time.Millisecond },
		Outbox:   func() (int, time.Duration, error) { return 3, time.Minute, nil },
		Queue:    func() int { return 12 },
	})
	m.Pulse(heartbeat.KindSuccess, http.StatusOK, 2*time.Millisecond)
	m.Pulse("", http.StatusBadRequest, time.Millisecond)
	m.Pulse("made up", http.StatusOK, time.Millisecond)
	m.Delivery("slack", true)
	m.Delivery("slack", false)
	text := scrape(t, m)
	for _, line := range []string{
		`heartbeat_pulses_total{kind="success",result="stored"} 1`,
		`heartbeat_pulses_total{kind="unknown",result="refused"} 1`,
		`heartbeat_pulses_total{kind="fail",result="busy"} 0`,
		`heartbeat_pulse_duration_seconds_count 1`,
		`heartbeat_checks{status="up"} 7`,
		`heartbeat_checks{status="down"} 2`,
		`heartbeat_checks{status="paused"} 0`,
		`heartbeat_last_sweep_age_seconds 1.5`,
		`heartbeat_outbox_waiting 3`,
		`heartbeat_outbox_oldest_age_seconds 60`,
		`heartbeat_store_queue_length 12`,
		`heartbeat_deliveries_total{channel="slack",result="failed"} 1`,
		`heartbeat_deliveries_total{channel="slack",result="sent"} 1`,
		`version="v1.2.3"`,
		`go_goroutines`,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no %s in the answer", line)
		}
	}
	if strings.Contains(text, "made up") {
		t.Error("a made-up kind became a label")
	}
}

func TestHandler_OneBrokenFigureLeavesTheOthers(t *testing.T) {
	t.Parallel()
	m := metrics.New(metrics.Config{
		Checks: func() (map[heartbeat.Status]int, error) { return nil, errors.New("disk on fire") },
		Outbox: func() (int, time.Duration, error) { return 0, 0, errors.New("disk on fire") },
		Queue:  func() int { return 12 },
	})
	text := scrape(t, m)
	if !strings.Contains(text, "heartbeat_store_queue_length 12") {
		t.Error("the queue's length is gone with the checks")
	}
	if strings.Contains(text, "heartbeat_checks") {
		t.Error("figures of checks, although they could not be read")
	}
}

func BenchmarkPulse(b *testing.B) {
	m := metrics.New(metrics.Config{})
	b.ReportAllocs()
	for b.Loop() {
		m.Pulse(heartbeat.KindSuccess, http.StatusOK, 1234*time.Microsecond)
	}
}
