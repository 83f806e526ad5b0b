package main

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestReadSettings_TellsAllThatIsWrongAndWhatToDo(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"HEARTBEAT_ROLE": "pules", "HEARTBEAT_TIMEZONE": "Europe/Berlim", "HEARTBEAT_BASE_URL": "heartbeat",
		"HEARTBEAT_LOG_LEVEL": "loud", "HEARTBEAT_PING_LOG": "maybe", "HEARTBEAT_OPEN_PULSE": "ja",
	}
	_, err := readSettings(func(name string) string { return env[name] })
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`HEARTBEAT_ROLE is "pules": set one of [pulse dashboard editGet editPost monitor web]`,
		"HEARTBEAT_TABLES is missing: set", "AWS_REGION is missing", "HEARTBEAT_TIMEZONE: tz must be an IANA time zone",
		`HEARTBEAT_BASE_URL is "heartbeat": set a URL`, `HEARTBEAT_LOG_LEVEL is "loud": set debug`,
		`HEARTBEAT_PING_LOG is "maybe": set on or off`, `HEARTBEAT_OPEN_PULSE is "ja": set true or false`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}

func TestRole_AnswersItsOwnAddressesOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path string
		roles        string // those that answer, beside web, which answers all
	}{
		{"GET", "/heartbeat/pulse", "pulse"},
		{"POST", "/heartbeat/k3y/pulse", "pulse"},
		{"GET", "/ping/0e4b1b1e-7c0b-8a53-9c4d-3f7f5b1c2d3e/start", "pulse"},
		{"GET", "/heartbeat/dashboard", "dashboard"},
		{"GET", "/heartbeat/static/app.css", "dashboard"},
		{"GET", "/heartbeat/edit", "dashboard editGet"},
		{"POST", "/heartbeat/edit", "dashboard editPost"},
		{"GET", "/heartbeat/monitor", "monitor"},
	} {
		for _, r := range roles {
			want := r == roleWeb || strings.Contains(" "+c.roles+" ", " "+string(r)+" ")
			if got := r.answers(httptest.NewRequest(c.method, c.path, nil)); got != want {
				t.Errorf("%s answers %s %s: %v, want %v", r, c.method, c.path, got, want)
			}
		}
	}
}
