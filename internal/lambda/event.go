package lambda

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// event is all that is read of an event, of whatever shape it is. REST APIs and
// load balancers fill the first block, HTTP APIs and function URLs the second.
type event struct {
	Method       string              `json:"httpMethod"`
	Path         string              `json:"path"`
	Resource     string              `json:"resource"`
	Query        map[string]string   `json:"queryStringParameters"`
	MultiQuery   map[string][]string `json:"multiValueQueryStringParameters"`
	MultiHeaders map[string][]string `json:"multiValueHeaders"`

	RawPath  string   `json:"rawPath"`
	RawQuery string   `json:"rawQueryString"`
	RouteKey string   `json:"routeKey"`
	Cookies  []string `json:"cookies"`

	Version  string            `json:"version"`
	Headers  map[string]string `json:"headers"`
	Body     string            `json:"body"`
	IsBase64 bool              `json:"isBase64Encoded"`
	Context  struct {
		Stage    string    `json:"stage"`
		Path     string    `json:"path"`
		Domain   string    `json:"domainName"`
		ELB      *struct{} `json:"elb"`
		RESTTime int64     `json:"requestTimeEpoch"` // ms
		HTTPTime int64     `json:"timeEpoch"`        // ms
		Identity struct {
			SourceIP string `json:"sourceIp"`
		} `json:"identity"`
		HTTP struct {
			Method   string `json:"method"`
			SourceIP string `json:"sourceIp"`
		} `json:"http"`
	} `json:"requestContext"`
}

func parse(payload []byte) (*event, error) {
	var e event
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, fmt.Errorf("the event is of no shape that is known here (REST API, HTTP API, function URL, "+
			"load balancer, schedule): %w", err)
	}
	return &e, nil
}

func (e *event) isHTTP() bool { return e.method() != "" }
func (e *event) isV2() bool   { return e.Version == "2.0" }
func (e *event) isALB() bool  { return e.Context.ELB != nil }

func (e *event) method() string {
	if e.isV2() {
		return e.Context.HTTP.Method
	}
	return e.Method
}

// route is the path of the gateway's resource or route, such as
// "/heartbeat/{key}/pulse"; empty if it takes every path.
func (e *event) route() string {
	if e.isV2() {
		_, path, _ := strings.Cut(e.RouteKey, " ")
		return path
	}
	return e.Resource
}

// request returns the event as net/http's server would have read it, with
// another path. The path is still encoded.
func (e *event) request(ctx context.Context, path string) (*http.Request, error) {
	body := []byte(e.Body)
	if e.IsBase64 {
		var err error
		if body, err = base64.StdEncoding.DecodeString(e.Body); err != nil {
			return nil, fmt.Errorf("the event's body: %w", err)
		}
	}
	header := e.header()
	r := &http.Request{
		Method: e.method(), URL: &url.URL{Path: path, RawQuery: e.query()},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Host: strings.ToLower(cmp.Or(header.Get("Host"), e.Context.Domain)),
		Body: http.NoBody, ContentLength: int64(len(body)), RemoteAddr: e.remote(header),
	}
	if len(body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	if e.scheme(header) == "https" {
		r.TLS = new(tls.ConnectionState) // nobody tells more of it
	}
	if plain, err := url.PathUnescape(path); err == nil {
		r.URL.Path, r.URL.RawPath = plain, path
	}
	r.RequestURI = r.URL.RequestURI()
	header.Del("Host")              // as net/http
	header.Del("Transfer-Encoding") // the body is here as a whole
	return r.WithContext(ctx), nil
}

// header returns the headers. A value with a comma in it stays one value: dates
// and user agents have commas too.
func (e *event) header() http.Header {
	header := make(http.Header, len(e.Headers))
	for key, value := range e.Headers {
		header.Set(key, value)
	}
	for key, values := range e.MultiHeaders {
		header[http.CanonicalHeaderKey(key)] = values
	}
	if len(e.Cookies) > 0 {
		header.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	return header
}

// query returns the query in its encoded form, in which a load balancer leaves it.
func (e *event) query() string {
	if e.isV2() {
		return e.RawQuery
	}
	values := url.Values(e.MultiQuery)
	if values == nil {
		values = make(url.Values, len(e.Query))
		for key, value := range e.Query {
			values[key] = []string{value}
		}
	}
	if !e.isALB() {
		return values.Encode()
	}
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[key] {
			pairs = append(pairs, key+"="+value)
		}
	}
	return strings.Join(pairs, "&")
}

// remote is the client's address with a port, as the gateway saw it; empty if it
// did not say. Headers are the client's own words, but for the last address that a
// load balancer adds.
func (e *event) remote(header http.Header) string {
	addr := e.Context.Identity.SourceIP
	switch {
	case e.isV2():
		addr = e.Context.HTTP.SourceIP
	case e.isALB():
		hops := strings.Join(header.Values("X-Forwarded-For"), ",")
		addr = strings.TrimSpace(hops[strings.LastIndexByte(hops, ',')+1:])
	}
	if _, err := netip.ParseAddrPort(addr); err == nil || addr == "" {
		return addr
	}
	return net.JoinHostPort(addr, "0")
}

// scheme is what the client's address begins with. Only a load balancer listens
// without TLS, and says so.
func (e *event) scheme(header http.Header) string {
	if e.isALB() && header.Get("X-Forwarded-Proto") == "http" {
		return "http"
	}
	return "https"
}

// maxAge is how long ago a request may have arrived: one that was queued for
// longer, or that was recorded and is played back, counts as of now.
const maxAge = 2 * time.Minute

// arrived tells when the gateway took the request in.
func (e *event) arrived(now time.Time) (time.Time, bool) {
	at := time.UnixMilli(cmp.Or(e.Context.HTTPTime, e.Context.RESTTime)).UTC()
	age := now.Sub(at)
	return at, age >= 0 && age <= maxAge
}
