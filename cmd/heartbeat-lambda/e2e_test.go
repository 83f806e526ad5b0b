package main_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"heartbeat"
)

// scheduled is what EventBridge Scheduler sends each minute.
const scheduled = `{"version":"0","id":"1","detail-type":"Scheduled Event","source":"aws.scheduler","resources":[],"detail":"{}"}`

// soon is a threshold, in hours, that ends about a second after the pulse.
const soon = "0.0003"

// judged is how long after that pulse the monitor takes the check down: it leaves
// five seconds to pings that are on their way.
const judged = 6300 * time.Millisecond

// gateways are all shapes of events, with and without a stage in the address.
func gateways() map[string]*gateway {
	return map[string]*gateway{
		"REST API":                {shape: restAPI, host: "r.execute-api.eu-central-1.amazonaws.com", stage: "prod"},
		"HTTP API":                {shape: httpAPI, host: "h.execute-api.eu-central-1.amazonaws.com"},
		"HTTP API, named stage":   {shape: httpAPI, host: "n.execute-api.eu-central-1.amazonaws.com", stage: "prod"},
		"function URL":            {shape: functionURL, host: "u.lambda-url.eu-central-1.on.aws"},
		"load balancer":           {shape: alb, host: "watch.example.org"},
		"load balancer, multiple": {shape: albMulti, host: "watch.example.org"},
	}
}

// From the first pulse to the alert and the recovery, through every gateway.
func TestEndToEnd(t *testing.T) {
	t.Parallel()
	for name, g := range gateways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			g.route = everywhere(s.function("pulse"), s.function("web"))
			s.lives(g)
		})
	}
}

func (s *stack) lives(g *gateway) {
	monitor := s.function("monitor", "HEARTBEAT_BASE_URL="+g.base())
	names := heartbeat.Names{Host: "web & 1", Category: "cron", Type: "backup", Name: "näightly/1"}
	pulse := "/heartbeat/" + s.key + "/pulse" +
		query("host", names.Host, "category", names.Category, "type", names.Type, "name", names.Name, "threshold", "24", "worktime", "always")
	job, person := s.browser(g), s.browser(g)
	s.tick(monitor, scheduled)

	if got := job.get(pulse).wants(s.T, 200); got.body != "Successful Heartbeat Pulse" {
		s.Errorf("a pulse is answered %q", got.body)
	}
	id := names.ID(heartbeat.DefaultProject)
	pings, err := s.store.Pings(s.Context(), id, 10)
	if err != nil || len(pings) != 1 || pings[0].Addr != "203.0.113.7" {
		s.Fatalf("stored %+v, %v; want one ping from 203.0.113.7", pings, err)
	}

	person.get("/heartbeat/dashboard").wants(s.T, 401, "secret")
	person.post("/heartbeat/login", url.Values{"secret": {s.secret}}).wants(s.T, 200, "näightly/1", "web &amp; 1", "Up")
	edit := "/heartbeat/edit?id=" + id.String()
	person.get(edit).wants(s.T, 200, "Threshold")
	person.post(edit, url.Values{
		"threshold": {soon}, "grace": {"0"}, "worktime": {"always"}, "tz": {"Europe/Berlin"}, "saturday": {"1"}, "holidays": {""},
	}).wants(s.T, 200, "näightly/1")

	time.Sleep(time.Until(pings[0].At.Add(judged)))
	s.tick(monitor, scheduled)
	s.wantSaid(1, names, "down", g.base()+"/heartbeat/check?id="+id.String())
	person.get("/heartbeat/dashboard?status=down").wants(s.T, 200, "näightly/1", "Down")

	// The job is slower than its threshold allows, but it lives.
	person.post(edit, url.Values{"threshold": {"24"}}).wants(s.T, 200)
	job.get(pulse).wants(s.T, 200)
	s.tick(monitor, scheduled)
	s.wantSaid(2, names, "up", "")
	person.get("/heartbeat/dashboard").wants(s.T, 200, "Up")
}

// wantSaid wants n messages to Slack so far, of which the last one names the
// check and holds these words.
func (s *stack) wantSaid(n int, names heartbeat.Names, words ...string) {
	s.Helper()
	said := s.slack.Wait(s.T, n)
	if len(said) != n {
		s.Fatalf("%d messages, want %d: %s", len(said), n, said[len(said)-1].Body)
	}
	body := string(said[n-1].Body)
	if !strings.Contains(body, names.Category) || !strings.Contains(body, names.Type) {
		s.Errorf("the message does not name the check: %s", body)
	}
	for _, word := range words {
		if !strings.Contains(strings.ToLower(body), strings.ToLower(word)) {
			s.Errorf("the message does not say %q: %s", word, body)
		}
	}
	if strings.Contains(body, s.secret) || strings.Contains(body, s.key) {
		s.Errorf("the message tells a secret: %s", body)
	}
}

func TestPingLog_OffCountsPingsAndKeepsNone(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	function := s.function("pulse", "HEARTBEAT_PING_LOG=off")
	g := &gateway{shape: functionURL, host: "u.lambda-url.eu-central-1.on.aws", route: everywhere(function, function)}
	for range 2 {
		s.browser(g).get("/heartbeat/"+s.key+"/pulse?host=a&category=b&type=c&name=d").wants(t, 200)
	}
	id := heartbeat.Names{Host: "a", Category: "b", Type: "c", Name: "d"}.ID(heartbeat.DefaultProject)
	check, err := s.store.Check(t.Context(), id)
	if err != nil || check.Pings != 2 {
		t.Fatalf("%d pings are counted, want 2: %v", check.Pings, err)
	}
	if pings, err := s.store.Pings(t.Context(), id, 10); err != nil || len(pings) != 0 {
		t.Errorf("%d pings are kept, want none: %v", len(pings), err)
	}
}
