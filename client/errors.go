package client

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// ErrInvalid is in every error that tells of a configuration, check or ping
// that cannot be right.
var ErrInvalid = errors.New("invalid")

type invalidError string

func (e invalidError) Error() string { return string(e) }
func (invalidError) Unwrap() error   { return ErrInvalid }

func invalid(format string, args ...any) error { return invalidError(fmt.Sprintf(format, args...)) }

// StatusError is an answer that says, or must be taken to mean, that the ping
// was not stored.
type StatusError struct {
	// Code is the HTTP status. It is 200 if what answered is not Heartbeat, such
	// as the login page of a proxy.
	Code int
	// Text is what the server said, one line, shortened; it may be empty.
	Text string
	// RetryAfter is how long the server asks to be left alone; 0 if it does not.
	RetryAfter time.Duration
}

func (e *StatusError) Error() string {
	status := strings.TrimSpace(strconv.Itoa(e.Code) + " " + http.StatusText(e.Code))
	if e.Text == "" {
		return "the server answered " + status
	}
	return "the server answered " + status + ": " + e.Text
}

// Temporary tells whether the same ping may be taken later.
func (e *StatusError) Temporary() bool {
	return e.Code == http.StatusTooManyRequests || e.Code >= http.StatusInternalServerError
}

const (
	maxAnswer = 4 << 10 // bytes of an answer that are read
	maxText   = 300     // bytes of an answer that are shown
)

// judge returns nil if the answer says that the ping was stored. A page that
// somebody else serves with status 200 must not pass for that.
func judge(resp *http.Response, text string) error {
	text = strings.TrimSpace(text)
	e := &StatusError{Code: resp.StatusCode, RetryAfter: retryAfter(resp.Header)}
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		e.Text = redirected(resp)
	case resp.StatusCode >= 300:
		e.Text = line(text)
	case text == "OK" || text == "Created" || text == "Successful Heartbeat Pulse":
		return nil
	default:
		e.Text = "this is no answer of Heartbeat's; is the base URL right?"
	}
	return e
}

// redirected names the host only: the path holds the ping key.
func redirected(resp *http.Response) string {
	location, err := resp.Location()
	if err != nil {
		return "it redirects to nowhere; is the base URL right?"
	}
	elsewhere := url.URL{Scheme: location.Scheme, Host: location.Host}
	return "it redirects to " + elsewhere.String() + "; is the base URL right?"
}

// line makes one short line of an answer, none of a page.
func line(text string) string {
	if strings.HasPrefix(text, "<") {
		return ""
	}
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return text
}

// retryAfter reads seconds or a date; 0 if there is neither.
func retryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}
