package dash_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/notify"
	"heartbeat/internal/notify/notifytest"
	"heartbeat/internal/service"
	"heartbeat/internal/web/dash"
)

func mustID(t *testing.T, s string) heartbeat.CheckID {
	t.Helper()
	id, err := heartbeat.ParseCheckID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestDashboard_ShowsEachCheckWithItsNumbers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.pulse("web1/backup/cron/nightly", 6*time.Hour, always)
	p := w.get("/heartbeat/dashboard").wants(http.StatusOK)
	row := "#c" + id.String() + " "
	for cell, want := range map[string]string{
		".c-host": "web1", ".c-category": "backup", ".c-type": "cron", ".c-name": "nightly",
		".c-last": "6 h ago", ".c-counted": "6 h of 24 h", ".c-delta": "−18 h", ".c-status": "Up",
	} {
		p.says(row+cell, want)
	}
	stamp := p.one(row + "time")
	if got := attr(stamp, "datetime"); got != "2026-11-18T05:00:00Z" {
		t.Errorf("datetime %q", got)
	}
	if got := attr(stamp, "title"); got != "Wed 18 Nov 2026, 06:00:00 CET" {
		t.Errorf("title %q", got)
	}
	p.says(row+".at", "06:00")
	if got := attr(p.one(row+".fill"), "width"); got != "25" {
		t.Errorf("the bar is %s long, want 25", got)
	}
	p.says("#headline", "All is well")
}

func TestDashboard_TellsAFailedJobFromALateOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	late := w.pulse("web1/backup/cron/late", 48*time.Hour, always).String()
	failed := w.pulse("web1/backup/cron/failed", time.Hour, always, kind(heartbeat.KindFail)).String()
	w.sweep()
	p := w.get("/heartbeat/dashboard").wants(http.StatusOK)
	p.says("#c"+failed+" .c-status", "Down").says("#c"+failed+" .c-name", "failed job failed")
	p.says("#c"+late+" .c-status", "Down")
	if notes := p.all("#c" + late + " .c-name small"); len(notes) != 0 {
		t.Errorf("the late check has the note %q", texts(notes))
	}
}

func TestDashboard_LateFirstWithHeadlineTitleAndIcon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	p := w.get("/heartbeat/dashboard").wants(http.StatusOK)
	p.says("#headline", "3 checks are down").says("title", "3 down – Heartbeat")
	if got := attr(p.one("[rel=icon]"), "href"); !strings.Contains(got, "%3E3%3C") {
		t.Errorf("the icon does not show 3: %s", got)
	}
	got := texts(p.all("tbody .c-status"))[:5]
	if want := []string{"Down", "Down", "Down", "Grace", "Up"}; !slices.Equal(got, want) {
		t.Errorf("order %q, want %q", got, want)
	}
	if got, want := texts(p.all(".tile")), []string{"43 All", "3 Down", "1 Grace", "36 Up", "2 New", "1 Paused"}; !slices.Equal(got, want) {
		t.Errorf("tiles %q, want %q", got, want)
	}
}

func TestDashboard_SortsByEveryColumnBothWays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	for _, key := range []string{"host", "category", "type", "name"} {
		up := texts(w.get("/heartbeat/dashboard?sort=" + key).all("tbody .c-" + key))
		if !slices.IsSortedFunc(up, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }) {
			t.Errorf("sort=%s: %q", key, up)
		}
		down := texts(w.get("/heartbeat/dashboard?sort=-" + key).all("tbody .c-" + key))
		slices.Reverse(down)
		if !slices.Equal(up, down) {
			t.Errorf("sort=-%s is not the other way round", key)
		}
	}
	p := w.get("/heartbeat/dashboard?sort=host&status=up&q=web")
	head := p.one("th.c-host")
	if got := attr(head, "aria-sort"); got != "ascending" {
		t.Errorf("aria-sort %q", got)
	}
	if got := attr(p.one("th.c-host a"), "href"); got != "/heartbeat/dashboard?q=web&sort=-host&status=up" {
		t.Errorf("the head leads to %q", got)
	}
}

func TestDashboard_FiltersByWordsAndStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	p := w.get("/heartbeat/dashboard?q=DB-01+nightly")
	if got := texts(p.all("tbody .c-name")); len(got) != 1 {
		t.Errorf("rows %q", got)
	}
	if got := attr(p.one("[name=q]"), "value"); got != "DB-01 nightly" {
		t.Errorf("the form has forgotten %q", got)
	}
	p = w.get("/heartbeat/dashboard?status=down")
	if got := len(p.all("tbody tr")); got != 3 {
		t.Errorf("%d rows are down", got)
	}
	w.get("/heartbeat/dashboard?q=nowhere").wants(http.StatusOK).says(".none", "No check matches")
	w.get("/heartbeat/dashboard?status=evil&sort=evil&page=-3&per=x").wants(http.StatusOK)
}

func TestDashboard_PagesOnTheServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *dash.Config) { c.PageSize = 50 })
	for i := range 120 {
		w.pulse(fmt.Sprintf("web%03d/backup/cron/nightly", i), time.Hour)
	}
	p := w.get("/heartbeat/dashboard?sort=host&page=2")
	if got := len(p.all("tbody tr")); got != 50 {
		t.Errorf("%d rows", got)
	}
	p.says(".pager", "51–100 of 120")
	if got := attr(p.one("[rel=next]"), "href"); got != "/heartbeat/dashboard?page=3&sort=host" {
		t.Errorf("next leads to %q", got)
	}
	if got := len(w.get("/heartbeat/dashboard?per=100").all("tbody tr")); got != 100 {
		t.Errorf("%d rows with per=100", got)
	}
	w.get("/heartbeat/dashboard?page=99").says(".pager", "101–120 of 120")
}

func TestDashboard_EscapesHostileNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hostile := []string{`<script>alert(1)</script>`, `" onmouseover="alert(1)`, "\u202eevil", `{{.}}`}
	p := service.Pulse{
		Names: heartbeat.Names{Host: hostile[0], Category: hostile[1], Type: hostile[2], Name: hostile[3]},
		Ping:  heartbeat.Ping{At: noon, Kind: heartbeat.KindFail, Agent: hostile[0], Body: []byte(hostile[0])},
	}
	if _, err := w.service.Pulse(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	id := p.Names.ID(heartbeat.DefaultProject).String()
	for _, target := range []string{
		"/heartbeat/dashboard?q=" + url.QueryEscape(hostile[1]), "/heartbeat/dashboard?done=saved&id=" + id, "/heartbeat/dashboard",
		"/heartbeat/check?id=" + id, "/heartbeat/edit?id=" + id, "/heartbeat/delete?id=" + id, "/heartbeat/channels",
		"/heartbeat/dashboard?q=" + url.QueryEscape(hostile[0]),
	} {
		page := w.get(target).wants(http.StatusOK)
		if len(page.all("script")) != 1 || len(page.all("[onmouseover]")) != 0 {
			t.Errorf("%s: a name became markup", target)
		}
	}
	page := w.get("/heartbeat/dashboard")
	for i, cell := range []string{".c-host", ".c-category", ".c-type", ".c-name"} {
		if got := text(page.one("tbody " + cell + " bdi")); got != hostile[i] {
			t.Errorf("%s is %q, want %q", cell, got, hostile[i])
		}
	}
}

func TestDashboard_EmptyShowsHowToSendTheFirstPulse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *dash.Config) { c.Origin, c.BasePath = "https://watch.example.org", "/tools" })
	p := w.get("/heartbeat/dashboard").wants(http.StatusOK)
	p.says(".empty code", `curl -fsS "https://watch.example.org/tools/heartbeat/PING-KEY/pulse?host=$(hostname)`)
	p.says(".empty .url", "https://watch.example.org/tools/heartbeat/PING-KEY")
	if got := attr(p.one("nav a[aria-current]"), "href"); got != "/tools/heartbeat/dashboard" {
		t.Errorf("link %q lacks the base path", got)
	}
}

func TestDashboard_ShowsTimesInTheViewersZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pulse("web1/backup/cron/nightly", 0)
	for zone, want := range map[string]string{
		"America%2FNew_York": "06:00:00 EST", "Mars/Olympus": "12:00:00 CET", "Local": "12:00:00 CET", "../../etc/passwd": "12:00:00 CET",
	} {
		r := w.request("GET", "/heartbeat/dashboard", nil)
		r.AddCookie(&http.Cookie{Name: "heartbeat_tz", Value: zone})
		if got := attr(w.do(r).one("tbody time"), "title"); !strings.Contains(got, want) {
			t.Errorf("zone %s: %q", zone, got)
		}
	}
}

func TestBanner_MonitorThatDoesNotRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pulse("web1/backup/cron/nightly", 0)
	if got := len(w.get("/heartbeat/dashboard").all(".banner.bad")); got != 1 { // the hidden one
		t.Errorf("%d banners while all is well", got)
	}
	w.mark(noon.Add(-61*time.Second), heartbeat.Blind{From: noon.Add(-3 * time.Hour), To: noon.Add(-2 * time.Hour)})
	p := w.get("/heartbeat/dashboard")
	p.says(".banner.bad", "own monitor has not run since 11:58").says(".banner.note", "blind from 09:00 to 10:00 (1 h)")
	p.says("#headline", "Nothing is known to be down")
}

func TestBanner_ChannelThatDoesNotDeliver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	w.get("/heartbeat/dashboard").says(".banner.bad", "3 messages have not been handed to any channel")
	w.trouble()
	p := w.get("/heartbeat/dashboard")
	p.says(".banner.bad", "Slack has not taken messages since").says(".banner.bad", "hooks.slack.com answered 503. 2 waiting.")
}

func TestBanner_NoChannelAndBadChannel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *dash.Config) { c.Channels = notifytest.Given() })
	w.get("/heartbeat/dashboard").says(".banner.warn", "Nobody is told")
	w = newWorld(t, func(c *dash.Config) {
		c.Channels = notifytest.Given(notify.Channel{ID: "webhook", Target: "127.0.0.1:9", Problem: "127.0.0.1 is a private address"})
	})
	w.get("/heartbeat/dashboard").says(".banner.bad", "private address")
	w.get("/heartbeat/channels").says(".channel .problem", "private address").says(".target", "127.0.0.1:9")
}

func TestDashboard_AnswersHead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(w.request("HEAD", "/heartbeat/dashboard", nil)).wants(http.StatusOK)
}

func BenchmarkDashboard1000(b *testing.B) {
	for _, size := range []struct{ checks, rows int }{{1000, 100}, {1000, 1000}, {10_000, 100}} {
		b.Run(fmt.Sprintf("checks=%d/rows=%d", size.checks, size.rows), func(b *testing.B) {
			w := newWorld(b)
			for i := range size.checks {
				w.pulse(fmt.Sprintf("web%04d/backup/cron/nightly", i), time.Duration(i)*time.Minute)
			}
			session := w.session()
			b.ReportAllocs()
			for b.Loop() {
				r := w.request("GET", fmt.Sprintf("/heartbeat/dashboard?per=%d", size.rows), nil)
				r.AddCookie(session)
				rec := httptest.NewRecorder()
				w.handler.ServeHTTP(rec, r)
				if rec.Code != http.StatusOK {
					b.Fatal(rec.Code)
				}
			}
		})
	}
}

func TestDashboard_ViewerWhoHasGoneIsNoFailure(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	w := newWorld(t, func(c *dash.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	ctx, leave := context.WithCancel(t.Context())
	leave()
	r := w.request("GET", "/heartbeat/dashboard", nil)
	r.AddCookie(w.session())
	w.serve(r.WithContext(ctx))
	if log.Len() > 0 {
		t.Errorf("logged: %s", &log)
	}
}
