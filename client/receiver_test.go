package client_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"heartbeat/client"
)

const (
	key  = "battery-staple"
	uuid = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
	run  = "0b5e1f0c-6c0a-4e0b-9a53-1a3c1e9f7d20"
)

// answer is what the receiver answers to one request.
type answer struct {
	status int
	text   string
	header http.Header
}

// receiver is a server, or the transport in the place of one, that takes every
// ping or what else answers say. The last answer is given again and again.
type receiver struct {
	mu      sync.Mutex
	answers []answer
	// got has a line for each request, and bodies what came with it.
	got, bodies []string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	a := r.take(req)
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.text)
}

// RoundTrip answers without a network, so that a synctest bubble can sleep.
func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, req)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return rec.Result(), nil
}

func (r *receiver) take(req *http.Request) answer {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, req.Method+" "+req.URL.RequestURI())
	r.bodies = append(r.bodies, string(body))
	if len(r.answers) == 0 {
		return answer{status: 200, text: "OK"}
	}
	a := r.answers[0]
	if len(r.answers) > 1 {
		r.answers = r.answers[1:]
	}
	return a
}

func (r *receiver) requests() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.got...)
}

// listen starts a receiver and returns a client for it.
func listen(t *testing.T, cfg client.Config, answers ...answer) (*receiver, *client.Client) {
	t.Helper()
	r := &receiver{answers: answers}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	cfg.BaseURL = server.URL + cfg.BaseURL
	return r, open(t, cfg)
}

func open(t *testing.T, cfg client.Config) *client.Client {
	t.Helper()
	if cfg.PingKey == "" {
		cfg.PingKey = key
	}
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
