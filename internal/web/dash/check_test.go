package dash_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/app"
	"heartbeat/internal/auth"
	"heartbeat/internal/service"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/web/dash"
)

func TestCheck_SaysWhyItIsDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// Silent since Friday 18:00 in Berlin: due on Monday 18:00.
	friday := time.Date(2026, time.November, 13, 17, 0, 0, 0, time.UTC)
	late := w.pulse("web1/backup/cron/nightly", noon.Sub(friday))
	failed := w.pulse("web1/deploy/ci/main", time.Minute, kind(heartbeat.KindFail), func(p *service.Pulse) { p.Ping.Exit = new(3) })
	w.sweep()
	p := w.get("/heartbeat/check?id=" + late.String()).wants(http.StatusOK)
	p.says(".why", "Late: due Mon 18:00, silent since Fri 18:00.").says(".why", "66 h of mon-fri have passed since; 24 h are allowed")
	p.says(".events .flip", "Late: no pulse came in time").says(".events .flip", "after 3 days up")
	p = w.get("/heartbeat/check?id=" + failed.String())
	p.says(".why", "The job reported failure 11:59 (1 min ago): exit status 3.").says(".events .exit", "exit 3")
}

func TestCheck_SaysWhatComesNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	up := w.pulse("web1/backup/cron/nightly", time.Hour, always, threshold("2"))
	if err := w.service.Edit(t.Context(), up, service.Edit{Grace: new("1")}); err != nil {
		t.Fatal(err)
	}
	w.get("/heartbeat/check?id="+up.String()).says(".why", "The next pulse is due 13:00 (in 1 h).").says(".why", "Goes down 14:00 (in 2 h) if none comes.")
	w.advance(90 * time.Minute)
	w.get("/heartbeat/check?id="+up.String()).says(".why", "A pulse is due since 13:00").says(".big", "Grace")
	w.advance(time.Hour)
	w.get("/heartbeat/check?id="+up.String()).says(".why", "the monitor is about to tell people").says(".big", "Down")
	fresh := w.pulse("web2/backup/cron/nightly", 0, kind(heartbeat.KindLog))
	w.get("/heartbeat/check?id="+fresh.String()).says(".why", "Waits for its first pulse")
}

func TestCheck_SaysSinceWhenAResumedOneWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pulsed, fresh := w.pulse("web1/backup/cron/nightly", time.Hour), w.byHand(service.Edit{Name: new("Dump")}).ID
	w.advance(time.Minute)
	for _, id := range []heartbeat.CheckID{pulsed, fresh} {
		if err := errors.Join(w.service.Pause(t.Context(), w.clock(), id), w.service.Resume(t.Context(), w.clock(), id)); err != nil {
			t.Fatal(err)
		}
	}
	w.advance(20 * time.Minute)
	target := "/heartbeat/check?id=" + pulsed.String()
	w.get(target).says(".why", "Waits for its next pulse since it was resumed 12:01 (20 min ago). Nobody is told of anything until it has come.")
	w.get("/heartbeat/check?id="+fresh.String()).says(".why", "Waits for its first pulse.")
	w.pulse("web1/backup/cron/nightly", time.Minute, kind(heartbeat.KindStart))
	w.get(target).says(".why", "Its first run since it was resumed began 12:20 (1 min ago).")
}

func TestCheck_DrawsTheTimeline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.pulse("web1/backup/cron/nightly", 4*time.Hour, always)
	w.pulse("web1/backup/cron/nightly", 2*time.Hour, kind(heartbeat.KindFail))
	w.pulse("web1/backup/cron/nightly", time.Hour)
	p := w.get("/heartbeat/check?id=" + id.String())
	if got := len(p.all(".timeline .tick")); got != 3 {
		t.Errorf("%d ticks, want 3", got)
	}
	var got []string
	for _, n := range p.all(".timeline rect") {
		if class := attr(n, "class"); !strings.Contains(class, "tick") {
			got = append(got, class+" "+attr(n, "x")+" "+attr(n, "width"))
		}
	}
	if want := "up 0 500, down 500 250, up 750 250"; strings.Join(got, ", ") != want {
		t.Errorf("stretches %q, want %q", got, want)
	}
}

func TestCheck_ShowsBodiesSafely(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.pulse("web1/backup/cron/nightly", 0, func(p *service.Pulse) {
		p.Ping.Body = []byte("<b>bold</b>\n\xff\x1b[2J")
	})
	p := w.get("/heartbeat/check?id="+id.String()).says("details pre", "<b>bold</b> �␛[2J").says("details", "not all of it is UTF-8")
	if len(p.all("details b")) > 0 {
		t.Error("the body became markup")
	}
}

func TestCheck_PausesAndResumes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.pulse("web1/backup/cron/nightly", time.Hour)
	target := "/heartbeat/check?id=" + id.String()
	p := w.post(target, url.Values{"action": {"pause"}}).wants(http.StatusSeeOther)
	w.get(p.header.Get("Location")).wants(http.StatusOK).says("#done", "Paused: web1 / backup / cron / nightly").says(".why", "Paused since 12:00")
	p = w.post(target, url.Values{"action": {"resume"}}).wants(http.StatusSeeOther)
	w.get(p.header.Get("Location")).says("#done", "Resumed").says(".big", "New")
	w.post(target, url.Values{"action": {"explode"}}).wants(http.StatusBadRequest).says("main", "action must be pause or resume")
}

func TestErrors_ArePagesInTheSameStyle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unknown := "/heartbeat/check?id=0e4b1b1e-7c0b-8a53-9c4d-3f7f5b1c2d3e"
	for _, target := range []string{
		unknown, "/heartbeat/check", "/heartbeat/check?id=x", strings.Replace(unknown, "check", "edit", 1),
		strings.Replace(unknown, "check", "delete", 1), "/heartbeat/nothing",
	} {
		w.get(target).wants(http.StatusNotFound).says("main a", "To the dashboard")
	}
	w.post(strings.Replace(unknown, "check", "edit", 1), url.Values{"threshold": {"1"}}).wants(http.StatusNotFound)
	w.post(strings.Replace(unknown, "check", "edit", 1), url.Values{"delete": {"del"}}).wants(http.StatusNotFound)
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	w.get("/heartbeat/dashboard").wants(http.StatusServiceUnavailable).says("main", "closed. Try again in a moment.")
}

// stuck is a store that deletes nothing, because it is too busy.
type stuck struct{ heartbeat.Store }

func (stuck) Delete(context.Context, heartbeat.CheckID, int64) error { return heartbeat.ErrBusy }

func TestErrors_NeverSayThatNothingWasChangedOfWhatIsHalfDone(t *testing.T) {
	t.Parallel()
	var busy *app.App
	w := newWorld(t, func(cfg *dash.Config) {
		busy = app.New(app.Config{Store: stuck{memory.New()}, Auth: cfg.Auth.(*auth.Auth), Base: &url.URL{}, Zone: "UTC", Logger: cfg.Logger})
		cfg.Service = busy.Checks
	})
	w.service = busy.Checks
	shop := w.shop()
	p := w.post(projectsPage, url.Values{"action": {"remove"}, "project": {string(shop)}}).wants(http.StatusServiceUnavailable)
	p.says("h1", "the project stays, without its keys and some of its checks").says("main", "Look first whether it was done, or a part of it.")
	if strings.Contains(p.text, "Nothing was changed") {
		t.Error("the keys are gone, and the page denies it")
	}
}

func TestChannels_ShowHealthAndDeliveries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.get("/heartbeat/channels").says(".channel", "Not used yet").says("main", "Nothing had to be told yet")
	w.seed()
	w.trouble()
	p := w.get("/heartbeat/channels").wants(http.StatusOK)
	p.says(".channel h3", "Slack").says(".channel .word", "Does not take messages").says(".channel .facts", "Waiting2 since")
	p.says(".deliveries li", "waiting (attempt 4)").says(".deliveries li", "next attempt in 3 min").says(".deliveries li", "sent")
	p.says(".howto", "--slack-webhook")
}

func TestCheck_SaysThatPulsesAreCountedButNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	names := heartbeat.Names{Host: "web1", Category: "backup", Type: "cron", Name: "nightly"}
	c := heartbeat.Check{
		ID: names.ID(heartbeat.DefaultProject), Names: names, Created: noon,
		Settings: heartbeat.Settings{Spec: heartbeat.Spec{Period: time.Hour, Worktime: "always", Zone: "UTC"}},
		State:    heartbeat.State{Status: heartbeat.StatusUp, Since: noon, LastPing: noon, Pings: 12},
	}
	// As a store has it that keeps no pings.
	if err := w.store.Add(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	w.get("/heartbeat/check?id="+c.ID.String()).says(".none", "Pulses are counted, but not kept.").says(".facts", "12")
}
