// Package notifytest proves that a notifier keeps the promises of
// [notify.Notifier], and lends other packages' tests a place to send to.
package notifytest

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// Answer is how a [Receiver] treats one request. Its zero value takes the
// message: 200 and "ok".
type Answer struct {
	// Status is the answer's status; 0 means 200.
	Status int
	// Header is added to the answer's.
	Header http.Header
	// Body is the answer's body; empty means "ok".
	Body string
	// Raw is sent in place of an answer, byte for byte; then the connection ends.
	Raw string
	// Hang keeps silent until the sender gives up.
	Hang bool
	// Drop reads the request and ends the connection without an answer.
	Drop bool
}

// Request is what a Receiver was sent.
type Request struct {
	Method, Path string
	Header       http.Header
	Body         []byte
}

// Receiver is a service on this machine that records every message it is sent
// and answers as it is told. Clients must allow private targets to reach it.
type Receiver struct {
	server *httptest.Server
	quit   chan struct{}

	mu       sync.Mutex
	requests []Request
	arrived  chan struct{} // closed and replaced at every request
	next     []Answer
	always   Answer
}

// NewReceiver starts a receiver; it ends with the test.
func NewReceiver(t testing.TB) *Receiver { return start(t, (*httptest.Server).Start) }

// NewTLSReceiver starts a receiver whose certificate nobody trusts.
func NewTLSReceiver(t testing.TB) *Receiver { return start(t, (*httptest.Server).StartTLS) }

func start(t testing.TB, begin func(*httptest.Server)) *Receiver {
	r := &Receiver{quit: make(chan struct{}), arrived: make(chan struct{})}
	r.server = httptest.NewUnstartedServer(r)
	r.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	begin(r.server)
	t.Cleanup(func() {
		close(r.quit)
		r.server.Close()
	})
	return r
}

// URL is the receiver's base, without a path: "http://127.0.0.1:40123".
func (r *Receiver) URL() string { return r.server.URL }

// Always sets the answer to every request for which [Receiver.Next] has set none.
func (r *Receiver) Always(a Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.always = a
}

// Next sets the answers to the next requests, one each, after those that were
// set before.
func (r *Receiver) Next(answers ...Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next = append(r.next, answers...)
}

// Requests returns all requests so far, those that were answered badly too.
func (r *Receiver) Requests() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

// Take returns all requests so far and forgets them.
func (r *Receiver) Take() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	requests := r.requests
	r.requests = nil
	return requests
}

// Wait returns the requests as soon as there are at least n, and fails the test
// if there are not after 10 s.
func (r *Receiver) Wait(t testing.TB, n int) []Request {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		r.mu.Lock()
		requests, arrived := slices.Clone(r.requests), r.arrived
		r.mu.Unlock()
		if len(requests) >= n {
			return requests
		}
		select {
		case <-arrived:
		case <-deadline:
			t.Fatalf("%d requests after 10 s, want %d", len(requests), n)
		}
	}
}

// ServeHTTP records and answers one request.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the sender went away
	}
	a := r.record(Request{Method: req.Method, Path: req.URL.RequestURI(), Header: req.Header.Clone(), Body: body})
	switch {
	case a.Hang:
		select {
		case <-req.Context().Done():
		case <-r.quit:
		}
		panic(http.ErrAbortHandler)
	case a.Drop:
		panic(http.ErrAbortHandler)
	case a.Raw != "":
		raw(w, a.Raw)
	default:
		reply(w, a)
	}
}

func (r *Receiver) record(req Request) Answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, req)
	close(r.arrived)
	r.arrived = make(chan struct{})
	if len(r.next) == 0 {
		return r.always
	}
	a := r.next[0]
	r.next = r.next[1:]
	return a
}

func raw(w http.ResponseWriter, text string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err) // unreachable: the server speaks HTTP/1.1
	}
	_, _ = io.WriteString(conn, text) // the sender may have gone away
	_ = conn.Close()
}

func reply(w http.ResponseWriter, a Answer) {
	for name, values := range a.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	if a.Body == "" {
		a.Body = "ok"
	}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	w.WriteHeader(a.Status)
	_, _ = io.WriteString(w, a.Body) // the sender may have gone away
}
