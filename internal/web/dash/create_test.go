package dash_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/app"
	"heartbeat/internal/service"
)

// created posts the form and returns the check that it makes.
func (w *world) created(form url.Values) heartbeat.Check {
	w.t.Helper()
	p := w.post("/heartbeat/create", form).wants(http.StatusSeeOther)
	to, err := url.Parse(p.header.Get("Location"))
	if err != nil {
		w.t.Fatal(err)
	}
	id, err := heartbeat.ParseCheckID(to.Query().Get("id"))
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := w.store.Check(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func TestCreate_MakesTheCheckAndLeadsToIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	link := attr(w.get("/heartbeat/dashboard").one("a[href=/heartbeat/create]"), "href")
	w.get(link).wants(http.StatusOK).one("form[data-preview=/heartbeat/preview]")
	c := w.created(url.Values{
		"name": {"Nightly dump"}, "slug": {""}, "tags": {"prod db"}, "desc": {"Call <the> DBA"},
		"kind": {"cron"}, "cron": {"0 3 * * 1-5"}, "oncalendar": {""}, "threshold": {"hidden and wrong"}, "unit": {"days"},
		"grace": {"90"}, "grace_unit": {"minutes"}, "worktime": {"always"}, "tz": {"Europe/Berlin"}, "holidays": {""},
		"told": {"some"}, "channel": {"slack"}, "post_only": {"0", "1"}, "manual_resume": {"0"},
		"filter_http": {"0", "1"}, "failure_words": {"ERROR,FATAL"}, "success_words": {""}, "start_words": {""},
	})
	want := heartbeat.Settings{
		Spec: heartbeat.Spec{
			Kind: heartbeat.ScheduleCron, Expression: "0 3 * * 1-5", Period: 24 * time.Hour, Worktime: "always", Zone: "Europe/Berlin",
		},
		Grace: 90 * time.Minute,
		Rules: heartbeat.Rules{PostOnly: true, FilterHTTP: true, FailureWords: "ERROR,FATAL"},
	}
	if c.Settings != want {
		t.Errorf("got %+v, want %+v", c.Settings, want)
	}
	if want := (heartbeat.Labels{Slug: "nightly-dump", Tags: "prod db", Desc: "Call <the> DBA", Channels: "slack"}); c.Labels != want {
		t.Errorf("got %+v, want %+v", c.Labels, want)
	}
	// The edit form shows all of it, and saving it unchanged changes nothing.
	p := w.get("/heartbeat/edit?id=" + c.ID.String()).wants(http.StatusOK)
	w.post("/heartbeat/edit?id="+c.ID.String(), p.form("main form.fields")).wants(http.StatusSeeOther)
	after, err := w.store.Check(t.Context(), c.ID)
	if after.Rev = c.Rev; err != nil || after != c {
		t.Errorf("an edit of nothing made %+v of %+v, %v", after, c, err)
	}
}

func TestCreate_BadValuesKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	typed := url.Values{
		"name": {""}, "slug": {"Not a slug"}, "tags": {strings.Repeat("x", 600)}, "kind": {"oncalendar"}, "oncalendar": {"every <day>"},
		"grace": {"long"}, "grace_unit": {"weeks"}, "worktime": {"funday"}, "tz": {"Mars/Olympus"}, "holidays": {"atlantis"},
		"told": {"none"}, "failure_words": {strings.Repeat("x", 300)},
	}
	p := w.post("/heartbeat/create", typed).wants(http.StatusUnprocessableEntity)
	for _, name := range []string{"name", "slug", "tags", "oncalendar", "grace", "worktime", "tz", "holidays", "failure_words"} {
		input := p.one("#" + name)
		if got := attr(input, "value") + text(input); got != typed.Get(name) {
			t.Errorf("%s has become %q", name, got)
		}
		if attr(input, "aria-invalid") != "true" {
			t.Errorf("%s is not marked", name)
		}
		p.one("#" + name + "-problem")
	}
	p.says("#name-problem", "Name is missing").says("#oncalendar-problem", "OnCalendar").says(".banner.bad", "Nothing was saved")
	p.one("[value=oncalendar][checked]")
	p.one("details.more[open]")
	if checks, err := w.store.Checks(t.Context()); err != nil || len(checks) != 0 {
		t.Errorf("stored %v, %v", checks, err)
	}
}

// wellTyped is a form that could be saved, but for what is changed in it.
func wellTyped(changed ...string) url.Values {
	form := url.Values{
		"name": {"Dump"}, "slug": {""}, "tags": {""}, "desc": {""}, "kind": {"period"}, "threshold": {"1"}, "unit": {"days"},
		"grace": {"1"}, "grace_unit": {"hours"}, "worktime": {"always"}, "tz": {"UTC"}, "holidays": {""},
		"told": {"all"}, "failure_words": {""}, "success_words": {""}, "start_words": {""},
	}
	for i := 0; i < len(changed); i += 2 {
		form.Set(changed[i], changed[i+1])
	}
	return form
}

func TestCreate_ProblemsNameTheFieldAsThePageDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, form := range map[string]url.Values{
		"name": wellTyped("name", ""), "slug": wellTyped("slug", "A B"), "tags": wellTyped("tags", "\x01"), "desc": wellTyped("desc", "\x01"),
		"threshold": wellTyped("threshold", "soon"), "cron": wellTyped("kind", "cron", "cron", "soon"),
		"oncalendar": wellTyped("kind", "oncalendar", "oncalendar", "soon"), "grace": wellTyped("grace", "long"),
		"worktime": wellTyped("worktime", "funday"), "tz": wellTyped("tz", "Mars"), "holidays": wellTyped("holidays", "atlantis"),
		"failure_words": wellTyped("failure_words", "\x01"), "success_words": wellTyped("success_words", "\x01"),
		"start_words": wellTyped("start_words", "\x01"),
	} {
		p := w.post("/heartbeat/create", form).wants(http.StatusUnprocessableEntity)
		label := text(p.one("label[for=" + name + "]"))
		for _, problem := range texts(p.all(".fields .problem")) { // in the preview, too
			if !strings.HasPrefix(problem, label+" ") {
				t.Errorf("the problem of %q is called %q", label, problem)
			}
		}
	}
	w.get("/heartbeat/preview?threshold=soon").says(".problem", "Period must be a number of hours")
}

func TestCreate_ProblemsOfChoicesStandBesideThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.post("/heartbeat/create", wellTyped("kind", "zzz")).wants(http.StatusUnprocessableEntity)
	p.says("fieldset.schedule #kind-problem", "Schedule must be a period, cron or OnCalendar: choose one")
	p.says("#preview", "Schedule must be a period, cron or OnCalendar").says(".banner.bad", "Correct what is marked below")
	p = w.post("/heartbeat/create", wellTyped("told", "some")).wants(http.StatusUnprocessableEntity)
	p.says(".more[open] fieldset.told #told-problem", "Channels must name one at least: tick a channel")
	none := newWorldTelling(t, app.Targets{})
	none.post("/heartbeat/create", wellTyped("told", "some")).says("#told-problem", "Channels must name one at least")
}

func TestCreate_InAProjectThatIsGoneSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("/heartbeat/create", wellTyped("project", "gone")).wants(http.StatusNotFound).says("h1", "There is no such project")
}

func TestEdit_SaturdayAgainstTheWorkingDaysIsExplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	target := "/heartbeat/edit?id=" + w.pulse("web1/backup/cron/nightly", time.Hour).String()
	form := w.get(target).form("main form.fields")
	form["saturday"] = []string{"0", "1"}
	form.Set("worktime", "mon-fri 09:00-17:00")
	p := w.post(target, form).wants(http.StatusUnprocessableEntity)
	p.says("#saturday-problem", "Saturday does not go with the working days and hours above: change those instead")
}

func TestCreate_PreviewsWithoutScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.post("/heartbeat/create", url.Values{
		"preview": {"1"}, "name": {"Dump"}, "kind": {"cron"}, "cron": {"30 4 * * *"}, "worktime": {"always"}, "tz": {"Asia/Tokyo"},
	}).wants(http.StatusOK)
	p.says(".dues", "Thu 19 Nov 2026, 04:30 JST").says(".dues", "Wed 18 Nov 2026, 20:30 CET")
	if got := attr(p.one("#name"), "value"); got != "Dump" {
		t.Errorf("the name has become %q", got)
	}
	if checks, err := w.store.Checks(t.Context()); err != nil || len(checks) != 0 {
		t.Errorf("a preview stored %v, %v", checks, err)
	}
}

func TestPreview_SaysWhenAndWhyLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paused := w.pulse("web1/backup/cron/nightly", time.Hour, always)
	for name, c := range map[string]struct {
		query url.Values
		want  []string
	}{
		"cron at night": {
			url.Values{"kind": {"cron"}, "cron": {"0 3 * * *"}, "worktime": {"always"}, "tz": {"Europe/Berlin"}, "grace": {"1"}, "grace_unit": {"hours"}},
			[]string{"cron 0 3 * * *, Europe/Berlin Thu 19 Nov 2026, 03:00 CET Fri 20 Nov", "people are told Thu 19 Nov 2026, 04:00 CET"},
		},
		"weekend": {
			url.Values{"kind": {"cron"}, "cron": {"0 3 * * 6"}, "worktime": {"mon-fri"}, "tz": {"Europe/Berlin"}},
			[]string{"Mon 23 Nov 2026, 00:00 CET moved from Sat 21 Nov 2026, 03:00 CET: weekend"},
		},
		"holiday": {
			url.Values{"kind": {"oncalendar"}, "oncalendar": {"*-12-25 06:00\r\n*-12-24 06:00"}, "worktime": {"always"}, "holidays": {"12-25"}, "tz": {"UTC"}},
			[]string{"Thu 24 Dec 2026, 06:00 UTC", "Sat 26 Dec 2026, 00:00 UTC", "moved from Fri 25 Dec 2026, 06:00 UTC: own date 12-25"},
		},
		"period over a weekend": {
			url.Values{"kind": {"period"}, "threshold": {"3"}, "unit": {"days"}, "worktime": {"mon-fri"}, "tz": {"Europe/Berlin"}},
			[]string{"Mon 23 Nov 2026, 12:00 CET not counted: weekend", "Counted if a ping came now"},
		},
		"stored": {
			url.Values{"id": {paused.String()}, "threshold": {"6"}},
			[]string{"6 h, always, Europe/Berlin Wed 18 Nov 2026, 17:00 CET"},
		},
		"wrong": {
			url.Values{"kind": {"cron"}, "cron": {"0 25 * * *"}, "tz": {"Mars"}},
			[]string{"Expression ", "Time zone "},
		},
		"never": {
			url.Values{"kind": {"oncalendar"}, "oncalendar": {"2020-01-01"}},
			[]string{"No ping is ever due again"},
		},
	} {
		p := w.get("/heartbeat/preview?" + c.query.Encode()).wants(http.StatusOK)
		for _, want := range c.want {
			if got := text(p.one("body")); !strings.Contains(got, want) {
				t.Errorf("%s: %q, want %q in it", name, got, want)
			}
		}
	}
	w.get("/heartbeat/preview?id=nothing").wants(http.StatusNotFound)
	w.serve(w.request("GET", "/heartbeat/preview", nil)).wants(http.StatusUnauthorized)
}

func TestPreview_SaysViewersTimesOnlyWhereTheyDiffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for zone, want := range map[string]string{"Europe/Paris": "", "Asia/Tokyo": "Thu 19 Nov 2026, 11:00 JST"} {
		r := w.request("GET", "/heartbeat/preview?kind=cron&cron=0+3+*+*+*&tz=Europe/Berlin", nil)
		r.AddCookie(&http.Cookie{Name: "heartbeat_tz", Value: url.QueryEscape(zone)})
		got := texts(w.do(r).all(".dues span"))
		if want == "" && len(got) > 0 || want != "" && (len(got) != 5 || got[0] != want) {
			t.Errorf("in %s: %q, want %q", zone, got, want)
		}
	}
}

func TestEdit_KeepsChannelsThatAreGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.pulse("web1/backup/cron/nightly", time.Hour)
	if err := w.service.Edit(t.Context(), id, service.Edit{Channels: new("pager,slack")}); err != nil {
		t.Fatal(err)
	}
	p := w.get("/heartbeat/edit?id="+id.String()).says(".told", "Pager (not set up)")
	w.post("/heartbeat/edit?id="+id.String(), p.form("main form.fields")).wants(http.StatusSeeOther)
	if c, err := w.store.Check(t.Context(), id); err != nil || c.Channels != "slack,pager" && c.Channels != "pager,slack" {
		t.Errorf("told: %q, %v", c.Channels, err)
	}
}

func TestCreate_OnlyTheseWithNoChannelTickedIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	page := w.post("/heartbeat/create", url.Values{
		"name": {"Backups"}, "kind": {"period"}, "threshold": {"1"}, "unit": {"days"}, "told": {"some"},
		"failure_words": {""}, "success_words": {""}, "start_words": {""},
	})
	page.wants(422)
	if !strings.Contains(page.text, "tick a channel") {
		t.Error("the page does not say what to do")
	}
	if checks, _ := w.store.Checks(t.Context()); len(checks) != 0 {
		t.Errorf("%d checks were made", len(checks))
	}
}
