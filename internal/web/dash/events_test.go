package dash_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/service"
)

func TestEvents_ListPingsAndFlipsInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.byHand(service.Edit{Name: new("Dump")})
	w.run(c.ID, noon.Add(-50*time.Minute), noon.Add(-40*time.Minute), false)
	w.run(c.ID, noon.Add(-30*time.Minute), noon.Add(-20*time.Minute), true)
	mail := heartbeat.Ping{At: noon, Kind: heartbeat.KindLog, Scheme: "email", Addr: "192.0.2.9", Body: []byte("<b>Subject: hi</b>")}
	if _, err := w.service.Ping(t.Context(), c.ID, mail); err != nil {
		t.Fatal(err)
	}
	p := w.get("/heartbeat/check?id=" + c.ID.String()).wants(http.StatusOK)
	var got []string
	for _, n := range p.all(".events li") {
		got = append(got, attr(n, "class"))
	}
	if want := []string{"ping", "flip down", "ping", "ping", "flip up", "ping", "ping"}; !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
	p.says("#p4", "fail 11:40").says("#p4", "took 10 min exit 2 run ").says("#p4 .sender", "POST over https from 2001:db8::17, heartbeat/1.0")
	p.says("#p4 details pre", "connection to server was lost").says("#p5 .sender", "e-mail from 192.0.2.9").says("#p5 pre", "<b>Subject: hi</b>")
	p.says(".facts", "Senders2 addresses: 192.0.2.9, 2001:db8::17")
	if len(p.all("#p4 details[open]")) > 0 {
		t.Error("a body is not folded")
	}
	if run := p.one("#p3 .run"); !strings.HasPrefix(attr(run, "title"), strings.TrimSuffix(strings.TrimPrefix(text(run), "run "), "…")) {
		t.Errorf("run %q is shown as %q", attr(run, "title"), text(run))
	}
}

func TestEvents_OfOneKind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.byHand(service.Edit{Name: new("Dump")})
	w.run(c.ID, noon.Add(-50*time.Hour), noon.Add(-49*time.Hour), true)
	for i := range 120 {
		p := heartbeat.Ping{At: noon.Add(time.Duration(i-125) * time.Minute), Kind: heartbeat.KindSuccess}
		if _, err := w.service.Ping(t.Context(), c.ID, p); err != nil {
			t.Fatal(err)
		}
	}
	page := "/heartbeat/check?id=" + c.ID.String()
	all := w.get(page).wants(http.StatusOK)
	for _, link := range all.all(".kinds a") {
		want := map[string][2]int{"All": {100, 0}, "Success": {100, 0}, "Fail": {1, 0}, "Start": {1, 0}, "Log": {}, "Ignored": {}, "Flips": {0, 2}}[text(link)]
		p := w.get(strings.TrimSuffix(attr(link, "href"), "#events")).wants(http.StatusOK)
		pings, flips := len(p.all(".events .ping")), len(p.all(".events .flip"))
		if got := [2]int{pings, flips}; got != want && text(link) != "All" || pings+flips > 100 {
			t.Errorf("%s lists %d pings and %d flips, want %v", text(link), pings, flips, want)
		}
		if current := texts(p.all(".kinds a[aria-current]")); !slices.Equal(current, []string{text(link)}) {
			t.Errorf("%s says that it is %q", text(link), current)
		}
	}
	w.get(page+"&kind=log").says(".none", "None of this kind.")
	w.get(page+"&kind=nonsense").says(".kinds a[aria-current]", "All")
}

func TestCheck_ShowsWhatItIsKnownBy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.byHand(service.Edit{
		Name: new("Dump"), Tags: new("prod a&b"), Desc: new("Call the DBA.\n\n<b>First</b> look."), Channels: new(heartbeat.NoChannels),
		Kind: new("oncalendar"), Expression: new("Mon 04:00\nSat 05:00"), Rules: &heartbeat.Rules{PostOnly: true, FilterHTTP: true},
	})
	p := w.get("/heartbeat/check?id=" + c.ID.String()).wants(http.StatusOK)
	p.says(".labels", "dump prod a&b").says(".desc", "Call the DBA.<b>First</b> look.").says(".facts", "OnCalendarMon 04:00; Sat 05:00")
	p.says(".facts", "Tellsnobody").says(".facts", "RulesPOST only, keywords decide").one("details[open] .tabs")
	if got := attr(p.all(".labels .tag")[1], "href"); got != "/heartbeat/dashboard?q=tag%3Aa%26b" {
		t.Errorf("the tag leads to %q", got)
	}
	w.get(attr(p.all(".labels .tag")[1], "href")).says(".c-name", "Dump").one("table.plain")
}

func TestCheck_ShowsItsBadgeOnlyWhereThereAreBadges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.byHand(service.Edit{Name: new(`"Dump" [all]`)})
	if n := len(w.get("/heartbeat/check?id=" + c.ID.String()).all("#badge")); n != 0 {
		t.Error("there is a badge")
	}
	w = newWorld(t, badges)
	c = w.byHand(service.Edit{Name: new(`"Dump" [all]`)})
	p := w.get("/heartbeat/check?id=" + c.ID.String()).wants(http.StatusOK)
	code := texts(p.all("#badge .copyable code"))
	if address := code[2]; !strings.HasPrefix(address, "https://watch.example.org/b/3/") || strings.Contains(address, c.ID.String()) ||
		code[0] != `!["Dump" \[all\]](`+address+`)` || code[1] != `<img src="`+address+`" alt="&#34;Dump&#34; [all]">` {
		t.Errorf("got %q", code)
	}
	for _, img := range p.all("#badge img") {
		if !strings.HasPrefix(attr(img, "src"), "data:image/svg+xml;base64,") {
			t.Errorf("the picture is at %q, where the page's policy forbids it", attr(img, "src"))
		}
	}
}

func TestDashboard_CallsChecksByWhatTheyHave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	check := heartbeat.Check{
		ID: service.NewID(), Project: heartbeat.DefaultProject, Created: noon, State: heartbeat.State{Status: heartbeat.StatusNew, Since: noon},
		Settings: heartbeat.Settings{Spec: heartbeat.Spec{Kind: heartbeat.ScheduleCron, Expression: "0 3 * * *", Worktime: "always", Zone: "UTC"}},
	}
	if err := w.store.Add(t.Context(), check); err != nil {
		t.Fatal(err)
	}
	name := "unnamed " + check.ID.String()[:8]
	row := "#c" + check.ID.String()
	w.get("/heartbeat/dashboard").says(row+" .c-name", name).says(row+" .c-counted", "–")
	w.get("/heartbeat/check?id="+check.ID.String()).says("h1", name).says("title", name)
	w.get("/heartbeat/delete?id="+check.ID.String()).says("h1", "Delete "+name+"?").says("main", "Pings of its URL are refused")
}

func TestCheck_ThatCannotBeJudgedSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.pulse("web1/backup/cron/nightly", time.Hour)
	check, err := w.store.Check(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	check.Zone = "Mars/Olympus" // as after a move to a machine that knows fewer zones
	if err := w.store.Save(t.Context(), check, nil); err != nil {
		t.Fatal(err)
	}
	w.get("/heartbeat/dashboard").says(".c-name", "nightly cannot be judged")
	w.get("/heartbeat/check?id="+id.String()).says(".why", "It cannot be judged, so nobody is told when it is late: tz must be an IANA time zone")
	w.get("/heartbeat/edit?id="+id.String()).says("#preview .problem", "Time zone must be an IANA time zone")
}

func TestCheck_SaysWhatEndsAPause(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.pulse("web1/backup/cron/nightly", time.Hour)
	if err := w.service.Pause(t.Context(), noon, id); err != nil {
		t.Fatal(err)
	}
	w.get("/heartbeat/check?id="+id.String()).says(".why", "The next pulse, or Resume, starts the watch again")
	if err := w.service.Edit(t.Context(), id, service.Edit{Rules: &heartbeat.Rules{ManualResume: true}}); err != nil {
		t.Fatal(err)
	}
	w.get("/heartbeat/check?id="+id.String()).says(".why", "Only Resume starts the watch again")
}
