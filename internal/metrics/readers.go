package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"heartbeat"
)

func (m *Metrics) registerReaders(cfg Config) {
	if cfg.Checks != nil {
		m.registry.MustRegister(checks{cfg.Checks, prometheus.NewDesc(
			"heartbeat_checks", "Checks by the status they are shown with.", []string{"status"}, nil)})
	}
	if cfg.SweepAge != nil {
		m.gauge("heartbeat_last_sweep_age_seconds", "Time since the monitor's last sweep ended.",
			func() float64 { return cfg.SweepAge().Seconds() })
	}
	if cfg.Outbox != nil {
		m.registry.MustRegister(outbox{
			read:    cfg.Outbox,
			waiting: prometheus.NewDesc("heartbeat_outbox_waiting", "Notices that wait to be delivered.", nil, nil),
			oldest:  prometheus.NewDesc("heartbeat_outbox_oldest_age_seconds", "How long the oldest of them has waited; 0 if none does.", nil, nil),
		})
	}
	if cfg.Queue != nil {
		m.gauge("heartbeat_store_queue_length", "Writes that wait for the store.",
			func() float64 { return float64(cfg.Queue()) })
	}
}

func (m *Metrics) gauge(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

// checks reads all statuses at once, so that they add up.
type checks struct {
	read func() (map[heartbeat.Status]int, error)
	desc *prometheus.Desc
}

func (c checks) Describe(ch chan<- *prometheus.Desc) { ch <- c.desc }

func (c checks) Collect(ch chan<- prometheus.Metric) {
	counts, err := c.read()
	if err != nil {
		ch <- prometheus.NewInvalidMetric(c.desc, err)
		return
	}
	for _, status := range []heartbeat.Status{
		heartbeat.StatusNew, heartbeat.StatusUp, heartbeat.StatusGrace, heartbeat.StatusDown, heartbeat.StatusPaused,
	} {
		ch <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, float64(counts[status]), string(status))
	}
}

type outbox struct {
	read            func() (int, time.Duration, error)
	waiting, oldest *prometheus.Desc
}

func (o outbox) Describe(ch chan<- *prometheus.Desc) {
	ch <- o.waiting
	ch <- o.oldest
}

func (o outbox) Collect(ch chan<- prometheus.Metric) {
	waiting, oldest, err := o.read()
	if err != nil {
		ch <- prometheus.NewInvalidMetric(o.waiting, err)
		return
	}
	ch <- prometheus.MustNewConstMetric(o.waiting, prometheus.GaugeValue, float64(waiting))
	ch <- prometheus.MustNewConstMetric(o.oldest, prometheus.GaugeValue, oldest.Seconds())
}
