// Package web answers HTTP: routes.go lists the addresses, middleware.go what
// every request passes, errors.go which error gets which status. The hot path
// is package pinging, the pages are package dash.
package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"heartbeat"
	"heartbeat/internal/auth"
	"heartbeat/internal/service"
	"heartbeat/internal/web/gauge"
	"heartbeat/internal/web/hcapi"
	"heartbeat/internal/web/pinging"
)

// Monitor is what the routes need of the monitor.
type Monitor interface {
	// Sweep judges all checks now and says what it found, for people.
	Sweep(ctx context.Context) (string, error)
	// Ready returns nil if the last sweep is fresh; else an error that says how old
	// it is.
	Ready(ctx context.Context) error
}

// Metrics are told of pulses and show the figures. internal/metrics implements
// it; functions in the cloud have their own ways to count.
type Metrics interface {
	// Pulse hears of a pulse, of the HTTP status that it was answered with and of
	// how long that took.
	Pulse(kind heartbeat.Kind, status int, took time.Duration)
	Handler() http.Handler
}

// Badges answers the addresses of badges; see badge.Handler.
type Badges interface {
	Tag(http.ResponseWriter, *http.Request) error
	Check(http.ResponseWriter, *http.Request) error
}

// Config is what New needs. All fields but API, Badges, Gauge, Metrics, ArrivedAt, Import, BaseURL,
// PingHost and Logger are required.
type Config struct {
	Service *service.Service
	Auth    *auth.Auth
	Monitor Monitor
	// Dash answers everything below /heartbeat/ that is not listed in routes.go.
	Dash http.Handler
	// API is Healthchecks' management API, Badges and Gauge go with it. Either all of
	// them are nil or none is.
	API    *hcapi.Handler
	Badges Badges
	Gauge  *gauge.Handler
	// Metrics is nil if nobody counts; then there is no /metrics.
	Metrics Metrics
	// ArrivedAt tells when a request arrived, where something before this program
	// took it in. Nil: requests arrive when they are served.
	ArrivedAt func(context.Context) (at time.Time, ok bool)
	// Ready says whether the store can be written.
	Ready func(context.Context) error
	// Import loads a part of a file that heartbeat export has written, and returns
	// what to answer as JSON. Nil: there is no such address.
	Import func(ctx context.Context, file io.Reader, dryRun bool) (report any, err error)
	// Logger hears of requests (debug) and of errors that are ours. Nil discards.
	Logger *slog.Logger
	// BaseURL is the address at which browsers see this server, such as
	// "https://example.org/tools". Its path may or may not be stripped by a proxy:
	// both work. May be empty.
	BaseURL string
	// PingHost is the name of a host at which nothing but pulses and pings is
	// answered, and pings need no /ping before them. Empty: there is none.
	PingHost string
}

type server struct {
	cfg     Config
	pinging *pinging.Handler
	base    string // the path of BaseURL without a slash at its end
	origin  string // scheme and host of BaseURL; empty if it has none
	ids     *requestIDs
	// unrecorded bounds the lines about pulses that could not be recorded.
	unrecorded rate.Sometimes
}

// New returns the handler of all that the server answers. It panics if BaseURL
// is no URL.
func New(cfg Config) http.Handler {
	base, err := url.Parse(cfg.BaseURL)
	if err != nil {
		panic("web: base URL: " + err.Error())
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &server{cfg: cfg, base: strings.TrimRight(base.Path, "/"), ids: newRequestIDs()}
	s.unrecorded.Interval = 10 * time.Second
	if base.Scheme != "" && base.Host != "" {
		s.origin = base.Scheme + "://" + base.Host
	}
	s.pinging = pinging.New(pinging.Config{Service: cfg.Service, Auth: cfg.Auth, ArrivedAt: cfg.ArrivedAt, Observe: s.count})
	return s.routes()
}

func (s *server) count(kind heartbeat.Kind, took time.Duration, err error) {
	if s.cfg.Metrics != nil {
		s.cfg.Metrics.Pulse(kind, statusOf(err), took)
	}
}

func (s *server) pulse(w http.ResponseWriter, r *http.Request) error {
	return recorded(s.pinging.Pulse(w, r))
}

func (s *server) ping(w http.ResponseWriter, r *http.Request) error {
	return recorded(s.pinging.Ping(w, r))
}

// recorded makes an error that is ours say what it means for the sender.
func recorded(err error) error {
	if statusOf(err) == http.StatusInternalServerError {
		return &unrecorded{err}
	}
	return err
}

// monitor sweeps at once, for schedulers that call it as they called the
// original's, and for the curious.
func (s *server) monitor(w http.ResponseWriter, r *http.Request) error {
	if err := s.mayMonitor(w, r); err != nil {
		return err
	}
	text, err := s.cfg.Monitor.Sweep(r.Context())
	if err != nil {
		return err
	}
	return say(w, http.StatusOK, text)
}

// mayMonitor accepts the secret as the original did, in the query, better as a
// bearer token, or a session.
func (s *server) mayMonitor(w http.ResponseWriter, r *http.Request) error {
	secret := r.URL.Query().Get("secret")
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		secret = strings.TrimSpace(token)
	}
	switch {
	case secret != "":
		return s.cfg.Auth.Login(r, secret)
	case s.cfg.Auth.SignedIn(w, r):
		return nil
	}
	return errNoSecret
}

// home leads to the dashboard.
func (s *server) home(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, s.base+"/heartbeat/dashboard", http.StatusSeeOther)
	return nil
}

// healthz says that the process answers, and nothing of what it depends on: it
// is asked by those who would restart it.
func (s *server) healthz(w http.ResponseWriter, _ *http.Request) error {
	return say(w, http.StatusOK, "ok")
}

// readyTimeout is how long the store may take for readyz.
const readyTimeout = 5 * time.Second

// readyz says whether pulses are durable and late checks are noticed.
func (s *server) readyz(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	var problems []string
	if err := s.cfg.Ready(ctx); err != nil {
		s.cfg.Logger.WarnContext(r.Context(), "not ready: store", "err", err)
		problems = append(problems, "store: cannot be written; the log says why")
	}
	if err := s.cfg.Monitor.Ready(ctx); err != nil {
		s.cfg.Logger.WarnContext(r.Context(), "not ready: monitor", "err", err)
		problems = append(problems, "monitor: "+err.Error())
	}
	if problems != nil {
		return say(w, http.StatusServiceUnavailable, strings.Join(problems, "\n"))
	}
	return say(w, http.StatusOK, "ready")
}

func (s *server) unknown(http.ResponseWriter, *http.Request) error { return errNoRoute }

// say answers with a text for people and scripts.
func say(w http.ResponseWriter, status int, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	// Who has hung up needs no answer.
	_, _ = io.WriteString(w, strings.TrimRight(text, "\n")+"\n")
	return nil
}
