package pinging_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"heartbeat"
	"heartbeat/internal/app"
	"heartbeat/internal/auth"
	"heartbeat/internal/service"
	"heartbeat/internal/store/dynamo"
	"heartbeat/internal/store/dynamo/dynalite"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/store/sqlite"
)

// The scenarios are those of the description of Healthchecks that the README
// speaks of, with its numbers. Each runs over HTTP against the joined program,
// once with every store.

// scenario is a check, what is sent, and what is then to be found.
type scenario struct {
	name string
	// given makes of a new check what there is at the beginning. Nil: there is none.
	given func(c *heartbeat.Check, now time.Time)
	steps []step
	want  want
}

// step is a request, or "SWEEP", which lets the monitor look.
type step struct {
	// send is a method and a path. {P} stands for the ping URL of the check by its
	// UUID, {S} for the one by its slug, {K} for the project's ping key, {U} for the
	// UUID, {s} for the slug, {A} and {B} for run IDs, {N} for a UUID that no check has.
	send string
	body string
	head []string // names and values of headers
	// want is the status and, after a blank, the whole answer; * for any.
	want string
	// after is how much time passes first.
	after time.Duration
}

// want is what the store must hold at the end.
type want struct {
	status  heartbeat.Status // none: there must be no check
	log     string           // the kinds of the pings, oldest first
	flips   string           // such as "new-up ping, up-down fail", oldest first
	started bool
	took    time.Duration // of the last run
	// also returns what else is wrong.
	also func(f found) string
}

// found is what the store holds at the end.
type found struct {
	heartbeat.Check
	now    time.Time
	pings  []heartbeat.Ping // oldest first
	flips  []heartbeat.Flip // oldest first
	owed   int              // notices of the check that nobody has sent
	checks int              // that have its slug
}

// last is the newest ping.
func (f found) last() heartbeat.Ping { return f.pings[len(f.pings)-1] }

const (
	runA = "1c6d6f1e-6a54-4c4e-8a5f-0d9d1b7a1f01"
	runB = "2c6d6f1e-6a54-4c4e-8a5f-0d9d1b7a1f02"
)

// fresh is a new check.
func fresh(*heartbeat.Check, time.Time) {}

// with is a new check with these rules.
func with(r heartbeat.Rules) func(*heartbeat.Check, time.Time) {
	return func(c *heartbeat.Check, _ time.Time) { c.Rules = r }
}

// in is a check that has been in a status for a while.
func in(status heartbeat.Status, change ...func(c *heartbeat.Check, now time.Time)) func(*heartbeat.Check, time.Time) {
	return func(c *heartbeat.Check, now time.Time) {
		c.Status = status
		if status == heartbeat.StatusUp || status == heartbeat.StatusDown {
			c.LastPing = now.Add(-2 * time.Hour)
		}
		for _, f := range change {
			f(c, now)
		}
	}
}

// running is a run that began so long ago.
func running(ago time.Duration, run heartbeat.RunID) func(*heartbeat.Check, time.Time) {
	return func(c *heartbeat.Check, now time.Time) { c.LastStart, c.StartRun = now.Add(-ago), run }
}

// pinged is when the last ping was.
func pinged(ago time.Duration) func(*heartbeat.Check, time.Time) {
	return func(c *heartbeat.Check, now time.Time) { c.LastPing = now.Add(-ago) }
}

// site is the program over one store.
type site struct {
	*app.App
	url     string
	store   heartbeat.Store
	now     time.Time
	project heartbeat.ProjectID
	key     string
	made    int // scenarios so far
}

func newSite(t *testing.T, store heartbeat.Store) *site {
	t.Helper()
	s := &site{store: store, now: time.Now().UTC().Truncate(time.Microsecond)}
	guard, _, err := auth.Open(t.Context(), store, auth.Config{Secret: "open sesame", PingKey: "k3y"})
	if err != nil {
		t.Fatal(err)
	}
	s.App = app.New(app.Config{
		Store: store, Auth: guard, Base: new(url.URL), Zone: "UTC", Logger: slog.New(slog.DiscardHandler),
		ArrivedAt: func(context.Context) (time.Time, bool) { return s.now, true },
	})
	project, err := s.Checks.MakeProject(t.Context(), s.now, "scenarios")
	if err != nil {
		t.Fatal(err)
	}
	s.project = project.ID
	if s.key, err = s.Checks.MakeKey(t.Context(), s.project, service.KeyPing); err != nil {
		t.Fatal(err)
	}
	handler, err := s.Handler("")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// play runs one scenario.
func (s *site) play(t *testing.T, sc scenario) {
	s.made++
	c := heartbeat.Check{
		ID: service.NewID(), Project: s.project, Names: heartbeat.Names{Name: "job"},
		Labels: heartbeat.Labels{Slug: fmt.Sprintf("foo-%d", s.made)},
		Settings: heartbeat.Settings{
			Spec: heartbeat.Spec{Period: 24 * time.Hour, Worktime: "always", Zone: "UTC"}, Grace: time.Hour,
		},
		State: heartbeat.State{Status: heartbeat.StatusNew, Since: s.now}, Created: s.now,
	}
	if sc.given != nil {
		sc.given(&c, s.now)
		if err := s.store.Add(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	words := strings.NewReplacer("{P}", "/ping/"+c.ID.String(), "{S}", "/ping/"+s.key+"/"+c.Slug, "{K}", s.key,
		"{U}", c.ID.String(), "{s}", c.Slug, "{A}", runA, "{B}", runB, "{N}", service.NewID().String())
	for _, st := range sc.steps {
		s.now = s.now.Add(st.after)
		if st.send == "SWEEP" {
			s.Monitor.Changed(c.ID)
			if _, err := s.Monitor.Sweep(t.Context(), s.now); err != nil {
				t.Fatal(err)
			}
			continue
		}
		st.send = words.Replace(st.send)
		s.send(t, st)
	}
	s.compare(t, sc.want, s.find(t, c, sc.given != nil))
}

// ambiguous is scenario 74.
func (s *site) ambiguous(t *testing.T) {
	var ids []heartbeat.CheckID
	for range 2 {
		c := heartbeat.Check{
			ID: service.NewID(), Project: s.project, Labels: heartbeat.Labels{Slug: "twin"}, Created: s.now,
			Settings: heartbeat.Settings{Spec: heartbeat.Spec{Period: time.Hour, Worktime: "always", Zone: "UTC"}},
			State:    heartbeat.State{Status: heartbeat.StatusNew, Since: s.now},
		}
		if err := s.store.Add(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, c.ID)
	}
	for _, path := range []string{"", "/fail", "?create=1"} {
		s.send(t, step{send: "GET /ping/" + s.key + "/twin" + path, want: "409 ambiguous slug"})
	}
	for _, id := range ids {
		if c, err := s.store.Check(t.Context(), id); err != nil || c.State.Pings != 0 {
			t.Errorf("%d pings recorded, %v", c.State.Pings, err)
		}
	}
}

func (s *site) send(t *testing.T, st step) {
	t.Helper()
	method, path, _ := strings.Cut(st.send, " ")
	var body io.Reader
	if st.body != "" {
		body = strings.NewReader(st.body)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(st.head); i += 2 {
		r.Header.Set(st.head[i], st.head[i+1])
	}
	answer, err := http.DefaultTransport.RoundTrip(r) // it follows nothing
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	code, whole, _ := strings.Cut(st.want, " ")
	if got := fmt.Sprint(answer.StatusCode); got != code || whole != "*" && string(text) != whole {
		t.Errorf("%s: %s %q, want %s", st.send, got, text, st.want)
	}
	recorded := answer.StatusCode < 300
	for name, want := range map[string]string{"Access-Control-Allow-Origin": "*", "Ping-Body-Limit": "10000"} {
		if got := answer.Header.Get(name); recorded && got != want || !recorded && got != "" {
			t.Errorf("%s: %d with %s: %q", st.send, answer.StatusCode, name, got)
		}
	}
	if got := answer.Header.Get("Cache-Control"); !strings.Contains(got, "no-store") || recorded && !strings.Contains(got, "no-cache") {
		t.Errorf("%s: Cache-Control: %q", st.send, got)
	}
	if got := answer.Header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("%s: Content-Type: %q", st.send, got)
	}
}

// find reads what became of the check, or of the one that has its slug.
func (s *site) find(t *testing.T, c heartbeat.Check, known bool) found {
	t.Helper()
	f := found{now: s.now}
	if !known {
		all, err := s.store.Checks(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = slices.DeleteFunc(all, func(one heartbeat.Check) bool { return one.Project != c.Project || one.Slug != c.Slug })
		if f.checks = len(all); f.checks == 0 {
			return f
		}
		c = all[0]
	}
	var errs [4]error
	f.Check, errs[0] = s.store.Check(t.Context(), c.ID)
	f.pings, errs[1] = s.store.Pings(t.Context(), c.ID, heartbeat.KeepPings)
	f.flips, errs[2] = s.store.Flips(t.Context(), c.ID, heartbeat.KeepPings)
	notices, err := s.store.Notices(t.Context(), s.now.Add(time.Hour), 10_000)
	errs[3] = err
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Reverse(f.pings)
	slices.Reverse(f.flips)
	for _, n := range notices {
		if n.Check == c.ID {
			f.owed++
		}
	}
	return f
}

func (s *site) compare(t *testing.T, w want, f found) {
	t.Helper()
	var log, flips []string
	for _, p := range f.pings {
		log = append(log, string(p.Kind))
	}
	owed := 0
	for _, flip := range f.flips {
		flips = append(flips, fmt.Sprintf("%s-%s %s", flip.From, flip.To, flip.Reason))
		if flip.Notifies() {
			owed++
		}
	}
	got := want{
		status: f.Status, log: strings.Join(log, " "), flips: strings.Join(flips, ", "),
		started: f.Started(), took: f.LastDuration,
	}
	if got.status != w.status || got.log != w.log || got.flips != w.flips || got.started != w.started || got.took != w.took {
		t.Errorf("got %q, log %q, flips %q, started %v, took %v\nwant %q, log %q, flips %q, started %v, took %v",
			got.status, got.log, got.flips, got.started, got.took, w.status, w.log, w.flips, w.started, w.took)
		return
	}
	if f.owed != owed {
		t.Errorf("%d notices, want %d: %s", f.owed, owed, flips)
	}
	if int(f.State.Pings) != len(f.pings) {
		t.Errorf("%d pings counted, %d logged", f.State.Pings, len(f.pings))
	}
	if w.also != nil {
		if problem := w.also(f); problem != "" {
			t.Error(problem)
		}
	}
}

// local is the DynamoDB of the tests.
var local dynalite.Server

func TestMain(m *testing.M) {
	code := m.Run()
	local.Stop()
	os.Exit(code)
}

func stores() map[string]func(t *testing.T) heartbeat.Store {
	return map[string]func(t *testing.T) heartbeat.Store{
		"memory": func(*testing.T) heartbeat.Store { return memory.New() },
		"sqlite": func(t *testing.T) heartbeat.Store {
			store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "heartbeat.db")})
			if err != nil {
				t.Fatal(err)
			}
			return store
		},
		"dynamo": func(t *testing.T) heartbeat.Store {
			cfg := dynamo.Config{
				Prefix: "pinging", Region: "eu-central-1", Endpoint: local.URL(t),
				Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
					return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
				}),
			}
			if err := dynamo.CreateTables(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
			store, err := dynamo.Open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			return store
		},
	}
}

func TestScenarios(t *testing.T) {
	t.Parallel()
	all := slices.Concat(scenariosByUUID(), scenariosOfRules(), scenariosBySlug(), scenariosOfAddresses(), scenariosOfStatus())
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := open(t)
			t.Cleanup(func() { store.Close() })
			s := newSite(t, store)
			for _, sc := range all { // one after another: they share a clock
				t.Run(sc.name, func(t *testing.T) { s.play(t, sc) })
			}
			for _, sc := range clocks() {
				t.Run(sc.name, func(t *testing.T) { s.show(t, sc) })
			}
			t.Run("74: two checks with one slug", s.ambiguous)
		})
	}
}
