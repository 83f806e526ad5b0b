package dash_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/service"
)

const projectsPage = "/heartbeat/projects"

// shop makes a second project with a check in it.
func (w *world) shop() heartbeat.ProjectID {
	w.t.Helper()
	shop, err := w.service.MakeProject(w.t.Context(), noon, "Shop & Co")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, name := range []string{"Orders", "Stock"} {
		if _, err := w.service.Create(w.t.Context(), noon, shop.ID, service.Edit{Name: &name}); err != nil {
			w.t.Fatal(err)
		}
	}
	return shop.ID
}

func TestProjects_SwitchShowsOnceThereAreTwo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.pulse("web1/backup/cron/nightly", 100*time.Hour)
	w.sweep()
	if n := len(w.get("/heartbeat/dashboard").all(".projects")); n != 0 {
		t.Error("one project can be switched")
	}
	shop := w.shop()
	p := w.get("/heartbeat/dashboard").wants(http.StatusOK)
	if got, want := texts(p.all(".projects a")), []string{"All projects", "Default 1 down", "Shop & Co"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := len(p.all("tbody tr")); got != 3 {
		t.Errorf("all projects have %d checks", got)
	}
	p = w.get(attr(p.all(".projects a")[2], "href")).wants(http.StatusOK).says("#headline", "Nothing is being watched yet")
	if got := texts(p.all("tbody .c-name a")); !slices.Equal(got, []string{"Orders", "Stock"}) {
		t.Errorf("the shop has %q", got)
	}
	for _, link := range slices.Concat(p.all("a.tile"), p.all("th a"), p.all("a[href=/heartbeat/create?project="+string(shop)+"]")) {
		if !strings.Contains(attr(link, "href"), "project="+string(shop)) {
			t.Errorf("%s forgets the project", attr(link, "href"))
		}
	}
	if got := attr(p.one("#filter [name=project]"), "value"); got != string(shop) {
		t.Errorf("the filter asks for project %q", got)
	}
	if err := w.service.Edit(t.Context(), id, service.Edit{Tags: new("prod")}); err != nil {
		t.Fatal(err)
	}
	p = w.get("/heartbeat/check?id="+id.String()).says(".crumbs", "Checks / Default / web1 / backup / cron")
	if got := attr(p.one(".labels .tag"), "href"); got != "/heartbeat/dashboard?project=default&q=tag%3Aprod" {
		t.Errorf("the tag leads to %s", got)
	}
}

func TestProjects_TheLastOneIsRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pulse("web1/backup/cron/nightly", time.Hour)
	shop := w.shop()
	remember := func(target string) *http.Cookie {
		p := w.get(target).wants(http.StatusOK)
		for _, text := range p.header.Values("Set-Cookie") {
			if c, err := http.ParseSetCookie(text); err == nil && c.Name == "heartbeat_project" {
				return c
			}
		}
		t.Fatalf("%s sets no cookie", target)
		return nil
	}
	r := w.request("GET", "/heartbeat/dashboard?done=saved", nil)
	r.AddCookie(remember("/heartbeat/dashboard?project=" + string(shop)))
	if got, want := w.do(r).wants(http.StatusSeeOther).header.Get("Location"), "/heartbeat/dashboard?done=saved&project="+string(shop); got != want {
		t.Errorf("leads to %s, want %s", got, want)
	}
	for _, target := range []string{"/heartbeat/dashboard?project=all", "/heartbeat/dashboard?project=gone"} {
		r = w.request("GET", "/heartbeat/dashboard", nil)
		r.AddCookie(remember(target))
		if got := len(w.do(r).wants(http.StatusOK).all("tbody tr")); got != 3 {
			t.Errorf("after %s there are %d checks", target, got)
		}
	}
}

func TestProjects_AreMadeRenamedAndRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post(projectsPage, url.Values{"action": {"make"}, "name": {" "}}).wants(http.StatusUnprocessableEntity).says(".problem", "Name is missing")
	w.post(projectsPage, url.Values{"action": {"make"}, "name": {"Shop"}}).wants(http.StatusSeeOther)
	projects, err := w.service.Projects(t.Context())
	if err != nil || len(projects) != 2 {
		t.Fatal(projects, err)
	}
	id := string(projects[1].ID)
	p := w.post(projectsPage, url.Values{"action": {"rename"}, "project": {id}, "name": {"default"}}).wants(http.StatusUnprocessableEntity)
	p.says("#project-"+id+" .problem", "is another project's").says("#project-default h2", "Default")
	w.post(projectsPage, url.Values{"action": {"rename"}, "project": {id}, "name": {"Store"}}).wants(http.StatusSeeOther)
	if _, err := w.service.Create(t.Context(), noon, projects[1].ID, service.Edit{Name: new("Orders")}); err != nil {
		t.Fatal(err)
	}
	p = w.get(projectsPage).says("#project-"+id+" h2", "Store").says("#project-"+id, "1 check")
	ask := w.get(attr(p.one("#project-"+id+" a.danger"), "href")).wants(http.StatusOK).says("h1", "Remove Store?").says("main", "its 1 check")
	form := ask.form("main form")
	form.Set("action", attr(ask.one("main form button"), "value"))
	w.post(projectsPage, form).wants(http.StatusSeeOther)
	if checks, err := w.store.Checks(t.Context()); err != nil || len(checks) != 0 {
		t.Errorf("checks %v, %v", checks, err)
	}
	if n := len(w.get(projectsPage).all(".project")); n != 1 {
		t.Errorf("%d projects", n)
	}
}

func TestProjects_RefuseWhatCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if n := len(w.get(projectsPage).all("#project-default a.danger")); n != 0 {
		t.Error("the default project can be removed")
	}
	for _, c := range []struct {
		form url.Values
		want int
	}{
		{url.Values{"action": {"remove"}, "project": {"default"}}, http.StatusBadRequest},
		{url.Values{"action": {"remove"}, "project": {"gone"}}, http.StatusNotFound},
		{url.Values{"action": {"rename"}, "project": {"gone"}, "name": {"x"}}, http.StatusNotFound},
		{url.Values{"action": {"key"}, "project": {"gone"}, "kind": {"ping"}}, http.StatusNotFound},
		{url.Values{"action": {"key"}, "project": {"default"}, "kind": {"front door"}}, http.StatusBadRequest},
		{url.Values{"action": {"explode"}}, http.StatusBadRequest},
	} {
		w.post(projectsPage, c.form).wants(c.want)
	}
	w.get(projectsPage + "/remove?project=default").wants(http.StatusNotFound)
	w.get(projectsPage + "/remove?project=gone").wants(http.StatusNotFound)
	w.serve(w.request("POST", projectsPage, url.Values{"action": {"make"}, "name": {"x"}})).wants(http.StatusUnauthorized)
}

func TestKeys_AreShownOnceAndWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, kind := range []string{"ping", "api", "read-only"} {
		form := url.Values{"action": {"key"}, "project": {"default"}, "kind": {kind}, "was": {""}}
		p := w.post(projectsPage, form).wants(http.StatusOK)
		key := text(p.one("#secret"))
		if strings.Contains(w.get(projectsPage).text, key) {
			t.Errorf("the %s key is shown again", kind)
		}
		w.auth.KeysChanged()
		var ok bool
		var err error
		if kind == "ping" {
			_, ok, err = w.auth.Pinger(t.Context(), key)
		} else {
			_, ok, err = w.auth.API(t.Context(), key)
		}
		if err != nil || !ok {
			t.Errorf("the %s key does not work: %v", kind, err)
		}
		// A reload of the answer sends the form again, and must not make another key.
		again := w.post(projectsPage, form).wants(http.StatusSeeOther).header.Get("Location")
		w.get(again).says("#done", "Nothing was changed")
		// Revoking it is another form, which knows the key.
		revoke := w.get(projectsPage).formAt("#project-default form", i)
		revoke.Set("action", "revoke")
		w.post(projectsPage, revoke).wants(http.StatusSeeOther)
		if got := texts(w.get(projectsPage).all("#project-default .keys li"))[i]; !strings.Contains(got, "None yet.") {
			t.Errorf("after the %s key was revoked: %s", kind, got)
		}
	}
}

func TestProjects_LeadNowhereElseInABareHouse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bare)
	shop := w.shop()
	w.pulse("web1/cron/backup/nightly", time.Hour, func(p *service.Pulse) { p.Project = shop })
	checks, err := w.store.Checks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	targets := []string{"/heartbeat/dashboard?project=" + string(shop)}
	for _, c := range checks {
		targets = append(targets, "/heartbeat/edit?id="+c.ID.String())
	}
	for _, target := range targets {
		w.get(target).wants(http.StatusOK).leadsOnlyTo("/prod/heartbeat/dashboard", "/prod/heartbeat/edit")
	}
}
