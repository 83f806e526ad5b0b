package main

import (
	"context"
	"net/http"
	"time"

	"heartbeat"
	"heartbeat/internal/metrics"
	"heartbeat/internal/monitor"
	"heartbeat/internal/notify"
	"heartbeat/internal/web"
	"heartbeat/internal/web/dash"
)

// handler is everything that the server answers.
func (s *server) handler() http.Handler {
	base := "" // made from the address, it may not be what browsers see
	if s.cfg.BaseURL != nil {
		base = s.cfg.BaseURL.String()
	}
	return web.New(web.Config{
		Service: s.checks,
		Auth:    s.auth,
		Monitor: door{s.monitor},
		Dash: dash.New(dash.Config{
			Service:  s.checks,
			Auth:     s.auth,
			Channels: s.channels,
			BasePath: s.base.Path,
			Origin:   s.origin(),
			Zone:     s.cfg.Timezone,
			Logger:   s.logger,
		}),
		Metrics: s.metrics,
		Ready:   s.store.Ready,
		Logger:  s.logger,
		BaseURL: base,
	})
}

// origin is scheme and host of the base URL, if one is set.
func (s *server) origin() string {
	if s.cfg.BaseURL == nil {
		return ""
	}
	return s.cfg.BaseURL.Scheme + "://" + s.cfg.BaseURL.Host
}

// door is the monitor as package web sees it.
type door struct{ monitor *monitor.Monitor }

// Sweep implements [web.Monitor].
func (d door) Sweep(ctx context.Context) (string, error) {
	report, err := d.monitor.Inspect(ctx, time.Now())
	return report.String(), err
}

// Ready implements [web.Monitor].
func (d door) Ready() error { return d.monitor.Ready(time.Now()) }

// queued is a store that can tell how many writes wait.
type queued interface{ Queue() (waiting, most int) }

// newMetrics returns the figures. They are read when Prometheus asks, long
// after join has made the monitor and the service.
func (s *server) newMetrics() *metrics.Metrics {
	cfg := metrics.Config{
		Version: version(),
		Checks: func() (map[heartbeat.Status]int, error) {
			ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
			defer cancel()
			return s.checks.Count(ctx, time.Now())
		},
		SweepAge: func() time.Duration { return time.Since(s.monitor.Stats().LastSweep) },
		Outbox: func() (int, time.Duration, error) {
			stats := s.monitor.Stats()
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

// counted is a notifier whose attempts are counted under its kind.
type counted struct {
	notify.Notifier
	kind    string
	metrics *metrics.Metrics
}

// Notify implements [notify.Notifier].
func (c counted) Notify(ctx context.Context, m notify.Message) error {
	err := c.Notifier.Notify(ctx, m)
	c.metrics.Delivery(c.kind, err == nil)
	return err
}
