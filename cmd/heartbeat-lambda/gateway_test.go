package main_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"heartbeat/internal/lambda/lambdatest"
)

// gateway stands between an HTTP client and functions as AWS's does: it makes an
// event of a request, and an answer of what the function returns. It implements
// [http.RoundTripper].
type gateway struct {
	shape shape
	host  string
	stage string // empty: the address has none
	// route says which function takes a path that has no stage any more; nil: the
	// gateway refuses it.
	route func(method, path string) *lambdatest.Runtime
}

// shape is how a gateway writes events.
type shape string

const (
	restAPI     shape = "REST API"
	httpAPI     shape = "HTTP API"
	functionURL shape = "function URL"
	alb         shape = "load balancer"
	albMulti    shape = "load balancer with multi-value headers"
)

// base is where the gateway is found.
func (g *gateway) base() string {
	if g.stage == "" {
		return "https://" + g.host
	}
	return "https://" + g.host + "/" + g.stage
}

// RoundTrip answers one request.
func (g *gateway) RoundTrip(r *http.Request) (*http.Response, error) {
	whole := r.URL.EscapedPath()
	path := whole
	if g.stage != "" {
		rest, ok := strings.CutPrefix(whole, "/"+g.stage)
		if !ok || rest != "" && rest[0] != '/' {
			return refusal(r), nil
		}
		path = "/" + strings.TrimPrefix(rest, "/")
	}
	function := g.route(r.Method, path)
	if r.URL.Host != g.host || function == nil {
		return refusal(r), nil
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	event, err := json.Marshal(g.event(r, whole, path, body))
	if err != nil {
		return nil, err
	}
	answer, err := function.Invoke(r.Context(), event)
	if err != nil {
		return nil, err // a gateway would answer 502
	}
	return g.response(r, answer)
}

// refusal is what gateways answer where there is no route.
func refusal(r *http.Request) *http.Response {
	return &http.Response{
		StatusCode: http.StatusForbidden, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"X-No-Route": {"1"}}, Body: io.NopCloser(strings.NewReader(`{"message":"Missing Authentication Token"}`)),
	}
}

func (g *gateway) event(r *http.Request, whole, path string, body []byte) map[string]any {
	header := r.Header.Clone()
	header.Set("Host", g.host)
	header.Set("X-Forwarded-For", "203.0.113.7")
	header.Set("X-Forwarded-Proto", "https")
	event := map[string]any{"body": base64.StdEncoding.EncodeToString(body), "isBase64Encoded": true}
	switch g.shape {
	case httpAPI, functionURL:
		g.putHTTPAPI(event, r, whole, header)
	case restAPI:
		event["httpMethod"], event["path"], event["resource"] = r.Method, path, path
		event["headers"], event["multiValueHeaders"] = last(header), header
		event["queryStringParameters"], event["multiValueQueryStringParameters"] = last(r.URL.Query()), r.URL.Query()
		event["requestContext"] = map[string]any{
			"stage": g.stage, "path": whole, "domainName": g.host, "requestTimeEpoch": time.Now().UnixMilli(),
			"identity": map[string]any{"sourceIp": "203.0.113.7"},
		}
		// As the original's gateway: no binary types are set.
		event["body"], event["isBase64Encoded"] = string(body), false
	default:
		event["httpMethod"], event["path"] = r.Method, path
		event["requestContext"] = map[string]any{"elb": map[string]any{"targetGroupArn": "arn:aws:elasticloadbalancing:x"}}
		query := rawQuery(r.URL.RawQuery)
		if g.shape == albMulti {
			event["multiValueHeaders"], event["multiValueQueryStringParameters"] = lower(header), query
		} else {
			event["headers"], event["queryStringParameters"] = last(lower(header)), last(query)
		}
	}
	return event
}

func (g *gateway) putHTTPAPI(event map[string]any, r *http.Request, whole string, header http.Header) {
	stage := g.stage
	if stage == "" {
		stage = "$default"
	}
	cookies := []string{}
	for _, cookie := range r.Cookies() {
		cookies = append(cookies, cookie.Name+"="+cookie.Value)
	}
	header.Del("Cookie")
	headers := map[string]string{}
	for key, values := range lower(header) {
		headers[key] = strings.Join(values, ",")
	}
	event["version"], event["routeKey"] = "2.0", "$default"
	event["rawPath"], event["rawQueryString"] = whole, r.URL.RawQuery
	event["cookies"], event["headers"] = cookies, headers
	event["requestContext"] = map[string]any{
		"stage": stage, "domainName": g.host, "timeEpoch": time.Now().UnixMilli(),
		"http": map[string]any{"method": r.Method, "path": whole, "sourceIp": "203.0.113.7"},
	}
}

func last(values map[string][]string) map[string]string {
	all := map[string]string{}
	for key, values := range values {
		all[key] = values[len(values)-1]
	}
	return all
}

func lower(header http.Header) map[string][]string {
	all := map[string][]string{}
	for key, values := range header {
		all[strings.ToLower(key)] = values
	}
	return all
}

// rawQuery splits a query and decodes nothing, as load balancers do.
func rawQuery(query string) map[string][]string {
	all := map[string][]string{}
	for pair := range strings.SplitSeq(query, "&") {
		if key, value, _ := strings.Cut(pair, "="); key != "" {
			all[key] = append(all[key], value)
		}
	}
	return all
}

// response reads what a function returned.
func (g *gateway) response(r *http.Request, answer []byte) (*http.Response, error) {
	var reply struct {
		StatusCode        int
		StatusDescription string
		Headers           map[string]string
		MultiValueHeaders map[string][]string
		Cookies           []string
		Body              string
		IsBase64Encoded   bool
	}
	if err := json.Unmarshal(answer, &reply); err != nil || reply.StatusCode == 0 {
		return nil, fmt.Errorf("the function returned %.200q, which is no answer: %w", answer, err)
	}
	header := http.Header{}
	for key, value := range reply.Headers {
		header.Add(key, value)
	}
	for key, values := range reply.MultiValueHeaders {
		header[http.CanonicalHeaderKey(key)] = values
	}
	header["Set-Cookie"] = append(header["Set-Cookie"], reply.Cookies...)
	body := []byte(reply.Body)
	if reply.IsBase64Encoded && g.shape != restAPI {
		var err error
		if body, err = base64.StdEncoding.DecodeString(reply.Body); err != nil {
			return nil, err
		}
	}
	return &http.Response{
		StatusCode: reply.StatusCode, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

// everywhere routes pulses to one function and all else to another, as the
// stack's routes do.
func everywhere(pulse, web *lambdatest.Runtime) func(method, path string) *lambdatest.Runtime {
	return func(_, path string) *lambdatest.Runtime {
		if strings.HasPrefix(path, "/heartbeat/") && strings.HasSuffix(path, "/pulse") {
			return pulse
		}
		return web
	}
}

// resources routes exactly what is listed, such as "GET /heartbeat/pulse".
func resources(functions map[string]*lambdatest.Runtime) func(method, path string) *lambdatest.Runtime {
	return func(method, path string) *lambdatest.Runtime { return functions[method+" "+path] }
}

// query encodes parameters given as name, value, …
func query(pairs ...string) string {
	values := url.Values{}
	for pair := range slices.Chunk(pairs, 2) {
		values.Set(pair[0], pair[1])
	}
	return "?" + values.Encode()
}
