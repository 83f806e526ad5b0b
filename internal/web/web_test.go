package web_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"heartbeat"
	"heartbeat/internal/auth"
	"heartbeat/internal/metrics"
	"heartbeat/internal/service"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/web"
)

const (
	pingKey = "k3y"
	secret  = "open sesame"
	names   = "host=web1&category=cron&type=backup&name=nightly"
	pingURL = "/ping/f26b8d3c-1f8f-4b6e-9d3c-0a1b2c3d4e5f"
)

// house is the whole handler over a store in memory.
type house struct {
	http.Handler
	store heartbeat.Store
	auth  *auth.Auth
	log   *bytes.Buffer
	cfg   web.Config
}

// watcher stands for the monitor.
type watcher struct{ sweepErr, readyErr error }

func (w *watcher) Sweep(context.Context) (string, error) { return "2 checks are down", w.sweepErr }
func (w *watcher) Ready(context.Context) error           { return w.readyErr }

func setUp(t testing.TB, change ...func(*web.Config, *auth.Config)) *house {
	t.Helper()
	h := &house{store: memory.New(), log: new(bytes.Buffer)}
	h.cfg = web.Config{
		Service: service.New(service.Config{Store: h.store, Zone: "UTC"}),
		Monitor: &watcher{},
		Dash: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/heartbeat/panic" {
				panic("at the disco")
			}
			fmt.Fprint(w, "dash ", r.URL.Path)
		}),
		Metrics: metrics.New(metrics.Config{}),
		Ready:   h.store.Ready,
		Logger:  slog.New(slog.NewTextHandler(h.log, nil)),
	}
	guard := auth.Config{Secret: secret, PingKey: pingKey}
	for _, f := range change {
		f(&h.cfg, &guard)
	}
	guard.BaseURL = h.cfg.BaseURL
	var err error
	if h.auth, _, err = auth.Open(t.Context(), h.store, guard); err != nil {
		t.Fatal(err)
	}
	h.cfg.Auth = h.auth
	h.Handler = web.New(h.cfg)
	return h
}

func (h *house) do(method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	h := setUp(t)
	for _, c := range []struct {
		method, target string
		status         int
		text           string
	}{
		{"GET", "/heartbeat/k3y/pulse?" + names, 200, "Successful Heartbeat Pulse"},
		{"POST", "/heartbeat/k3y/pulse?" + names, 200, "Successful Heartbeat Pulse"},
		{"HEAD", "/heartbeat/k3y/pulse?" + names, 200, ""},
		{"GET", "//heartbeat//k3y/pulse?" + names, 200, "Successful Heartbeat Pulse"},
		{"DELETE", "/heartbeat/k3y/pulse?" + names, 405, "GET, HEAD, POST only"},
		{"GET", "/heartbeat/k3y/pulse?host=web1", 400, "category is missing"},
		{"GET", "/heartbeat/k3y/pulse?" + names + "&threshold=soon", 400, "threshold "},
		{"GET", "/heartbeat/wrong/pulse?" + names, 403, "the ping key in the address is wrong"},
		{"GET", "/heartbeat/pulse?" + names, 403, "/heartbeat/PING-KEY/pulse"},
		{"GET", "/heartbeat/monitor", 403, "Authorization: Bearer"},
		{"GET", "/heartbeat/monitor?secret=wrong", 403, "forbidden"},
		{"GET", "/heartbeat/monitor?secret=open+sesame", 200, "2 checks are down"},
		{"POST", "/heartbeat/monitor?secret=open+sesame", 405, "GET, HEAD only"},
		{"GET", "/heartbeat/dashboard", 200, "dash /heartbeat/dashboard"},
		{"GET", "/heartbeat/", 200, "dash /heartbeat/"},
		{"GET", "/healthz", 200, "ok"},
		{"GET", "/readyz", 200, "ready"},
		{"POST", "/healthz", 405, "GET, HEAD only"},
		{"GET", "/metrics", 200, "heartbeat_pulses_total"},
		{"POST", "/metrics", 405, ""},
		{"GET", "/ping/k3y/nightly", 404, "not found"},
		{"GET", "/ping/k3y/nightly?create=1", 201, "Created"},
		{"PURGE", "/ping/k3y/nightly/start", 200, "OK"},
		{"GET", "//ping//k3y/nightly", 200, "OK"},
		{"GET", "/ping/k3y//nightly", 404, "this is no ping URL"},
		{"GET", "/ping/k3y/nightly/../nightly", 404, "this is no ping URL"},
		{"GET", "/ping/", 404, "this is no ping URL"},
		{"GET", "/ping", 404, "there is nothing at this address"},
		{"GET", "/wp-login.php", 404, "there is nothing at this address"},
	} {
		w := h.do(c.method, c.target)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.text) && c.method != "HEAD" {
			t.Errorf("%s %s: %d %s; want %d %s", c.method, c.target, w.Code, w.Body, c.status, c.text)
		}
		if strings.HasSuffix(c.text, " only") && w.Header().Get("Allow") == "" {
			t.Errorf("%s %s: 405 without Allow", c.method, c.target)
		}
	}
	for _, path := range []string{"/", "/heartbeat"} {
		if w := h.do("GET", path); w.Code != 303 || w.Header().Get("Location") != "/heartbeat/dashboard" {
			t.Errorf("%s leads to %d %s", path, w.Code, w.Header().Get("Location"))
		}
	}
}

func TestMonitor_LetsInSessionsAndBearers(t *testing.T) {
	t.Parallel()
	h := setUp(t)
	w := httptest.NewRecorder()
	h.auth.Start(w, httptest.NewRequest("GET", "/", nil))
	cookie := w.Result().Cookies()[0].String()
	for _, c := range []struct {
		key, value string
		status     int
	}{
		{"Cookie", cookie, 200},
		{"Cookie", strings.Replace(cookie, "=A", "=B", 1), 403},
		{"Authorization", "Bearer " + secret, 200},
		{"Authorization", "bearer wrong", 403},
		{"Authorization", "Basic " + secret, 403},
	} {
		if w := h.do("GET", "/heartbeat/monitor", c.key, c.value); w.Code != c.status {
			t.Errorf("%s %s: %d %s", c.key, c.value, w.Code, w.Body)
		}
	}
	var w429 *httptest.ResponseRecorder
	for range 20 {
		w429 = h.do("GET", "/heartbeat/monitor?secret=wrong")
	}
	if w429.Code != 429 || w429.Header().Get("Retry-After") != "5" {
		t.Errorf("after 20 wrong secrets: %d %v", w429.Code, w429.Header())
	}
}

func TestReadyz_SaysWhatIsNotReady(t *testing.T) {
	t.Parallel()
	late := func(c *web.Config, _ *auth.Config) {
		c.Monitor = &watcher{readyErr: errors.New("the last sweep is 3m old")}
	}
	full := func(c *web.Config, _ *auth.Config) {
		c.Ready = func(context.Context) error { return errors.New("/var/lib/secret-path: disk full") }
	}
	for _, c := range []struct {
		change []func(*web.Config, *auth.Config)
		want   string
	}{
		{[]func(*web.Config, *auth.Config){late}, "monitor: the last sweep is 3m old\n"},
		{[]func(*web.Config, *auth.Config){full}, "store: cannot be written; the log says why\n"},
		{[]func(*web.Config, *auth.Config){full, late}, "store: cannot be written; the log says why\nmonitor: the last sweep is 3m old\n"},
	} {
		h := setUp(t, c.change...)
		if w := h.do("GET", "/readyz"); w.Code != 503 || w.Body.String() != c.want {
			t.Errorf("got %d %q, want 503 %q", w.Code, w.Body, c.want)
		}
		if w := h.do("GET", "/healthz"); w.Code != 200 {
			t.Errorf("healthz depends on readiness: %d", w.Code)
		}
	}
}

// failing is a store whose pings fail.
type failing struct {
	heartbeat.Store
	err error
}

func (f failing) Ping(context.Context, heartbeat.CheckID, heartbeat.Ping, func() heartbeat.Check) (heartbeat.Pinged, error) {
	return heartbeat.Pinged{}, f.err
}

func (f failing) PingSlug(context.Context, heartbeat.ProjectID, string, heartbeat.Ping, func() heartbeat.Check) (heartbeat.Pinged, error) {
	return heartbeat.Pinged{}, f.err
}

func TestErrors_BecomeAnswersInOnePlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		status int
		retry  string
	}{
		{&heartbeat.Invalid{Field: "x", Problem: "is wrong"}, 400, ""},
		{service.Invalids{{Field: "x", Problem: "is wrong"}}, 400, ""},
		{heartbeat.ErrForbidden, 403, ""},
		{fmt.Errorf("check: %w", heartbeat.ErrNotFound), 404, ""},
		{heartbeat.ErrConflict, 409, ""},
		{heartbeat.ErrExists, 409, ""},
		{&http.MaxBytesError{Limit: 7}, 413, ""},
		{&auth.TooMany{After: 5e9}, 429, "5"},
		{heartbeat.ErrBusy, 503, "1"},
		{heartbeat.ErrClosed, 503, "1"},
		{context.DeadlineExceeded, 503, "1"},
		{errors.New("sqlite: /var/lib/x.db: disk on fire"), 503, "5"},
	} {
		h := setUp(t, func(cfg *web.Config, _ *auth.Config) {
			cfg.Service = service.New(service.Config{Store: failing{memory.New(), c.err}})
		})
		for _, target := range []string{"/heartbeat/k3y/pulse?" + names, pingURL, "/ping/k3y/nightly"} {
			w := h.do("GET", target)
			if w.Code != c.status || w.Header().Get("Retry-After") != c.retry {
				t.Errorf("%s, %v: %d, retry after %q; want %d, %q", target, c.err, w.Code, w.Header().Get("Retry-After"), c.status, c.retry)
			}
			if w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s, %v: the header says that the ping is stored", target, c.err)
			}
		}
	}
}

func TestErrors_OurFaultsGoIntoTheLogUnderAnID(t *testing.T) {
	t.Parallel()
	h := setUp(t, func(c *web.Config, _ *auth.Config) {
		c.Monitor = &watcher{sweepErr: errors.New("sqlite: /var/lib/x.db: disk on fire")}
	})
	w := h.do("GET", "/heartbeat/monitor?secret=open+sesame")
	_, id, _ := strings.Cut(strings.TrimSpace(w.Body.String()), "under request ")
	if w.Code != 500 || strings.Contains(w.Body.String(), "disk") || id == "" || !strings.Contains(h.log.String(), "request="+id) ||
		!strings.Contains(h.log.String(), "disk on fire") || strings.Contains(h.log.String(), secret) {
		t.Errorf("answer %d %q, log %q; want the cause in the log only, under one ID, without the secret", w.Code, w.Body, h.log)
	}
}

func TestPulses_ThatCannotBeRecordedAreToBeSentAgainAndLoggedOnce(t *testing.T) {
	t.Parallel()
	h := setUp(t, func(cfg *web.Config, _ *auth.Config) {
		cfg.Service = service.New(service.Config{Store: failing{memory.New(), errors.New("/var/lib/x.db: disk full")}})
	})
	for range 50 {
		w := h.do("GET", "/heartbeat/k3y/pulse?"+names)
		if text := w.Body.String(); w.Code != 503 || !strings.Contains(text, "send it again") || strings.Contains(text, "x.db") {
			t.Fatalf("answer %d %q; want 503 without the cause", w.Code, text)
		}
	}
	if n := strings.Count(h.log.String(), "disk full"); n != 1 {
		t.Errorf("%d lines tell of the full disk, want 1: %s", n, h.log)
	}
	if strings.Contains(h.log.String(), pingKey) {
		t.Errorf("the log holds the ping key: %s", h.log)
	}
}

func TestMetrics_CountPulses(t *testing.T) {
	t.Parallel()
	h := setUp(t)
	h.do("GET", "/heartbeat/k3y/pulse?"+names)
	h.do("GET", "/heartbeat/k3y/pulse?"+names+"&status=fail&tz=Mars")
	h.do("GET", "/heartbeat/wrong/pulse?"+names)
	h.do("GET", "/ping/k3y/nightly/log?create=1")
	h.do("GET", pingURL+"/start")
	text := h.do("GET", "/metrics").Body.String()
	for _, want := range []string{
		`heartbeat_pulses_total{kind="success",result="stored"} 1`,
		`heartbeat_pulses_total{kind="fail",result="refused"} 1`,
		`heartbeat_pulses_total{kind="unknown",result="refused"} 1`,
		`heartbeat_pulses_total{kind="log",result="stored"} 1`,
		`heartbeat_pulses_total{kind="start",result="refused"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestFirstPulsesAtOnce_MakeOneCheck(t *testing.T) {
	t.Parallel()
	h := setUp(t)
	server := httptest.NewServer(h)
	defer server.Close()
	pulse := func() {
		answer, err := http.Get(server.URL + "/heartbeat/k3y/pulse?" + names)
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		if text, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != 200 || string(text) != "Successful Heartbeat Pulse" {
			t.Errorf("got %d %q, %v", answer.StatusCode, text, err)
		}
	}
	var both sync.WaitGroup
	both.Go(pulse)
	both.Go(pulse)
	both.Wait()
	pulse()
	checks, err := h.store.Checks(t.Context())
	if err != nil || len(checks) != 1 || checks[0].Pings != 3 {
		t.Errorf("got %v, %v; want one check with three pings", checks, err)
	}
}

// Whatever comes to a ping URL is answered as Healthchecks would, without a
// redirect, and what is refused leaves nothing behind.
func FuzzPing(f *testing.F) {
	for _, path := range []string{"", "/", "/start", "/fail/", "/log", "/255", "/256", "/007", "//", "/../x", "/%2e", "/start?rid=%zz&rid=" + pingURL[6:], "?create=1"} {
		f.Add("POST", "known"+path, []byte("OK ERR"))
	}
	for _, path := range []string{
		"k3y/nightly", "k3y/nightly/start?create=1", "k3y/Nightly", "k3y//x?create=1", "other/x?create=1", "./k3y/x", "%", "k3y/x?rid", "",
		"k3y/x?create=1&cron=0+3+*+*+*&grace=1", "k3y/x?create=1&oncalendar=%zz&threshold=1",
	} {
		f.Add("GET", path, []byte("\xff"))
	}
	known := heartbeat.Check{
		ID: heartbeat.SlugID("", "known"), Project: heartbeat.DefaultProject,
		Settings: heartbeat.Settings{
			Spec:  heartbeat.Spec{Period: 1e9, Worktime: "always", Zone: "UTC"},
			Rules: heartbeat.Rules{FilterHTTP: true, SuccessWords: "OK", FailureWords: "ERR"},
		},
		State: heartbeat.State{Status: heartbeat.StatusNew},
	}
	f.Fuzz(func(t *testing.T, method, rest string, body []byte) {
		h := setUp(t)
		if err := h.store.Add(t.Context(), known); err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), method, "http://example.org", bytes.NewReader(body))
		if err != nil {
			t.Skip("no method of HTTP")
		}
		if r.URL, err = url.ParseRequestURI("/ping/" + strings.Replace(rest, "known", known.ID.String(), 1)); err != nil {
			t.Skip("no address of HTTP")
		}
		r.Header.Set("User-Agent", string(body))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		checks, err := h.store.Checks(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		pings := 0
		for _, c := range checks {
			pings += int(c.State.Pings)
		}
		switch code := w.Code; {
		case code == 200 && pings == 1 && len(checks) == 1, code == 201 && pings == 1 && len(checks) == 2:
		case (code == 400 || code == 404) && pings == 0 && len(checks) == 1:
		default:
			t.Fatalf("%s %s: %d %s, %d pings, %d checks", method, r.URL, code, w.Body, pings, len(checks))
		}
	})
}

// Whatever address comes in: no 5xx, and what is refused leaves nothing behind.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"/heartbeat/k3y/pulse?" + names, "/heartbeat/k3y/pulse?host=%zz", "/heartbeat/pulse", "//heartbeat//k3y//pulse?" + names,
		"/heartbeat/k3y/pulse/..?x", "/tools/heartbeat/k3y/pulse?" + names, "/tools", "/heartbeat/%2e%2e/pulse", "/heartbeat/monitor?secret=%",
	} {
		f.Add("GET", seed)
	}
	f.Fuzz(func(t *testing.T, method, target string) {
		h := setUp(t, func(c *web.Config, _ *auth.Config) {
			c.BaseURL = "https://example.org/tools"
			c.Dash = http.NotFoundHandler()
		})
		r, err := http.NewRequestWithContext(t.Context(), method, "http://example.org", nil)
		if err != nil {
			t.Skip("no method of HTTP")
		}
		if r.URL, err = r.URL.Parse(target); err != nil || r.URL.Path == "" {
			t.Skip("no address of HTTP")
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		checks, err := h.store.Checks(t.Context())
		if err != nil || w.Code >= 500 || w.Code != 200 && len(checks) != 0 {
			t.Fatalf("%s %s: %d %s, %d checks stored, %v", method, target, w.Code, w.Body, len(checks), err)
		}
	})
}

func BenchmarkPulseHandler(b *testing.B) {
	h := setUp(b)
	requests := make([]*http.Request, 10_000)
	for i := range requests {
		requests[i] = httptest.NewRequest("GET", fmt.Sprintf("/heartbeat/k3y/pulse?host=web%d&category=cron&type=backup&name=job%d&threshold=24", i%100, i), nil)
		requests[i].Header.Set("User-Agent", "curl/8.14.1")
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, requests[i%len(requests)])
		if w.Code != 200 {
			b.Fatal(w.Body)
		}
		i++
	}
}
