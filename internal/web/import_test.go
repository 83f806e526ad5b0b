package web_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"heartbeat"
	"heartbeat/internal/auth"
	"heartbeat/internal/web"
)

// importer stands for what loads files.
type importer struct {
	got string
	dry bool
	err error
}

func (i *importer) load(_ context.Context, file io.Reader, dryRun bool) (any, error) {
	all, err := io.ReadAll(file)
	if err != nil {
		return nil, errors.Join(errors.New("line 3"), err)
	}
	i.got, i.dry = string(all), dryRun
	return map[string]int{"checks": 7}, i.err
}

func TestImport(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, target, authorization, origin, body string
		err                                         error
		status                                      int
		text                                        string
	}{
		"right":       {status: 200, text: `{"checks":7}`, body: "file"},
		"dry run":     {target: "/heartbeat/import?dry-run=true", status: 200, text: `{"checks":7}`, body: "file"},
		"bad file":    {err: &heartbeat.Invalid{Field: "line 2", Problem: "cannot be read"}, status: 400, text: "line 2 cannot be read"},
		"busy":        {err: heartbeat.ErrBusy, status: 503, text: "send it again"},
		"failure":     {err: errors.New("disk"), status: 500, text: "its log says what"},
		"too long":    {body: strings.Repeat("x", 1<<20+1), status: 413, text: "in pieces"},
		"wrong":       {authorization: "Bearer guess", status: 403, text: "forbidden"},
		"no secret":   {authorization: "none", status: 403, text: "Authorization: Bearer"},
		"in the link": {target: "/heartbeat/import?secret=open+sesame", authorization: "none", status: 403, text: "Authorization: Bearer"},
		"other site":  {origin: "https://evil.example.org", status: 403, text: "another site"},
		"GET":         {method: "GET", status: 405, text: "POST only"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := &importer{err: c.err}
			h := setUp(t, func(cfg *web.Config, _ *auth.Config) { cfg.Import = i.load })
			r := httptest.NewRequest(cmp.Or(c.method, "POST"), cmp.Or(c.target, "/heartbeat/import"), strings.NewReader(c.body))
			r.Header.Set("Authorization", cmp.Or(c.authorization, "Bearer "+secret))
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.text) {
				t.Errorf("got %d %s, want %d %s", w.Code, w.Body, c.status, c.text)
			}
			if c.status == 200 && (i.got != c.body || i.dry != (name == "dry run")) {
				t.Errorf("the file came as %q, dry run %v", i.got, i.dry)
			}
		})
	}
}

// A session must not do: a page of another site could use it.
func TestImport_RefusesSessions(t *testing.T) {
	t.Parallel()
	h := setUp(t, func(cfg *web.Config, _ *auth.Config) { cfg.Import = new(importer).load })
	w := httptest.NewRecorder()
	h.auth.Start(w, httptest.NewRequest("GET", "/", nil))
	if w := h.do("POST", "/heartbeat/import", "Cookie", w.Result().Cookies()[0].String()); w.Code != 403 {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}
