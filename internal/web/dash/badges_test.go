package dash_test

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/service"
)

const badgesPage = "/heartbeat/badges"

// whole makes the world answer as the whole program does, by the machine's clock.
func (w *world) whole() {
	w.t.Helper()
	handler, err := w.app.Handler("")
	if err != nil {
		w.t.Fatal(err)
	}
	w.handler = handler
}

// sameAt fails unless a stranger sees at the address the picture that the page
// shows.
func (w *world) sameAt(address, shown string) {
	w.t.Helper()
	picture, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(shown, "data:image/svg+xml;base64,"))
	if err != nil {
		w.t.Fatal(err)
	}
	p := w.serve(w.request(http.MethodGet, address, nil)).wants(http.StatusOK)
	if got := p.header.Get("Content-Type"); got != "image/svg+xml" || p.text != string(picture) {
		w.t.Errorf("at %s is %s %s; the page shows %s", address, got, p.text, picture)
	}
}

func TestBadges_AreThoseOfAllChecksAndOfEachTag(t *testing.T) {
	t.Parallel()
	w := newWorld(t, badges)
	w.byHand(service.Edit{Name: new("Dump"), Tags: new("prod db")})
	w.byHand(service.Edit{Name: new("Copy"), Tags: new("prod prod backup")})
	failed := w.pulse("web1/deploy/ci/main", time.Minute, kind(heartbeat.KindFail))
	if err := w.service.Edit(t.Context(), failed, service.Edit{Tags: new("prod")}); err != nil {
		t.Fatal(err)
	}
	p := w.get(badgesPage).wants(http.StatusOK)
	want := []string{"All checks 3 checks, 1 down", "backup 1 check", "db 1 check", "prod 3 checks, 1 down"}
	if got := texts(p.all(".badges .line")); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := attr(p.one("#tag-prod .line a"), "href"); got != "/heartbeat/dashboard?q=tag%3Aprod" {
		t.Errorf("the tag leads to %s", got)
	}
	if got := len(p.all("#tag-prod .copyable")); got != 6 {
		t.Errorf("%d addresses, want 6", got)
	}
	if len(p.all(".projects")) != 0 || strings.Contains(p.text, "Tags make badges") {
		t.Errorf("the page says what nobody needs:\n%s", p.text)
	}
}

func TestBadges_AddressesShowWhatThePageShows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tags := []string{"%41", "50%", "<x>", `"q"`, "a&b", "a+b", "no.svg", "näh", "x/y", "*"}
	for _, tag := range tags {
		w.byHand(service.Edit{Name: new("Dump"), Tags: &tag})
	}
	w.pulse("web1/deploy/ci/main", time.Minute, kind(heartbeat.KindFail))
	w.whole()
	p := w.get(badgesPage).wants(http.StatusOK)
	pictures, codes := p.all(".badges img"), texts(p.all(".badges .copyable code"))
	if len(pictures) != len(tags) { // the star stands for all
		t.Fatalf("%d badges, want %d:\n%s", len(pictures), len(tags), p.text)
	}
	for i, picture := range pictures {
		w.sameAt(codes[6*i+2], attr(picture, "src"))
	}
	w.serve(w.request(http.MethodGet, codes[2]+"x", nil)).wants(http.StatusNotFound)
}

func TestBadges_OfChecksAreCalledByNamesOrSlugButNeverByID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.whole()
	for label, check := range map[string]heartbeat.Check{
		"web1 / cron / backup / nightly": {Names: heartbeat.Names{Host: "web1", Category: "cron", Type: "backup", Name: "nightly"}, Labels: heartbeat.Labels{Slug: "a"}},
		"offsite-copy":                   {Labels: heartbeat.Labels{Slug: "offsite-copy"}},
		"check":                          {},
	} {
		check.ID, check.Project, check.State = service.NewID(), heartbeat.DefaultProject, heartbeat.State{Status: heartbeat.StatusNew}
		check.Spec = heartbeat.Spec{Period: time.Hour, Worktime: "always", Zone: "UTC"}
		if err := w.store.Add(t.Context(), check); err != nil {
			t.Fatal(err)
		}
		p := w.get("/heartbeat/check?id=" + check.ID.String()).wants(http.StatusOK)
		codes := texts(p.all("#badge .copyable code"))
		w.sameAt(codes[2], attr(p.all("#badge img")[0], "src"))
		w.sameAt(codes[3], attr(p.all("#badge img")[1], "src"))
		if !strings.HasPrefix(codes[0], "!["+label+"](") {
			t.Errorf("want %s, got %s", label, codes[0])
		}
	}
}

func TestBadges_EscapeHostileTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t, badges)
	const hostile = "\"><script>alert(1)</script>]`{{.}}"
	project := w.project(hostile)
	if _, err := w.service.Create(t.Context(), noon, project, service.Edit{Name: new("Dump"), Tags: new(hostile)}); err != nil {
		t.Fatal(err)
	}
	p := w.get(badgesPage + "?project=" + string(project)).wants(http.StatusOK)
	if len(p.all("script")) != 1 || len(p.all("main script")) != 0 {
		t.Errorf("a name became markup:\n%s", p.text)
	}
	if got := texts(p.all(".badges .line bdi")); !slices.Equal(got, []string{"All checks", hostile}) {
		t.Errorf("the badges are called %q", got)
	}
	code := texts(p.all(".badges .copyable code"))[6:]
	address := code[2]
	if want := "![\">\\<script>alert(1)\\</script>\\]\\`{{.}}](" + address + ")"; code[0] != want {
		t.Errorf("for Markdown %s, want %s", code[0], want)
	}
	if want := `" alt="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;]` + "`" + `{{.}}">`; !strings.HasSuffix(code[1], want) || strings.ContainsAny(address, "\"<>`{") {
		t.Errorf("for HTML %s, want %s at its end", code[1], want)
	}
}

func TestBadges_SayWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, badges)
	p := w.get(badgesPage).wants(http.StatusOK).says(".none", "There is nothing to show yet: the project has no checks.")
	w.get(attr(p.one(".none a"), "href")).wants(http.StatusOK).says("h1", "New check")
	w.byHand(service.Edit{Name: new("Dump")})
	p = w.get(badgesPage).says(".hint", "Tags make badges of their own")
	if got := texts(p.all(".badges .line")); !slices.Equal(got, []string{"All checks 1 check"}) {
		t.Errorf("got %q", got)
	}
}

func TestBadges_AreOneProjectsAndLeadToTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, badges)
	w.byHand(service.Edit{Name: new("Dump"), Tags: new("ops")})
	shop := w.shop()
	p := w.get(badgesPage).wants(http.StatusOK).says("h1", "Badges of Default").says(".badges", "ops")
	if got := texts(p.all(".projects a")); !slices.Equal(got, []string{"Default", "Shop & Co"}) {
		t.Errorf("leads to %q", got)
	}
	p = w.get(attr(p.all(".projects a")[1], "href")).wants(http.StatusOK).says("h1", "Badges of Shop & Co").says("title", "Badges of Shop & Co")
	p.says(".projects [aria-current]", "Shop & Co").says(".badges", "2 checks")
	if got := attr(p.one(".badges .line a"), "href"); len(p.all(".badges li")) != 1 || got != "/heartbeat/dashboard?project="+string(shop) {
		t.Errorf("the shop has badges that lead to %s:\n%s", got, p.text)
	}
	w.get(badgesPage+"?project=gone").wants(http.StatusNotFound).says("h1", "There is no such project")
	w.serve(w.request(http.MethodGet, badgesPage, nil)).wants(http.StatusUnauthorized)
}

func TestProjects_LeadToBadgesOnlyWhereThereAreBadges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if n := len(w.get(projectsPage).all("[href=" + badgesPage + "?project=default]")); n != 0 {
		t.Error("leads to badges that are not there")
	}
	w.get(badgesPage).wants(http.StatusNotFound)
	w = newWorld(t, badges)
	w.get(projectsPage).one("[href=" + badgesPage + "?project=default]")
	w.get(badgesPage).wants(http.StatusOK)
}
