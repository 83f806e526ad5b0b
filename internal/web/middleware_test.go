package web_test

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"heartbeat/internal/auth"
	"heartbeat/internal/web"
)

func TestBaseURL_WorksWhetherOrNotTheProxyStripsItsPath(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"https://example.org/tools", "https://example.org/heartbeat/", "/a/b"} {
		h := setUp(t, func(c *web.Config, _ *auth.Config) { c.BaseURL = base })
		h.do("GET", "/ping/k3y/nightly?create=1")
		path := strings.TrimRight(strings.TrimPrefix(base, "https://example.org"), "/")
		for _, prefix := range []string{"", path} {
			for target, want := range map[string]string{
				"/heartbeat/k3y/pulse?" + names: "Successful Heartbeat Pulse",
				"/heartbeat/check":              "dash /heartbeat/check",
				pingURL:                         "not found",
				"/ping//k3y/nightly?create=1":   "OK",
				"/ping//k3y//nightly?create=1":  noPingURL,
				"/heartbeat/":                   "dash /heartbeat/",
				"/healthz":                      "ok\n",
			} {
				if path == "/heartbeat" && target == "/heartbeat/" {
					continue // the base itself: leads to the dashboard
				}
				if w := h.do("GET", prefix+target); w.Body.String() != want {
					t.Errorf("base %s, GET %s%s: %d %s", base, prefix, target, w.Code, w.Body)
				}
			}
			if got := h.do("GET", prefix+"/").Header().Get("Location"); got != path+"/heartbeat/dashboard" && path != "/heartbeat" {
				t.Errorf("base %s: %s/ leads to %s", base, prefix, got)
			}
		}
	}
}

const noPingURL = "not found: this is no ping URL; those are /ping/UUID and /ping/PING-KEY/SLUG, with nothing, /start, /fail, /log " +
	"or an exit status after it, and UUIDs are written in lower case\n"

func TestPingHost_AnswersPingsAndPulsesAndNothingElse(t *testing.T) {
	t.Parallel()
	h := setUp(t, func(c *web.Config, _ *auth.Config) { c.PingHost = "ping.example.org" })
	const slug = "/k3y/nightly?create=1"
	h.do("GET", "/ping"+slug)
	for _, c := range []struct{ host, target, want string }{
		{"ping.example.org", slug, "OK"},
		{"PING.example.org:8080", slug, "OK"},
		{"ping.example.org", "//k3y/nightly/start", "OK"},
		{"ping.example.org", "/ping" + slug, "OK"},
		{"ping.example.org", strings.TrimPrefix(pingURL, "/ping"), "not found"},
		{"ping.example.org", strings.TrimPrefix(pingURL, "/ping") + "/start/", noPingURL},
		{"ping.example.org", "/k3y//start?create=1", noPingURL},
		{"ping.example.org", "/heartbeat/k3y/pulse?" + names, "Successful Heartbeat Pulse"},
		{"ping.example.org", "/heartbeat/dashboard", "not found"},
		{"ping.example.org", "/metrics", noPingURL},
		{"ping.example.org", "/", noPingURL},
		{"ping.example.org.evil.example", "/healthz", "ok\n"},
		{"watch.example.org", "/healthz", "ok\n"},
		{"", "/healthz", "ok\n"},
	} {
		r := httptest.NewRequest("GET", c.target, nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Body.String() != c.want {
			t.Errorf("%s%s: %d %s", c.host, c.target, w.Code, w.Body)
		}
	}
	if w := h.do("GET", slug); w.Code != 404 || !strings.Contains(w.Body.String(), "nothing at this address") {
		t.Errorf("another host answers pings without /ping: %d %s", w.Code, w.Body)
	}
}

func TestHeaders_KeepPagesSafe(t *testing.T) {
	t.Parallel()
	h := setUp(t)
	for _, target := range []string{"/heartbeat/dashboard", "/nothing", "/heartbeat/monitor", "/heartbeat/panic"} {
		header := h.do("GET", target).Header()
		if csp := header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'self'") ||
			header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%s: headers %v", target, header)
		}
	}
}

func TestOtherSites_MayPulseAndNothingElse(t *testing.T) {
	t.Parallel()
	h := setUp(t, func(c *web.Config, _ *auth.Config) { c.BaseURL = "https://watch.example.org" })
	for _, c := range []struct {
		target, site, origin string
		status               int
	}{
		{"/heartbeat/edit?id=1", "cross-site", "https://evil.example", 403},
		{"/heartbeat/edit?id=1", "", "https://evil.example", 403},
		{"/heartbeat/edit?id=1", "", "null", 403},
		{"/heartbeat/pulse/../edit", "cross-site", "https://evil.example", 403},
		{"/heartbeat/edit?id=1", "same-origin", "", 200},
		{"/heartbeat/edit?id=1", "", "https://watch.example.org", 200},
		{"/heartbeat/edit?id=1", "", "", 200},
		{"/heartbeat/k3y/pulse?" + names, "cross-site", "https://shop.example", 200},
		{"/ping/k3y/nightly?create=1", "cross-site", "https://shop.example", 201},
		{"/api/v3/checks/", "cross-site", "https://shop.example", 404},
	} {
		headers := []string{"Origin", c.origin, "Sec-Fetch-Site", c.site}
		if w := h.do("POST", c.target, headers...); w.Code != c.status {
			t.Errorf("%+v: %d %s", c, w.Code, w.Body)
		}
	}
}

func TestPanic_IsOneBadAnswer(t *testing.T) {
	t.Parallel()
	h := setUp(t)
	w := h.do("GET", "/heartbeat/panic")
	if w.Code != 500 || strings.Contains(w.Body.String(), "disco") || !strings.Contains(h.log.String(), "at the disco") {
		t.Errorf("got %d %s, log %s", w.Code, w.Body, h.log)
	}
}

func TestLog_NamesRoutesNotKeys(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := setUp(t, func(c *web.Config, _ *auth.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	h.do("GET", "/heartbeat/k3y/pulse?"+names)
	h.do("GET", "/heartbeat/monitor?secret=open+sesame")
	h.do("GET", "/ping/k3y/nightly?create=1")
	text := log.String()
	for _, want := range []string{`route=/ping/ status=201`, `route="GET /heartbeat/{key}/pulse"`, "status=200", `route="GET /heartbeat/monitor"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	for _, never := range []string{pingKey, "sesame", "nightly"} {
		if strings.Contains(text, never) {
			t.Errorf("the log holds %q: %s", never, text)
		}
	}
}
