package notifytest

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"heartbeat/internal/notify"
)

// The secret parts of a webhook's URL in these tests.
const (
	password = "hush-password"
	path     = "/services/T0SECRET/B0SECRET/x%2Fy%20SECRET"
	query    = "?token=query%3DSECRET&again=querySECRET2"
)

// testSecrets: whatever goes wrong, no error shows more of the URL than its host.
func testSecrets(t *testing.T, open Open) {
	r, secure := NewReceiver(t), NewTLSReceiver(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	echo := "no such hook: " + path + query + " x/y SECRET query=SECRET user:" + password

	for name, attempt := range map[string]struct {
		ctx    context.Context
		base   string
		client *notify.Client
		answer Answer
	}{
		"cancelled":  {ctx: ended},
		"refused":    {base: closedPort(t)},
		"guarded":    {client: notify.NewClient(notify.ClientConfig{})},
		"untrusted":  {base: secure.URL()},
		"no scheme":  {base: "ftp://example.org"},
		"bad port":   {base: "http://example.org:port"},
		"bad escape": {base: r.URL() + "/%zz"},
		"dropped":    {answer: Answer{Drop: true}},
		"redirect":   {answer: Answer{Status: 302, Header: http.Header{"Location": {r.URL() + path + query}}}},
		"lost":       {answer: Answer{Status: 302, Header: http.Header{"Location": {":" + path + query}}}},
		"refusal":    {answer: Answer{Status: 404, Body: echo}},
		"failure":    {answer: Answer{Status: 500, Body: strings.ReplaceAll(echo, "/", `\/`)}},
		"garbage":    {answer: Answer{Raw: echo + "\r\n\r\n"}},
		"bad status": {answer: Answer{Raw: "HTTP/1.1 " + echo + "\r\n\r\n"}},
		"bad header": {answer: Answer{Raw: "HTTP/1.1 200 OK\r\n" + strings.ReplaceAll(echo, ":", "") + "\r\n\r\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, base, c := attempt.ctx, attempt.base, attempt.client
			if ctx == nil {
				ctx = t.Context()
			}
			if base == "" {
				base = r.URL()
			}
			if c == nil {
				c = client()
			}
			r.Always(attempt.answer)
			url := strings.Replace(base, "://", "://user:"+password+"@", 1) + path + query
			err := open(url, c).Notify(ctx, Message())
			if err == nil {
				t.Fatal("no error")
			}
			for _, secret := range []string{password, "SECRET", "services/", "token=", "%2F"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("error shows %q: %v", secret, err)
				}
			}
		})
	}
}

// closedPort returns the base of a URL where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return "http://" + addr
}
