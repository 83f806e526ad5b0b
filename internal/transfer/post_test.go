package transfer_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/transfer"
)

// server takes imports as Heartbeat's does; before may answer instead.
func server(t *testing.T, s heartbeat.Store, before func(n int64, w http.ResponseWriter) bool) (address string, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := requests.Add(1)
		if r.URL.Path != "/tools/heartbeat/import" || r.Header.Get("Authorization") != "Bearer s3cret" || r.Method != http.MethodPost {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		if before != nil && before(n, w) {
			return
		}
		src, err := transfer.Read(http.MaxBytesReader(w, r.Body, transfer.MaxBody))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		report, err := transfer.Load(r.Context(), s, src, transfer.Options{Now: clock(0), DryRun: r.URL.Query().Get("dry-run") == "true"})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if n%3 == 2 { // it was done, and nobody hears of it
			panic(http.ErrAbortHandler)
		}
		_ = json.NewEncoder(w).Encode(report)
	}))
	t.Cleanup(srv.Close)
	address, err := transfer.Endpoint(srv.URL + "/tools")
	ok(t, err)
	return address, requests
}

// withoutValues is a file without keys, which are not sent.
func withoutValues(file []byte) []byte {
	var kept []string
	for _, l := range lines(file) {
		if !strings.HasPrefix(l, `{"value"`) {
			kept = append(kept, strings.Replace(l, `"end":{"values":3`, `"end":{"values":0`, 1))
		}
	}
	return []byte(strings.Join(kept, ""))
}

func TestPost_MovesAllInPiecesAndALostAnswerDoublesNothing(t *testing.T) {
	t.Parallel()
	file := export(t, lived(t, inMemory(t)))
	s := inSQLite(t)
	address, requests := server(t, s, nil)
	report, err := transfer.Post(t.Context(), source(t, file), transfer.Target{URL: address, Secret: "s3cret"})
	ok(t, err)
	sameFile(t, "store", export(t, s), withoutValues(file))
	if requests.Load() < 3 {
		t.Errorf("%d requests: there was only one piece", requests.Load())
	}
	if report.NotSent != len(keys()) || len(report.Kept) != 0 || report.LeftOut != 0 || len(report.Wrong) != 0 {
		t.Errorf("got %+v", report)
	}
	dry, err := transfer.Post(t.Context(), source(t, file), transfer.Target{URL: address, Secret: "s3cret", DryRun: true})
	ok(t, err)
	if dry.Checks != 0 || dry.Same == 0 {
		t.Errorf("a dry run of the same says %+v", dry)
	}
}

func TestPost_WaitsForABusyServer(t *testing.T) {
	t.Parallel()
	file := export(t, livedBy(t, inMemory(t), 2))
	s := inMemory(t)
	address, _ := server(t, s, func(n int64, w http.ResponseWriter) bool {
		if n == 1 {
			w.Header().Set("Retry-After", "1")
			http.Error(w, "busy", http.StatusServiceUnavailable)
		}
		return n == 1
	})
	var said []string
	_, err := transfer.Post(t.Context(), source(t, file), transfer.Target{
		URL: address, Secret: "s3cret",
		Waiting: func(err error, wait time.Duration) { said = append(said, fmt.Sprint(wait, " ", err)) },
	})
	ok(t, err)
	if len(said) == 0 || !strings.HasPrefix(said[0], "1s ") || !strings.Contains(said[0], "503") {
		t.Errorf("who waits is told %q, want first a word on 503 and 1s", said)
	}
	sameFile(t, "store", export(t, s), withoutValues(file))
}

func TestPost_SaysWhatTheAnswerMeans(t *testing.T) {
	t.Parallel()
	file := export(t, livedBy(t, inMemory(t), 1))
	for status, want := range map[int]string{
		301: "leads to https://example.org/elsewhere: name that address",
		400: "answered 400 Bad Request: it says why",
		403: "set HEARTBEAT_SECRET to the password",
		404: "takes no imports",
		500: "answered 500",
		200: "does not answer as Heartbeat does",
	} {
		address, requests := server(t, inMemory(t), func(_ int64, w http.ResponseWriter) bool {
			w.Header().Set("Location", "https://example.org/elsewhere")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "it says why")
			return true
		})
		_, err := transfer.Post(t.Context(), source(t, file), transfer.Target{URL: address, Secret: "s3cret"})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d: got error %v, want %q", status, err, want)
		}
		if strings.Contains(fmt.Sprint(err), "s3cret") {
			t.Errorf("%d: the error tells the secret", status)
		}
		if requests.Load() != 1 {
			t.Errorf("%d: it was tried %d times", status, requests.Load())
		}
	}
}

// The longest history that a store hands out does not fit into one request.
func TestPost_LeavesOutTheOldestAndSaysSo(t *testing.T) {
	t.Parallel()
	c := transfer.Check{Check: named("long")}
	for i := range 1000 {
		c.Pings = append(c.Pings, heartbeat.Ping{At: noon, N: int64(1000 - i), Kind: heartbeat.KindLog, Body: make([]byte, heartbeat.MaxBody)})
	}
	s := inMemory(t)
	address, _ := server(t, s, nil)
	report, err := transfer.Post(t.Context(), one(c), transfer.Target{URL: address, Secret: "s3cret"})
	ok(t, err)
	pings, err := s.Pings(t.Context(), c.ID, 1000)
	ok(t, err)
	if len(pings) < 50 || len(pings)+report.LeftOut != 1000 || pings[0].N != 1000 {
		t.Errorf("%d pings came, the newest is %d, and %d were left out", len(pings), pings[0].N, report.LeftOut)
	}
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"http://127.0.0.1:8080":                   "http://127.0.0.1:8080/heartbeat/import",
		"https://example.org/":                    "https://example.org/heartbeat/import",
		"https://example.org/heartbeat":           "https://example.org/heartbeat/import",
		"https://example.org/tools/heartbeat/":    "https://example.org/tools/heartbeat/import",
		"https://example.org/heartbeat/dashboard": "https://example.org/heartbeat/import",
		"example.org":                             "",
		"ftp://example.org":                       "",
		"https://user:word@example.org":           "",
		"https://example.org/?secret=x":           "",
	} {
		got, err := transfer.Endpoint(base)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v; want %q", base, got, err, want)
		}
	}
}
