package web

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// tidyPath takes the path of the base URL off, if the proxy before us has not
// done so, and doubled slashes out. The mux would redirect a path with doubled
// slashes, and a job's curl does not follow: its pulse would be lost.
func (s *server) tidyPath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tidy := s.tidy(r); tidy != r.URL.Path {
			r = withPath(r, tidy)
		}
		next.ServeHTTP(w, r)
	})
}

func (s *server) tidy(r *http.Request) string {
	tidy := r.URL.Path
	if strings.Contains(tidy, "//") {
		tidy = cleanPath(tidy)
	}
	if s.base != "" {
		tidy = stripBase(tidy, s.base)
	}
	if s.cfg.PingHost != "" && s.isPingHost(r.Host) && !fromJob(tidy) {
		tidy = "/ping" + tidy
	}
	// Slashes may be doubled before a UUID or a key. Further on, nothing between
	// two of them is a script's variable that is empty by mistake: without it,
	// the rest would mean something else.
	if rest, ok := strings.CutPrefix(tidy, "/ping/"); ok && !strings.HasSuffix(r.URL.Path, rest) {
		return "/ping/"
	}
	return tidy
}

// isPingHost compares without regard to case and port.
func (s *server) isPingHost(host string) bool {
	name := s.cfg.PingHost
	if len(host) < len(name) || !strings.EqualFold(host[:len(name)], name) {
		return false
	}
	return len(host) == len(name) || host[len(name)] == ':'
}

func cleanPath(p string) string {
	clean := path.Clean("/" + p)
	if clean != "/" && strings.HasSuffix(p, "/") {
		clean += "/"
	}
	return clean
}

// stripBase takes base off only if a known route remains: the base may itself
// be /heartbeat, and then tells nothing about whether it was stripped before.
func stripBase(p, base string) string {
	rest, ok := strings.CutPrefix(p, base)
	if !ok {
		return p
	}
	switch rest {
	case "":
		return "/"
	case "/", "/healthz", "/readyz", "/metrics", "/heartbeat":
		return rest
	}
	for _, folder := range [...]string{"/heartbeat/", "/ping/", "/api/", "/badge/", "/b/", "/projects/"} {
		if strings.HasPrefix(rest, folder) {
			return rest
		}
	}
	return p
}

func withPath(r *http.Request, p string) *http.Request {
	other := *r
	other.URL = new(url.URL)
	*other.URL = *r.URL
	other.URL.Path, other.URL.RawPath = p, ""
	return &other
}

// observe logs requests at debug, without what may be secret: it names the
// route, not the path, which may hold the ping key.
func (s *server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.cfg.Logger.Enabled(r.Context(), slog.LevelDebug) {
			next.ServeHTTP(&answer{ResponseWriter: w}, r)
			return
		}
		start, a := time.Now(), &answer{ResponseWriter: w}
		next.ServeHTTP(a, r)
		s.cfg.Logger.DebugContext(r.Context(), "request", "request", s.requestID(a), "method", r.Method,
			"route", r.Pattern, "status", a.status, "took", time.Since(start), "addr", s.cfg.Auth.Addr(r))
	})
}

// answer remembers the status that was sent, and the request's ID once asked.
type answer struct {
	http.ResponseWriter
	status int
	id     string
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// requestIDs numbers requests. The prefix tells the runs of the program apart.
type requestIDs struct {
	prefix string
	last   atomic.Uint64
}

func newRequestIDs() *requestIDs {
	return &requestIDs{prefix: strings.ToLower(rand.Text()[:6]) + "-"}
}

// requestID returns the ID of the request that w answers. It is made when it is
// first asked for: nearly all requests need none.
func (s *server) requestID(w http.ResponseWriter) string {
	a, ok := w.(*answer)
	if !ok || a.id == "" {
		id := s.ids.prefix + strconv.FormatUint(s.ids.last.Add(1), 10)
		if !ok {
			return id
		}
		a.id = id
	}
	return a.id
}

// recover makes an error of a panic, so that one bad request is one bad answer.
func (s *server) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler {
				panic(cause) // net/http's own way to cut a connection
			}
			id := s.requestID(w)
			s.cfg.Logger.ErrorContext(r.Context(), "request panicked", "request", id,
				"method", r.Method, "route", r.Pattern, "panic", cause, "stack", string(debug.Stack()))
			if a, ok := w.(*answer); ok && a.status != 0 {
				panic(http.ErrAbortHandler) // too late for a status: cut the connection
			}
			_ = say(w, http.StatusInternalServerError,
				"something went wrong inside Heartbeat; its log says what, under request "+id)
		}()
		next.ServeHTTP(w, r)
	})
}

// policy lets pages use what this server sends, and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// headers are for browsers; jobs, which are nearly all of the traffic, get none.
func (s *server) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !fromJob(r.URL.Path) {
			header := w.Header()
			header.Set("Content-Security-Policy", policy)
			header.Set("X-Content-Type-Options", "nosniff")
			// Not no-referrer: browsers would then send "Origin: null" with our own
			// forms, which sameSite must refuse. No other site gets a referrer.
			header.Set("Referrer-Policy", "same-origin")
		}
		next.ServeHTTP(w, r)
	})
}

// sameSite refuses what other sites make a browser send. Jobs are let through,
// and so are programs with a key: neither's requests act by a cookie, and a page
// may well be what is watched.
func (s *server) sameSite(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	if s.origin != "" {
		// Behind a proxy that changes Host, this is where our own pages come from.
		if err := guard.AddTrustedOrigin(s.origin); err != nil {
			panic("web: base URL: " + err.Error())
		}
	}
	guard.SetDenyHandler(s.answer(func(http.ResponseWriter, *http.Request) error { return errOtherSite }))
	guarded := guard.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fromJob(r.URL.Path) || strings.HasPrefix(r.URL.Path, "/api/") {
			next.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	})
}

// pings answers ping URLs and leaves all else to next. The mux would redirect
// some of them, such as those with a dot for a segment, and does not know all
// methods.
func (s *server) pings(next http.Handler) http.Handler {
	ping := s.answer(s.ping)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/ping/") {
			next.ServeHTTP(w, r)
			return
		}
		r.Pattern = "/ping/" // what the log shows instead of the path
		ping.ServeHTTP(w, r)
	})
}

// fromJob tells whether a path is routed to pulses or pings.
func fromJob(p string) bool { return strings.HasPrefix(p, "/ping/") || isPulse(p) }

// isPulse tells whether a path is routed to pulses.
func isPulse(p string) bool {
	rest, ok := strings.CutPrefix(p, "/heartbeat/")
	key, isPulse := strings.CutSuffix(rest, "pulse")
	return ok && isPulse && (key == "" || len(key) > 1 && strings.IndexByte(key, '/') == len(key)-1)
}
