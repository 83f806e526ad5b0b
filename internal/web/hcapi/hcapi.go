// Package hcapi is Healthchecks' management API, versions 1 to 3: programs list,
// make, change, pause and remove the checks of a project, and read its history.
// README.md says what is supported and where it differs.
//
// routes.go lists the addresses; call.go is what a request passes before it is
// acted on, errors.go what is refused. fields.go reads bodies strictly, request.go
// knows their members, object.go what is answered about a check. checks.go,
// history.go and about.go act. openapi.json describes all of it.
package hcapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"heartbeat/internal/auth"
	"heartbeat/internal/service"
	"heartbeat/internal/web/badge"
)

// Config is what New needs. All fields are required.
type Config struct {
	Service *service.Service
	Auth    *auth.Auth
	// Root is what addresses begin with, such as "https://example.org/tools",
	// without a slash at its end.
	Root string
	// PingRoot is what a check's ping URL begins with, before its ID, such as
	// "https://example.org/ping/".
	PingRoot string
	// Badges makes the addresses of badges.
	Badges func(context.Context) (badge.Links, error)
}

// Handler answers the API.
type Handler struct {
	cfg    Config
	routes []route
}

// New returns a handler.
func New(cfg Config) *Handler {
	return &Handler{cfg: cfg, routes: routes()}
}

// Serve answers a request below /api/. What is refused is answered; an error is
// one of ours, and then nothing was answered but for headers.
func (h *Handler) Serve(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	version, path, ok := cutVersion(r.URL.Path)
	if !ok {
		return fail(w, errNoVersion)
	}
	c := &call{Handler: h, Request: r, w: w, version: version, now: time.Now().Round(0).UTC()}
	for i := range h.routes {
		if h.routes[i].match(path, &c.place) {
			r.Pattern = "/api/" + version + "/" + h.routes[i].path // for the log: paths hold IDs
			return fail(w, c.answer(&h.routes[i]))
		}
	}
	return fail(w, errNoAddress)
}

// cutVersion splits "/api/v3/checks/" into "v3" and "checks/".
func cutVersion(path string) (version, rest string, ok bool) {
	version, rest, _ = strings.Cut(strings.TrimPrefix(path, "/api/"), "/")
	return version, rest, version == "v1" || version == "v2" || version == "v3"
}
