// Package client sends pings to Heartbeat from Go programs. It needs nothing
// but the standard library.
//
//	c, err := client.New(client.Config{BaseURL: "https://example.org", PingKey: key})
//	...
//	nightly := client.Check{Host: "db1", Category: "backup", Type: "cron", Name: "customers"}
//	err = c.Run(ctx, nightly, backup)
//
// [Client.Run] reports the start and the end of a job, and returns the job's own
// error: whether the monitor could be reached never decides whether the job went
// well. [Client.Success], [Client.Fail] and their like send one ping and return
// nil only if the server has stored it.
//
// A ping is tried again, with growing pauses, when the network fails, when the
// server answers 5xx, and when it answers 429; any other refusal is final. As an
// answer can get lost, a ping may be stored twice.
package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Defaults of [Config].
const (
	DefaultRetryFor       = time.Minute
	DefaultAttemptTimeout = 10 * time.Second
)

// Config is what a client needs to know.
type Config struct {
	// BaseURL is what stands before /heartbeat and /ping in the server's
	// addresses, such as https://example.org or https://example.org/tools. One of
	// the two at its end is taken off, so that an address which was meant for
	// other clients may be used as it is.
	BaseURL string
	// PingKey is the project's ping key. Checks addressed by UUID need none, and
	// those addressed by names need none if the server lets keyless pulses in.
	PingKey string
	// HTTPClient sends the requests. The default is one that follows no redirect,
	// because what answers elsewhere need not be Heartbeat.
	HTTPClient *http.Client
	// Agent is the User-Agent that the server records. Default: heartbeat-client.
	Agent string
	// RetryFor bounds how long one ping is tried for, all attempts and pauses
	// together; a context that ends earlier ends it earlier. 0 stands for
	// DefaultRetryFor; a negative one asks for a single attempt.
	RetryFor time.Duration
	// AttemptTimeout bounds one attempt. 0 stands for DefaultAttemptTimeout.
	AttemptTimeout time.Duration
	// Logger hears of the pings that Run could not deliver. Default: none.
	Logger *slog.Logger
}

// Client sends pings. It may be used by several goroutines at once.
type Client struct {
	cfg  Config
	base *url.URL
}

// New returns a client, or an error that says what is wrong with the
// configuration. It sends nothing.
func New(cfg Config) (*Client, error) {
	base, err := parseBase(cfg.BaseURL)
	if err != nil {
		return nil, err
	}
	if !onlyOf(cfg.PingKey, keyLetters) {
		return nil, invalid("the ping key holds a character that no key has: use letters (A-Z, a-z), digits, - and _")
	}
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}}
	}
	if cfg.Agent == "" {
		cfg.Agent = "heartbeat-client"
	}
	if cfg.RetryFor == 0 {
		cfg.RetryFor = DefaultRetryFor
	}
	if cfg.AttemptTimeout <= 0 {
		cfg.AttemptTimeout = DefaultAttemptTimeout
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Client{cfg: cfg, base: base}, nil
}

func parseBase(s string) (*url.URL, error) {
	if s == "" {
		return nil, invalid("the base URL is missing: give the server's address, such as https://example.org")
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, invalid("the base URL must be absolute, such as https://example.org")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return nil, invalid("the base URL must end with its path: leave out what begins with ? or #")
	}
	path := strings.TrimRight(u.Path, "/")
	for _, route := range []string{"/heartbeat", "/ping"} {
		if before, ok := strings.CutSuffix(path, route); ok {
			path = before
			break
		}
	}
	u.Path, u.RawPath = path, ""
	return u, nil
}

// Kind is what a ping says.
type Kind string

// The kinds of pings.
const (
	KindSuccess Kind = "success"
	KindStart   Kind = "start"
	KindFail    Kind = "fail"
	KindLog     Kind = "log"
)

// Ping is one ping.
type Ping struct {
	// Kind is what the ping says; empty means success, or what Exit says.
	Kind Kind
	// Exit is the job's exit status, 0 to 255; anything but 0 is a failure. It
	// goes with the end of a run only. nil: there is none.
	Exit *int
	Details
}

// Details are what any ping may carry. The zero value is none of them.
type Details struct {
	// Run pairs the start of a run with its end where runs overlap; see NewRunID.
	Run string
	// Body is the job's output. The server keeps its first 10,000 bytes.
	Body []byte
}

// Success says that the job went well.
func (c *Client) Success(ctx context.Context, check Check, d Details) error {
	return c.Send(ctx, check, Ping{Kind: KindSuccess, Details: d})
}

// Start says that the job begins.
func (c *Client) Start(ctx context.Context, check Check, d Details) error {
	return c.Send(ctx, check, Ping{Kind: KindStart, Details: d})
}

// Fail says that the job failed.
func (c *Client) Fail(ctx context.Context, check Check, d Details) error {
	return c.Send(ctx, check, Ping{Kind: KindFail, Details: d})
}

// Log adds a line to the check's history that changes nothing.
func (c *Client) Log(ctx context.Context, check Check, d Details) error {
	return c.Send(ctx, check, Ping{Kind: KindLog, Details: d})
}

// ExitStatus says that the job ended with an exit status: 0 is a success, 1 to
// 255 are failures.
func (c *Client) ExitStatus(ctx context.Context, check Check, status int, d Details) error {
	return c.Send(ctx, check, Ping{Exit: &status, Details: d})
}

// Send sends a ping and returns nil once the server has stored it. Errors:
// ErrInvalid if check or ping cannot be right (nothing was sent), *StatusError
// if the server refused, otherwise what kept it from being reached.
func (c *Client) Send(ctx context.Context, check Check, p Ping) error {
	address, err := c.address(check, p)
	if err != nil {
		return err
	}
	return c.retry(ctx, func(ctx context.Context) error { return c.post(ctx, address, p.Body) })
}

// post makes one attempt.
func (c *Client) post(ctx context.Context, address string, body []byte) error {
	limited, cancel := context.WithTimeout(ctx, c.cfg.AttemptTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "text/plain")
	req.Header.Set("User-Agent", c.cfg.Agent)
	resp, err := c.cfg.HTTPClient.Do(req)
	if err != nil {
		return c.unreached(ctx, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil && resp.StatusCode < http.StatusMultipleChoices {
		return c.unreached(ctx, err) // whether it was stored is not known
	}
	return judge(resp, string(text))
}

// unreached words an error of the network. The URL is not in it: it holds the
// ping key.
func (c *Client) unreached(ctx context.Context, err error) error {
	if outer := new(url.Error); errors.As(err, &outer) {
		err = outer.Err
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return fmt.Errorf("%s gave no answer within %v", c.base.Host, c.cfg.AttemptTimeout)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s gave no answer in time", c.base.Host)
	}
	return fmt.Errorf("%s could not be reached: %w", c.base.Host, err)
}
