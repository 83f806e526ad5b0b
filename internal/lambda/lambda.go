// Package lambda makes one of AWS Lambda's functions of an [http.Handler] and of
// the monitor.
//
// The events that carry HTTP come in four shapes: API Gateway's REST API, its
// HTTP API, a function URL (which speaks like the HTTP API), and a load balancer,
// whose events look different again when it was told to send headers with several
// values. Each shape has its own way to write paths, queries, cookies and bodies;
// event.go reads them, answer.go writes them, place.go knows what gateways put
// before a path. Whatever is no HTTP at all is the schedule's.
//
// A REST API hands bodies over, and takes pictures back, only if its binary media
// types are */*; the other three need no setting.
package lambda

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"sync"
	"time"
)

// Function is what one Lambda function answers. It fits aws-lambda-go's Handler.
type Function struct {
	// Handler returns what answers the requests below base, which is scheme, host
	// and the prefix that the gateway's stage puts before paths, such as
	// "https://abc.execute-api.eu-central-1.amazonaws.com/prod". The requests that
	// it gets have the prefix no more. It is asked once for each of the latest bases.
	Handler func(base string) http.Handler
	// Tick answers what is no HTTP request: the schedule's events, and the constant
	// event of the original's schedule, whatever secret it holds: who may invoke the
	// function is for AWS to say. Nil: such an event is an error.
	Tick func(ctx context.Context) (string, error)
	// Place moves requests to the paths that the handler knows. Nil: they have them.
	Place Place
	// Base, if set, is the base of all requests: the address of a custom domain, of
	// whose mapping events do not tell enough.
	Base string
	// Logger hears of requests that ended in a panic. Nil discards.
	Logger *slog.Logger

	mu       sync.Mutex
	handlers map[string]http.Handler
}

// maxBases is how many handlers are kept. A function has an address or two, but
// behind a load balancer the address is what the client says it is.
const maxBases = 8

var errNoRequest = errors.New("the event is no HTTP request, and this function answers nothing else: " +
	"the schedule must invoke the monitor's function")

// Invoke answers one event. An error is the event's fault or Tick's; a handler
// that fails, even by a panic, is an answer with status 500.
func (f *Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	e, err := parse(payload)
	if err != nil {
		return nil, err
	}
	if !e.isHTTP() {
		return f.tick(ctx)
	}
	answer, err := f.serve(ctx, e)
	if err != nil {
		return nil, err
	}
	return answer.encode(e)
}

func (f *Function) tick(ctx context.Context) ([]byte, error) {
	if f.Tick == nil {
		return nil, errNoRequest
	}
	text, err := f.Tick(ctx)
	if err != nil {
		return nil, err
	}
	return marshal(text)
}

func (f *Function) serve(ctx context.Context, e *event) (*answer, error) {
	prefix, path := e.place()
	if f.Place != nil {
		prefix, path = f.Place(prefix, path, e.route())
	}
	if at, ok := e.arrived(time.Now()); ok {
		ctx = context.WithValue(ctx, arrivalKey{}, at)
	}
	r, err := e.request(ctx, path)
	if err != nil {
		return nil, err
	}
	base := f.Base
	if base == "" {
		base = e.scheme(r.Header) + "://" + r.Host + prefix
		if u, err := url.Parse(base); err != nil || u.Host != r.Host || r.Host == "" {
			return plain(http.StatusBadRequest, "the address of this request, with its header Host, is no URL"), nil
		}
	}
	return f.run(base, r), nil
}

// run has the request answered.
func (f *Function) run(base string, r *http.Request) (a *answer) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		a = plain(http.StatusInternalServerError, "something went wrong inside Heartbeat; its log says what")
		if f.Logger != nil && cause != any(http.ErrAbortHandler) { // that one was logged where it began
			f.Logger.ErrorContext(r.Context(), "request panicked",
				"method", r.Method, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
		}
	}()
	a = newAnswer()
	f.handler(base).ServeHTTP(a, r)
	return a
}

func (f *Function) handler(base string) http.Handler {
	f.mu.Lock()
	defer f.mu.Unlock()
	if h, ok := f.handlers[base]; ok {
		return h
	}
	if f.handlers == nil || len(f.handlers) >= maxBases {
		f.handlers = make(map[string]http.Handler)
	}
	h := f.Handler(base)
	f.handlers[base] = h
	return h
}

type arrivalKey struct{}

// ArrivedAt tells when the gateway took in the request that ctx belongs to, in
// UTC and to the millisecond. It is not ok if the gateway did not say, or said
// what cannot be: a time to come, or one more than two minutes ago.
func ArrivedAt(ctx context.Context) (at time.Time, ok bool) {
	at, ok = ctx.Value(arrivalKey{}).(time.Time)
	return at, ok
}

// plain is an answer of our own.
func plain(status int, text string) *answer {
	a := newAnswer()
	a.header.Set("Content-Type", "text/plain; charset=utf-8")
	a.header.Set("Cache-Control", "no-store")
	a.WriteHeader(status)
	a.body = *bytes.NewBufferString(text + "\n")
	return a
}
