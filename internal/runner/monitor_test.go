//go:build unix

package runner_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// received is a ping that a monitor took or refused.
type received struct {
	// what is the end of the address: "", start, fail, log or an exit status.
	what, run, body string
	at              time.Time
}

// monitor is a server of ping URLs, as section 1 of Healthchecks' interface has
// them, that does what it is told.
type monitor struct {
	*httptest.Server
	// answer may answer in the place of the monitor. It is given the number of the
	// request, from 1 up.
	answer func(n int, w http.ResponseWriter, r *http.Request) bool

	mu    sync.Mutex
	n     int
	pings []received
}

func newMonitor(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request) bool) *monitor {
	t.Helper()
	m := &monitor{answer: answer}
	m.Server = httptest.NewServer(m)
	t.Cleanup(func() {
		m.CloseClientConnections() // of those that hang
		m.Close()
	})
	return m
}

func (m *monitor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	m.mu.Lock()
	m.n++
	n := m.n
	m.mu.Unlock()
	if m.answer != nil && m.answer(n, w, r) {
		return
	}
	what, ok := strings.CutPrefix(r.URL.Path, "/ping/"+uuid)
	if !ok || r.Method != http.MethodPost {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pings = append(m.pings, received{strings.TrimPrefix(what, "/"), r.URL.Query().Get("rid"), string(body), time.Now()})
	_, _ = io.WriteString(w, "OK")
}

func (m *monitor) received() []received {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]received(nil), m.pings...)
}

// whats are what the pings said, joined by spaces.
func (m *monitor) whats() string {
	var all []string
	for _, p := range m.received() {
		all = append(all, p.what)
	}
	return strings.Join(all, " ")
}

// wait waits until n pings have come, for ten seconds at most.
func (m *monitor) wait(t *testing.T, n int) []received {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if got := m.received(); len(got) >= n {
			return got
		}
	}
	t.Fatalf("only %q came, want %d pings", m.whats(), n)
	return nil
}

// always answers every request with a status and, unless it is 0, Retry-After.
func always(status, retryAfter int) func(int, http.ResponseWriter, *http.Request) bool {
	return func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		if retryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
		}
		w.WriteHeader(status)
		return true
	}
}

// hang answers nothing until the client has gone.
func hang(_ int, _ http.ResponseWriter, r *http.Request) bool {
	<-r.Context().Done()
	return true
}
