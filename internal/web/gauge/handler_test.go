package gauge_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"heartbeat"
	"heartbeat/internal/web/gauge"
)

const (
	readOnly  = "hcr_aaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	beginsB   = "Bearer aaaaaaaaaaaaaaaaaaaaaaaaa" // begins like the scheme
	readWrite = "hcw_aaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	plainRW   = "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW"
)

var house = gauge.Config{
	Project: func(_ context.Context, key string) (heartbeat.ProjectID, error) {
		switch key {
		case readOnly, beginsB:
			return heartbeat.DefaultProject, nil
		case readWrite:
			return "", heartbeat.ErrForbidden
		}
		return "", heartbeat.ErrNotFound
	},
	Checks: func(_ context.Context, project heartbeat.ProjectID) ([]gauge.Check, error) {
		if project != heartbeat.DefaultProject {
			return nil, errors.New("another project was asked for")
		}
		return []gauge.Check{{ID: alice, Name: "Alice Was Here", Tags: "foo", Shown: heartbeat.StatusNew}}, nil
	},
}

// routes wires the handler as its comment says.
func routes(cfg gauge.Config, fail func(error)) http.Handler {
	mux, h := http.NewServeMux(), gauge.New(cfg)
	for _, path := range []string{
		"/projects/{project}/metrics/{key}", "/projects/{project}/checks/metrics/{key}",
		"/projects/{project}/metrics/{$}", "/projects/{project}/metrics",
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			if err := h.Metrics(w, r); err != nil {
				fail(err)
			}
		})
	}
	return mux
}

func request(t testing.TB, cfg gauge.Config, path, authorization string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("GET", "http://example.org", nil)
	r.URL = &url.URL{Path: path}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	routes(cfg, func(err error) { t.Errorf("%s: %v", path, err) }).ServeHTTP(w, r)
	return w
}

// addresses are those that hold the key.
var addresses = []string{"/projects/any/metrics/", "/projects/any/checks/metrics/"}

// bearers are those that take it as a bearer token.
var bearers = []string{"/projects/any/metrics/", "/projects/any/metrics"}

func TestScenario245And246_TheKeyInThePathMustBeReadOnly(t *testing.T) {
	t.Parallel()
	for _, address := range addresses {
		for key, want := range map[string]int{
			readOnly: http.StatusOK, readWrite: http.StatusForbidden, plainRW: http.StatusForbidden,
		} {
			w := request(t, house, address+key, "")
			if w.Code != want || (w.Body.Len() > 0) != (want == http.StatusOK) {
				t.Errorf("%s%s: got %d %q, want %d", address, key, w.Code, w.Body, want)
			}
		}
		w := request(t, house, address+readOnly, "")
		if got := w.Header().Get("Content-Type"); got != "text/plain; version=0.0.4; charset=utf-8" {
			t.Errorf("%s: Content-Type %q", address, got)
		}
		if got := parse(t, w.Body.Bytes())["hc_checks_total{}"]; got != 1 {
			t.Errorf("%s: %g checks, want 1", address, got)
		}
	}
}

func TestScenario247_BearerIsNeededAndExact(t *testing.T) {
	t.Parallel()
	for _, address := range bearers {
		for authorization, want := range map[string]int{
			"":                       http.StatusUnauthorized,
			"Basic " + readOnly:      http.StatusUnauthorized,
			"bearer " + readOnly:     http.StatusUnauthorized,
			"Bearer":                 http.StatusUnauthorized,
			"Bearer " + readOnly:     http.StatusOK,
			"Bearer " + beginsB:      http.StatusOK,
			"Bearer " + readWrite:    http.StatusForbidden,
			"Bearer " + plainRW:      http.StatusForbidden,
			"Bearer  " + readOnly:    http.StatusBadRequest,
			"Bearer " + readOnly[1:]: http.StatusBadRequest,
		} {
			w := request(t, house, address, authorization)
			if w.Code != want || (w.Body.Len() > 0) != (want == http.StatusOK) {
				t.Errorf("%s with %q: got %d %q, want %d", address, authorization, w.Code, w.Body, want)
			}
			if got := w.Header().Get("WWW-Authenticate"); (got == "Bearer") != (want == http.StatusUnauthorized) {
				t.Errorf("%s with %q: WWW-Authenticate is %q", address, authorization, got)
			}
		}
	}
}

func TestScenario248_KeyOfAnotherLengthIsMalformed(t *testing.T) {
	t.Parallel()
	for _, key := range []string{readOnly + "a", readOnly[1:], "a", strings.Repeat("é", 16)} {
		for _, address := range addresses {
			if w := request(t, house, address+key, ""); w.Code != http.StatusBadRequest || w.Body.Len() != 0 {
				t.Errorf("%s%s: got %d %q, want an empty 400", address, key, w.Code, w.Body)
			}
		}
	}
	// Characters count, not bytes.
	if w := request(t, house, addresses[0]+strings.Repeat("é", 32), ""); w.Code != http.StatusForbidden {
		t.Errorf("got %d, want 403", w.Code)
	}
}

func TestScenario251_OffMeansNotFound(t *testing.T) {
	t.Parallel()
	off := house
	off.Off = true
	for _, path := range append(bearers, addresses[0]+readOnly, addresses[1]+"short") {
		if w := request(t, off, path, "Bearer "+readOnly); w.Code != http.StatusNotFound || w.Body.Len() != 0 {
			t.Errorf("%s: got %d %q, want an empty 404", path, w.Code, w.Body)
		}
	}
}

func TestFailedLookupIsReturned(t *testing.T) {
	t.Parallel()
	noProject, noChecks := house, house
	noProject.Project = func(context.Context, string) (heartbeat.ProjectID, error) { return "", heartbeat.ErrBusy }
	noChecks.Checks = func(context.Context, heartbeat.ProjectID) ([]gauge.Check, error) { return nil, heartbeat.ErrBusy }
	for _, cfg := range []gauge.Config{noProject, noChecks} {
		var got error
		w := httptest.NewRecorder()
		routes(cfg, func(err error) { got = err }).ServeHTTP(w, httptest.NewRequest("GET", addresses[0]+readOnly, nil))
		if !errors.Is(got, heartbeat.ErrBusy) || w.Body.Len() != 0 {
			t.Errorf("got %v and %q, want ErrBusy and no answer", got, w.Body)
		}
	}
}

func FuzzHandler(f *testing.F) {
	f.Add("/projects/a/metrics/"+readOnly, "")
	f.Add("/projects/a/metrics/", "Bearer "+readOnly)
	f.Add("/projects/\xff/checks/metrics/%zz\x00", "Bearer \xff")
	f.Fuzz(func(t *testing.T, path, authorization string) {
		if w := request(t, house, path, authorization); w.Code >= 500 {
			t.Errorf("%q with %q: got %d", path, authorization, w.Code)
		}
	})
}
