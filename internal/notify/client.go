package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"heartbeat"
)

const (
	// DefaultTimeout is how long an attempt may take from look-up to answer.
	DefaultTimeout = 10 * time.Second
	// maxAnswer is how many bytes of an answer are read, and maxHeader of its header.
	maxAnswer = 64 << 10
	maxHeader = 64 << 10
)

// ClientConfig is what a Client needs. Its zero value is the safe one.
type ClientConfig struct {
	// AllowPrivate permits targets that are not public: loopback, private,
	// link-local and other special addresses.
	AllowPrivate bool
	// Version of Heartbeat, sent in the User-Agent; empty means "dev".
	Version string
	// Timeout bounds one attempt; 0 means DefaultTimeout.
	Timeout time.Duration
	// Resolver looks up names; nil means the system's.
	Resolver *net.Resolver
}

// Client is the only way by which notifiers reach the network. The URLs it
// posts to were typed in by somebody, so it keeps them from being turned
// against the machine or the network that Heartbeat runs in:
//
//   - Every address is judged when it is connected to, after the look-up, so
//     that a name that resolves differently the second time gains nothing.
//   - Redirects are not followed; they are failures.
//   - Proxies in the environment (HTTP_PROXY and so on) are not used: a proxy
//     looks names up by itself, out of sight of that judgement.
//   - No connection is used twice: each attempt looks the name up afresh, and
//     net/http never sends a message twice by itself.
//
// No error it returns holds anything of a URL but its host.
type Client struct {
	cfg  ClientConfig
	http *http.Client
}

// NewClient returns a client.
func NewClient(cfg ClientConfig) *Client {
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Version == "" {
		cfg.Version = "dev"
	}
	c := &Client{cfg: cfg}
	dialer := &net.Dialer{Resolver: cfg.Resolver, Control: c.control}
	c.http = &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil,
			DialContext:            dialer.DialContext,
			DisableKeepAlives:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxHeader,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// refused is an address that the guard did not let pass.
type refused struct {
	addr netip.Addr
	kind string
}

func (e *refused) Error() string { return e.addr.String() + " is " + e.kind }

// control judges an address between look-up and connect.
func (c *Client) control(_, address string, _ syscall.RawConn) error {
	if c.cfg.AllowPrivate {
		return nil
	}
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address is not an IP address: %w", err) // unreachable: the dialer looks names up first
	}
	if kind := refusal(ap.Addr()); kind != "" {
		return &refused{addr: ap.Addr(), kind: kind}
	}
	return nil
}

const howToPermit = "; start Heartbeat with --allow-private-targets to permit it"

// CheckTarget says what is wrong with a webhook's URL as far as it can be known
// without the network, for the log at start and for pages: it is malformed, or
// its host is not public by itself. Empty if nothing is. It shows no secret.
func (c *Client) CheckTarget(rawURL string) (problem string) {
	t, err := parseTarget(rawURL)
	if err != nil {
		return err.Error()
	}
	if kind := t.literal(); kind != "" && !c.cfg.AllowPrivate {
		return t.url.Hostname() + " is " + kind + howToPermit
	}
	return ""
}

// Channel returns n, which posts to rawURL through c, as a channel under id.
func (c *Client) Channel(id heartbeat.ChannelID, rawURL string, n Notifier) Channel {
	return Channel{ID: id, Notifier: n, Target: Shorten(rawURL), Problem: c.CheckTarget(rawURL)}
}

// Post makes one attempt to send a JSON body and returns nil once the answer
// says that it was taken (2xx). Errors are a [*Failure], or wrap ctx's error
// if ctx was cancelled first.
func (c *Client) Post(ctx context.Context, rawURL string, header http.Header, body []byte) error {
	t, err := parseTarget(rawURL)
	if err != nil {
		return &Failure{Again: true, Reason: err.Error()}
	}
	attempt, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	req, err := c.request(attempt, t, header, body)
	if err != nil {
		return &Failure{Again: true, Reason: errMalformed.Error()}
	}
	res, err := c.http.Do(req)
	switch {
	case err == nil:
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &Failure{Again: true, Reason: "no answer from " + t.host() + " in time"}
	case ctx.Err() != nil:
		return fmt.Errorf("no answer from %s: %w", t.host(), ctx.Err())
	case attempt.Err() != nil:
		return &Failure{Again: true, Reason: fmt.Sprintf("no answer from %s within %v", t.host(), c.cfg.Timeout)}
	default:
		return &Failure{Again: true, Reason: t.unanswered(err)}
	}
	defer func() { _ = res.Body.Close() }()
	// The status is what counts: an answer that breaks off after it is still one.
	answer, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	return judge(t, res, answer)
}

func (c *Client) request(ctx context.Context, t target, header http.Header, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Heartbeat/"+c.cfg.Version)
	return req, nil
}

// unanswered says in words why no answer came.
func (t target) unanswered(err error) string {
	var no *refused
	if errors.As(err, &no) {
		return t.refusedText(no)
	}
	if outer := new(url.Error); errors.As(err, &outer) {
		err = outer.Err // without the URL, which the outer one shows
	}
	return "no answer from " + t.host() + ": " + t.clean(err.Error())
}

func (t target) refusedText(no *refused) string {
	name := t.url.Hostname()
	if addr, err := netip.ParseAddr(name); err == nil && addr == no.addr {
		return name + " is " + no.kind + howToPermit
	}
	return fmt.Sprintf("%s resolves to %s, %s%s", name, no.addr, no.kind, howToPermit)
}
