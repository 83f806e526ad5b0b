package mailin_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"heartbeat"
	"heartbeat/internal/mailin"
	"heartbeat/internal/service"
)

// pipes is a network in which time can be made up.
type pipes struct {
	arrive chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{arrive: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.arrive:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { p.once.Do(func() { close(p.closed) }); return nil }

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 25), Port: 25} }

// dial connects from an address such as 192.0.2.1.
func (p *pipes) dial(t testing.TB, from string) *wire {
	t.Helper()
	here, there := net.Pipe()
	t.Cleanup(func() { here.Close() })
	p.arrive <- peer{there, &net.TCPAddr{IP: net.ParseIP(from), Port: 40_000}}
	return &wire{here, t, bufio.NewReader(here)}
}

// peer is a connection that comes from somewhere.
type peer struct {
	net.Conn
	from net.Addr
}

func (p peer) RemoteAddr() net.Addr { return p.from }

// inBubble runs a test in made-up time, with a server over pipes.
func inBubble(t *testing.T, test func(t *testing.T, p *post, network *pipes)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, network := newPost(t, stores["memory"](t), domain, key), newPipes()
		p.serve(network)
		test(t, p, network)
		p.stop()
	})
}

// dribble sends text, so many bytes at a time, once every pause, until the other
// side hangs up or text ends; it returns how long that took.
func (w *wire) dribble(text string, n int, pause time.Duration) time.Duration {
	began := time.Now()
	for len(text) > 0 {
		n := min(n, len(text))
		if _, err := io.WriteString(w.Conn, text[:n]); err != nil {
			break
		}
		text = text[n:]
		time.Sleep(pause)
	}
	return time.Since(began)
}

// rest returns all that still comes.
func (w *wire) rest() string {
	text, _ := io.ReadAll(w.r) // an end is an end
	return string(text)
}

func TestConn_SlowCommandEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *post, network *pipes) {
		w := network.dial(t, "192.0.2.1")
		w.expect(220)
		said := make(chan string, 1)
		go func() { said <- w.rest() }()
		if took := w.dribble(strings.Repeat("E", 1000), 1, time.Second); took > 3*time.Minute {
			t.Errorf("a command may take %v", took)
		}
		if text := <-said; !strings.Contains(text, "421 ") {
			t.Errorf("told %q", text)
		}
	})
}

func TestConn_EndsWhateverItDoes(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *post, network *pipes) {
		w := network.dial(t, "192.0.2.1")
		w.expect(220)
		began, said := time.Now(), make(chan string, 1)
		go func() { said <- w.rest() }()
		w.dribble(strings.Repeat("NOOP\r\n", 1000), 6, time.Minute)
		<-said
		if took := time.Since(began); took > 12*time.Minute {
			t.Errorf("a connection may last %v", took)
		}
	})
}

func TestData_SlowMessageEndsAndItsRestIsNoCommand(t *testing.T) {
	inBubble(t, func(t *testing.T, p *post, network *pipes) {
		id := p.check("", heartbeat.Rules{})
		w := network.dial(t, "192.0.2.1").greet(at(id))
		w.say(354, "DATA")
		said := make(chan string, 1)
		go func() { said <- w.rest() }()
		if took := w.dribble(strings.Repeat("RSET\r\n", 1000), 6, time.Second); took > 3*time.Minute {
			t.Errorf("a message may take %v", took)
		}
		if text := <-said; strings.Contains(text, "250") || !strings.HasPrefix(text, "451 ") {
			t.Errorf("told %q", text)
		}
		if got := p.kinds(id); got != "" {
			t.Errorf("got pings %q", got)
		}
	})
}

func TestGate_SoManyConnectionsAndSoManyFromOne(t *testing.T) {
	inBubble(t, func(t *testing.T, _ *post, network *pipes) {
		var open []*wire
		enter := func(from string) bool {
			w := network.dial(t, from)
			line, err := w.r.ReadString('\n')
			switch {
			case err == nil && strings.HasPrefix(line, "220 "):
				open = append(open, w)
				return true
			case err == nil && strings.HasPrefix(line, "421 4.7.0 ") && strings.Contains(line, "try again"):
				return false
			}
			t.Fatalf("%s was told %q, %v", from, line, err)
			return false
		}
		for i := range 20 {
			if !enter("192.0.2.1") || !enter(fmt.Sprintf("2001:db8::%x", i)) {
				t.Fatalf("connection %d of an address was refused", i+1)
			}
		}
		if enter("192.0.2.1") || enter("2001:db8::ffff") {
			t.Error("one address, or network, has no bound")
		}
		for i := range 60 {
			if !enter(fmt.Sprintf("2001:db8:%x::1", i+1)) {
				t.Fatalf("connection %d was refused", len(open)+1)
			}
		}
		if enter("198.51.100.1") {
			t.Error("101 connections were let in")
		}
		for _, w := range open[:2] {
			w.say(221, "QUIT")
		}
		synctest.Wait()
		if !enter("192.0.2.1") || enter("192.0.2.1") || !enter("2001:db8::1") {
			t.Error("those that went left no room, or too much")
		}
	})
}

func TestStop_IdleConnectionsEndAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, p *post, network *pipes) {
		id := p.check("", heartbeat.Rules{})
		mute, idle := network.dial(t, "192.0.2.1"), network.dial(t, "192.0.2.1").greet(at(id))
		mute.expect(220)
		began, said := time.Now(), make(chan string, 2)
		for _, w := range []*wire{mute, idle} {
			go func() { said <- w.rest() }()
		}
		p.stop()
		for range 2 {
			if text := <-said; !strings.HasPrefix(text, "421 ") {
				t.Errorf("told %q", text)
			}
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("it took %v", took)
		}
	})
}

func TestStop_MessageOnItsWayIsTaken(t *testing.T) {
	for name, begin := range map[string]func(w *wire, half string){
		"DATA": func(w *wire, half string) { w.say(354, "DATA"); fmt.Fprint(w.Conn, half) },
		"BDAT": func(w *wire, half string) { w.say(250, "BDAT %d\r\n%s", len(half), half[:len(half)-2]) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, p *post, network *pipes) {
				id := p.check("", heartbeat.Rules{})
				w := network.dial(t, "192.0.2.1").greet(at(id))
				begin(w, "Subject: a\r\n")
				go p.stop()
				time.Sleep(2 * time.Second)
				if name == "DATA" {
					w.say(250, "\r\nb\r\n.")
				} else {
					w.say(250, "BDAT 2\r\n")
					time.Sleep(time.Second)
					w.say(250, "BDAT 3 LAST\r\nb")
				}
				if text := w.rest(); !strings.HasPrefix(text, "421 ") {
					t.Errorf("told %q", text)
				}
				pings := p.pings(id)
				if len(pings) != 1 || string(pings[0].Body) != "Subject: a\r\n\r\nb\r\n" {
					t.Errorf("got %+v", pings)
				}
			})
		})
	}
}

func TestStop_MessageThatTakesTooLongIsCutOffAndNotAnswered(t *testing.T) {
	inBubble(t, func(t *testing.T, p *post, network *pipes) {
		id := p.check("", heartbeat.Rules{})
		w := network.dial(t, "192.0.2.1").greet(at(id))
		w.say(354, "DATA")
		began, said := time.Now(), make(chan string, 1)
		go func() { said <- w.rest() }()
		go p.stop()
		w.dribble(strings.Repeat("a", 1000), 1, time.Second)
		if text := <-said; strings.Contains(text, "250") {
			t.Errorf("told %q", text)
		}
		if took := time.Since(began); took > 10*time.Second || p.kinds(id) != "" {
			t.Errorf("it took %v, pings %q", took, p.kinds(id))
		}
	})
}

func TestData_TooLargeIsRefusedHoweverItComes(t *testing.T) {
	t.Parallel()
	p := open(t, stores["memory"](t), key)
	id := p.check("", heartbeat.Rules{})
	huge := strings.Repeat(strings.Repeat("a", 998)+"\r\n", mailin.MaxMessage/1000+1)
	w := p.dial()
	w.expect(220)
	if hello := w.say(250, "EHLO client.example.org"); !strings.Contains(hello, fmt.Sprint("SIZE ", mailin.MaxMessage)) {
		t.Errorf("told %q", hello)
	}
	w.say(552, "MAIL FROM:<a@example.org> SIZE=%d", mailin.MaxMessage+1)
	w.say(250, "MAIL FROM:<a@example.org>")
	w.say(250, "RCPT TO:<%s>", at(id))
	w.say(552, "BDAT %d LAST\r\n%s", len(huge)+2, huge)
	w.say(250, "MAIL FROM:<a@example.org>")
	w.say(250, "RCPT TO:<%s>", at(id))
	w.say(354, "DATA")
	w.say(552, "%s.", huge)
	w.say(250, "NOOP")
	if got := p.kinds(id); got != "" {
		t.Errorf("got pings %q", got)
	}
}

func TestData_LongLines(t *testing.T) {
	t.Parallel()
	p := open(t, stores["memory"](t), key)
	id := p.check("", heartbeat.Rules{FilterBody: true, FailureWords: "FAILED"})
	p.mustMail("\r\n"+strings.Repeat("x", 60_000)+" FAILED\r\n", at(id))
	if code, text := answer(t, p.mail("\r\n"+strings.Repeat("x", 70_000)+"\r\n", at(id))); code != 554 || !strings.Contains(text, "line") {
		t.Errorf("got %d %s", code, text)
	}
	if got := p.kinds(id); got != "fail" {
		t.Errorf("got pings %q", got)
	}
}

func TestData_ChunksThatBreakOffAreNoMessage(t *testing.T) {
	t.Parallel()
	p := open(t, stores["memory"](t), key)
	id := p.check("", heartbeat.Rules{})
	w := p.dial().greet(at(id))
	fmt.Fprintf(w.Conn, "BDAT 1000 LAST\r\nSubject: success\r\n\r\n")
	if err := w.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	w.expect(451)
	w = p.dial().greet(at(id))
	w.say(250, "BDAT 10\r\n12345678")
	w.say(250, "RSET")
	w.say(502, "BDAT 0 LAST")
	if got := p.kinds(id); got != "" {
		t.Errorf("got pings %q", got)
	}
}

func TestData_ThereIsRoomForSoMuchAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, p *post, network *pipes) {
		id := p.check("", heartbeat.Rules{})
		nine := fmt.Sprintf("BDAT 9000002\r\n%s", strings.Repeat("a", 9_000_000)) // and the end of the line
		var all []*wire
		for range 3 {
			w := network.dial(t, "192.0.2.1").greet(at(id))
			w.say(250, "%s", nine)
			all = append(all, w)
		}
		w := network.dial(t, "192.0.2.1").greet(at(id))
		w.say(452, "%s", nine)
		for _, w := range all {
			w.say(250, "BDAT 0 LAST")
		}
		w.say(250, "MAIL FROM:<%s>", sender) // all room is given back
		w.say(250, "RCPT TO:<%s>", at(id))
		w.say(250, "%s", nine)
		w.say(250, "BDAT 0 LAST")
		if got := len(p.pings(id)); got != 4 {
			t.Errorf("got %d pings", got)
		}
	})
}

func TestRcpt_BoundsOfRecipients(t *testing.T) {
	t.Parallel()
	p := open(t, stores["memory"](t), key)
	id := p.check("", heartbeat.Rules{})
	w := p.dial().greet()
	for range 100 {
		w.say(250, "RCPT TO:<%s>", at(id))
	}
	w.say(452, "RCPT TO:<%s>", at(id))

	w = p.dial().greet()
	for range 99 {
		w.say(550, "RCPT TO:<nobody@%s>", domain)
	}
	w.say(421, "RCPT TO:<nobody@%s>", domain)
	if text := w.rest(); text != "" {
		t.Errorf("it goes on: %q", text)
	}
}

func TestSession_NoRelayNoLogin(t *testing.T) {
	t.Parallel()
	p := open(t, stores["memory"](t), key)
	id := service.NewID().String()
	w := p.dial()
	w.expect(220)
	hello := w.say(250, "EHLO client.example.org")
	for _, word := range []string{"AUTH", "STARTTLS"} {
		if strings.Contains(hello, word) {
			t.Errorf("offers %s: %s", word, hello)
		}
	}
	for _, word := range []string{"8BITMIME", "SMTPUTF8"} {
		if !strings.Contains(hello, word) {
			t.Errorf("does not offer %s: %s", word, hello)
		}
	}
	w.say(523, "AUTH PLAIN AGEAYg==")
	w.say(502, "STARTTLS")
	w.say(250, "MAIL FROM:<%s>", sender)
	for _, to := range []string{
		id + "@example.com", id + "%example.com@example.net", "@" + domain + ":" + id + "@example.com",
		`"` + id + "@" + domain + `"@example.com`, id + "@" + domain + "@example.com", id + "@[127.0.0.1]",
		id + "@" + domain + ".", id + "@localhost",
	} {
		w.say(550, "RCPT TO:<%s>", to)
	}
	w.say(550, `RCPT TO:<"%s@example.com"@%s>`, id, domain)
	w.say(550, "RCPT TO:<%s%%example.com@%s>", id, domain)
	w.say(502, "DATA")
}
