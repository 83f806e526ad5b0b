package dash

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"heartbeat"
	"heartbeat/internal/notify"
	"heartbeat/internal/service"
	"heartbeat/internal/web/badge"
)

// Config is what the pages need.
type Config struct {
	Service *service.Service
	Auth    Auth
	// Channels returns all channels. They are shown with what became of their
	// deliveries.
	Channels func(context.Context) (notify.Directory, error)
	// BasePath is what stands before "/heartbeat/" in links as the browser sees
	// them, such as "/tools" behind a proxy that strips it; usually empty.
	BasePath string
	// Origin is scheme and host of the address that jobs use, such as
	// "https://watch.example.org"; empty: that of the request.
	Origin string
	// PingRoot is what ping URLs begin with, up to the ID of a check, such as
	// "https://example.org/ping/"; empty: that below Origin and BasePath.
	PingRoot string
	// Badges makes the addresses of badges; nil if there are none.
	Badges func(context.Context) (badge.Links, error)
	// Zone is the IANA zone in which times are shown until the browser has told
	// its own. Empty means UTC.
	Zone string
	// Now reads the clock; nil means time.Now.
	Now func() time.Time
	// Logger hears of failures that the viewer cannot mend. Nil discards.
	Logger *slog.Logger
	// Every is how often the monitor looks at checks, which tells when it is late
	// itself and how often pages are worth refreshing; 0 means 10 seconds.
	Every time.Duration
	// Bare says that nothing but dashboard and edit can be reached, as behind the
	// original's API Gateway. Then style and script stand in the pages, and no link
	// leads elsewhere.
	Bare bool
	// PageSize is how many rows a page of the table has unless the viewer chose;
	// 0 means 100.
	PageSize int
}

// maxForm bounds a posted form; the largest honest one is far below it.
const maxForm = 64 << 10

type handler struct {
	Config
	zone   *time.Location
	pages  func() pages // read when the first page is asked for
	assets assets
	policy string
}

// defaultEvery is how often the monitor looks unless Config says.
const defaultEvery = 10 * time.Second

// New returns the handler of everything below /heartbeat/ that people look at.
// It expects that a proxy's path prefix has been stripped and that cross-origin
// posts have been refused. It panics if Config.Zone or an embedded file is bad.
func New(cfg Config) http.Handler {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.PageSize <= 0 {
		cfg.PageSize = 100
	}
	zone, err := time.LoadLocation(cfg.Zone)
	if err != nil {
		panic("dash: " + err.Error())
	}
	cfg.BasePath = strings.TrimRight(cfg.BasePath, "/")
	cfg.Every = cmp.Or(cfg.Every, defaultEvery)
	h := &handler{Config: cfg, zone: zone, pages: sync.OnceValue(parsePages), assets: readAssets()}
	h.policy = policy("'self'", "'self'")
	if h.Bare {
		h.policy = policy(h.assets.hash("app.css"), h.assets.hash("app.js"))
	}
	return h.routes()
}

func (h *handler) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /heartbeat/{$}", h.open(h.home))
	mux.Handle("GET /heartbeat/login", h.open(h.loginForm))
	mux.Handle("POST /heartbeat/login", h.open(h.login))
	mux.Handle("POST /heartbeat/logout", h.open(h.logout))
	mux.Handle("GET /heartbeat/dashboard", h.guarded(h.dashboard))
	mux.Handle("GET /heartbeat/check", h.guarded(h.check))
	mux.Handle("POST /heartbeat/check", h.guarded(h.act))
	mux.Handle("GET /heartbeat/create", h.guarded(h.createForm))
	mux.Handle("POST /heartbeat/create", h.guarded(h.create))
	mux.Handle("GET /heartbeat/preview", h.guarded(h.preview))
	mux.Handle("GET /heartbeat/edit", h.guarded(h.editForm))
	mux.Handle("POST /heartbeat/edit", h.guarded(h.edit))
	mux.Handle("GET /heartbeat/delete", h.guarded(h.deleteForm))
	mux.Handle("GET /heartbeat/channels", h.guarded(h.channels))
	mux.Handle("POST /heartbeat/channels", h.guarded(h.changeChannel))
	mux.Handle("GET /heartbeat/channels/remove", h.guarded(h.removeChannelForm))
	mux.Handle("GET /heartbeat/projects", h.guarded(h.projects))
	mux.Handle("POST /heartbeat/projects", h.guarded(h.changeProject))
	mux.Handle("GET /heartbeat/projects/remove", h.guarded(h.removeProjectForm))
	mux.Handle("GET /heartbeat/badges", h.guarded(h.badges))
	mux.HandleFunc("GET /heartbeat/static/{file}", h.static)
	mux.Handle("/heartbeat/", h.open(func(http.ResponseWriter, *http.Request) error { return errNoPage }))
	return mux
}

// policy lets pages use styles and scripts from these sources, what else this
// server sends, and nothing else.
func policy(style, script string) string {
	return "default-src 'none'; style-src " + style + "; script-src " + script + "; img-src 'self' data:; " +
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// action answers a request, or says why it cannot.
type action func(http.ResponseWriter, *http.Request) error

// open serves an action to everybody.
func (h *handler) open(do action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", h.policy)
		header.Set("X-Content-Type-Options", "nosniff")
		// Not no-referrer: browsers would then post forms with "Origin: null",
		// which the guard against cross-origin posts must refuse.
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := do(w, r); err != nil {
			h.fail(w, r, err)
		}
	})
}

// guarded serves an action to those who are logged in, and the login form to
// everybody else.
func (h *handler) guarded(do action) http.Handler {
	return h.open(func(w http.ResponseWriter, r *http.Request) error {
		if secret := r.URL.Query().Get("secret"); secret != "" && r.Method == http.MethodGet {
			return h.loginByLink(w, r, secret)
		}
		if !h.Auth.SignedIn(w, r) {
			return h.showLogin(w, r, http.StatusUnauthorized, "", r.URL.RequestURI())
		}
		return do(w, r)
	})
}

func (h *handler) home(w http.ResponseWriter, r *http.Request) error {
	h.redirect(w, r, "/dashboard")
	return nil
}

// redirect sends the browser to a path below /heartbeat, to be fetched by GET.
func (h *handler) redirect(w http.ResponseWriter, r *http.Request, path string) {
	http.Redirect(w, r, h.link(path), http.StatusSeeOther)
}

// link returns the address of a path below /heartbeat.
func (h *handler) link(path string) string { return h.BasePath + "/heartbeat" + path }

// gone says what is not there, or not any more, and what to do. It is a
// heartbeat.ErrNotFound.
type gone struct{ problem, hint string }

func (g *gone) Error() string { return g.problem }
func (g *gone) Unwrap() error { return heartbeat.ErrNotFound }

var (
	errNoPage  = &gone{"There is no page at this address.", "All checks are on the dashboard."}
	errNoCheck = &gone{"There is no such check.", "It may have been deleted. A job that still sends pulses brings its check back with the next one."}
)

func isNotFound(err error) bool { return errors.Is(err, heartbeat.ErrNotFound) }

// errorPage tells what went wrong and what to do.
type errorPage struct {
	frame
	Code          int
	Problem, Hint string
}

// fail answers with the page for err.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the viewer has gone on, which is no failure of ours
	}
	page := errorPage{frame: h.frame(r, "Error", "")}
	page.LoggedIn = h.Auth.SignedIn(w, r)
	missing := errNoCheck // what pages are most often about
	var invalid *heartbeat.Invalid
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &missing), isNotFound(err):
		page.Code, page.Problem, page.Hint = http.StatusNotFound, missing.problem, missing.hint
	case errors.As(err, &invalid):
		page.Code, page.Problem = http.StatusBadRequest, "The request cannot be read: "+invalid.Error()+"."
		page.Hint = "Go back, correct it and send it again."
	case errors.As(err, &tooLarge):
		page.Code, page.Problem = http.StatusRequestEntityTooLarge, "The form is too large."
		page.Hint = "Go back, shorten what you typed and send it again."
	case errors.Is(err, heartbeat.ErrBusy), errors.Is(err, heartbeat.ErrClosed), errors.Is(err, heartbeat.ErrConflict):
		page.Code, page.Problem = http.StatusServiceUnavailable, "Heartbeat is too busy just now: "+err.Error()+"."
		page.Hint = "Try again in a moment."
		if r.Method == http.MethodPost { // what takes several writes may be done in part
			page.Hint = "Look first whether it was done, or a part of it. If not, try again in a moment."
		}
	default:
		h.Logger.ErrorContext(r.Context(), "page failed", "method", r.Method, "path", r.URL.Path, "err", err)
		page.Code, page.Problem = http.StatusInternalServerError, "Something went wrong inside Heartbeat."
		page.Hint = "The log says what. Try again in a moment; pulses are taken in by another path."
	}
	page.Title = http.StatusText(page.Code)
	if err := h.render(w, page.Code, "error", &page); err != nil {
		h.Logger.ErrorContext(r.Context(), "error page failed", "path", r.URL.Path, "err", err)
		http.Error(w, page.Problem, page.Code)
	}
}
