package dash_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
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

const channelsPage = "/heartbeat/channels"

// channel makes a channel of the project.
func (w *world) channel(project heartbeat.ProjectID, kind heartbeat.ChannelKind, name, target string) heartbeat.ChannelID {
	w.t.Helper()
	c, err := w.service.MakeChannel(w.t.Context(), noon, project, service.NewChannel{Kind: kind, Name: name, Target: target})
	if err != nil {
		w.t.Fatal(err)
	}
	return c.ID
}

// project makes a project.
func (w *world) project(name string) heartbeat.ProjectID {
	w.t.Helper()
	p, err := w.service.MakeProject(w.t.Context(), noon, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return p.ID
}

// aimedAt is what a form says of which channel is meant.
func aimedAt(project heartbeat.ProjectID, id heartbeat.ChannelID, action string) url.Values {
	return url.Values{"project": {string(project)}, "channel": {string(id)}, "action": {action}}
}

func TestChannels_LeadANewcomerFromNoneToAMessageThatArrives(t *testing.T) {
	t.Parallel()
	w, r := newWorldTelling(t, app.Targets{}), notifytest.NewReceiver(t)
	p := w.get(channelsPage).wants(http.StatusOK).says(".first h2", "Nobody is told yet")
	form := p.form(".add[open] form")
	if got := form.Get("kind"); got != "slack" {
		t.Errorf("the form begins with %q", got)
	}
	form.Set("target", " "+r.URL()+"/hush-hush ")
	form.Set("action", "make")
	p = w.get(w.post(channelsPage, form).wants(http.StatusSeeOther).header.Get("Location")).wants(http.StatusOK)
	p.says("#done", "Added: Slack. Send it a test message").says(".channel", "Not used yet").says(".channel .target", "127.0.0.1")
	if strings.Contains(p.text, "hush-hush") || len(p.all(".first"))+len(p.all(".add[open]")) > 0 {
		t.Errorf("the page shows the URL, or still asks for one:\n%s", p.text)
	}
	test := p.formAt(".channel form", 0)
	test.Set("action", "test")
	p = w.get(w.post(channelsPage, test).wants(http.StatusSeeOther).header.Get("Location"))
	p.says("#done", "Slack has taken the test message: look there")
	got := r.Take()
	if len(got) != 1 || got[0].Path != "/hush-hush" || !strings.Contains(string(got[0].Body), "Nothing has happened to any check") {
		t.Errorf("arrived: %+v", got)
	}
}

func TestChannels_AWebhookIsToldOfTheDashboardInATest(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), notifytest.NewReceiver(t)
	id := w.channel(heartbeat.DefaultProject, "webhook", "", r.URL())
	w.post(channelsPage, aimedAt(heartbeat.DefaultProject, id, "test")).wants(http.StatusSeeOther)
	got := r.Take()
	if len(got) != 1 || !strings.Contains(string(got[0].Body), `"dashboard":"http://example.com/heartbeat/dashboard","test":true`) {
		t.Errorf("arrived: %s", got)
	}
}

func TestChannels_SayWhatIsWrongBesideItsField(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shop := w.project("Shop")
	long := strings.Repeat("x", 101)
	typed := url.Values{
		"project": {string(shop)}, "action": {"make"}, "kind": {"webhook"}, "name": {long}, "target": {"ftp://example.org/<hush>"},
	}
	p := w.post(channelsPage, typed).wants(http.StatusUnprocessableEntity)
	p.says("#name-"+string(shop)+"-problem", "Name must not be longer than 100 characters")
	p.says("#target-"+string(shop)+"-problem", "URL cannot be used: the URL must begin with https:// or http://")
	add := p.form("#add-" + string(shop) + "[open] form")
	for _, name := range []string{"kind", "name", "target"} {
		if add.Get(name) != typed.Get(name) {
			t.Errorf("%s has become %q", name, add.Get(name))
		}
	}
	p.says(".banner.bad", "Nothing was saved.")
	if n := len(p.all(".problem")); n != 2 || len(p.all("#add-default[open]"))+len(p.all("main[data-live]")) > 0 {
		t.Errorf("%d problems; or another form is open, or the page would lose what is typed:\n%s", n, p.text)
	}
	typed.Set("kind", "pigeon")
	w.post(channelsPage, typed).wants(http.StatusUnprocessableEntity).says("#kind-"+string(shop)+"-problem", "Kind must be slack or webhook")
}

func TestChannels_SayThatThereAreTooMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range heartbeat.MaxChannels {
		w.channel(heartbeat.DefaultProject, "slack", "", "https://example.org")
	}
	p := w.post(channelsPage, url.Values{"project": {"default"}, "action": {"make"}, "kind": {"slack"}, "target": {"https://example.org"}})
	p.wants(http.StatusUnprocessableEntity).says("#add-default .problem", "The channel is one too many")
}

func TestChannels_AreRenamedAndLedElsewhere(t *testing.T) {
	t.Parallel()
	w, before, after := newWorld(t), notifytest.NewReceiver(t), notifytest.NewReceiver(t)
	id := w.channel(heartbeat.DefaultProject, "webhook", "Ops", before.URL())
	card := "#channel-" + string(id)
	save := w.get(channelsPage).form(card + " .fields")
	if save.Get("name") != "Ops" || save.Get("target") != "" {
		t.Errorf("the form shows %v", save)
	}
	save.Set("action", "save")
	save.Set("name", "On call")
	p := w.get(w.post(channelsPage, save).wants(http.StatusSeeOther).header.Get("Location"))
	p.says("#done", "Saved: On call").says(card+" h3", "On call")
	w.post(channelsPage, aimedAt(heartbeat.DefaultProject, id, "test")).wants(http.StatusSeeOther)
	save.Set("target", after.URL())
	w.post(channelsPage, save).wants(http.StatusSeeOther)
	w.post(channelsPage, aimedAt(heartbeat.DefaultProject, id, "test")).wants(http.StatusSeeOther)
	if len(before.Take()) != 1 || len(after.Take()) != 1 {
		t.Error("a new name led elsewhere, or a new URL did not")
	}
	save.Set("name", "")
	save.Set("target", "nowhere")
	p = w.post(channelsPage, save).wants(http.StatusUnprocessableEntity)
	p.says(card+" details[open]", "Name is missing").says(card+" details[open]", "URL cannot be used").says(card+" h3", "On call")
	if got := p.form(card + " .fields"); got.Get("name") != "" || got.Get("target") != "nowhere" {
		t.Errorf("what was typed has become %v", got)
	}
}

func TestChannels_ATestThatIsNotTakenIsToldBesideItsChannel(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), notifytest.NewReceiver(t)
	id := w.channel(heartbeat.DefaultProject, "webhook", "Ops", r.URL()+"/hush-hush")
	r.Always(notifytest.Answer{Status: http.StatusForbidden, Body: "no /hush-hush here"})
	p := w.post(channelsPage, aimedAt(heartbeat.DefaultProject, id, "test")).wants(http.StatusUnprocessableEntity)
	p.says("#channel-"+string(id)+" .problem", "It did not take the test message: ").says("#channel-"+string(id)+" .problem", "answered 403 Forbidden")
	if n := len(p.all(".problem")); n != 1 || strings.Contains(p.text, "hush") {
		t.Errorf("%d problems, or the URL is shown:\n%s", n, p.text)
	}
}

// late is a notifier whose receiver never answers.
type late struct{ t *testing.T }

func (n late) Notify(ctx context.Context, _ notify.Message) error {
	if end, ok := ctx.Deadline(); !ok || time.Until(end) > 10*time.Second {
		n.t.Errorf("the viewer waits until %v", end)
	}
	return fmt.Errorf("no answer from example.org: %w", context.DeadlineExceeded)
}

func TestChannels_ATestIsGivenUpAfterTenSeconds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *dash.Config) { c.Channels = notifytest.Given(notify.Channel{ID: "slack", Notifier: late{t}}) })
	p := w.post(channelsPage, aimedAt(heartbeat.DefaultProject, "slack", "test")).wants(http.StatusUnprocessableEntity)
	p.says("#channel-slack .problem", "It did not take the test message: no answer within 10 s")
}

func TestChannels_OfTheSettingsAreTestedAndNothingElse(t *testing.T) {
	t.Parallel()
	r := notifytest.NewReceiver(t)
	w := newWorldTelling(t, app.Targets{Slack: []string{r.URL(), "https://example.org"}})
	p := w.get(channelsPage).wants(http.StatusOK).says("#channel-slack", "Change or remove it in the settings.").says("#channel-slack-2 h3", "Slack-2")
	if n := len(p.all(".channel details")); n != 0 {
		t.Errorf("%d of them can be changed", n)
	}
	w.post(channelsPage, aimedAt(heartbeat.DefaultProject, "slack", "test")).wants(http.StatusSeeOther)
	if got := r.Take(); len(got) != 1 {
		t.Errorf("%d messages", len(got))
	}
	for _, action := range []string{"save", "remove"} {
		form := aimedAt(heartbeat.DefaultProject, "slack", action)
		form.Set("name", "x")
		w.post(channelsPage, form).wants(http.StatusNotFound).says("h1", "There is no such channel")
	}
	w.get(channelsPage + "/remove?project=default&channel=slack").wants(http.StatusNotFound)
}

func TestChannels_FormsOfWhatIsGoneSaySo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gone := heartbeat.ChannelID(service.NewID().String())
	for _, action := range []string{"save", "remove", "test"} {
		w.post(channelsPage, aimedAt(heartbeat.DefaultProject, gone, action)).wants(http.StatusNotFound).says("h1", "There is no such channel")
	}
	form := aimedAt("gone", "", "make")
	form.Set("kind", "slack")
	form.Set("target", "https://example.org")
	w.post(channelsPage, form).wants(http.StatusNotFound).says("h1", "There is no such project")
	w.post(channelsPage, aimedAt(heartbeat.DefaultProject, gone, "explode")).wants(http.StatusBadRequest)
	w.serve(w.request("POST", channelsPage, form)).wants(http.StatusUnauthorized)
	r := w.request("POST", channelsPage, form)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w.do(r).wants(http.StatusForbidden)
}

// asked returns the page that asks whether the channel is to go.
func (w *world) asked(id heartbeat.ChannelID) *page {
	w.t.Helper()
	p := w.get(channelsPage).wants(http.StatusOK)
	return w.get(attr(p.one("#channel-"+string(id)+" a.danger"), "href")).wants(http.StatusOK)
}

func TestChannels_RemovingSaysWhatItMeans(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.channel(heartbeat.DefaultProject, "slack", "Ops", "https://example.org/x")
	tells := map[string]heartbeat.CheckID{}
	for _, channels := range []string{string(id), string(id) + ",slack", ""} {
		c := w.byHand(service.Edit{Name: new("Job"), Channels: &channels})
		tells[channels] = c.ID
	}
	w.pulse("web1/backup/cron/nightly", time.Hour, kind(heartbeat.KindFail))
	w.deliverBy(id, func(int, heartbeat.Notice) heartbeat.Delivery {
		return heartbeat.Delivery{State: heartbeat.DeliveryWaiting, Attempts: 1, Next: noon.Add(time.Minute), Error: "example.org answered 503"}
	})
	p := w.asked(id).says("h1", "Remove Ops?").says("main", "Nothing is sent to example.org/… any more")
	p.says("main", "1 check tells this channel and no other: from then on all that remain are told")
	p.says("main", "1 message waits for it. They go to the channels that remain, unless others were told.")
	if n := len(p.all(".problem")); n != 0 {
		t.Error("it warns of silence while another channel is left")
	}
	form := p.form("main form")
	form.Set("action", attr(p.one("main form button"), "value"))
	w.get(w.post(channelsPage, form).wants(http.StatusSeeOther).header.Get("Location")).says("#done", "The channel is removed")
	if c, err := w.store.Check(t.Context(), tells[string(id)]); err != nil || c.Channels != "" {
		t.Errorf("the check that told it alone tells %q, %v", c.Channels, err)
	}
	w.get(channelsPage).says(".deliveries", "a channel that was removed")
}

func TestChannels_RemovingTheLastOneWarnsOfSilence(t *testing.T) {
	t.Parallel()
	w := newWorldTelling(t, app.Targets{})
	id := w.channel(heartbeat.DefaultProject, "slack", "Ops", "https://example.org")
	w.asked(id).says(".problem", "No other channel is left: nobody is told from then on when a check goes down.")
	billing, shop := w.project("Billing"), w.project("Shop")
	own := w.channel(shop, "slack", "Sales", "https://example.org")
	w.asked(id).says(".problem", "No other channel is left: nobody is told from then on when a check of Default or Billing goes down.")
	p := w.asked(own).says("main", "It is the only channel of Shop: from then on those of Default tell of its checks, until it has its own again.")
	if n := len(p.all(".problem")); n != 0 {
		t.Error("it warns of silence while others take over")
	}
	if err := w.service.RemoveChannel(t.Context(), heartbeat.DefaultProject, id); err != nil {
		t.Fatal(err)
	}
	w.asked(own).says(".problem", "when a check of Shop goes down")
	w.get(channelsPage).says("#project-"+string(billing)+" .problem", "Nobody is told when one of its checks goes down")
}
