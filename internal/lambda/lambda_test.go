package lambda_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat/internal/lambda"
)

// The six shapes, each with the same request.
var shapes = []string{"rest", "http", "http-stage", "url", "alb", "alb-multi"}

func event(t testing.TB, shape string) []byte {
	t.Helper()
	payload, err := os.ReadFile("testdata/" + shape + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// with sets a value in an event, by its path.
func with(t testing.TB, payload []byte, value any, path ...string) []byte {
	t.Helper()
	var whole map[string]any
	if err := json.Unmarshal(payload, &whole); err != nil {
		t.Fatal(err)
	}
	at := whole
	for _, key := range path[:len(path)-1] {
		at = at[key].(map[string]any)
	}
	at[path[len(path)-1]] = value
	payload, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// reply is an answer as gateways read it.
type reply struct {
	Status       int                 `json:"statusCode"`
	Description  string              `json:"statusDescription"`
	Headers      map[string]string   `json:"headers"`
	MultiHeaders map[string][]string `json:"multiValueHeaders"`
	Cookies      []string            `json:"cookies"`
	Body         string              `json:"body"`
	IsBase64     bool                `json:"isBase64Encoded"`
}

func (r reply) text(t testing.TB) string {
	t.Helper()
	if !r.IsBase64 {
		return r.Body
	}
	body, err := base64.StdEncoding.DecodeString(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func invoke(t testing.TB, f *lambda.Function, payload []byte) reply {
	t.Helper()
	out, err := f.Invoke(t.Context(), payload)
	if err != nil {
		t.Fatal(err)
	}
	var r reply
	decoder := json.NewDecoder(bytes.NewReader(out))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	return r
}

// function answers every request with one handler and keeps the base.
func function(base *string, handler http.HandlerFunc) *lambda.Function {
	return &lambda.Function{Handler: func(b string) http.Handler {
		if base != nil {
			*base = b
		}
		return handler
	}}
}

// seen is what a handler sees of a request.
type seen struct {
	Base, Method, Host, Path, RawPath, Remote string
	Query                                     map[string][]string
	Cookies                                   []string
	Multi, Agent, Kind                        []string
	Length                                    int64
	TLS                                       bool
	Body                                      []byte
}

func TestInvoke_EveryShapeIsTheSameRequest(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		var got seen
		f := function(&got.Base, func(_ http.ResponseWriter, r *http.Request) {
			got.Method, got.Host, got.Path, got.RawPath, got.Remote = r.Method, r.Host, r.URL.Path, r.URL.EscapedPath(), r.RemoteAddr
			got.Query, got.Length, got.TLS = r.URL.Query(), r.ContentLength, r.TLS != nil
			got.Multi, got.Agent, got.Kind = r.Header["X-Multi"], r.Header["User-Agent"], r.Header["Content-Type"]
			for _, cookie := range r.Cookies() {
				got.Cookies = append(got.Cookies, cookie.Name+"="+cookie.Value)
			}
			got.Body, _ = io.ReadAll(r.Body)
			if _, ok := r.Header["Host"]; ok || r.RequestURI != r.URL.RequestURI() || r.Proto != "HTTP/1.1" {
				t.Errorf("%s: host header %v, %s, %s", shape, ok, r.RequestURI, r.Proto)
			}
		})
		invoke(t, f, event(t, shape))
		want := seen{
			Method: "POST", Path: "/heartbeat/café/bar", RawPath: "/heartbeat/caf%C3%A9%2Fbar", Remote: "203.0.113.7:0",
			Query:   map[string][]string{"name": {"b & c"}, "q": {"one", "two"}},
			Cookies: []string{"theme=dark", "session=s1"},
			Multi:   []string{"a,b"}, Agent: []string{"curl/8.14.1"}, Kind: []string{"application/octet-stream"},
			Length: 3, Body: []byte{0x00, 0x01, 0xff}, TLS: true,
		}
		switch shape {
		case "rest":
			want.Host = "rest1.execute-api.eu-central-1.amazonaws.com"
			want.Base = "https://" + want.Host + "/prod"
		case "http":
			want.Host = "http1.execute-api.eu-central-1.amazonaws.com"
			want.Base = "https://" + want.Host
		case "http-stage":
			want.Host = "http2.execute-api.eu-central-1.amazonaws.com"
			want.Base = "https://" + want.Host + "/prod"
		case "url":
			want.Host, want.Remote = "url1.lambda-url.eu-central-1.on.aws", "[2001:db8::7]:0"
			want.Base = "https://" + want.Host
		case "alb": // without multi-value headers, a load balancer has dropped the first of two
			want.Host, want.Base, want.TLS = "watch.example.org:8080", "http://watch.example.org:8080", false
			want.Query["q"] = []string{"two"}
		case "alb-multi":
			want.Host, want.Base = "watch.example.org", "https://watch.example.org"
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", shape, diff)
		}
	}
}

func TestInvoke_WhatIsNoRequestIsATick(t *testing.T) {
	t.Parallel()
	tick := func(context.Context) (string, error) { return "all 3 checks are \"up\"", nil }
	for name, payload := range map[string]string{
		"the scheduler's":      `{"version":"0","id":"1","detail-type":"Scheduled Event","source":"aws.scheduler","time":"2026-11-22T10:00:00Z","resources":["arn:aws:scheduler:::x"],"detail":"{}"}`,
		"the original's":       `{"queryStringParameters":{"secret":"s3cret"}}`,
		"an empty object":      `{}`,
		"null":                 `null`,
		"a constant of choice": `{"sweep":true}`,
	} {
		out, err := (&lambda.Function{Tick: tick}).Invoke(t.Context(), []byte(payload))
		if err != nil || string(out) != `"all 3 checks are \"up\""` {
			t.Errorf("%s: %s, %v", name, out, err)
		}
		_, err = function(nil, nil).Invoke(t.Context(), []byte(payload))
		if err == nil || !strings.Contains(err.Error(), "no HTTP request") {
			t.Errorf("%s without a Tick: %v", name, err)
		}
	}
	partial := errors.New("partial")
	f := &lambda.Function{Tick: func(context.Context) (string, error) { return "", partial }}
	if _, err := f.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, partial) {
		t.Errorf("got %v, want the sweep's error", err)
	}
}

func TestInvoke_GarbageIsAnError(t *testing.T) {
	t.Parallel()
	f := &lambda.Function{
		Handler: func(string) http.Handler { return http.NotFoundHandler() },
		Tick:    func(context.Context) (string, error) { return "", nil },
	}
	for _, payload := range []string{"", "{", "[]", "12", `"GET"`, `{"httpMethod":5}`, `{"requestContext":[]}`} {
		if out, err := f.Invoke(t.Context(), []byte(payload)); err == nil || !strings.Contains(err.Error(), "no shape that is known") {
			t.Errorf("%q: %s, %v", payload, out, err)
		}
	}
	if _, err := f.Invoke(t.Context(), with(t, event(t, "rest"), "%%%", "body")); err == nil || !strings.Contains(err.Error(), "body") {
		t.Errorf("broken base64: %v", err)
	}
}

func TestInvoke_AHostThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"", "a b", "x@y", "x/y", "x?y", "%zz", "x:y:z"} {
		f := function(nil, func(http.ResponseWriter, *http.Request) { t.Errorf("%q was served", host) })
		if r := invoke(t, f, with(t, event(t, "alb"), host, "headers", "host")); r.Status != 400 {
			t.Errorf("%q: got %+v", host, r)
		}
	}
	f := function(nil, func(http.ResponseWriter, *http.Request) {})
	if r := invoke(t, f, with(t, event(t, "http"), map[string]string{}, "headers")); r.Status != 200 {
		t.Errorf("without headers, the gateway's domain is the host: %+v", r)
	}
}

func TestInvoke_TheClientsWordsDoNotTellWhereItIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event []byte
		want  string
	}{
		"load balancer with ports": {with(t, event(t, "alb"), "10.0.0.1, 203.0.113.7:4711", "headers", "x-forwarded-for"), "203.0.113.7:4711"},
		"load balancer, IPv6":      {with(t, event(t, "alb"), "2001:db8::1", "headers", "x-forwarded-for"), "[2001:db8::1]:0"},
		"load balancer, silent":    {with(t, event(t, "alb"), map[string]string{"host": "x"}, "headers"), ""},
		"the gateway's console":    {with(t, event(t, "rest"), "test-invoke-source-ip", "requestContext", "identity", "sourceIp"), "test-invoke-source-ip:0"},
	} {
		var got string
		invoke(t, function(nil, func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }), c.event)
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestArrivedAt_TheGatewaysTimeIfItCanBe(t *testing.T) {
	t.Parallel()
	field := map[string]string{"rest": "requestTimeEpoch", "http": "timeEpoch", "http-stage": "timeEpoch", "url": "timeEpoch"}
	for _, shape := range shapes {
		for age, ok := range map[time.Duration]bool{
			time.Second: true, 119 * time.Second: true, 121 * time.Second: false, -time.Minute: false,
		} {
			sent := time.Now().Add(-age).Truncate(time.Millisecond).UTC()
			payload := event(t, shape)
			if field[shape] != "" {
				payload = with(t, payload, sent.UnixMilli(), "requestContext", field[shape])
			}
			var at time.Time
			var known bool
			invoke(t, function(nil, func(_ http.ResponseWriter, r *http.Request) { at, known = lambda.ArrivedAt(r.Context()) }), payload)
			if want := ok && field[shape] != ""; known != want || want && at != sent {
				t.Errorf("%s, sent %v ago: got %v %v, want %v", shape, age, at, known, want)
			}
		}
	}
	if at, ok := lambda.ArrivedAt(t.Context()); ok {
		t.Errorf("outside a request: %v", at)
	}
}

func TestHandler_IsKeptForTheLatestBases(t *testing.T) {
	t.Parallel()
	made := 0
	f := &lambda.Function{Handler: func(string) http.Handler { made++; return http.NotFoundHandler() }}
	for range 10 {
		invoke(t, f, event(t, "http"))
		invoke(t, f, event(t, "alb"))
	}
	if made != 2 {
		t.Errorf("%d handlers for two bases", made)
	}
	for i := range 100 {
		invoke(t, f, with(t, event(t, "alb"), "host"+string(rune('a'+i%26))+".example.org", "headers", "host"))
	}
	if made > 102 {
		t.Errorf("%d handlers for 102 bases", made)
	}
}

func TestBase_OfASettingWins(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		var base string
		f := function(&base, func(http.ResponseWriter, *http.Request) {})
		f.Base = "https://watch.example.org/tools"
		invoke(t, f, event(t, shape))
		if base != f.Base {
			t.Errorf("%s: got %s", shape, base)
		}
	}
}

// Whatever the event, there is an error or a well-formed answer.
func FuzzInvoke(f *testing.F) {
	for _, shape := range shapes {
		f.Add(event(f, shape))
	}
	f.Add([]byte(`{"queryStringParameters":{"secret":"s"}}`))
	f.Add([]byte(`{"version":"2.0","rawPath":"","requestContext":{"stage":"p","domainName":"x","http":{"method":"GET"}}}`))
	f.Add([]byte(`{"httpMethod":"GET","path":"","requestContext":{"domainName":"x","path":"/"}}`))
	places := []lambda.Place{nil, lambda.RolePlace("pulse"), lambda.RolePlace("dashboard")}
	f.Fuzz(func(t *testing.T, payload []byte) {
		for _, place := range places {
			fn := &lambda.Function{
				Place: place,
				Tick:  func(context.Context) (string, error) { return "", nil },
				Handler: func(base string) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if r.Host == "" || !strings.Contains(base, r.Host) {
							t.Errorf("base %q, host %q", base, r.Host)
						}
						body, err := io.ReadAll(r.Body)
						if err != nil || int64(len(body)) != r.ContentLength {
							t.Errorf("%d of %d bytes: %v", len(body), r.ContentLength, err)
						}
						_ = r.ParseForm()
						w.Header().Set("X-Path", r.URL.EscapedPath())
						_, _ = w.Write(body)
					})
				},
			}
			out, err := fn.Invoke(t.Context(), payload)
			if err == nil && !json.Valid(out) {
				t.Errorf("%s: %s", payload, out)
			}
		}
	})
}
