package mailin_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/auth"
	"heartbeat/internal/mailin"
	"heartbeat/internal/service"
	"heartbeat/internal/store/memory"
)

// fuzzID is a check that fuzzed sessions may find.
const fuzzID = "6f1b2c3d-0000-4000-8000-000000000000"

// FuzzSession says anything to the server. It must answer, hang up, and never
// panic; and no ping is stored that was not sent whole.
func FuzzSession(f *testing.F) {
	greet := lines("EHLO a", "MAIL FROM:<a@example.org>", "RCPT TO:<"+fuzzID+"@"+domain+">")
	for _, seed := range []string{
		greet + lines("DATA", "Subject: a", "", "b", "."), greet + "BDAT 3\r\nabcBDAT 2 LAST\r\nde",
		greet + "BDAT 300 LAST\r\nabc", greet + "BDAT 3\r\nabcRSET\r\nMAIL FROM:<>\r\n", greet + lines("RSET", "DATA", "VRFY x", "AUTH"),
		"HELO a\r\nMAIL FROM:<a> SIZE=99999999999\r\nRCPT TO:<" + key + "+slug@" + domain + ">\r\nQUIT\r\n",
		"STARTTLS\r\n", "NOOP", "\r\n\r\n", "MAIL FROM:<@a,@b:c@d>\r\nRCPT TO:<\"a\\\"@b>\r\n",
	} {
		f.Add([]byte(seed))
	}
	store := memory.New()
	guard, _, err := auth.Open(context.Background(), store, auth.Config{Secret: "correct-horse", PingKey: key, BaseURL: "https://example.org"})
	if err != nil {
		f.Fatal(err)
	}
	p := &post{t: f, store: store, service: service.New(service.Config{Store: store})}
	id, err := heartbeat.ParseCheckID(fuzzID)
	if err != nil {
		f.Fatal(err)
	}
	p.checkAs(id, "slug", heartbeat.Rules{FilterBody: true, FilterSubject: true, FailureWords: "FAIL"})
	var log watched
	p.Server = mailin.New(mailin.Config{
		Service: p.service, Auth: guard, Domain: domain, Drain: time.Second, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	network := newPipes()
	p.serve(network)
	f.Fuzz(func(t *testing.T, said []byte) {
		here, there := net.Pipe()
		network.arrive <- peer{there, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}}
		var heard sync.WaitGroup
		heard.Go(func() { _, _ = io.Copy(io.Discard, here) }) // ends with the connection
		before := p.count(id)
		_, err := here.Write(said) // fails if the server hangs up
		time.Sleep(time.Millisecond)
		here.Close()
		heard.Wait()
		if err == nil && p.count(id) != before && !bytes.Contains(bytes.ToUpper(said), []byte("RCPT TO:")) {
			t.Errorf("%q is a ping", said)
		}
		if text := log.String(); strings.Contains(text, "panic") {
			t.Fatalf("%q: %s", said, text)
		}
	})
}

// count returns how many pings the check has had.
func (p *post) count(id heartbeat.CheckID) int64 {
	c, err := p.store.Check(context.Background(), id)
	if err != nil {
		p.t.Fatal(err)
	}
	return c.State.Pings
}

// watched is a log that is looked at while it is written.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}
