package main_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/auth"
	"heartbeat/internal/lambda/lambdatest"
)

// original is the original's API Gateway: a REST API with four resources and five
// functions, its schedule not among them.
func (s *stack) original() (*gateway, *lambdatest.Runtime) {
	monitor := s.function("monitor", "HEARTBEAT_BASE_URL=https://old.execute-api.eu-central-1.amazonaws.com/prod")
	return &gateway{
		shape: restAPI, host: "old.execute-api.eu-central-1.amazonaws.com", stage: "prod",
		route: resources(map[string]*lambdatest.Runtime{
			"GET /heartbeat/pulse":     s.function("pulse", "HEARTBEAT_OPEN_PULSE=true"),
			"GET /heartbeat/dashboard": s.function("dashboard"),
			"GET /heartbeat/edit":      s.function("editGet"),
			"POST /heartbeat/edit":     s.function("editPost"),
			"GET /heartbeat/monitor":   monitor,
		}),
	}, monitor
}

// Each role stands where the original's function of that name stood: its clients,
// its bookmarks with the secret and its schedule's constant event go on working.
func TestRoles_ReplaceTheOriginalsFunctions(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	g, monitor := s.original()
	names := heartbeat.Names{Host: "web1", Category: "cron", Type: "backup", Name: "nightly"}
	id := names.ID(heartbeat.DefaultProject).String()
	constant := fmt.Sprintf(`{"queryStringParameters":{"secret":%q}}`, s.secret)
	s.tick(monitor, constant)

	client := s.browser(g)
	pulse := "/heartbeat/pulse?host=web1&category=cron&type=backup&name=nightly&threshold=24"
	if got := client.get(pulse).wants(t, 200); got.body != "Successful Heartbeat Pulse" {
		t.Errorf("got %q", got.body)
	}

	person := s.browser(g)
	person.get("/heartbeat/dashboard").wants(t, 401)
	board := person.get("/heartbeat/dashboard?secret="+s.secret).wants(t, 200, "nightly", "Up")
	if board.at.RawQuery != "" || strings.Contains(board.body, s.secret) {
		t.Errorf("the secret stays in the address or the page: %s", board.at)
	}
	person.get("/heartbeat/edit?id="+id).wants(t, 200, "Threshold")
	bookmark := s.browser(g)
	bookmark.get("/heartbeat/edit?secret="+s.secret+"&id="+id).wants(t, 200, "Threshold")

	// The original's form: threshold and saturday; then the page's own.
	person.post("/heartbeat/edit?id="+id, url.Values{"threshold": {"30"}, "saturday": {"1"}}).wants(t, 200, "nightly")
	if check, err := s.store.Check(t.Context(), names.ID(heartbeat.DefaultProject)); err != nil || check.Period != 30*time.Hour {
		t.Fatalf("period %v, %v; want 30 h", check.Period, err)
	}
	person.post("/heartbeat/edit?id="+id, url.Values{"threshold": {soon}, "worktime": {"always"}, "grace": {"0"}}).wants(t, 200)

	time.Sleep(judged)
	s.tick(monitor, constant)
	s.wantSaid(1, names, "down", g.base()+"/heartbeat/")
	client.get("/heartbeat/monitor?secret="+s.secret).wants(t, 200)
	client.get("/heartbeat/monitor?secret=wrong").wants(t, 403)
	s.wantSaid(1, names)

	person.post("/heartbeat/edit?id="+id, url.Values{"delete": {"del"}}).wants(t, 200)
	person.get("/heartbeat/dashboard").wants(t, 200, "No check yet")
}

func TestRoles_LinksStayWithinTheOriginalsResources(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.seed()
	g, _ := s.original()
	b := s.browser(g)
	c := crawl{browser: b, gateway: g}
	c.from("/heartbeat/dashboard") // the login form
	b.get("/heartbeat/dashboard?secret="+s.secret).wants(t, 200)
	c.from("/heartbeat/dashboard")
	c.wants("/heartbeat/dashboard", "/heartbeat/edit")
}

func TestRoles_AnswerWhatIsTheirsOnly(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.seed()
	for _, c := range []struct {
		role, method, path string
		ok                 bool
	}{
		{"pulse", "GET", "/heartbeat/dashboard", false},
		{"dashboard", "GET", "/heartbeat/" + s.key + "/pulse", false},
		{"editGet", "POST", "/heartbeat/edit", false},
		{"editPost", "GET", "/heartbeat/edit", false},
		{"monitor", "GET", "/heartbeat/dashboard", false},
		{"pulse", "GET", "/heartbeat/" + s.key + "/pulse?host=a&category=b&type=c&name=d", true},
	} {
		function := s.function(c.role)
		g := &gateway{
			shape: httpAPI, host: "h.execute-api.eu-central-1.amazonaws.com",
			route: func(string, string) *lambdatest.Runtime { return function },
		}
		form := url.Values(nil)
		if c.method == "POST" {
			form = url.Values{"threshold": {"1"}}
		}
		if got := s.browser(g).do(c.method, c.path, form); (got.status == 200) != c.ok {
			t.Errorf("%s: %s %s is answered %d", c.role, c.method, c.path, got.status)
		}
	}
}

func TestSchedule_OnlyTheMonitorTakesIt(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	for _, role := range []string{"web", "pulse", "dashboard", "editGet", "editPost"} {
		if answer, err := s.function(role).Invoke(t.Context(), []byte(scheduled)); err == nil {
			t.Errorf("%s answers %s", role, answer)
		}
	}
}

// heartbeat deploy stores the keys when the stack is there, and by then the
// schedule may have begun: that must not leave failed runs behind. The functions
// that people and jobs come to say what is missing.
func TestSchedule_MayBeginBeforeTheKeysAreStored(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	empty := "HEARTBEAT_TABLES=" + newTables(t).Prefix
	s.tick(s.function("monitor", empty), scheduled)
	binary, err := bootstrap()
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"web", "pulse"} {
		_, err := lambdatest.Run(t.Context(), lambdatest.Config{
			Binary: binary, Env: append(append([]string{"HEARTBEAT_ROLE=" + role}, s.env...), empty),
		})
		if err == nil || !strings.Contains(err.Error(), "run heartbeat deploy") {
			t.Errorf("%s starts without keys: %v", role, err)
		}
	}
}

// What heartbeat deploy has stored anew counts in functions that are awake.
func TestPingKey_ThatIsExchangedCountsAtOnce(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	function := s.function("pulse")
	g := &gateway{shape: functionURL, host: "u.lambda-url.eu-central-1.on.aws", route: everywhere(function, function)}
	const names = "/pulse?host=a&category=b&type=c&name=d"
	s.browser(g).get("/heartbeat/"+s.key+names).wants(t, 200)
	if err := auth.Seed(t.Context(), s.store, "", "another"); err != nil {
		t.Fatal(err)
	}
	s.browser(g).get("/heartbeat/another"+names).wants(t, 200)
	s.browser(g).get("/heartbeat/"+s.key+names).wants(t, 403)
}

func TestStart_WrongSettingsAreNamed(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	binary, err := bootstrap()
	if err != nil {
		t.Fatal(err)
	}
	for setting, word := range map[string]string{
		"HEARTBEAT_ROLE=boss":            "HEARTBEAT_ROLE",
		"HEARTBEAT_TABLES=":              "HEARTBEAT_TABLES",
		"HEARTBEAT_TABLES=no-such":       "no-such-state",
		"HEARTBEAT_TIMEZONE=Mars":        "HEARTBEAT_TIMEZONE",
		"HEARTBEAT_BASE_URL=example.org": "HEARTBEAT_BASE_URL",
		"HEARTBEAT_PING_LOG=maybe":       "HEARTBEAT_PING_LOG",
	} {
		env := append(append([]string{"HEARTBEAT_ROLE=web"}, s.env...), setting)
		_, err := lambdatest.Run(t.Context(), lambdatest.Config{Binary: binary, Env: env})
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}
