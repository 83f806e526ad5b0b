package notify_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"heartbeat/internal/notify"
	"heartbeat/internal/notify/notifytest"
)

func TestCheckTarget_RefusesWhatIsNotPublic(t *testing.T) {
	t.Parallel()
	guarded := notify.NewClient(notify.ClientConfig{})
	open := notify.NewClient(notify.ClientConfig{AllowPrivate: true})
	for host, kind := range map[string]string{
		"localhost":                        "a loopback address",
		"LOCALHOST.":                       "a loopback address",
		"hook.localhost":                   "a loopback address",
		"127.0.0.1":                        "a loopback address",
		"127.255.255.254":                  "a loopback address",
		"[::1]":                            "a loopback address",
		"0.0.0.0":                          "an unspecified address",
		"0.1.2.3":                          "an unspecified address",
		"[::]":                             "an unspecified address",
		"10.0.0.5":                         "a private address",
		"172.16.0.1":                       "a private address",
		"172.31.255.255":                   "a private address",
		"192.168.1.1":                      "a private address",
		"[fd12:3456::1]":                   "a private address",
		"[fec0::1]":                        "a private address",
		"169.254.169.254":                  "a link-local address",
		"[fe80::1]":                        "a link-local address",
		"[fe80::1%25eth0]":                 "a link-local address",
		"[fd00:ec2::254]":                  "a private address",
		"100.64.0.1":                       "a carrier's shared address",
		"100.127.255.255":                  "a carrier's shared address",
		"192.0.0.8":                        "a reserved address",
		"192.0.2.1":                        "a documentation address",
		"[2001:db8::1]":                    "a documentation address",
		"198.18.0.1":                       "a benchmarking address",
		"224.0.0.1":                        "a multicast address",
		"[ff02::1]":                        "a multicast address",
		"255.255.255.255":                  "a reserved address",
		"[::ffff:127.0.0.1]":               "a loopback address",
		"[::ffff:10.0.0.5]":                "a private address",
		"[::ffff:a9fe:a9fe]":               "a link-local address",
		"[64:ff9b::10.0.0.5]":              "a private address",
		"[64:ff9b::169.254.169.254]":       "a link-local address",
		"[64:ff9b:1::10.0.0.5]":            "a reserved address",
		"[2002:a00:5::1]":                  "a private address",
		"[2002:7f00:1::]":                  "a loopback address",
		"[2001:0:53aa:64c::1]":             "a reserved address",
		"[::10.0.0.5]":                     "a reserved address",
		"[100::1]":                         "a reserved address",
		"[5f00::1]":                        "a reserved address",
		"8.8.8.8":                          "",
		"172.15.255.255":                   "",
		"172.32.0.1":                       "",
		"100.63.255.255":                   "",
		"100.128.0.1":                      "",
		"[2606:4700::1111]":                "",
		"[::ffff:8.8.8.8]":                 "",
		"[64:ff9b::8.8.8.8]":               "",
		"hooks.slack.com":                  "",
		"hooks.slack.com:443":              "",
		"localhost.example.org":            "",
		"user:password@hooks.example.org":  "",
		"user:password@127.0.0.1:8080/x?y": "a loopback address",
	} {
		got := guarded.CheckTarget("https://" + host)
		if kind == "" && got != "" {
			t.Errorf("%s: %q, want nothing wrong", host, got)
		}
		if want := "is " + kind + "; start Heartbeat with --allow-private-targets"; kind != "" && !strings.Contains(got, want) {
			t.Errorf("%s: %q, want it to say %q", host, got, want)
		}
		if strings.Contains(got, "password") {
			t.Errorf("%s: shows the password: %q", host, got)
		}
		if got := open.CheckTarget("https://" + host); got != "" {
			t.Errorf("%s, allowed: %q, want nothing wrong", host, got)
		}
	}
}

func TestCheckTarget_Malformed(t *testing.T) {
	t.Parallel()
	c := notify.NewClient(notify.ClientConfig{AllowPrivate: true})
	for _, url := range []string{
		"", "hooks.slack.com/secret", "ftp://example.org/secret", "https:///secret", "https:secret", "file:///secret",
		"https://example.org:secret", "https://example.org/%secret", "https://exa mple.org/secret", "https://example.org/secret\n",
		"https://user:secret", "https://:443/secret", "javascript:secret", "https://[::1/secret",
	} {
		got := c.CheckTarget(url)
		if got == "" {
			t.Errorf("%q: nothing wrong", url)
		}
		if strings.Contains(got, "secret") {
			t.Errorf("%q: shows the secret: %q", url, got)
		}
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://hooks.slack.com/services/T0/B0/secret":     "hooks.slack.com/services/…",
		"https://hooks.slack-gov.com/services/T0/B0/secret": "hooks.slack-gov.com/services/…",
		"https://hooks.slack.com/workflows/secret":          "hooks.slack.com/…",
		"https://chat.example.org/services/secret":          "chat.example.org/…",
		"https://user:secret@example.org:8443/secret":       "example.org:8443/…",
		"https://example.org/?key=secret":                   "example.org/…",
		"https://example.org":                               "example.org",
		"https://example.org/":                              "example.org",
		"https://example.org:secret":                        "(a malformed URL)",
	} {
		if got := notify.Shorten(url); got != want {
			t.Errorf("Shorten(%q) = %q, want %q", url, got, want)
		}
	}
}

// resolver answers every question about an IPv4 address with the next of
// answers, and the last of them for ever.
func resolver(t *testing.T, answers ...string) *net.Resolver {
	var asked atomic.Int64
	serve := func(conn net.Conn) {
		defer func() { _ = conn.Close() }()
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		var m dnsmessage.Message
		if err := m.Unpack(query); err != nil {
			t.Errorf("unpack query: %v", err)
			return
		}
		m.Response = true
		m.Additionals = nil
		if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
			n := min(int(asked.Add(1)), len(answers)) - 1
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
				Body:   &dnsmessage.AResource{A: netip.MustParseAddr(answers[n]).As4()},
			}}
		}
		reply, err := m.AppendPack(make([]byte, 2))
		if err != nil {
			t.Errorf("pack answer: %v", err)
			return
		}
		binary.BigEndian.PutUint16(reply, uint16(len(reply)-2))
		_, _ = conn.Write(reply)
	}
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go serve(server)
		return client, nil
	}}
}

func TestPost_JudgesTheAddressThatANameResolvesTo(t *testing.T) {
	t.Parallel()
	c := notify.NewClient(notify.ClientConfig{Resolver: resolver(t, "10.0.0.5")})
	const url = "https://hooks.internal.example.org/secret"
	if problem := c.CheckTarget(url); problem != "" {
		t.Errorf("CheckTarget looks names up: %s", problem)
	}
	f := new(notify.Failure)
	if err := c.Post(t.Context(), url, nil, nil); !errors.As(err, &f) {
		t.Fatalf("error is %v, want a *notify.Failure", err)
	}
	const want = "hooks.internal.example.org resolves to 10.0.0.5, a private address; " +
		"start Heartbeat with --allow-private-targets to permit it"
	if f.Reason != want || !f.Again {
		t.Errorf("again %t, %q; want true, %q", f.Again, f.Reason, want)
	}
}

func TestPost_LooksUpAndJudgesEveryTime(t *testing.T) {
	t.Parallel()
	r := notifytest.NewReceiver(t)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(r.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	c := notify.NewClient(notify.ClientConfig{AllowPrivate: true, Resolver: resolver(t, "127.0.0.1", "127.255.255.254")})
	url := "http://hooks.example.org:" + port
	if err := c.Post(t.Context(), url, nil, nil); err != nil {
		t.Fatalf("first: %v", err)
	}
	if err := c.Post(t.Context(), url, nil, nil); err == nil {
		t.Error("second: went through an old connection or look-up")
	}
	if got := len(r.Requests()); got != 1 {
		t.Errorf("%d requests, want 1", got)
	}
}

func TestPost_IgnoresProxiesOfTheEnvironment(t *testing.T) {
	proxy, r := notifytest.NewReceiver(t), notifytest.NewReceiver(t)
	t.Setenv("HTTP_PROXY", proxy.URL())
	t.Setenv("http_proxy", proxy.URL())
	c := notify.NewClient(notify.ClientConfig{AllowPrivate: true, Resolver: resolver(t, "127.0.0.1")})
	url := strings.Replace(r.URL(), "127.0.0.1", "hooks.example.org", 1)
	if err := c.Post(t.Context(), url, nil, nil); err != nil {
		t.Fatal(err)
	}
	if len(proxy.Requests()) != 0 || len(r.Requests()) != 1 {
		t.Error("the message went to the proxy")
	}
}

func TestPost_SendsHeadersAndBasicAuthentication(t *testing.T) {
	t.Parallel()
	r := notifytest.NewReceiver(t)
	c := notify.NewClient(notify.ClientConfig{AllowPrivate: true})
	url := strings.Replace(r.URL(), "://", "://user:password@", 1)
	if err := c.Post(t.Context(), url, http.Header{"X-Test": {"yes"}}, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	req := http.Request{Header: r.Requests()[0].Header}
	if user, password, ok := req.BasicAuth(); !ok || user != "user" || password != "password" {
		t.Errorf("authentication is %q, %q, %t", user, password, ok)
	}
	if got := req.Header.Get("X-Test"); got != "yes" {
		t.Errorf("X-Test is %q", got)
	}
}

func TestPost_ReasonQuotesTheAnswer(t *testing.T) {
	t.Parallel()
	r := notifytest.NewReceiver(t)
	c := notify.NewClient(notify.ClientConfig{AllowPrivate: true})
	host := strings.TrimPrefix(r.URL(), "http://")
	for _, tt := range []struct {
		answer notifytest.Answer
		want   string
	}{
		{notifytest.Answer{Status: 404, Body: "no_service"}, host + " answered 404 Not Found: no_service"},
		{notifytest.Answer{Status: 410, Body: " \n"}, host + " answered 410 Gone"},
		{notifytest.Answer{Status: 599, Body: "<b>\x00\r\nä\u202e</b>\xff"}, host + " answered 599: <b> ä </b>"},
		{notifytest.Answer{Status: 400, Body: "not your key0123"}, host + " answered 400 Bad Request: not your …"},
		{notifytest.Answer{Status: 400, Body: strings.Repeat("ü", 300)}, host + " answered 400 Bad Request: " + strings.Repeat("ü", 200) + "…"},
	} {
		r.Next(tt.answer)
		err := c.Post(t.Context(), r.URL()+"/key0123", nil, nil)
		if err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

// FuzzPost_NoSecretInReason answers with a body around the URL's secret.
func FuzzPost_NoSecretInReason(f *testing.F) {
	f.Add("no such hook: ", "s3cr3t", "!")
	f.Add("", "a b\x00c", "\xff")
	f.Add("%", "%2F%%", "%")
	r := notifytest.NewReceiver(f)
	c := notify.NewClient(notify.ClientConfig{AllowPrivate: true})
	f.Fuzz(func(t *testing.T, before, secret, after string) {
		secret = "<" + secret + ">" // not in any text of ours
		hook := r.URL() + "/" + url.PathEscape(secret)
		r.Next(notifytest.Answer{Status: 403, Body: before + secret + after})
		err := c.Post(t.Context(), hook, nil, nil)
		r.Take()
		if err == nil {
			t.Fatal("403 was taken")
		}
		if strings.Contains(err.Error(), secret) && len(secret) >= 4 {
			t.Errorf("reason shows %q: %v", secret, err)
		}
	})
}
