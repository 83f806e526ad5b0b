package client_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat/client"
)

var (
	byUUID  = client.Check{UUID: uuid}
	bySlug  = client.Check{Slug: "nightly"}
	byNames = client.Check{Host: "web1", Category: "a & b", Type: "cron", Name: "früh"}
)

const names = "category=a+%26+b&host=web1&name=fr%C3%BCh&"

func TestSend_AddressOfEveryForm(t *testing.T) {
	t.Parallel()
	exit := func(n int) *int { return &n }
	withRun := client.Details{Run: run}
	created := client.Check{Slug: "nightly", Create: true}
	scheduled := created
	scheduled.Settings = client.Settings{Cron: "0 3 * * *", Grace: 90 * time.Minute, Worktime: "always", Zone: "UTC"}
	graceless := byNames
	graceless.OnCalendar, graceless.Grace = "12:34\nSat 15:00", -1
	settings := byNames
	settings.Every, settings.Worktime, settings.Zone = 90*time.Minute, "mon-fri 09:00-17:30", "Europe/Berlin"
	for _, test := range []struct {
		check client.Check
		ping  client.Ping
		want  string
	}{
		{byUUID, client.Ping{}, "/ping/" + uuid},
		{byUUID, client.Ping{Kind: client.KindSuccess}, "/ping/" + uuid},
		{byUUID, client.Ping{Kind: client.KindStart, Details: withRun}, "/ping/" + uuid + "/start?rid=" + run},
		{byUUID, client.Ping{Kind: client.KindFail}, "/ping/" + uuid + "/fail"},
		{byUUID, client.Ping{Kind: client.KindLog}, "/ping/" + uuid + "/log"},
		{byUUID, client.Ping{Exit: exit(0)}, "/ping/" + uuid + "/0"},
		{byUUID, client.Ping{Exit: exit(255)}, "/ping/" + uuid + "/255"},
		{byUUID, client.Ping{Kind: client.KindFail, Exit: exit(3)}, "/ping/" + uuid + "/3"},
		{byUUID, client.Ping{Kind: client.KindFail, Exit: exit(0)}, "/ping/" + uuid + "/fail"},
		{client.Check{UUID: strings.ToUpper(uuid)}, client.Ping{}, "/ping/" + uuid},
		{bySlug, client.Ping{}, "/ping/" + key + "/nightly"},
		{bySlug, client.Ping{Kind: client.KindStart}, "/ping/" + key + "/nightly/start"},
		{created, client.Ping{Exit: exit(1), Details: withRun}, "/ping/" + key + "/nightly/1?create=1&rid=" + run},
		{scheduled, client.Ping{Kind: client.KindStart}, "/ping/" + key + "/nightly/start?create=1&cron=0+3+%2A+%2A+%2A&grace=1.5&tz=UTC&worktime=always"},
		{graceless, client.Ping{}, "/heartbeat/" + key + "/pulse?category=a+%26+b&grace=0&host=web1&name=fr%C3%BCh&oncalendar=12%3A34%0ASat+15%3A00&type=cron"},
		{byNames, client.Ping{}, "/heartbeat/" + key + "/pulse?" + names + "type=cron"},
		{byNames, client.Ping{Kind: client.KindStart, Details: client.Details{Run: "build:7"}}, "/heartbeat/" + key + "/pulse?" + names + "rid=build%3A7&status=start&type=cron"},
		{byNames, client.Ping{Exit: exit(4)}, "/heartbeat/" + key + "/pulse?category=a+%26+b&exit=4&host=web1&name=fr%C3%BCh&type=cron"},
		{byNames, client.Ping{Kind: client.KindFail, Exit: exit(0)}, "/heartbeat/" + key + "/pulse?category=a+%26+b&exit=0&host=web1&name=fr%C3%BCh&status=fail&type=cron"},
		{settings, client.Ping{}, "/heartbeat/" + key + "/pulse?" + names + "threshold=1.5&type=cron&tz=Europe%2FBerlin&worktime=mon-fri+09%3A00-17%3A30"},
	} {
		receiver, c := listen(t, client.Config{})
		if err := c.Send(t.Context(), test.check, test.ping); err != nil {
			t.Errorf("%s: %v", test.want, err)
		}
		if diff := cmp.Diff([]string{"POST " + test.want}, receiver.requests()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSend_BaseURLOfOtherClientsIsUnderstood(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"": "", "/": "", "/heartbeat": "", "/ping/": "", "/tools": "/tools", "/tools/heartbeat": "/tools",
		"/heartbeat/heartbeat": "/heartbeat",
	} {
		receiver, c := listen(t, client.Config{BaseURL: base})
		if err := c.Success(t.Context(), byUUID, client.Details{}); err != nil {
			t.Errorf("%s: %v", base, err)
		}
		if got := receiver.requests()[0]; got != "POST "+want+"/ping/"+uuid {
			t.Errorf("base %q leads to %s", base, got)
		}
	}
}

func TestSend_KeylessPulse(t *testing.T) {
	t.Parallel()
	r := &receiver{}
	c, err := client.New(client.Config{BaseURL: "http://example.org", HTTPClient: &http.Client{Transport: r}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Success(t.Context(), byNames, client.Details{}); err != nil {
		t.Fatal(err)
	}
	if got := r.got[0]; got != "POST /heartbeat/pulse?"+names+"status=success&type=cron" {
		t.Error(got)
	}
	if err := c.Success(t.Context(), bySlug, client.Details{}); !errors.Is(err, client.ErrInvalid) {
		t.Errorf("a slug without a key gave %v", err)
	}
}

func TestSend_BodyIsByteExact(t *testing.T) {
	t.Parallel()
	body := "line\n\x00\xff"
	receiver, c := listen(t, client.Config{})
	if err := c.ExitStatus(t.Context(), byUUID, 0, client.Details{Body: []byte(body)}); err != nil {
		t.Fatal(err)
	}
	if receiver.bodies[0] != body {
		t.Errorf("the body came as %q", receiver.bodies[0])
	}
}

func TestSend_InvalidIsNotSent(t *testing.T) {
	t.Parallel()
	exit := 300
	seven := 7
	for want, test := range map[string]struct {
		check client.Check
		ping  client.Ping
	}{
		"no check is named":        {},
		"named in two ways":        {check: client.Check{UUID: uuid, Slug: "x"}},
		"is no UUID":               {check: client.Check{UUID: "6ba7b8109dad41d180b400c04fd430c8"}},
		"must be of a-z":           {check: client.Check{Slug: "Nightly"}},
		"category is missing":      {check: client.Check{Host: "web1", Type: "cron", Name: "x"}},
		"only a check with a slug": {check: client.Check{UUID: uuid, Create: true}},
		"UUID exists already":      {check: client.Check{UUID: uuid, Settings: client.Settings{Every: time.Hour}}},
		"that may be created":      {check: client.Check{Slug: "x", Settings: client.Settings{Cron: "0 3 * * *"}}},
		"in two ways: keep one of period": {check: client.Check{
			Slug: "x", Create: true, Settings: client.Settings{Every: time.Hour, Cron: "0 3 * * *"},
		}},
		"must not be negative":    {check: client.Check{Slug: "x", Create: true, Settings: client.Settings{Every: -1}}},
		"must be a UUID for this": {check: byUUID, ping: client.Ping{Details: client.Details{Run: "7"}}},
		"up to 64 letters":        {check: byNames, ping: client.Ping{Details: client.Details{Run: "a b"}}},
		"must be from 0 to 255":   {check: byUUID, ping: client.Ping{Exit: &exit}},
		"it is no success":        {check: byUUID, ping: client.Ping{Kind: client.KindSuccess, Exit: &seven}},
		"goes with the end":       {check: byUUID, ping: client.Ping{Kind: client.KindStart, Exit: &seven}},
		"is no kind of ping":      {check: byUUID, ping: client.Ping{Kind: "done"}},
	} {
		receiver, c := listen(t, client.Config{})
		err := c.Send(t.Context(), test.check, test.ping)
		if !errors.Is(err, client.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if len(receiver.requests()) != 0 {
			t.Errorf("%q was sent", want)
		}
	}
}

func TestNew_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]client.Config{
		"is missing":        {},
		"must be absolute":  {BaseURL: "example.org"},
		"what begins with ": {BaseURL: "https://example.org/?a=b"},
		"ping key holds":    {BaseURL: "https://example.org", PingKey: "a/b"},
	} {
		if _, err := client.New(cfg); !errors.Is(err, client.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestSend_OnlyHeartbeatsAnswerCounts(t *testing.T) {
	t.Parallel()
	location := http.Header{"Location": {"https://login.example.org/?from=" + key}}
	for _, test := range []struct {
		answer answer
		want   string // empty: the ping counts as stored
	}{
		{answer{status: 200, text: "OK"}, ""},
		{answer{status: 201, text: "Created"}, ""},
		{answer{status: 200, text: "Successful Heartbeat Pulse"}, ""},
		{answer{status: 200, text: "<html>log in"}, "no answer of Heartbeat's"},
		{answer{status: 200, text: "OK (not found)"}, "no answer of Heartbeat's"},
		{answer{status: 204}, "no answer of Heartbeat's"},
		{answer{status: 302, header: location}, "redirects to https://login.example.org; is"},
		{answer{status: 404, text: "not found"}, "404 Not Found: not found"},
		{answer{status: 403, text: "<html>\nno"}, "403 Forbidden"},
		{answer{status: 400, text: "threshold\n is  wrong"}, "400 Bad Request: threshold is wrong"},
		{answer{status: 409, text: strings.Repeat("é", 400)}, "é…"},
	} {
		receiver, c := listen(t, client.Config{}, test.answer)
		err := c.Success(t.Context(), byUUID, client.Details{})
		status := new(client.StatusError)
		switch {
		case test.want == "" && err != nil, test.want != "" && !errors.As(err, &status):
			t.Errorf("%v: got %v", test.answer, err)
		case test.want != "" && (!strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), key)):
			t.Errorf("%v: got %v, want %q", test.answer, err, test.want)
		case len(receiver.requests()) != 1:
			t.Errorf("%v: %d attempts", test.answer, len(receiver.requests()))
		}
	}
}

func TestSend_ErrorsHoldNoKey(t *testing.T) {
	t.Parallel()
	c := open(t, client.Config{BaseURL: "http://127.0.0.1:1", RetryFor: -1})
	err := c.Success(t.Context(), bySlug, client.Details{})
	if err == nil || strings.Contains(err.Error(), key) || !strings.Contains(err.Error(), "127.0.0.1:1 could not be reached") {
		t.Errorf("got %v", err)
	}
	if outer := new(url.Error); errors.As(err, &outer) {
		t.Error("the error unwraps to one that prints the URL")
	}
}

func TestSend_CanceledContextEndsIt(t *testing.T) {
	t.Parallel()
	receiver, c := listen(t, client.Config{}, answer{status: 503})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := c.Success(ctx, byUUID, client.Details{})
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	status := new(client.StatusError)
	if !errors.As(err, &status) || status.Code != 503 || len(receiver.requests()) != 1 {
		t.Errorf("got %v after %d attempts", err, len(receiver.requests()))
	}
}
