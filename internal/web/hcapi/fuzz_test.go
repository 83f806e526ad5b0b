package hcapi_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"heartbeat/internal/store/memory"
)

// FuzzBody sends bodies that make and change a check. Whatever is in them, the
// answer is as documented, and what it shows can be sent back.
func FuzzBody(f *testing.F) {
	for _, body := range []string{
		"", "{}", "null", "[]", `{"name":"a","unique":["name"]}`, `{"schedule":"5 * * * *","tz":"CET","grace":60}`,
		`{"schedule":"Mon..Fri 12:34\ndaily"}`, `{"channels":"slack,webhook","methods":"POST","subject":"a,b"}`,
		`{"worktime":"mon-fri 09:00-17:00","holidays":"de-by","timeout":1,"grace":0,"tz":"Europe/Berlin"}`,
		`{"host":"a","category":"b","type":"c","name":"d","slug":"e","tags":"f g","desc":"h"}`,
		`{"timeout":1e400,"grace":-0}`, `{"name":"\ud800\u0000","tags":" "}`, "{\"desc\":\"\xff\"}", `{"a":` + strings.Repeat("[", 200),
		`{"schedule":"0 0 29 2 MON#5","worktime":"sun","holidays":"2026-01-01"}`,
	} {
		f.Add(body, "v1")
		f.Add(body, "v3")
	}
	s := newHouse(f, memory.New()).site(f)
	f.Fuzz(func(t *testing.T, body, version string) {
		s := *s
		s.t, s.version = t, "v3"
		if version == "v1" || version == "v2" {
			s.version = version
		}
		made := s.post("checks/", body)
		if made.Code >= 300 {
			return
		}
		id := made.object()["uuid"].(string)
		s.post("checks/"+id, made.text).is(200)
		s.post("checks/"+id, body)
		s.call(s.ro, "GET", "checks/"+id, "").is(200)
		s.call(s.rw, "DELETE", "checks/"+id, "").is(200)
	})
}

// FuzzAddress sends requests to any address below those of programs. None fails
// inside.
func FuzzAddress(f *testing.F) {
	house := newHouse(f, memory.New())
	s := house.site(f)
	id := s.create(`{"tags":"a","slug":"b"}`)
	for _, address := range []string{
		"/api/v3/checks/", "/api/v1/checks/" + id, "/api/v2/checks/" + id + "/pause", "/api/v3/checks/" + id + "/pings/1/body",
		"/api/v3/checks/" + key(f, id) + "/flips/", "/api/v3/../v3/./checks", "/api/v3//checks//", "/api/v3/badges/", "/api/v3/openapi.json",
		"/badge/" + string(s.project) + "/AAAAAAAA-2/a%2540b.svg", "/b/3/" + id + ".json", "/projects/x/metrics/" + s.ro,
		"/projects/x/metrics/", "/projects/x/checks/metrics/y",
	} {
		f.Add("GET", address, "tag=a&slug=b&start=1&end=2&seconds=3")
		f.Add("POST", address, "start=%zz&seconds=99999999999999999999")
	}
	f.Fuzz(func(t *testing.T, method, path, query string) {
		if !strings.HasPrefix(path, "/") || method == "CONNECT" {
			return
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.Method, r.URL.Path, r.URL.RawQuery = method, path, query
		r.Header.Set("X-Api-Key", s.rw)
		w := httptest.NewRecorder()
		house.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s %q ? %q: %d %s", method, path, query, w.Code, w.Body)
		}
	})
}
