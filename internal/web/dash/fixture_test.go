package dash_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"heartbeat"
	"heartbeat/internal/app"
	"heartbeat/internal/auth"
	"heartbeat/internal/service"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/web/badge"
	"heartbeat/internal/web/dash"
)

const secret = "correct horse battery staple"

// noon is when the tests take place: a Wednesday.
var noon = time.Date(2026, time.November, 18, 11, 0, 0, 0, time.UTC)

// world is a dashboard over real parts, with a clock that tests move.
type world struct {
	t       testing.TB
	store   *memory.Store
	app     *app.App
	service *service.Service
	auth    *auth.Auth
	handler http.Handler

	mu  sync.Mutex
	now time.Time
}

// newWorld is a world whose settings give one channel, which nobody answers.
func newWorld(t testing.TB, change ...func(*dash.Config)) *world {
	t.Helper()
	return newWorldTelling(t, app.Targets{Slack: []string{"https://hooks.slack.com/services/T0/B0/x"}}, change...)
}

// newWorldTelling is a world whose settings give these channels. More may be made.
func newWorldTelling(t testing.TB, given app.Targets, change ...func(*dash.Config)) *world {
	t.Helper()
	w := &world{t: t, store: memory.New(), now: noon}
	var err error
	if w.auth, _, err = auth.Open(t.Context(), w.store, auth.Config{Secret: secret}); err != nil {
		t.Fatal(err)
	}
	given.AllowPrivate = true // receivers are on this machine
	logger := slog.New(slog.NewTextHandler(t.Output(), nil))
	w.app = app.New(app.Config{Store: w.store, Auth: w.auth, Targets: given, Base: &url.URL{}, Zone: "Europe/Berlin", Logger: logger})
	w.service = w.app.Checks
	cfg := dash.Config{
		Service: w.service, Auth: w.auth, Now: w.clock, Zone: "Europe/Berlin", Logger: logger, Channels: w.app.Directory,
	}
	for _, c := range change {
		c(&cfg)
	}
	w.handler = http.NewCrossOriginProtection().Handler(dash.New(cfg))
	w.mark(noon.Add(-5 * time.Second))
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// mark sets when the monitor last ran, and the blind times it knows of.
func (w *world) mark(at time.Time, blinds ...heartbeat.Blind) {
	w.t.Helper()
	ctx := w.t.Context()
	old, err := w.store.Value(ctx, heartbeat.KeyWatch)
	if err != nil {
		old = nil
	}
	text, err := json.Marshal(heartbeat.Watch{Mark: at, Blinds: blinds})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.store.SetValue(ctx, heartbeat.KeyWatch, old, text); err != nil {
		w.t.Fatal(err)
	}
}

// pulse records a ping of the check with the four names, ago before now.
func (w *world) pulse(names string, ago time.Duration, change ...func(*service.Pulse)) heartbeat.CheckID {
	w.t.Helper()
	part := strings.Split(names, "/")
	p := service.Pulse{
		Names: heartbeat.Names{Host: part[0], Category: part[1], Type: part[2], Name: part[3]},
		Ping: heartbeat.Ping{
			At: w.clock().Add(-ago), Kind: heartbeat.KindSuccess,
			Method: "GET", Addr: "192.0.2.17", Agent: "curl/8.14.1",
		},
	}
	for _, c := range change {
		c(&p)
	}
	if _, err := w.service.Pulse(w.t.Context(), p); err != nil {
		w.t.Fatal(err)
	}
	return p.Names.ID(heartbeat.DefaultProject)
}

// badges gives the pages badges to show.
func badges(cfg *dash.Config) {
	links := badge.Links{
		Base: "https://watch.example.org", Signer: badge.Signer{Secret: "a secret of badges"}, IDs: badge.NewIDs([16]byte{1}),
	}
	cfg.Badges = func(context.Context) (badge.Links, error) { return links, nil }
}

func always(p *service.Pulse) { p.Worktime = "always" }

func threshold(hours string) func(*service.Pulse) {
	return func(p *service.Pulse) { p.Threshold = hours }
}

func kind(k heartbeat.Kind) func(*service.Pulse) {
	return func(p *service.Pulse) { p.Ping.Kind = k }
}

// sweep takes late checks down as the monitor does.
func (w *world) sweep() {
	w.t.Helper()
	checks, err := w.store.Checks(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range checks {
		sched := compile(w.t, c.Spec)
		after, flip := c.Tick(w.clock(), sched, nil)
		if flip == nil {
			continue
		}
		if err := w.store.Save(w.t.Context(), after, flip); err != nil {
			w.t.Fatal(err)
		}
	}
}

// request is a request of a browser; a session is in it unless it is a stranger's.
func (w *world) request(method, target string, form url.Values) *http.Request {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequestWithContext(w.t.Context(), method, target, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func (w *world) session() *http.Cookie {
	rec := httptest.NewRecorder()
	w.auth.Start(rec, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/", nil))
	return rec.Result().Cookies()[0]
}

// do serves a request of somebody who is logged in.
func (w *world) do(r *http.Request) *page {
	r.AddCookie(w.session())
	return w.serve(r)
}

func (w *world) serve(r *http.Request) *page {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	p := &page{t: w.t, code: rec.Code, header: rec.Header(), text: rec.Body.String()}
	doc, err := html.Parse(strings.NewReader(p.text))
	if err != nil {
		w.t.Fatal(err)
	}
	p.doc = doc
	return p
}

func (w *world) get(target string) *page {
	w.t.Helper()
	return w.do(w.request(http.MethodGet, target, nil))
}

func (w *world) post(target string, form url.Values) *page {
	w.t.Helper()
	return w.do(w.request(http.MethodPost, target, form))
}

// page is an answer that can be asked for its parts.
type page struct {
	t      testing.TB
	code   int
	header http.Header
	text   string
	doc    *html.Node
}

// all returns the elements that the selector names: words separated by blanks,
// each inside the one before, each of the form "tag", ".class", "#id",
// "[attr]" or "[attr=value]" or several of these run together.
func (p *page) all(selector string) []*html.Node {
	found := []*html.Node{p.doc}
	for word := range strings.FieldsSeq(selector) {
		var next []*html.Node
		seen := map[*html.Node]bool{}
		for _, root := range found {
			for n := range root.Descendants() {
				if n.Type == html.ElementNode && !seen[n] && matches(n, word) {
					seen[n] = true
					next = append(next, n)
				}
			}
		}
		found = next
	}
	return found
}

func matches(n *html.Node, word string) bool {
	for word != "" {
		end := strings.IndexAny(word[1:], ".#[")
		part := word
		if end >= 0 {
			part = word[:end+1]
		}
		word = word[len(part):]
		if !matchesPart(n, part) {
			return false
		}
	}
	return true
}

func matchesPart(n *html.Node, part string) bool {
	switch part[0] {
	case '.':
		for class := range strings.FieldsSeq(attr(n, "class")) {
			if class == part[1:] {
				return true
			}
		}
		return false
	case '#':
		return attr(n, "id") == part[1:]
	case '[':
		name, value, valued := strings.Cut(strings.Trim(part, "[]"), "=")
		for _, a := range n.Attr {
			if a.Key == name && (!valued || a.Val == value) {
				return true
			}
		}
		return false
	}
	return n.Data == part
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// text returns the words of the first element, blanks collapsed.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(b.String(), "\u00a0", " ")), " ")
}

func texts(nodes []*html.Node) []string {
	all := make([]string, len(nodes))
	for i, n := range nodes {
		all[i] = text(n)
	}
	return all
}

// one returns the only element that the selector names.
func (p *page) one(selector string) *html.Node {
	p.t.Helper()
	nodes := p.all(selector)
	if len(nodes) != 1 {
		p.t.Fatalf("%q names %d elements, want 1; page:\n%s", selector, len(nodes), p.text)
	}
	return nodes[0]
}

func (p *page) wants(code int) *page {
	p.t.Helper()
	if p.code != code {
		p.t.Fatalf("status %d, want %d; page:\n%s", p.code, code, p.text)
	}
	return p
}

// says fails unless the element's text contains want.
func (p *page) says(selector, want string) *page {
	p.t.Helper()
	got := strings.Join(texts(p.all(selector)), " | ")
	if !strings.Contains(got, want) {
		p.t.Errorf("%s says %q, want %q in it", selector, got, want)
	}
	return p
}

// leadsOnlyTo fails if a link, form or script of the page leads elsewhere.
func (p *page) leadsOnlyTo(paths ...string) {
	p.t.Helper()
	for _, n := range slices.Concat(p.all("a"), p.all("form"), p.all("[data-preview]"), p.all("button")) {
		for _, name := range [...]string{"href", "action", "data-preview", "formaction"} {
			address := attr(n, name)
			path, _, _ := strings.Cut(address, "?")
			if has(n, name) && !slices.Contains(paths, path) && !strings.HasPrefix(path, "#") {
				p.t.Errorf("leads to %s", address)
			}
		}
	}
}

// form returns what a browser would send of the only form that the selector
// names, formAt of one of several.
func (p *page) form(selector string) url.Values {
	p.t.Helper()
	p.one(selector)
	return p.formAt(selector, 0)
}

func (p *page) formAt(selector string, i int) url.Values {
	p.t.Helper()
	form := url.Values{}
	for n := range p.all(selector)[i].Descendants() {
		if n.Type != html.ElementNode || attr(n, "name") == "" {
			continue
		}
		value := attr(n, "value")
		switch {
		case n.Data == "button", has(n, "type") && (attr(n, "type") == "checkbox" || attr(n, "type") == "radio") && !has(n, "checked"):
			continue
		case n.Data == "textarea":
			value = strings.TrimPrefix(rawText(n), "\n")
		case n.Data == "select":
			value = chosen(n)
		}
		form.Add(attr(n, "name"), value)
	}
	return form
}

// chosen is the selected option of a list, or the first.
func chosen(list *html.Node) string {
	first := ""
	for o := range list.Descendants() {
		if o.Data != "option" {
			continue
		}
		value := attr(o, "value")
		if !has(o, "value") {
			value = rawText(o)
		}
		if has(o, "selected") {
			return value
		}
		if first == "" {
			first = value
		}
	}
	return first
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func rawText(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}
