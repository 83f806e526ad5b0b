package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

type healthcheckCmd struct {
	URL     string        `placeholder:"URL" help:"Address to ask. Default: /readyz at the address that --listen names."`
	Listen  string        `default:"127.0.0.1:8080" placeholder:"HOST:PORT" setting:"HEARTBEAT_LISTEN" help:"Where the server listens."`
	Timeout time.Duration `default:"5s" help:"How long to wait for the answer. Default: ${default}."`
}

// Help shows examples.
func (healthcheckCmd) Help() string {
	return `It asks /readyz: the store must take writes and the monitor must be awake. The exit status is 0 if the server is ready and 1 if not.

  HEALTHCHECK CMD ["heartbeat", "healthcheck"]    (in a Dockerfile)`
}

// Run asks the server.
func (c healthcheckCmd) Run(ctx context.Context, stdout io.Writer) error {
	address, err := c.address()
	if err != nil {
		return usageError{err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1000)) // what was read is enough to tell
	text := strings.TrimSpace(string(body))
	switch {
	case strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html"):
		return fmt.Errorf("%s answered a page: name /readyz of the server, such as http://127.0.0.1:8080/readyz", address)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("not ready: %s: %s", resp.Status, text)
	}
	fmt.Fprintln(stdout, "ready")
	return nil
}

// address is what to ask: --url, whose path may be left out, or --listen.
func (c healthcheckCmd) address() (string, error) {
	if c.URL != "" {
		u, err := url.Parse(c.URL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return "", fmt.Errorf("--url %q must be absolute, such as http://127.0.0.1:8080/readyz", c.URL)
		}
		if strings.Trim(u.Path, "/") == "" {
			u.Path = "/readyz"
		}
		return u.String(), nil
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return "", fmt.Errorf("--listen %q must be host:port, such as 127.0.0.1:8080", c.Listen)
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/readyz", nil
}
