package hcapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/app"
	"heartbeat/internal/auth"
	"heartbeat/internal/service"
	"heartbeat/internal/uniquekey"
)

const root = "https://example.org/tools"

// house is the whole program over a store.
type house struct {
	http.Handler
	store  heartbeat.Store
	checks *service.Service
	doc    *document
	making sync.Mutex // projects are one value of the store
}

// Keys of 32 characters that the settings give to the default project.
const (
	oldKey     = "plain-key-that-may-write-1234567"
	oldReadKey = "plain-key-that-may-read-12345678"
)

func newHouse(t testing.TB, store heartbeat.Store) *house {
	t.Helper()
	guard, _, err := auth.Open(t.Context(), store, auth.Config{
		Secret: "open sesame", PingKey: "k3y", APIKey: oldKey, ReadOnlyKey: oldReadKey, BaseURL: root,
	})
	if err != nil {
		t.Fatal(err)
	}
	base, _ := url.Parse(root)
	a := app.New(app.Config{
		Store: store, Auth: guard, Base: base, Zone: "Europe/Berlin",
		Targets: app.Targets{Slack: []string{"https://example.org/1", "https://example.org/2"}, Webhooks: []string{"https://example.org/3"}},
		Logger:  slog.New(slog.DiscardHandler),
	})
	handler, err := a.Handler(root)
	if err != nil {
		t.Fatal(err)
	}
	return &house{Handler: handler, store: store, checks: a.Checks, doc: readDocument(t)}
}

// site is one project of a house, with its keys.
type site struct {
	*house
	t       testing.TB
	version string
	project heartbeat.ProjectID
	rw, ro  string
	now     time.Time
}

// site makes a project, so that scenarios do not meet.
func (h *house) site(t testing.TB) *site {
	t.Helper()
	h.making.Lock()
	defer h.making.Unlock()
	s := &site{house: h, t: t, version: "v3", now: time.Now().UTC().Truncate(time.Second)}
	p, err := h.checks.MakeProject(t.Context(), s.now, strings.ToLower(service.NewID().String()))
	if err != nil {
		t.Fatal(err)
	}
	s.project = p.ID
	for kind, key := range map[service.KeyKind]*string{service.KeyAPI: &s.rw, service.KeyReadOnly: &s.ro} {
		if *key, err = h.checks.MakeKey(t.Context(), p.ID, kind); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// at is the site as another version of the API shows it.
func (s *site) at(version string) *site {
	other := *s
	other.version = version
	return &other
}

// other is another project of the same house.
func (s *site) other() *site { return s.site(s.t) }

// answer is what came back.
type answer struct {
	*httptest.ResponseRecorder
	t    testing.TB
	what string
	text string
}

// send sends a request to any address; what comes back must be as documented.
func (s *site) send(method, target, body string, headers ...string) *answer {
	s.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header[headers[i]] = []string{headers[i+1]}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	a := &answer{w, s.t, method + " " + target + " " + body, w.Body.String()}
	if w.Code >= 500 {
		s.t.Errorf("%s: %d %s", a.what, w.Code, a.text)
	}
	if err := s.doc.check(method, r.URL.Path, w); err != nil {
		s.t.Errorf("%s: %d %s: not as documented: %v", a.what, w.Code, a.text, err)
	}
	return a
}

// call asks the API with a key.
func (s *site) call(key, method, path, body string) *answer {
	s.t.Helper()
	return s.send(method, "/api/"+s.version+"/"+path, body, "X-Api-Key", key)
}

func (s *site) get(path string) *answer { s.t.Helper(); return s.call(s.rw, "GET", path, "") }

func (s *site) post(path, body string) *answer { s.t.Helper(); return s.call(s.rw, "POST", path, body) }

// create makes a check and returns its ID.
func (s *site) create(body string) string {
	s.t.Helper()
	return s.post("checks/", body).is(201).object()["uuid"].(string)
}

// channel makes a channel of the project and returns its ID.
func (s *site) channel(name string) string {
	s.t.Helper()
	s.making.Lock()
	defer s.making.Unlock()
	c, err := s.checks.MakeChannel(s.t.Context(), s.now, s.project, service.NewChannel{Kind: "webhook", Name: name, Target: "https://example.org/4"})
	if err != nil {
		s.t.Fatal(err)
	}
	return string(c.ID)
}

// add stores a check as it is given, but for what is needed.
func (s *site) add(change func(*heartbeat.Check)) heartbeat.CheckID {
	s.t.Helper()
	c := heartbeat.Check{
		ID: service.NewID(), Project: s.project, Labels: heartbeat.Labels{Channels: heartbeat.NoChannels},
		Settings: heartbeat.Settings{
			Spec: heartbeat.Spec{Period: 24 * time.Hour, Worktime: "always", Zone: "UTC"}, Grace: time.Hour,
		},
		State:   heartbeat.State{Status: heartbeat.StatusNew, Since: s.now},
		Created: s.now,
	}
	change(&c)
	if err := s.store.Add(s.t.Context(), c); err != nil {
		s.t.Fatal(err)
	}
	return c.ID
}

// started stores a new check with a run that has begun a minute ago.
func (s *site) started() string {
	return s.add(func(c *heartbeat.Check) { c.LastStart = s.now.Add(-time.Minute) }).String()
}

// up stores a check whose last ping was so long ago.
func (s *site) up(ago time.Duration) string {
	return s.add(func(c *heartbeat.Check) {
		c.Status, c.LastPing, c.Pings = heartbeat.StatusUp, s.now.Add(-ago), 1
	}).String()
}

// paused stores a check that is paused.
func (s *site) paused() string {
	return s.add(func(c *heartbeat.Check) { c.Status, c.LastPing = heartbeat.StatusPaused, s.now }).String()
}

// ping records a ping as it is given.
func (s *site) ping(id string, p heartbeat.Ping) {
	s.t.Helper()
	if p.At.IsZero() {
		p.At = s.now
	}
	if _, err := s.checks.Ping(s.t.Context(), parse(s.t, id), p); err != nil {
		s.t.Fatal(err)
	}
}

// kept is the check as it is stored.
func (s *site) kept(id string) heartbeat.Check {
	s.t.Helper()
	c, err := s.store.Check(s.t.Context(), parse(s.t, id))
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// count is how many checks the project has.
func (s *site) count() int { return len(s.get("checks/").is(200).list("checks")) }

func key(t testing.TB, id string) string { return uniquekey.Of(parse(t, id)) }

func parse(t testing.TB, id string) heartbeat.CheckID {
	t.Helper()
	parsed, err := heartbeat.ParseCheckID(id)
	if err != nil {
		t.Fatalf("%q: %v", id, err)
	}
	return parsed
}

// is requires a status.
func (a *answer) is(status int) *answer {
	a.t.Helper()
	if a.Code != status {
		a.t.Fatalf("%s: got %d %s, want %d", a.what, a.Code, a.text, status)
	}
	return a
}

// says requires a status and the text of a refusal.
func (a *answer) says(status int, text string) {
	a.t.Helper()
	if got, _ := a.is(status).object()["error"].(string); got != text {
		a.t.Errorf("%s: got %q, want %q", a.what, got, text)
	}
}

// wrong requires that a member was found wrong.
func (a *answer) wrong(text string) {
	a.t.Helper()
	a.says(400, "json validation error: "+text)
}

// object is the answer's JSON.
func (a *answer) object() map[string]any {
	a.t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(a.text), &o); err != nil {
		a.t.Fatalf("%s: %d %s: %v", a.what, a.Code, a.text, err)
	}
	return o
}

// list is the array that the answer holds.
func (a *answer) list(name string) []map[string]any {
	a.t.Helper()
	var l map[string][]map[string]any
	if err := json.NewDecoder(bytes.NewReader([]byte(a.text))).Decode(&l); err != nil {
		a.t.Fatalf("%s: %d %s: %v", a.what, a.Code, a.text, err)
	}
	return l[name]
}

// has requires members with values, written as JSON: {"grace":60}. A member that
// is to be absent is "-".
func (a *answer) has(members string) *answer {
	a.t.Helper()
	var want map[string]any
	if err := json.Unmarshal([]byte(members), &want); err != nil {
		a.t.Fatal(err)
	}
	got := a.object()
	for name, value := range want {
		found, ok := got[name]
		switch {
		case value == "-" && ok:
			a.t.Errorf("%s: %s is %v, want none", a.what, name, found)
		case value != "-" && (!ok || fmt.Sprint(found) != fmt.Sprint(value)):
			a.t.Errorf("%s: %s is %v, want %v", a.what, name, found, value)
		}
	}
	return a
}

// cors requires the headers that let pages of other sites ask, with these methods.
func (a *answer) cors(methods ...string) {
	a.t.Helper()
	h := a.Header()
	if h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Headers") != "X-Api-Key" ||
		h.Get("Access-Control-Max-Age") != "600" {
		a.t.Errorf("%s: no CORS headers: %v", a.what, h)
	}
	allowed := strings.Split(h.Get("Access-Control-Allow-Methods"), ", ")
	slices.Sort(allowed)
	if want := append(methods, "OPTIONS"); !slices.Equal(allowed, sorted(want)) {
		a.t.Errorf("%s: allows %v, want %v", a.what, allowed, want)
	}
}

func sorted(words []string) []string { slices.Sort(words); return words }

// fields are one value of each of a list's items.
func fields(items []map[string]any, name string) []any {
	values := make([]any, len(items))
	for i, item := range items {
		values[i] = item[name]
	}
	return values
}

func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05+00:00") }
