// Package metrics tells Prometheus how Heartbeat itself fares. All figures are
// totals: no name of a check, host or person is in them.
//
// It imports no part of the program that it measures; cmd/heartbeat hands in
// functions that read the figures when they are asked for.
package metrics

import (
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"heartbeat"
)

// Config says where figures come from that are read at each scrape. Fields
// that are nil leave their metric out.
type Config struct {
	// Version of the program.
	Version string
	// Checks counts the checks by status. An error leaves it out of one scrape.
	Checks func() (map[heartbeat.Status]int, error)
	// SweepAge is how long ago the monitor's last sweep ended.
	SweepAge func() time.Duration
	// Outbox is how many notices wait to be delivered, and since when the oldest
	// does.
	Outbox func() (waiting int, oldest time.Duration, err error)
	// Queue is how many writes wait for the store.
	Queue func() int
}

// result is what became of a pulse.
type result string

// The results.
const (
	stored  result = "stored"  // durable
	refused result = "refused" // the sender's fault: 4xx
	busy    result = "busy"    // too much to do, or shutting down: 503
	failed  result = "failed"  // our fault: the store failed, or the program
)

// resultOf is the result that an HTTP status tells.
func resultOf(status int) result {
	switch {
	case status < http.StatusBadRequest:
		return stored
	case status < http.StatusInternalServerError:
		return refused
	case status == http.StatusServiceUnavailable:
		return busy
	}
	return failed
}

// Metrics are the program's own figures.
type Metrics struct {
	registry   *prometheus.Registry
	pulses     map[pulse]prometheus.Counter
	took       prometheus.Histogram
	deliveries *prometheus.CounterVec
}

type pulse struct {
	kind   heartbeat.Kind
	result result
}

// New returns metrics with a registry of their own.
func New(cfg Config) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "heartbeat_pulse_duration_seconds",
			Help:    "How long stored pulses took from request to answer, until they were durable.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
		}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "heartbeat_deliveries_total",
			Help: "Attempts to deliver messages, by kind of channel and result (sent, failed).",
		}, []string{"channel", "result"}),
	}
	m.registry.MustRegister(m.took, m.deliveries,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		buildInfo(cfg.Version),
	)
	m.registerPulses()
	m.registerReaders(cfg)
	return m
}

// registerPulses makes every counter at once: the hot path looks them up in a
// map that never changes, and rates are right from the first pulse on.
func (m *Metrics) registerPulses() {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "heartbeat_pulses_total",
		Help: "Pulses received, by kind (unknown if it could not be read) and result.",
	}, []string{"kind", "result"})
	m.registry.MustRegister(vec)
	m.pulses = make(map[pulse]prometheus.Counter)
	for _, kind := range []heartbeat.Kind{
		heartbeat.KindSuccess, heartbeat.KindStart, heartbeat.KindFail, heartbeat.KindLog, heartbeat.KindIgnored, "",
	} {
		label := string(kind)
		if kind == "" {
			label = "unknown"
		}
		for _, result := range []result{stored, refused, busy, failed} {
			m.pulses[pulse{kind, result}] = vec.WithLabelValues(label, string(result))
		}
	}
}

func buildInfo(version string) prometheus.Collector {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "heartbeat_build_info",
		Help:        "Always 1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	})
	info.Set(1)
	return info
}

// Pulse counts a pulse that was answered with the HTTP status and, if it was
// stored, how long it took.
func (m *Metrics) Pulse(kind heartbeat.Kind, status int, took time.Duration) {
	result := resultOf(status)
	counter, ok := m.pulses[pulse{kind, result}]
	if !ok {
		return
	}
	counter.Inc()
	if result == stored {
		m.took.Observe(took.Seconds())
	}
}

// Delivery counts one attempt to send a message through a channel of the given
// kind, such as "slack".
func (m *Metrics) Delivery(channelKind string, sent bool) {
	result := "failed"
	if sent {
		result = "sent"
	}
	m.deliveries.WithLabelValues(channelKind, result).Inc()
}

// Handler serves the figures in the forms that Prometheus reads. A figure that
// cannot be read does not keep the others from being served.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}
