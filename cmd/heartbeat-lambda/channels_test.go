package main_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"heartbeat"
	"heartbeat/internal/notify/notifytest"
)

// What one function is told of channels another one knows in its next minute,
// though it is awake all the time.
func TestChannels_AreMadeInOneFunctionAndUsedInAnother(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	monitor, g := s.function("monitor"), &gateway{shape: functionURL, host: "u.lambda-url.eu-central-1.on.aws"}
	web := s.function("web")
	g.route = everywhere(web, web)
	job, person := s.browser(g), s.browser(g)
	s.tick(monitor, scheduled)
	pulse := func(status string) {
		t.Helper()
		job.get("/heartbeat/"+s.key+"/pulse?host=a&category=b&type=c&name=nightly&status="+status).wants(t, 200)
		s.tick(monitor, scheduled)
	}
	first, second := notifytest.NewReceiver(t), notifytest.NewReceiver(t)
	heard := func(slack, one, two int) {
		t.Helper()
		for name, is := range map[string][2]int{
			"the settings' channel": {len(s.slack.Requests()), slack}, "the first": {len(first.Requests()), one}, "the second": {len(second.Requests()), two},
		} {
			if is[0] != is[1] {
				t.Errorf("%s has heard %d messages, want %d", name, is[0], is[1])
			}
		}
	}
	const page = "/heartbeat/channels"
	person.post("/heartbeat/login", url.Values{"secret": {s.secret}}).wants(t, 200)
	made := person.post(page, url.Values{
		"action": {"make"}, "project": {"default"}, "kind": {"webhook"}, "name": {"Night shift"}, "target": {first.URL() + "/of-the-night-shift"},
	}).wants(t, 200, "Night shift")
	if strings.Contains(made.body, "of-the-night-shift") {
		t.Error("the page shows where the channel leads")
	}
	projects, err := s.store.Value(t.Context(), heartbeat.KeyProjects)
	if err != nil || strings.Contains(string(projects), "of-the-night-shift") {
		t.Fatalf("stored is %s, %v", projects, err)
	}
	id := string(s.made(projects))
	person.post(page, url.Values{"action": {"test"}, "project": {"default"}, "channel": {id}}).wants(t, 200, "has taken the test message")
	heard(0, 1, 0)
	pulse("fail")
	heard(1, 2, 0)
	person.post(page, url.Values{
		"action": {"save"}, "project": {"default"}, "channel": {id}, "name": {"Day shift"}, "target": {second.URL()},
	}).wants(t, 200, "Day shift")
	pulse("success")
	heard(2, 2, 1)
	person.get(page+"/remove?project=default&channel="+id).wants(t, 200, "Day shift")
	person.post(page, url.Values{"action": {"remove"}, "project": {"default"}, "channel": {id}}).wants(t, 200)
	pulse("fail")
	heard(3, 2, 1)
}

// made returns the ID of the only channel that was made in the default project.
func (s *stack) made(projects []byte) heartbeat.ChannelID {
	s.Helper()
	var all heartbeat.Projects
	if err := json.Unmarshal(projects, &all); err != nil {
		s.Fatal(err)
	}
	if p, ok := all.Find(heartbeat.DefaultProject); ok && len(p.Channels) == 1 {
		return p.Channels[0].ID
	}
	s.Fatalf("stored is %s, want one channel", projects)
	return ""
}
