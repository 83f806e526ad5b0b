package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"heartbeat"
	"heartbeat/internal/schedule"
)

// MinSecret is how long a secret or ping key must be, in bytes.
const MinSecret = 8

// checker reads one setting after the other and collects what is wrong.
type checker struct{ errs []error }

func (c *checker) add(err error) { c.errs = append(c.errs, err) }

func (c *checker) fail(flag, format string, args ...any) {
	c.add(fmt.Errorf("--%s "+format, append([]any{flag}, args...)...))
}

// apiKeyLength is how long keys of the management API are: Healthchecks' clients
// know no other.
const apiKeyLength = 32

func (c *checker) apiKey(flag string, plain *Secret, file *string) Secret {
	s, ok := c.either(flag, plain, file)
	if !ok {
		return ""
	}
	if len(s) != apiKeyLength || !heartbeat.KeyChars(s.Reveal()) {
		c.fail(flag, "must be %d letters (A-Z, a-z), digits, - or _; it has %d characters", apiKeyLength, len(s))
		return ""
	}
	return s
}

// hostName reads the name of a host, without scheme and port.
func (c *checker) hostName(flag, s string) string {
	u, err := url.Parse("//" + s)
	if s != "" && (err != nil || u.Hostname() != s || u.Path != "") {
		c.fail(flag, "%q must be the name of a host alone, such as ping.example.org", s)
		return ""
	}
	return strings.ToLower(s)
}

func (c *checker) smtp(listen, domain string, base *url.URL) (string, string) {
	if listen == "" {
		if domain != "" {
			c.fail("smtp-domain", "says nothing without --smtp-listen")
		}
		return "", ""
	}
	domain = c.hostName("smtp-domain", domain)
	if domain == "" && base != nil {
		domain = base.Hostname()
	}
	if domain == "" {
		domain = "localhost"
	}
	return c.address("smtp-listen", ":25", listen), domain
}

func (c *checker) listen(s string) string { return c.address("listen", ":8080", s) }

// address reads where to listen; example is what could be typed.
func (c *checker) address(flag, example, s string) string {
	_, number, _ := net.SplitHostPort(example)
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		if _, numErr := strconv.ParseUint(s, 10, 16); numErr == nil {
			c.fail(flag, "%q has no colon: type :%s for every address, or 127.0.0.1:%s", s, s, s)
		} else {
			c.fail(flag, "%q must be host:port, such as 127.0.0.1:%s or %s", s, number, example)
		}
		return ""
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		c.fail(flag, "%q: the port must be a number up to 65535, such as %s", s, net.JoinHostPort(host, number))
	} else {
		port = strconv.FormatUint(n, 10)
	}
	if strings.Contains(host, "/") {
		c.fail(flag, "%q must be host:port without a scheme; how others reach it goes into --base-url", s)
	}
	return net.JoinHostPort(host, port)
}

func (c *checker) baseURL(s string) *url.URL {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		c.fail("base-url", "%q must be absolute, such as https://example.org", s)
	case u.User != nil:
		c.fail("base-url", "must not hold a user or password: it stands in every message")
	case u.RawQuery != "" || u.Fragment != "":
		c.fail("base-url", "%q must end with its path: leave out what begins with ? or #", s)
	default:
		u.Path = strings.TrimRight(u.Path, "/")
		u.RawPath = ""
		return u
	}
	return nil
}

// either returns the value of a setting that may stand in a file. It reports
// whether there is one; both at once is an error.
func (c *checker) either(flag string, plain *Secret, file *string) (Secret, bool) {
	if plain != nil && file != nil {
		c.fail(flag, "and --%s-file are both set (as a flag or in the environment): keep one", flag)
		return "", false
	}
	if plain != nil {
		return *plain, true
	}
	if file == nil {
		return "", false
	}
	lines, err := readFile(*file)
	if err != nil {
		c.fail(flag+"-file", "%w", err)
		return "", false
	}
	if len(lines) > 1 {
		c.fail(flag+"-file", "%s has %d lines: it must hold the secret alone, on one line", *file, len(lines))
		return "", false
	}
	return Secret(lines[0]), true
}

func (c *checker) secret(plain *Secret, file *string) Secret {
	s, ok := c.either("secret", plain, file)
	if !ok || !c.long("secret", s) {
		return ""
	}
	if strings.ContainsFunc(s.Reveal(), unicode.IsControl) || strings.TrimSpace(s.Reveal()) != s.Reveal() {
		c.fail("secret", "must not begin or end with spaces or hold control characters: nobody could type it")
		return ""
	}
	return s
}

func (c *checker) pingKey(plain *Secret, file *string) Secret {
	s, ok := c.either("ping-key", plain, file)
	if !ok || !c.long("ping-key", s) {
		return ""
	}
	if !heartbeat.KeyChars(s.Reveal()) {
		c.fail("ping-key", "stands in URLs: use letters (A-Z, a-z), digits, - and _ only")
		return ""
	}
	return s
}

// long reports whether s is long enough. An empty secret never means "none":
// it is most likely a variable that somebody forgot to fill.
func (c *checker) long(flag string, s Secret) bool {
	switch {
	case s == "":
		c.fail(flag, "is set but empty: leave it out to have one made, or give it at least %d characters", MinSecret)
	case len(s) < MinSecret:
		c.fail(flag, "is too short: it needs at least %d characters", MinSecret)
	}
	return len(s) >= MinSecret
}

func (c *checker) urls(flag string, plain []Secret, file *string) []Secret {
	if len(plain) > 0 && file != nil {
		c.fail(flag, "and --%s-file are both set (as a flag or in the environment): keep one", flag)
		return nil
	}
	if file != nil {
		lines, err := readFile(*file)
		if err != nil {
			c.fail(flag+"-file", "%w", err)
			return nil
		}
		for _, line := range lines {
			plain = append(plain, Secret(line))
		}
	}
	var urls []Secret
	for i, s := range plain {
		s = Secret(strings.TrimSpace(s.Reveal()))
		switch {
		case !absolute(s):
			// The URL is a secret, or might be one: name its place, not its text.
			c.fail(flag, "number %d must be an absolute URL that begins with https:// or http://, such as https://example.org/hook", i+1)
		case slices.Contains(urls, s):
			c.fail(flag, "number %d is there already: every message would come twice", i+1)
		}
		urls = append(urls, s)
	}
	return urls
}

func absolute(s Secret) bool {
	u, err := url.Parse(s.Reveal())
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// timezone takes what checks take as their zone: every first pulse will be
// given this one.
func (c *checker) timezone(s string) string {
	_, err := schedule.Zone(s)
	if problem := new(heartbeat.Invalid); errors.As(err, &problem) {
		c.fail("timezone", "%s", problem.Problem)
	} else if s == "" {
		c.fail("timezone", "is empty; type a name such as Europe/Berlin or UTC")
	}
	return s
}

func (c *checker) networks(list []string) []netip.Prefix {
	var networks []netip.Prefix
	for _, s := range list {
		s = strings.TrimSpace(s)
		if p, err := netip.ParsePrefix(s); err == nil {
			networks = append(networks, p.Masked())
		} else if a, err := netip.ParseAddr(s); err == nil {
			networks = append(networks, netip.PrefixFrom(a, a.BitLen()))
		} else {
			c.fail("trusted-proxies", "%q must be an address or a network, such as 10.0.0.7 or 10.0.0.0/8", s)
		}
	}
	return networks
}

func (c *checker) level(s string) slog.Level {
	var level slog.Level
	if c.oneOf("log-level", s, "debug", "info", "warn", "error") != "" {
		_ = level.UnmarshalText([]byte(s)) // cannot fail: slog knows all four
	}
	return level
}

func (c *checker) oneOf(flag, s string, words ...string) string {
	if slices.Contains(words, s) {
		return s
	}
	c.fail(flag, "%q must be %s or %s", s, strings.Join(words[:len(words)-1], ", "), words[len(words)-1])
	return ""
}
