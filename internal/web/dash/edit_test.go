package dash_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"heartbeat"
)

func TestEdit_ShowsWhatIsStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.pulse("web1/backup/cron/nightly", time.Hour, threshold("0.5"))
	p := w.get("/heartbeat/edit?id=" + id.String()).wants(http.StatusOK)
	for name, want := range map[string]string{
		"#threshold": "0.5", "#grace": "0", "#worktime": "mon-fri", "#tz": "Europe/Berlin", "#holidays": "",
	} {
		if got := attr(p.one(name), "value"); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if len(p.all("[type=checkbox][checked]")) != 0 {
		t.Error("Saturday is ticked")
	}
	p.says("aside", "web1").says("aside", "the monitor is about to tell people")
}

func TestEdit_SavesTheForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.pulse("web1/backup/cron/nightly", time.Hour)
	p := w.post("/heartbeat/edit?id="+id.String(), url.Values{
		"threshold": {"12"}, "grace": {"1.5"}, "worktime": {"mon-fri"}, "saturday": {"0", "1"},
		"tz": {"UTC"}, "holidays": {"2026-12-24"},
	}).wants(http.StatusSeeOther)
	w.get(p.header.Get("Location")).wants(http.StatusOK).says("#done", "Saved: web1 / backup / cron / nightly")
	check, err := w.store.Check(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	want := heartbeat.Settings{
		Spec:  heartbeat.Spec{Period: 12 * time.Hour, Worktime: "mon-sat", Zone: "UTC", Holidays: "2026-12-24"},
		Grace: 90 * time.Minute,
	}
	if check.Settings != want {
		t.Errorf("got %+v, want %+v", check.Settings, want)
	}
}

func TestEdit_BadValuesKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.pulse("web1/backup/cron/nightly", time.Hour)
	typed := url.Values{
		"threshold": {"soon"}, "grace": {"-1"}, "worktime": {"<funday>"}, "saturday": {"0"},
		"tz": {"Mars/Olympus"}, "holidays": {"atlantis"},
	}
	p := w.post("/heartbeat/edit?id="+id.String(), typed).wants(http.StatusUnprocessableEntity)
	for _, name := range []string{"threshold", "grace", "worktime", "tz", "holidays"} {
		input := p.one("#" + name)
		if got := attr(input, "value"); got != typed.Get(name) {
			t.Errorf("%s has become %q", name, got)
		}
		if attr(input, "aria-invalid") != "true" {
			t.Errorf("%s is not marked", name)
		}
		if got, want := attr(input, "aria-describedby"), name+"-hint "+name+"-problem"; got != want {
			t.Errorf("%s is described by %q, want %q", name, got, want)
		}
		p.one("#" + name + "-problem")
	}
	p.says("#threshold-problem", "must be a number of hours").says(".banner.bad", "Nothing was saved")
	if check, err := w.store.Check(t.Context(), id); err != nil || check.Period != 24*time.Hour {
		t.Errorf("stored %v, %v", check.Period, err)
	}
}

func TestEdit_TakesTheOriginalsForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.pulse("web1/backup/cron/nightly", time.Hour)
	target := "/heartbeat/edit?id=" + id.String()
	p := w.post(target, url.Values{"threshold": {"48"}, "saturday": {"1"}}).wants(http.StatusSeeOther)
	if got := p.header.Get("Location"); got != "/heartbeat/dashboard?done=saved&id="+id.String() {
		t.Errorf("leads to %q", got)
	}
	check, err := w.store.Check(t.Context(), id)
	if err != nil || check.Period != 48*time.Hour || check.Worktime != "mon-sat" {
		t.Errorf("got %v %q, %v", check.Period, check.Worktime, err)
	}
	w.get(target).one("[type=checkbox][checked]")
	w.post(target, url.Values{"threshold": {""}, "saturday": {""}, "delete": {"del"}}).wants(http.StatusSeeOther)
	w.get(target).wants(http.StatusNotFound)
}

func TestDelete_AsksFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.pulse("web1/backup/cron/nightly", time.Hour).String()
	link := attr(w.get("/heartbeat/edit?id="+id).one("a.danger"), "href")
	p := w.get(link).wants(http.StatusOK).says("h1", "Delete nightly?")
	form, button := p.one("main form"), p.one("main form button")
	w.get("/heartbeat/edit?id=" + id).wants(http.StatusOK)
	p = w.post(attr(form, "action"), url.Values{attr(button, "name"): {attr(button, "value")}}).wants(http.StatusSeeOther)
	w.get(p.header.Get("Location")).says("#done", "Deleted")
	w.post("/heartbeat/edit?id="+id, url.Values{"delete": {"yes"}}).wants(http.StatusBadRequest)
}

func TestEdit_RefusesFormsOfOtherSites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.pulse("web1/backup/cron/nightly", time.Hour)
	r := w.request("POST", "/heartbeat/edit?id="+id.String(), url.Values{"delete": {"del"}})
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w.do(r).wants(http.StatusForbidden)
}

func TestEdit_RefusesWhatIsNoFormInsteadOfSavingNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.pulse("web1/backup/cron/nightly", time.Hour)
	for _, kind := range []string{"multipart/form-data; boundary=x", "application/json", ""} {
		r := w.request("POST", "/heartbeat/edit?id="+id.String(), url.Values{"threshold": {"12"}})
		r.Header.Set("Content-Type", kind)
		w.do(r).wants(http.StatusBadRequest).says("h1", "must be sent as application/x-www-form-urlencoded")
	}
}
