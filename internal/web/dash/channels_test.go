package dash_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/app"
	"heartbeat/internal/notify"
	"heartbeat/internal/notify/notifytest"
	"heartbeat/internal/service"
	"heartbeat/internal/web/dash"
)

func TestChannels_SayAProblemOnce(t *testing.T) {
	t.Parallel()
	const problem = "127.0.0.1 is a loopback address"
	w := newWorld(t, func(c *dash.Config) {
		c.Channels = notifytest.Given(notify.Channel{ID: "slack", Target: "127.0.0.1:9", Problem: problem})
	})
	w.pulse("web1/backup/cron/nightly", time.Hour, kind(heartbeat.KindFail))
	w.deliver(func(int, heartbeat.Notice) heartbeat.Delivery {
		return heartbeat.Delivery{State: heartbeat.DeliveryWaiting, Attempts: 1, Next: noon.Add(time.Minute), Error: problem}
	})
	if got := texts(w.get("/heartbeat/channels").all(".channel .problem")); len(got) != 1 || got[0] != problem {
		t.Errorf("the channel's problems are %q, want one: %q", got, problem)
	}
}

func TestChannels_OfAProjectTakeOverFromThoseOfDefault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	billing := w.project("Billing")
	shop := w.project("Shop & Co")
	p := w.get(channelsPage).wants(http.StatusOK)
	p.says("#project-"+string(billing), "Told through the channels of Default until it has its own.")
	p.says("#project-"+string(billing)+" .add", "Its first own channel takes over: those of Default hear no more of Billing then")
	p.says("#project-default", "They also tell of the projects that have none of their own: Billing and Shop & Co.")
	w.channel(billing, "slack", "Sales", "https://example.org/x")
	p = w.get(channelsPage).says("#project-"+string(billing)+" h3", "Sales").says("#project-default", "none of their own: Shop & Co.")
	if got := text(p.one("#project-" + string(billing))); strings.Contains(got, "Default") {
		t.Errorf("a project with a channel of its own leans on others: %s", got)
	}
	p.says("#project-"+string(shop), "Told through the channels of Default")
	if n := len(p.all(".add[open]")); n != 0 {
		t.Errorf("%d forms are open though everybody is told", n)
	}
}

func TestChannels_EscapeHostileNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const hostile = `"><script>alert(1)</script>{{.}}`
	project := w.project(`</h2><script>alert(2)</script>`)
	id := w.channel(project, "slack", hostile, "https://example.org/<script>")
	w.pulse("web1/backup/cron/nightly", time.Hour, kind(heartbeat.KindFail))
	w.deliverBy(id, func(int, heartbeat.Notice) heartbeat.Delivery {
		return heartbeat.Delivery{State: heartbeat.DeliveryWaiting, Attempts: 1, Next: noon.Add(time.Minute), Error: hostile}
	})
	typed := aimedAt(project, id, "save")
	typed.Set("name", hostile)
	typed.Set("target", hostile)
	aimed := url.Values{"project": {string(project)}, "channel": {string(id)}}.Encode()
	for _, p := range []*page{
		w.get(channelsPage + "?done=tested&channel=" + string(id)), w.get(channelsPage + "/remove?" + aimed), w.post(channelsPage, typed),
		w.get("/heartbeat/dashboard"), w.get(projectsPage), w.get("/heartbeat/create"),
	} {
		if len(p.all("script")) != 1 || !strings.Contains(p.header.Get("Content-Security-Policy"), "script-src 'self';") {
			t.Errorf("a name became markup:\n%s", p.text)
		}
	}
	if got := text(w.get(channelsPage).one("#channel-" + string(id) + " h3 bdi")); got != hostile {
		t.Errorf("the name is %q", got)
	}
}

func TestChannels_OfTheSettingsShowWhatPeopleMadeIsUnreadable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *dash.Config) {
		given := c.Channels
		c.Channels = func(ctx context.Context) (notify.Directory, error) {
			d, err := given(ctx)
			d.Partial = true
			return d, err
		}
	})
	w.pulse("web1/backup/cron/nightly", time.Hour, kind(heartbeat.KindFail))
	w.deliverBy(heartbeat.ChannelID(service.NewID().String()), func(int, heartbeat.Notice) heartbeat.Delivery {
		return heartbeat.Delivery{State: heartbeat.DeliverySent, Done: noon}
	})
	w.get(channelsPage).says(".banner.bad", "Only the channels of the settings are shown").says(".deliveries", "a channel that cannot be read")
}

func TestBanner_ProjectsOfWhichNobodyIsTold(t *testing.T) {
	t.Parallel()
	w := newWorldTelling(t, app.Targets{})
	shop := w.shop()
	w.project("Empty")
	w.get("/heartbeat/dashboard").says(".banner.warn", "Nobody is told when a check goes down: no channel is set up. Set one up")
	own := w.channel(shop, "slack", "Sales", "https://example.org/x")
	w.quiet() // what has no check needs no channel
	w.pulse("web1/backup/cron/nightly", time.Hour)
	w.get("/heartbeat/dashboard").says(".banner.warn", "Nobody is told when a check of Default goes down:")
	w.channel(heartbeat.DefaultProject, "slack", "Ops", "https://example.org/x")
	w.quiet()
	if err := w.service.RemoveChannel(t.Context(), shop, own); err != nil {
		t.Fatal(err)
	}
	w.quiet()
}

// quiet fails if the dashboard warns of anything.
func (w *world) quiet() {
	w.t.Helper()
	if got := texts(w.get("/heartbeat/dashboard").all(".banner.warn")); len(got) > 0 {
		w.t.Errorf("the dashboard warns: %q", got)
	}
}

func TestBanner_NamesTheProjectOfAChannelInTrouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.channel(w.shop(), "slack", "Sales", "https://example.org/x")
	w.pulse("web1/backup/cron/nightly", time.Hour, kind(heartbeat.KindFail))
	w.deliverBy(id, func(int, heartbeat.Notice) heartbeat.Delivery {
		return heartbeat.Delivery{State: heartbeat.DeliveryWaiting, Attempts: 2, Next: noon.Add(time.Minute), Error: "example.org answered 503"}
	})
	w.get("/heartbeat/dashboard").says(".banner.bad", "Sales (Shop & Co) has not taken messages since")
}

func TestForm_OffersTheChannelsThatTellOfTheProject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.byHand(service.Edit{Name: new("First")})
	if got := texts(w.get("/heartbeat/create").all(".some label")); !slices.Equal(got, []string{"Slack"}) {
		t.Errorf("with one project the form offers %q", got)
	}
	shop := w.shop()
	sales := w.channel(shop, "slack", "Sales", "https://example.org/x")
	if got := texts(w.get("/heartbeat/create").all(".some label")); !slices.Equal(got, []string{"Slack (Default)", "Sales (Shop & Co)"}) {
		t.Errorf("a new check is offered %q", got)
	}
	gone := service.NewID().String()
	named := strings.Join([]string{string(sales), "pager", gone}, ",")
	w.post("/heartbeat/edit?id="+first.ID.String(), url.Values{"told": {"some"}, "channel": {string(sales)}}).
		wants(http.StatusUnprocessableEntity).says(".told .problem", "must be of the check's project")
	stored, err := w.store.Check(t.Context(), first.ID)
	if err == nil {
		stored.Channels = named // as a version before let it be
		err = w.store.Save(t.Context(), stored, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Slack", "Sales (Shop & Co)", "Pager (not set up)", "a channel that was removed"}
	p := w.get("/heartbeat/edit?id=" + first.ID.String())
	if got := texts(p.all(".some label")); !slices.Equal(got, want) {
		t.Errorf("the check is offered %q, want %q", got, want)
	}
	if got := p.form("main form.fields")["channel"]; strings.Join(got, ",") != named {
		t.Errorf("ticked are %q", got)
	}
	w.get("/heartbeat/check?id="+first.ID.String()).says(".facts", "Sales (Shop & Co), Pager (not set up), a channel that was removed")
}

func TestProjects_SayWhichChannelsTheyHave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shop := w.shop()
	p := w.get(projectsPage).says("#project-default", "1 channel").says("#project-"+string(shop), "no channel of its own")
	if got, want := attr(p.one("#project-"+string(shop)+" .dim a"), "href"), channelsPage+"#project-"+string(shop); got != want {
		t.Errorf("leads to %s, want %s", got, want)
	}
	remove := attr(p.one("#project-"+string(shop)+" a.danger"), "href")
	w.get(remove).says("main", "its 2 checks, with all pings and flips, and its keys")
	for range 2 {
		w.channel(shop, "slack", "Sales", "https://example.org/x")
	}
	w.get(projectsPage).says("#project-"+string(shop), "2 channels")
	w.get(remove).says("main", "its 2 checks, with all pings and flips, its 2 channels, and its keys")
	w.post(projectsPage, url.Values{"action": {"remove"}, "project": {"gone"}}).wants(http.StatusNotFound).says("h1", "There is no such project")
}
