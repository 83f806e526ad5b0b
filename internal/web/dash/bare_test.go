package dash_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/web/dash"
)

func bare(cfg *dash.Config) {
	cfg.Bare, cfg.BasePath, cfg.Every = true, "/prod", time.Minute
}

func TestBare_LinksNowhereButDashboardAndEdit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bare)
	id := w.pulse("web1/cron/backup/nightly", time.Hour)
	for _, target := range []string{
		"/heartbeat/dashboard", "/heartbeat/edit?id=" + id.String(), "/heartbeat/edit?id=none",
	} {
		w.get(target).leadsOnlyTo("/prod/heartbeat/dashboard", "/prod/heartbeat/edit")
	}
}

func TestBare_PageHoldsItsStyleAndScriptAndThePolicyAllowsThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bare)
	page := w.get("/heartbeat/dashboard").wants(200)
	policy := page.header.Get("Content-Security-Policy")
	for _, name := range []string{"style", "script"} {
		sum := sha256.Sum256([]byte(page.one(name).FirstChild.Data))
		want := name + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		if !strings.Contains(policy, want) {
			t.Errorf("policy %q does not allow %s", policy, want)
		}
	}
	if got := attr(page.one("html"), "data-every"); got != "30000" {
		t.Errorf("refreshed every %s ms, want twice a sweep", got)
	}
}

func TestBare_EditPausesResumesAndDeletes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bare)
	id := w.pulse("web1/cron/backup/nightly", time.Hour)
	target := "/heartbeat/edit?id=" + id.String()
	for _, c := range []struct {
		form url.Values
		want heartbeat.Status
	}{
		{url.Values{"action": {"pause"}}, heartbeat.StatusPaused},
		{url.Values{"action": {"resume"}}, heartbeat.StatusNew},
		{url.Values{"delete": {"del"}}, ""},
	} {
		page := w.post(target, c.form).wants(303)
		if to := page.header.Get("Location"); !strings.HasPrefix(to, "/prod/heartbeat/dashboard?") {
			t.Errorf("%v leads to %s", c.form, to)
		}
		check, err := w.store.Check(t.Context(), id)
		if check.Status != c.want {
			t.Errorf("after %v: %s (%v), want %s", c.form, check.Status, err, c.want)
		}
	}
}

func TestMonitorIsSilent_OnlyAfterThreeOfItsOwnLooks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		every, age time.Duration
		silent     bool
	}{
		{0, 55 * time.Second, false},
		{0, 65 * time.Second, true},
		{time.Minute, 170 * time.Second, false},
		{time.Minute, 190 * time.Second, true},
	} {
		w := newWorld(t, func(cfg *dash.Config) { cfg.Every = c.every })
		w.pulse("web1/cron/backup/nightly", time.Hour)
		w.mark(noon.Add(-c.age))
		warned := len(w.get("/heartbeat/dashboard").wants(200).all(".banner.bad")) > 1 // one is the script's
		if warned != c.silent {
			t.Errorf("looks every %v, last %v ago: warned %v", c.every, c.age, warned)
		}
	}
}
