package notifytest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"heartbeat/internal/notify"
)

// Open returns the notifier under test, sending to url through client.
type Open func(url string, client *notify.Client) notify.Notifier

// Run proves that the notifiers which open returns keep their promises.
func Run(t *testing.T, open Open) {
	t.Run("Request", func(t *testing.T) { t.Parallel(); testRequest(t, open) })
	t.Run("Test", func(t *testing.T) { t.Parallel(); testTest(t, open) })
	t.Run("Status", func(t *testing.T) { t.Parallel(); testStatus(t, open) })
	t.Run("RetryAfter", func(t *testing.T) { t.Parallel(); testRetryAfter(t, open) })
	t.Run("Redirect", func(t *testing.T) { t.Parallel(); testRedirect(t, open) })
	t.Run("Malformed", func(t *testing.T) { t.Parallel(); testMalformed(t, open) })
	t.Run("Huge", func(t *testing.T) { t.Parallel(); testHuge(t, open) })
	t.Run("Hanging", func(t *testing.T) { t.Parallel(); testHanging(t, open) })
	t.Run("PrivateTarget", func(t *testing.T) { t.Parallel(); testPrivateTarget(t, open) })
	t.Run("NoSecretInErrors", func(t *testing.T) { t.Parallel(); testSecrets(t, open) })
}

// client reaches the receivers of these tests.
func client() *notify.Client {
	return notify.NewClient(notify.ClientConfig{AllowPrivate: true, Version: "1.2.3"})
}

// fault returns the Failure that err is.
func fault(t *testing.T, err error) *notify.Failure {
	t.Helper()
	f := new(notify.Failure)
	if !errors.As(err, &f) {
		t.Fatalf("error is %T (%v), want a *notify.Failure", err, err)
	}
	if f.Reason == "" {
		t.Error("failure gives no reason")
	}
	return f
}

// testRequest: one message is one POST of JSON that names every check.
func testRequest(t *testing.T, open Open) {
	r := NewReceiver(t)
	m := Message()
	if err := open(r.URL()+"/hook?key=k", client()).Notify(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	requests := r.Requests()
	if len(requests) != 1 {
		t.Fatalf("%d requests, want 1", len(requests))
	}
	req := requests[0]
	if req.Method != http.MethodPost || req.Path != "/hook?key=k" {
		t.Errorf("request is %s %s, want POST /hook?key=k", req.Method, req.Path)
	}
	for name, want := range map[string]string{"Content-Type": "application/json", "User-Agent": "Heartbeat/1.2.3"} {
		if got := req.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if !json.Valid(req.Body) {
		t.Errorf("body is not JSON: %s", req.Body)
	}
	for _, e := range m.Events[:3] { // the fourth's name needs escaping, the fifth has none
		if !strings.Contains(string(req.Body), e.Check.Name) {
			t.Errorf("body does not name %q", e.Check.Name)
		}
	}
}

// testTest: a test is a message that says what it is, each time.
func testTest(t *testing.T, open Open) {
	r := NewReceiver(t)
	n := open(r.URL(), client())
	for range 2 {
		if err := n.Notify(t.Context(), notify.Message{Test: true, Dashboard: "https://example.org/heartbeat/dashboard"}); err != nil {
			t.Fatal(err)
		}
	}
	requests := r.Wait(t, 2)
	for _, req := range requests {
		if !strings.Contains(string(req.Body), notify.Headline(notify.Message{Test: true})) {
			t.Errorf("the body does not say that it is a test: %s", req.Body)
		}
	}
	if key := "Idempotency-Key"; requests[0].Header.Get(key) != "" && requests[0].Header.Get(key) == requests[1].Header.Get(key) {
		t.Error("the second test looks like the first one sent again")
	}
}

// testStatus: every status an HTTP server can answer with is taken, tried again
// or given up.
func testStatus(t *testing.T, open Open) {
	r := NewReceiver(t)
	n := open(r.URL(), client())
	refused := map[int]bool{400: true, 413: true, 415: true, 422: true} // the message, not the sender
	for code := 200; code < 600; code++ {
		r.Next(Answer{Status: code})
		err := n.Notify(t.Context(), Message())
		if code < 300 {
			if err != nil {
				t.Errorf("%d: %v, want taken", code, err)
			}
			continue
		}
		f := fault(t, err)
		if want := !refused[code]; f.Again != want {
			t.Errorf("%d: again is %t, want %t", code, f.Again, want)
		}
		if f.Status != code || !strings.Contains(f.Reason, fmt.Sprint(code)) {
			t.Errorf("%d: status is %d and reason %q", code, f.Status, f.Reason)
		}
	}
	if got := len(r.Requests()); got != 400 {
		t.Errorf("%d requests for 400 messages", got)
	}
}

// testRetryAfter: a service that asks to be left alone is, within reason.
func testRetryAfter(t *testing.T, open Open) {
	r := NewReceiver(t)
	n := open(r.URL(), client())
	date := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, tt := range []struct {
		status   int
		value    string
		min, max time.Duration
	}{
		{429, "120", 2 * time.Minute, 2 * time.Minute},
		{503, "1", time.Second, time.Second},
		{429, "0", 0, 0},
		{429, "", 0, 0},
		{429, "-5", 0, 0},
		{429, "soon", 0, 0},
		{429, "86400", time.Hour, time.Hour},
		{429, "99999999999999999999999", time.Hour, time.Hour},
		{503, date(10 * time.Minute), 9 * time.Minute, 10 * time.Minute},
		{503, date(-time.Hour), 0, 0},
		{503, date(48 * time.Hour), time.Hour, time.Hour},
	} {
		r.Next(Answer{Status: tt.status, Header: http.Header{"Retry-After": {tt.value}}})
		f := fault(t, n.Notify(t.Context(), Message()))
		if !f.Again || f.After < tt.min || f.After > tt.max {
			t.Errorf("%d, Retry-After %q: again %t after %v, want %v to %v",
				tt.status, tt.value, f.Again, f.After, tt.min, tt.max)
		}
	}
}

// testRedirect: nothing is sent to where a redirect leads.
func testRedirect(t *testing.T, open Open) {
	from, to := NewReceiver(t), NewReceiver(t)
	n := open(from.URL(), client())
	for _, code := range []int{301, 302, 303, 307, 308} {
		from.Next(Answer{Status: code, Header: http.Header{"Location": {to.URL()}}})
		f := fault(t, n.Notify(t.Context(), Message()))
		if !f.Again || !strings.Contains(f.Reason, "redirect") {
			t.Errorf("%d: again %t, %q; want a word on redirects", code, f.Again, f.Reason)
		}
	}
	if got := len(to.Requests()); got != 0 {
		t.Errorf("%d redirects were followed", got)
	}
}

// testMalformed: what is no answer is tried again, after one request each.
func testMalformed(t *testing.T, open Open) {
	r := NewReceiver(t)
	n := open(r.URL(), client())
	answers := []Answer{
		{Drop: true},
		{Raw: "\x00\x01\x02"},
		{Raw: "SSH-2.0-OpenSSH\r\n"},
		{Raw: "HTTP/1.1 abc\r\n\r\n"},
		{Raw: "HTTP/1.1 200"},
		{Raw: "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"},
		{Raw: "HTTP/1.1 101 Switching Protocols\r\n\r\n"},
		{Raw: "HTTP/1.1 999 Strange\r\n\r\n"},
	}
	for _, a := range answers {
		r.Next(a)
		if f := fault(t, n.Notify(t.Context(), Message())); !f.Again {
			t.Errorf("%+v: never again (%s)", a, f.Reason)
		}
	}
	if got := len(r.Requests()); got != len(answers) {
		t.Errorf("%d requests for %d messages", got, len(answers))
	}
	r.Next(Answer{Raw: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok"})
	if err := n.Notify(t.Context(), Message()); err != nil {
		t.Errorf("200 with a short body: %v, want taken", err)
	}
}

// testHuge: no answer is read to its end if it has none, and no error is long.
func testHuge(t *testing.T, open Open) {
	r := NewReceiver(t)
	n := open(r.URL(), client())
	flood := strings.Repeat("flood ", 1<<20)
	r.Next(Answer{Status: 500, Body: flood}, Answer{Status: 502, Header: http.Header{"X": {flood}}}, Answer{Body: flood})
	for range 2 {
		if f := fault(t, n.Notify(t.Context(), Message())); !f.Again || len(f.Reason) > 500 {
			t.Errorf("again %t, reason of %d bytes", f.Again, len(f.Reason))
		}
	}
	if err := n.Notify(t.Context(), Message()); err != nil {
		t.Errorf("200 with a huge body: %v, want taken", err)
	}
}

// testHanging: a silent service is left when ctx ends, or after the timeout.
func testHanging(t *testing.T, open Open) {
	r := NewReceiver(t)
	r.Always(Answer{Hang: true})

	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- open(r.URL(), client()).Notify(ctx, Message()) }()
	r.Wait(t, 1)
	cancel()
	err := <-result
	if f := new(notify.Failure); !errors.Is(err, context.Canceled) || errors.As(err, &f) && !f.Again {
		t.Errorf("cancelled: %v, want context.Canceled, to be tried again", err)
	}

	impatient := notify.NewClient(notify.ClientConfig{AllowPrivate: true, Timeout: 20 * time.Millisecond})
	if f := fault(t, open(r.URL(), impatient).Notify(t.Context(), Message())); !f.Again {
		t.Errorf("timed out: never again (%s)", f.Reason)
	}
}

// testPrivateTarget: without leave nothing reaches this machine, and the reason
// says how to give it.
func testPrivateTarget(t *testing.T, open Open) {
	r := NewReceiver(t)
	guarded := notify.NewClient(notify.ClientConfig{})
	f := fault(t, open(r.URL(), guarded).Notify(t.Context(), Message()))
	if !f.Again || !strings.Contains(f.Reason, "--allow-private-targets") {
		t.Errorf("again %t, reason %q", f.Again, f.Reason)
	}
	if got := len(r.Requests()); got != 0 {
		t.Errorf("%d requests reached a private target", got)
	}
}
