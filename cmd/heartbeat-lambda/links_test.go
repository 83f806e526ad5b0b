package main_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"heartbeat"
)

// Whoever follows a link, sends a form or loads a style finds it, whatever the
// gateway puts before paths.
func TestLinks_LeadWhereTheGatewayIs(t *testing.T) {
	t.Parallel()
	for name, g := range gateways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			s.seed()
			g.route = everywhere(s.function("pulse"), s.function("web"))
			b := s.browser(g)
			c := crawl{browser: b, gateway: g}
			c.from("/heartbeat/login", "/heartbeat/dashboard", "/")
			c.wants("/heartbeat/login")
			b.post("/heartbeat/login", url.Values{"secret": {s.secret}})
			c.from("/heartbeat/dashboard", "/heartbeat/channels", "/heartbeat/", "/heartbeat", "/", "/heartbeat/no-such-page")
			c.wants("/heartbeat/dashboard", "/heartbeat/check", "/heartbeat/edit", "/heartbeat/delete", "/heartbeat/channels", "/heartbeat/logout")
			page := b.get("/heartbeat/dashboard")
			page.wants(t, 200, g.base()+"/heartbeat/", `data-base="`+strings.TrimPrefix(g.base(), "https://"+g.host)+`/heartbeat"`)
		})
	}
}

// seed stores a check that is up and one that is down.
func (s *stack) seed() {
	s.Helper()
	now := time.Now()
	for name, status := range map[string]heartbeat.Status{"nightly": heartbeat.StatusUp, "weekly": heartbeat.StatusDown} {
		names := heartbeat.Names{Host: "web1", Category: "cron", Type: "backup", Name: name}
		check := heartbeat.Check{
			ID: names.ID(heartbeat.DefaultProject), Names: names, Created: now.Add(-time.Hour),
			Settings: heartbeat.Settings{Spec: heartbeat.Spec{Period: time.Hour, Worktime: "always", Zone: "UTC"}},
			State:    heartbeat.State{Status: status, Since: now.Add(-time.Minute), LastPing: now.Add(-time.Hour), Pings: 1},
		}
		if err := s.store.Add(s.Context(), check); err != nil {
			s.Fatal(err)
		}
	}
}

// crawl follows everything that pages lead to.
type crawl struct {
	*browser
	gateway *gateway
	seen    map[string]bool
	paths   map[string]bool // without the stage
}

// step is one link: what leads to where. The first ones of a crawl are typed.
type step struct{ from, to string }

// maxSteps bounds a crawl.
const maxSteps = 400

// from opens the addresses and all that they lead to.
func (c *crawl) from(addresses ...string) {
	c.Helper()
	c.seen, c.paths = map[string]bool{}, map[string]bool{}
	var steps []step
	for _, address := range addresses {
		steps = append(steps, step{to: address})
	}
	for i := 0; i < len(steps); i++ {
		if i == maxSteps {
			c.Fatalf("more than %d links", maxSteps)
		}
		p := c.get(steps[i].to)
		c.paths[strings.TrimPrefix(p.at.Path, c.stage())] = true
		linked := steps[i].from != "" && p.status != http.StatusOK && p.status != http.StatusUnauthorized
		if linked || p.header.Get("X-No-Route") != "" {
			c.Errorf("%s leads to %s, which is answered %d", steps[i].from, steps[i].to, p.status)
		}
		if strings.HasPrefix(p.header.Get("Content-Type"), "text/html") {
			steps = append(steps, c.links(p)...)
		}
	}
}

func (c *crawl) stage() string { return strings.TrimPrefix(c.base, "https://"+c.gateway.host) }

// links returns the links that nobody has followed yet, and checks where forms go.
// Links to other sites are not followed.
func (c *crawl) links(p page) []step {
	c.Helper()
	root, err := html.Parse(strings.NewReader(p.body))
	if err != nil {
		c.Fatal(err)
	}
	var found []step
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			if a.Key != "href" && a.Key != "src" && a.Key != "action" || strings.HasPrefix(a.Val, "data:") || strings.HasPrefix(a.Val, "#") {
				continue
			}
			to, err := p.at.Parse(a.Val)
			if err != nil {
				c.Fatal(err)
			}
			switch {
			case a.Key == "href" && n.Data == "a" && to.Host != c.gateway.host:
				if !strings.Contains(attribute(n, "rel"), "noreferrer") {
					c.Errorf("%s leads to %s, which is told the address of the page", p.at, to)
				}
				continue
			case a.Key == "action" && strings.EqualFold(attribute(n, "method"), "post"):
				c.checkForm(p, to)
				continue
			}
			if key := shapeOf(to); !c.seen[key] {
				c.seen[key] = true
				found = append(found, step{from: p.at.String(), to: to.String()})
			}
		}
	}
	return found
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// shapeOf makes one of all links to a page that differ in their order or filter only.
func shapeOf(u *url.URL) string {
	query := u.Query()
	key := u.Path + "?id=" + query.Get("id")
	for _, name := range []string{"status", "sort", "per", "page", "q"} {
		if query.Has(name) {
			key += "&" + name
		}
	}
	return key
}

// checkForm wants that the form reaches a page: to send it would change things.
func (c *crawl) checkForm(p page, to *url.URL) {
	c.Helper()
	path, ok := strings.CutPrefix(to.Path, c.stage())
	if to.Host != c.gateway.host || !ok || !strings.HasPrefix(path, "/heartbeat/") || c.gateway.route(http.MethodPost, path) == nil {
		c.Errorf("%s sends a form to %s", p.at, to)
	}
	c.paths[path] = true
}

// wants fails the test unless the crawl has come past these paths.
func (c *crawl) wants(paths ...string) {
	c.Helper()
	for _, path := range paths {
		if !c.paths[path] {
			c.Errorf("the crawl did not come to %s, only to %v", path, c.paths)
		}
	}
}
