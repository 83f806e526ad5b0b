package web

import (
	"net/http"
	"strings"
)

// routes shows every address that is answered. What people look at below
// /heartbeat/ (dashboard, check, create, edit, projects, channels, login …) is
// listed in package dash.
func (s *server) routes() http.Handler {
	mux := http.NewServeMux()

	// Jobs.
	s.handle(mux, "/heartbeat/{key}/pulse", s.pulse, "GET", "POST")
	s.handle(mux, "/heartbeat/pulse", s.pulse, "GET", "POST")

	// Jobs that speak Healthchecks' language have /ping/, which pings takes out
	// before all that is here.

	// People, and what acts for them.
	s.handle(mux, "/heartbeat/monitor", s.monitor, "GET")
	s.handle(mux, "/heartbeat", s.home, "GET")
	s.handle(mux, "/{$}", s.home, "GET")
	mux.Handle("/heartbeat/", s.cfg.Dash)

	if s.cfg.Import != nil {
		s.handle(mux, "/heartbeat/import", s.importFile, "POST")
	}

	// Programs that speak Healthchecks' language, and those whom badges tell. What
	// is below /api/ is listed in package hcapi. All take every method themselves.
	if s.cfg.API != nil {
		mux.Handle("/api/", s.answer(s.cfg.API.Serve))
		mux.Handle("/badge/{key}/{file}", s.answer(s.cfg.Badges.Tag))
		mux.Handle("/badge/{key}/{signature}/{file...}", s.answer(s.cfg.Badges.Tag))
		mux.Handle("/b/{states}/{file}", s.answer(s.cfg.Badges.Check))
		s.handle(mux, "/projects/{project}/metrics/{key}", s.cfg.Gauge.Metrics, "GET")
		s.handle(mux, "/projects/{project}/checks/metrics/{key}", s.cfg.Gauge.Metrics, "GET")
		s.handle(mux, "/projects/{project}/metrics/{$}", s.cfg.Gauge.Metrics, "GET")
		s.handle(mux, "/projects/{project}/metrics", s.cfg.Gauge.Metrics, "GET")
	}

	// Operators' machines.
	s.handle(mux, "/healthz", s.healthz, "GET")
	s.handle(mux, "/readyz", s.readyz, "GET")
	if s.cfg.Metrics != nil {
		mux.Handle("GET /metrics", s.cfg.Metrics.Handler())
		mux.Handle("/metrics", s.only("GET"))
	}

	mux.Handle("/", s.answer(s.unknown))
	return s.middleware(s.pings(mux))
}

// handle routes a path with the methods given, and answers 405 to others.
// GET implies HEAD.
func (s *server) handle(mux *http.ServeMux, path string, h handler, methods ...string) {
	for _, method := range methods {
		mux.Handle(method+" "+path, s.answer(h))
	}
	mux.Handle(path, s.only(methods...))
}

func (s *server) only(methods ...string) http.Handler {
	allow := strings.Replace(strings.Join(methods, ", "), "GET", "GET, HEAD", 1)
	return s.answer(func(http.ResponseWriter, *http.Request) error { return &methodError{allow: allow} })
}

// middleware is what every request passes, from the outside in.
func (s *server) middleware(h http.Handler) http.Handler {
	steps := []func(http.Handler) http.Handler{
		s.tidyPath, // first: all others see the path as it is routed
		s.observe,  // before recovery, so that a panic is logged with its request
		s.recover,  // before anything that could panic
		s.headers,  // on every answer, refusals included
		s.sameSite, // last: a refusal has passed all of the above
	}
	for i := len(steps) - 1; i >= 0; i-- {
		h = steps[i](h)
	}
	return h
}
