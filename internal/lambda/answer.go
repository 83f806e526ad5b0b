package lambda

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of an answer with all that is around it, in bytes.
const (
	maxAnswer    = 6 << 20 // of Lambda
	maxALBAnswer = 1 << 20 // of a load balancer
)

var errTooLong = errors.New("the answer is longer than Lambda passes on")

// answer keeps what a handler writes.
type answer struct {
	header http.Header
	status int         // 0: nothing was sent
	sent   http.Header // the header as it was then
	body   bytes.Buffer
	long   bool // the handler wrote more than can be sent
}

func newAnswer() *answer { return &answer{header: make(http.Header)} }

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= http.StatusOK { // what comes before cannot be passed on
		a.status, a.sent = status, a.header.Clone()
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if a.long = a.long || a.body.Len()+len(b) > maxAnswer; a.long {
		return 0, errTooLong
	}
	return a.body.Write(b)
}

// reply is an answer as all shapes have it: load balancers want the description,
// HTTP APIs and function URLs have cookies, the others may have multiValueHeaders.
type reply struct {
	Status       int                 `json:"statusCode"`
	Description  string              `json:"statusDescription,omitempty"`
	Headers      map[string]string   `json:"headers,omitempty"`
	MultiHeaders map[string][]string `json:"multiValueHeaders,omitempty"`
	Cookies      []string            `json:"cookies,omitempty"`
	Body         string              `json:"body"`
	IsBase64     bool                `json:"isBase64Encoded"`
}

// encode writes the answer in the shape that the event asks for.
func (a *answer) encode(e *event) ([]byte, error) {
	limit := maxAnswer
	if e.isALB() {
		limit = maxALBAnswer
	}
	payload, err := marshal(a.reply(e))
	if err != nil || !a.long && len(payload) <= limit {
		return payload, err
	}
	text := fmt.Sprintf("this answer is longer than the %d MB that can be sent from here; ask for less of it at once", limit>>20)
	return marshal(plain(http.StatusInternalServerError, text).reply(e))
}

func (a *answer) reply(e *event) reply {
	a.WriteHeader(http.StatusOK)
	header, body := a.sent, a.body.Bytes()
	if e.method() == http.MethodHead || a.status == http.StatusNoContent || a.status == http.StatusNotModified {
		body = nil
	}
	if _, ok := header["Content-Type"]; !ok && len(body) > 0 && header.Get("Content-Encoding") == "" {
		header.Set("Content-Type", http.DetectContentType(body)) // as net/http
	}
	header.Del("Content-Length") // the gateway counts for itself
	maps.DeleteFunc(header, func(_ string, values []string) bool { return len(values) == 0 })
	r := reply{Status: a.status, Body: string(body)}
	if len(body) > 0 && !isText(header, body) {
		r.Body, r.IsBase64 = base64.StdEncoding.EncodeToString(body), true
	}
	switch {
	case e.isV2():
		r.Cookies = header.Values("Set-Cookie")
		header.Del("Set-Cookie")
		r.Headers = joined(header)
	case e.isALB():
		r.Description = strings.TrimSpace(strconv.Itoa(a.status) + " " + http.StatusText(a.status))
		if e.MultiHeaders != nil {
			r.MultiHeaders = header
			break
		}
		cookies := header.Values("Set-Cookie")
		header.Del("Set-Cookie")
		r.Headers = joined(header)
		for i, cookie := range cookies {
			r.Headers[variant("set-cookie", i)] = cookie
		}
	default:
		r.MultiHeaders = header
	}
	return r
}

// isText tells whether a body can travel as it is. The rest goes in base64.
func isText(header http.Header, body []byte) bool {
	if header.Get("Content-Encoding") != "" || !utf8.Valid(body) {
		return false
	}
	kind, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	switch kind = strings.ToLower(strings.TrimSpace(kind)); kind {
	case "application/json", "application/javascript", "application/xml", "image/svg+xml":
		return true
	}
	return strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "+json")
}

// joined makes one value of several.
func joined(header http.Header) map[string]string {
	all := make(map[string]string, len(header))
	for key, values := range header {
		all[key] = strings.Join(values, ", ")
	}
	return all
}

// variant writes a header's name in the i-th of its mixtures of capitals: the one
// way past a load balancer that takes every name once only. It has 512 of a
// cookie's.
func variant(name string, i int) string {
	letters := []byte(name)
	for k := range letters {
		if letters[k] == '-' {
			continue
		}
		if i&1 == 1 {
			letters[k] -= 'a' - 'A'
		}
		i >>= 1
	}
	return string(letters)
}

// marshal does not escape what is special in HTML, or a page would be longer by half.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}
