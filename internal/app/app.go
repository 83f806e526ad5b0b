// Package app joins the parts that both homes of Heartbeat share: over a store,
// the service, the monitor and everything that HTTP answers. cmd/heartbeat makes
// a server of it, cmd/heartbeat-lambda functions.
package app

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"heartbeat"
	"heartbeat/internal/auth"
	"heartbeat/internal/monitor"
	"heartbeat/internal/service"
	"heartbeat/internal/web"
	"heartbeat/internal/web/dash"
)

// CalledEvery is how often the monitor of [Config.Called] is called.
const CalledEvery = time.Minute

// Config is what New needs. All fields but Targets, Metrics, PingHost
// and ArrivedAt are required.
type Config struct {
	Store heartbeat.Store
	Auth  *auth.Auth
	// Targets are where messages go by the settings.
	Targets Targets
	// Base is what links in messages begin with, before /heartbeat.
	Base *url.URL
	// Zone is the IANA zone of checks that name none.
	Zone string
	// Called says that nobody runs the monitor here: it is called once every
	// minute, in this process or another.
	Called bool
	// Bare says that nothing but the dashboard's and edit's own addresses can be
	// reached; see dash.Config.
	Bare bool
	// PingHost is a host name of its own for ping URLs; see web.Config. May be empty.
	PingHost string
	// ArrivedAt tells when a request arrived; see web.Config. May be nil.
	ArrivedAt func(context.Context) (at time.Time, ok bool)
	// Metrics are told of pulses. Nil: nobody counts.
	Metrics web.Metrics
	Logger  *slog.Logger
}

// App is the joined parts.
type App struct {
	cfg      Config
	Checks   *service.Service
	Monitor  *monitor.Monitor
	channels *channels
	badges   badgeSecret
	tallies  tallies
}

// New joins the parts. Nothing runs before its caller makes it.
func New(cfg Config) *App {
	a := &App{cfg: cfg, channels: newChannels(cfg.Targets, cfg.Auth, cfg.Logger)}
	a.Monitor = a.newMonitor()
	a.Checks = service.New(service.Config{
		Store:       cfg.Store,
		Zone:        cfg.Zone,
		Channels:    a.channels.given,
		Targets:     a.channels,
		Changed:     a.Monitor.Changed,
		Owed:        a.Monitor.Wake,
		KeysChanged: cfg.Auth.KeysChanged,
		Logger:      cfg.Logger,
	})
	return a
}

func (a *App) newMonitor() *monitor.Monitor {
	cfg := monitor.Config{
		Store:     a.cfg.Store,
		Channels:  a.Directory,
		Dashboard: link(a.cfg.Base, "/dashboard"),
		Link:      func(id heartbeat.CheckID) string { return link(a.cfg.Base, "/check?id="+id.String()) },
		Every:     a.every(),
		Logger:    a.cfg.Logger,
	}
	if shared, ok := a.cfg.Store.(heartbeat.Shared); ok {
		cfg.Changes = shared.Changes
	}
	if a.cfg.Called {
		cfg.Restart = 3 * CalledEvery // a start is no restart: as long as a warm one may be silent
	}
	return monitor.New(cfg)
}

// inFlight is how long a ping may be on its way that a gateway has taken in: it
// counts from the moment in which it arrived there, but may find a function that
// has yet to start.
const inFlight = 5 * time.Second

// Tick is the minute of a monitor that is called. It judges by a moment a little
// before now, so that no ping loses to it that arrived in time.
func (a *App) Tick(ctx context.Context, now time.Time) (monitor.Swept, error) {
	return a.Monitor.Once(ctx, now.Add(-inFlight))
}

// every is how often the monitor looks; 0 for its own default.
func (a *App) every() time.Duration {
	if a.cfg.Called {
		return CalledEvery
	}
	return 0
}

// link is an absolute link to a path below /heartbeat; empty if it is not known
// where that is.
func link(base *url.URL, path string) string {
	if base.Host == "" {
		return ""
	}
	return base.JoinPath("heartbeat").String() + path
}

// Handler answers all requests that come in at public, which is scheme, host
// and path of the address that browsers see; empty if that is not known.
func (a *App) Handler(public string) (http.Handler, error) {
	guard, err := a.cfg.Auth.At(public)
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(public)
	if err != nil {
		return nil, err
	}
	origin := ""
	if base.Host != "" {
		origin = base.Scheme + "://" + base.Host
	}
	programs := a.programs(guard, base)
	return web.New(web.Config{
		Service: a.Checks,
		Auth:    guard,
		Monitor: door{a},
		Dash: dash.New(dash.Config{
			Service:  a.Checks,
			Auth:     guard,
			Channels: a.Directory,
			BasePath: base.Path,
			Origin:   origin,
			PingRoot: programs.pingRoot,
			Badges:   programs.links(),
			Zone:     a.cfg.Zone,
			Every:    a.every(),
			Bare:     a.cfg.Bare,
			Logger:   a.cfg.Logger,
		}),
		API:       programs.api,
		Badges:    programs.badges,
		Gauge:     programs.gauge,
		Metrics:   a.cfg.Metrics,
		ArrivedAt: a.cfg.ArrivedAt,
		Ready:     a.cfg.Store.Ready,
		Import:    a.load,
		Logger:    a.cfg.Logger,
		BaseURL:   public,
		PingHost:  a.cfg.PingHost,
	}), nil
}

// door is the monitor as package web sees it.
type door struct{ app *App }

// Sweep implements [web.Monitor].
func (d door) Sweep(ctx context.Context) (string, error) {
	now := time.Now()
	if d.app.cfg.Called { // then nobody else sends what the sweep owes
		if _, err := d.app.Tick(ctx, now); err != nil {
			return "", err
		}
		now = now.Add(-inFlight)
	}
	report, err := d.app.Monitor.Inspect(ctx, now)
	return report.String(), err
}

// Ready implements [web.Monitor].
func (d door) Ready(ctx context.Context) error {
	if !d.app.cfg.Called {
		return d.app.Monitor.Ready(time.Now())
	}
	watch, err := d.app.Checks.Watch(ctx)
	if err != nil {
		return err
	}
	return monitor.Fresh(watch.Mark, time.Now(), CalledEvery)
}
