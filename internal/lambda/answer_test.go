package lambda_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var png = []byte("\x89PNG\r\n\x1a\n\x00\x01\xff")

func TestInvoke_EveryShapeTakesTheAnswer(t *testing.T) {
	t.Parallel()
	f := function(nil, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("Set-Cookie", "a=1; Path=/")
		w.Header().Add("Set-Cookie", "b=2; Path=/")
		w.Header().Add("Vary", "Accept")
		w.Header().Add("Vary", "Cookie")
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("Content-Length", "11")
		w.Header()["Date"] = nil // as handlers write that there shall be none
		w.WriteHeader(http.StatusCreated)
		w.Header().Set("Too-Late", "1")
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write(png[:4])
		_, _ = w.Write(png[4:])
	})
	cookies := []string{"a=1; Path=/", "b=2; Path=/"}
	multi := map[string][]string{"Content-Type": {"image/png"}, "Vary": {"Accept", "Cookie"}, "Set-Cookie": cookies}
	single := map[string]string{"Content-Type": "image/png", "Vary": "Accept, Cookie"}
	for _, shape := range shapes {
		want := reply{Status: 201, Body: base64.StdEncoding.EncodeToString(png), IsBase64: true}
		switch shape {
		case "rest":
			want.MultiHeaders = multi
		case "alb-multi":
			want.MultiHeaders, want.Description = multi, "201 Created"
		case "alb":
			want.Description = "201 Created"
			want.Headers = map[string]string{
				"Content-Type": "image/png", "Vary": "Accept, Cookie", "set-cookie": cookies[0], "Set-cookie": cookies[1],
			}
		default:
			want.Headers, want.Cookies = single, cookies
		}
		if diff := cmp.Diff(want, invoke(t, f, event(t, shape))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", shape, diff)
		}
	}
}

func TestInvoke_TextTravelsAsItIs(t *testing.T) {
	t.Parallel()
	const page = "<p>é & ü</p>"
	for _, c := range []struct {
		kind, encoding, body string
		base64               bool
	}{
		{kind: "text/html; charset=utf-8", body: page},
		{kind: "TEXT/CSS", body: page},
		{kind: "application/json", body: page},
		{kind: "application/problem+json", body: page},
		{kind: "application/javascript", body: page},
		{kind: "text/javascript; charset=utf-8", body: page},
		{kind: "image/svg+xml", body: page},
		{kind: "text/plain; charset=iso-8859-1", body: "\xe9", base64: true},
		{kind: "text/html", encoding: "gzip", body: page, base64: true},
		{kind: "application/octet-stream", body: page, base64: true},
		{kind: "application/zip", body: page, base64: true},
		{kind: "application/zip"},
	} {
		f := function(nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.kind)
			if c.encoding != "" {
				w.Header().Set("Content-Encoding", c.encoding)
			}
			_, _ = io.WriteString(w, c.body)
		})
		r := invoke(t, f, event(t, "http"))
		if r.IsBase64 != c.base64 || r.text(t) != c.body || r.Status != 200 {
			t.Errorf("%s %s: %+v", c.kind, c.encoding, r)
		}
	}
}

func TestInvoke_AnswersAsNetHTTPDoes(t *testing.T) {
	t.Parallel()
	write := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	get, head := event(t, "http"), with(t, event(t, "http"), "HEAD", "requestContext", "http", "method")
	for _, c := range []struct {
		name    string
		event   []byte
		handler http.HandlerFunc
		want    reply
	}{
		{"nothing", get, func(http.ResponseWriter, *http.Request) {}, reply{Status: 200}},
		{"kind from the body", get, write(200, "<!DOCTYPE html>"), reply{
			Status: 200, Body: "<!DOCTYPE html>", Headers: map[string]string{"Content-Type": "text/html; charset=utf-8"},
		}},
		{"HEAD", head, write(200, "body"), reply{Status: 200}},
		{"no content", get, write(204, "body"), reply{Status: 204}},
		{"not modified", get, write(304, "body"), reply{Status: 304}},
	} {
		if diff := cmp.Diff(c.want, invoke(t, function(nil, c.handler), c.event)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestInvoke_FiveHundredCookiesGetPastALoadBalancer(t *testing.T) {
	t.Parallel()
	f := function(nil, func(w http.ResponseWriter, _ *http.Request) {
		for range 500 {
			w.Header().Add("Set-Cookie", "a=1")
		}
	})
	r := invoke(t, f, event(t, "alb"))
	for key := range r.Headers {
		if !strings.EqualFold(key, "Set-Cookie") {
			t.Errorf("got header %q", key)
		}
	}
	if len(r.Headers) != 500 {
		t.Errorf("%d of 500 cookies are left", len(r.Headers))
	}
}

func TestInvoke_APanicIsA500(t *testing.T) {
	t.Parallel()
	for cause, logged := range map[any]bool{"no way": true, http.ErrAbortHandler: false} {
		var log bytes.Buffer
		f := function(nil, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half an answ")
			panic(cause)
		})
		f.Logger = slog.New(slog.NewTextHandler(&log, nil))
		r := invoke(t, f, event(t, "rest"))
		if r.Status != 500 || !strings.Contains(r.Body, "its log says what") || strings.Contains(r.Body, "half") {
			t.Errorf("%v: got %+v", cause, r)
		}
		if got := strings.Contains(log.String(), "no way"); got != logged {
			t.Errorf("%v: log %q", cause, log.String())
		}
		f.Logger = nil
		if r := invoke(t, f, event(t, "rest")); r.Status != 500 {
			t.Errorf("%v, without a logger: got %+v", cause, r)
		}
	}
}

func TestInvoke_AnswersThatLambdaWouldCutAre500(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		shape  string
		length int
		kind   string
		status int
	}{
		{"http", 6<<20 - 300, "text/plain", 200},
		{"http", 6 << 20, "text/plain", 500},
		{"http", 6<<20 + 1, "text/plain", 500},
		{"http", 5 << 20, "image/png", 500}, // in base64 it is too long
		{"alb", 1<<20 - 300, "text/plain", 200},
		{"alb", 1 << 20, "text/plain", 500},
	} {
		f := function(nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.kind)
			_, _ = w.Write(bytes.Repeat([]byte("x"), c.length))
		})
		r := invoke(t, f, event(t, c.shape))
		if r.Status != c.status || r.Status == 500 && !strings.Contains(r.Body, "ask for less") {
			t.Errorf("%d bytes to %s: %d %.100s", c.length, c.shape, r.Status, r.Body)
		}
	}
}
