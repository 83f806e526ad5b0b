package dash_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestLogin_PagesAreClosedToStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.pulse("web1/backup/cron/nightly", 0).String()
	for _, r := range []*http.Request{
		w.request("GET", "/heartbeat/dashboard", nil),
		w.request("GET", "/heartbeat/check?id="+id, nil),
		w.request("GET", "/heartbeat/edit?id="+id, nil),
		w.request("GET", "/heartbeat/delete?id="+id, nil),
		w.request("GET", "/heartbeat/channels", nil),
		w.request("POST", "/heartbeat/check?id="+id, url.Values{"action": {"pause"}}),
		w.request("POST", "/heartbeat/edit?id="+id, url.Values{"delete": {"del"}}),
	} {
		p := w.serve(r).wants(http.StatusUnauthorized)
		p.one("#secret")
		if strings.Contains(p.text, "nightly") {
			t.Errorf("%s %s shows a stranger the check's name", r.Method, r.URL)
		}
	}
	if _, err := w.store.Check(t.Context(), mustID(t, id)); err != nil {
		t.Errorf("a stranger deleted the check: %v", err)
	}
}

func TestLogin_LeadsOnToThePageThatWasAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	form := w.serve(w.request("GET", "/heartbeat/channels", nil))
	next := attr(form.one("[name=next]"), "value")
	p := w.serve(w.request("POST", "/heartbeat/login", url.Values{"secret": {secret}, "next": {next}})).wants(http.StatusSeeOther)
	if got := p.header.Get("Location"); got != "/heartbeat/channels" {
		t.Errorf("leads on to %q", got)
	}
	cookie := p.header.Get("Set-Cookie")
	if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
		t.Errorf("cookie %q", cookie)
	}
}

func TestLogin_NeverLeadsElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, next := range []string{
		"https://example.org/", "//example.org/heartbeat/dashboard", "/\\example.org", "javascript:alert(1)",
		"/heartbeat/logout", "/heartbeat/../evil", "", "\t//example.org",
	} {
		p := w.serve(w.request("POST", "/heartbeat/login", url.Values{"secret": {secret}, "next": {next}}))
		if got := p.header.Get("Location"); got != "/heartbeat/dashboard" {
			t.Errorf("next=%q leads to %q", next, got)
		}
	}
}

func TestLogin_SecretInTheAddressLeavesItAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, word := range []string{secret, w.auth.Link()} {
		p := w.serve(w.request("GET", "/heartbeat/dashboard?status=down&secret="+url.QueryEscape(word), nil)).wants(http.StatusSeeOther)
		if got := p.header.Get("Location"); got != "/heartbeat/dashboard?status=down" {
			t.Errorf("leads to %q", got)
		}
		if got := p.header.Get("Referrer-Policy"); got != "no-referrer" {
			t.Errorf("Referrer-Policy %q", got)
		}
		if p.header.Get("Set-Cookie") == "" {
			t.Error("no session")
		}
	}
}

func TestLogin_LinkWorksOnceAndNotForHead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	target := "/heartbeat/dashboard?secret=" + w.auth.Link()
	w.serve(w.request("HEAD", target, nil)).wants(http.StatusUnauthorized)
	w.serve(w.request("GET", target, nil)).wants(http.StatusSeeOther)
	w.serve(w.request("GET", target, nil)).wants(http.StatusForbidden).says(".problem", "still works")
	w.do(w.request("GET", target, nil)).wants(http.StatusSeeOther) // already inside: no harm
}

func TestLogin_WrongSecretIsSaidAndGuessingIsSlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wrong := url.Values{"secret": {"wrong"}, "next": {"/heartbeat/channels"}}
	p := w.serve(w.request("POST", "/heartbeat/login", wrong)).wants(http.StatusForbidden).says("#secret-problem", "not the secret")
	if got := attr(p.one("#secret"), "aria-describedby"); !strings.Contains(got, "secret-problem") {
		t.Errorf("aria-describedby %q", got)
	}
	if got := attr(p.one("[name=next]"), "value"); got != "/heartbeat/channels" {
		t.Errorf("next is forgotten: %q", got)
	}
	for range 20 {
		p = w.serve(w.request("POST", "/heartbeat/login", wrong))
	}
	p.wants(http.StatusTooManyRequests).says("#secret-problem", "Too many")
	if p.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestLogout_EndsTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.post("/heartbeat/logout", url.Values{}).wants(http.StatusSeeOther)
	if got := p.header.Get("Set-Cookie"); !strings.Contains(got, "Max-Age=0") {
		t.Errorf("Set-Cookie %q", got)
	}
}

func TestHeaders_StrictOnEveryPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, p := range []*page{
		w.get("/heartbeat/dashboard"), w.get("/heartbeat/nothing"), w.serve(w.request("GET", "/heartbeat/login", nil)),
	} {
		if got := p.header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; style-src 'self'; script-src 'self'") {
			t.Errorf("policy %q", got)
		}
		if got := p.header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("Cache-Control %q", got)
		}
		for _, n := range p.all("[style]") {
			t.Errorf("inline style in %s", n.Data)
		}
		for _, n := range p.all("script") {
			if attr(n, "src") == "" {
				t.Error("inline script")
			}
		}
	}
}

func TestStatic_NamedByContentAndKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.get("/heartbeat/dashboard")
	for _, address := range []string{attr(p.one("[rel=stylesheet]"), "href"), attr(p.one("script"), "src")} {
		asset := w.serve(w.request("GET", address, nil)).wants(http.StatusOK)
		if got := asset.header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
			t.Errorf("%s: Cache-Control %q", address, got)
		}
	}
	w.serve(w.request("GET", "/heartbeat/static/app.css", nil)).wants(http.StatusNotFound)
}
