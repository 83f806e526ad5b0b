package mailin_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/smtp"
	"net/textproto"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/auth"
	"heartbeat/internal/mailin"
	"heartbeat/internal/service"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/store/sqlite"
)

const (
	domain = "hb.example.org"
	sender = "foo@example.org"
	// key is as long as those of Healthchecks; longKey is one from the settings.
	key     = "abcdefghijklmnopqrstuv"
	longKey = "a-key-that-somebody-made-up-for-the-settings"
)

// stores are what every scenario runs over.
var stores = map[string]func(testing.TB) heartbeat.Store{
	"memory": func(testing.TB) heartbeat.Store { return memory.New() },
	"sqlite": func(t testing.TB) heartbeat.Store {
		s, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "heartbeat.db")})
		if err != nil {
			t.Fatal(err)
		}
		return s
	},
}

// post is a server of mail on this machine.
type post struct {
	*mailin.Server
	t       testing.TB
	store   heartbeat.Store
	service *service.Service
	addr    string
	// stop ends the server and waits until it has ended.
	stop func()
}

// open makes a server over the store and starts it.
func open(t testing.TB, store heartbeat.Store, pingKey string) *post {
	t.Helper()
	p := newPost(t, store, domain, pingKey)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	p.serve(l)
	return p
}

func newPost(t testing.TB, store heartbeat.Store, domain, pingKey string) *post {
	t.Helper()
	t.Cleanup(func() { _ = store.Close() })
	guard, _, err := auth.Open(t.Context(), store, auth.Config{
		Secret: "correct-horse", PingKey: pingKey, BaseURL: "https://example.org",
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &post{t: t, store: store}
	p.service = service.New(service.Config{Store: store, KeysChanged: guard.KeysChanged})
	p.Server = mailin.New(mailin.Config{
		Service: p.service, Auth: guard, Domain: domain, Drain: 5 * time.Second,
		Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	return p
}

func (p *post) serve(l net.Listener) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Serve(ctx, l) }()
	p.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			p.t.Errorf("the server ended badly: %v", err)
		}
	})
	p.t.Cleanup(p.stop)
}

// check adds a check of the default project and returns its ID.
func (p *post) check(slug string, rules heartbeat.Rules) heartbeat.CheckID {
	p.t.Helper()
	return p.checkAs(service.NewID(), slug, rules)
}

func (p *post) checkAs(id heartbeat.CheckID, slug string, rules heartbeat.Rules) heartbeat.CheckID {
	p.t.Helper()
	now := time.Now().UTC()
	c := heartbeat.Check{
		ID: id, Project: heartbeat.DefaultProject, Labels: heartbeat.Labels{Slug: slug},
		Settings: heartbeat.Settings{
			Spec:  heartbeat.Spec{Period: 24 * time.Hour, Worktime: "always", Zone: "UTC"},
			Grace: time.Hour, Rules: rules,
		},
		State: heartbeat.State{Status: heartbeat.StatusNew, Since: now}, Created: now,
	}
	if err := p.store.Add(p.t.Context(), c); err != nil {
		p.t.Fatal(err)
	}
	return c.ID
}

// pings returns the pings of a check, the newest first.
func (p *post) pings(id heartbeat.CheckID) []heartbeat.Ping {
	p.t.Helper()
	pings, err := p.store.Pings(p.t.Context(), id, 100)
	if err != nil {
		p.t.Fatal(err)
	}
	return pings
}

// kinds returns what the pings of a check count as, the newest first.
func (p *post) kinds(id heartbeat.CheckID) string {
	p.t.Helper()
	var kinds []string
	for _, ping := range p.pings(id) {
		kinds = append(kinds, string(ping.Kind))
	}
	return strings.Join(kinds, " ")
}

func (p *post) status(id heartbeat.CheckID) heartbeat.Status {
	p.t.Helper()
	c, err := p.store.Check(p.t.Context(), id)
	if err != nil {
		p.t.Fatal(err)
	}
	return c.State.Status
}

// mail sends a message through a real session and returns the answer, nil for
// 250.
func (p *post) mail(message string, to ...string) error {
	p.t.Helper()
	return smtp.SendMail(p.addr, nil, sender, to, []byte(message))
}

func (p *post) mustMail(message string, to ...string) {
	p.t.Helper()
	if err := p.mail(message, to...); err != nil {
		p.t.Fatalf("mail to %v: %v", to, err)
	}
}

// rcpt says what the server answers to one recipient.
func (p *post) rcpt(to string) (code int, text string) {
	p.t.Helper()
	c, err := smtp.Dial(p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	defer c.Close()
	if err := c.Mail(sender); err != nil {
		p.t.Fatal(err)
	}
	return answer(p.t, c.Rcpt(to))
}

// answer takes an error of net/smtp apart; 250 for nil.
func answer(t testing.TB, err error) (code int, text string) {
	t.Helper()
	if err == nil {
		return 250, ""
	}
	var reply *textproto.Error
	if !errors.As(err, &reply) {
		t.Fatalf("no answer but %v", err)
	}
	return reply.Code, reply.Msg
}

// at is the address of a check.
func at(id heartbeat.CheckID) string { return id.String() + "@" + domain }

// lines joins lines as mail has them.
func lines(lines ...string) string { return strings.Join(lines, "\r\n") + "\r\n" }

// wire is a session by hand, for what no client says.
type wire struct {
	net.Conn
	t testing.TB
	r *bufio.Reader
}

func (p *post) dial() *wire {
	p.t.Helper()
	c, err := net.Dial("tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { c.Close() })
	return &wire{c, p.t, bufio.NewReader(c)}
}

// say sends a line and expects an answer with the code.
func (w *wire) say(code int, format string, args ...any) string {
	w.t.Helper()
	if _, err := fmt.Fprintf(w.Conn, format+"\r\n", args...); err != nil {
		w.t.Fatalf("%q: %v", format, err)
	}
	return w.expect(code)
}

func (w *wire) expect(code int) string {
	w.t.Helper()
	_, text, err := textproto.NewReader(w.r).ReadResponse(code)
	if err != nil {
		w.t.Fatalf("expected %d: %v", code, err)
	}
	return text
}

// greet begins a message to the recipients.
func (w *wire) greet(to ...string) *wire {
	w.t.Helper()
	w.expect(220)
	w.say(250, "EHLO client.example.org")
	w.say(250, "MAIL FROM:<%s>", sender)
	for _, address := range to {
		w.say(250, "RCPT TO:<%s>", address)
	}
	return w
}
