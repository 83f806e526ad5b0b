package main

import (
	"context"
	"time"

	"heartbeat"
	"heartbeat/internal/app"
	"heartbeat/internal/metrics"
)

// queued is a store that can tell how many writes wait.
type queued interface{ Queue() (waiting, most int) }

// newMetrics returns the figures. They are read when Prometheus asks, long
// after join has made what they are read from.
func (s *server) newMetrics() *metrics.Metrics {
	cfg := metrics.Config{
		Version: app.Version(),
		Checks: func() (map[heartbeat.Status]int, error) {
			ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
			defer cancel()
			return s.app.Checks.Count(ctx, time.Now())
		},
		SweepAge: func() time.Duration { return time.Since(s.app.Monitor.Stats().LastSweep) },
		Outbox: func() (int, time.Duration, error) {
			stats := s.app.Monitor.Stats()
			if stats.Waiting == 0 {
				return 0, 0, nil
			}
			return stats.Waiting, time.Since(stats.Oldest), nil
		},
	}
	if q, ok := s.store.(queued); ok {
		cfg.Queue = func() int {
			waiting, _ := q.Queue()
			return waiting
		}
	}
	return metrics.New(cfg)
}

// scrapeTimeout is how long reading all checks for one scrape may take.
const scrapeTimeout = 5 * time.Second
