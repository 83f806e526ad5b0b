package notify

import (
	"net/netip"
	"net/url"
	"strings"
)

// target is a webhook's URL that has been read.
type target struct {
	url *url.URL
	// secrets are the parts of the URL that no text may show, longest first.
	secrets []string
}

// badURL is a URL that cannot be a webhook's. It never quotes the URL: where it
// is malformed, nobody can tell which part of it is the secret.
type badURL string

func (e badURL) Error() string { return string(e) }

const (
	errMalformed badURL = "the URL is malformed; it must look like https://hooks.example.org/path"
	errScheme    badURL = "the URL must begin with https:// or http://"
)

func parseTarget(raw string) (target, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return target{}, errMalformed
	case u.Scheme != "https" && u.Scheme != "http":
		return target{}, errScheme
	case u.Hostname() == "" || strings.ContainsFunc(u.Host, unfit):
		return target{}, errMalformed
	}
	return target{url: u, secrets: secrets(raw, u)}, nil
}

// host is the only part of the URL that texts may show.
func (t target) host() string { return t.url.Host }

// Shorten returns what people may see of a webhook's URL: its host, and for
// Slack's own hosts the well-known first word of the path.
func Shorten(raw string) string {
	t, err := parseTarget(raw)
	if err != nil {
		return "(a malformed URL)"
	}
	switch path := strings.Trim(t.url.Path, "/"); {
	case path == "" && t.url.RawQuery == "":
		return t.host()
	case strings.HasPrefix(t.host(), "hooks.slack") && strings.HasPrefix(path, "services/"):
		return t.host() + "/services/…"
	}
	return t.host() + "/…"
}

// literal says what kind of address the host is by itself, if no message may be
// sent there; empty if that cannot be known before it is looked up.
func (t target) literal() string {
	name := strings.ToLower(strings.TrimSuffix(t.url.Hostname(), "."))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return "a loopback address"
	}
	if a, err := netip.ParseAddr(name); err == nil {
		return refusal(a)
	}
	return ""
}
