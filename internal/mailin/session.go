package mailin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"heartbeat"
)

const (
	// maxAgent is how many characters are kept of who sent a message.
	maxAgent = 200
	// maxRefused is how many recipients one connection may get wrong.
	maxRefused = 100
)

// Answers. 4xx makes the sending server try again, 5xx makes it tell the sender.
var (
	errMailbox = reply(550, 5, 1, 1, "Invalid mailbox: write to CHECK-UUID or PING-KEY+slug at this domain")
	errUnknown = reply(550, 5, 1, 1, "No check has this address: nothing was recorded")
	errLine    = reply(554, 5, 6, 0, "A line of the message is longer than 64 kB")
	errCut     = reply(451, 4, 4, 2, "The message did not come in whole: send it again")
	errRoom    = reply(452, 4, 3, 1, "Too much mail at once: send it again later")
	errStore   = reply(451, 4, 3, 0, "The ping could not be recorded: send it again later")
)

func reply(code, class, subject, detail int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{class, subject, detail}, Message: text}
}

// session is one conversation. The protocol's server may reset it while Data
// still reads, namely a message in chunks that is given up.
type session struct {
	server *Server
	ctx    context.Context // of the whole server: the protocol hands in none
	smtp   *smtp.Conn
	conn   *conn

	refused int

	mu   sync.Mutex
	from string
	to   []recipient
}

func (s *Server) newSession(ctx context.Context, c *smtp.Conn) *session {
	return &session{server: s, ctx: ctx, smtp: c, conn: c.Conn().(*conn)} // Serve listens at the gate
}

// Reset implements [smtp.Session].
func (s *session) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from, s.to = "", nil
}

// Logout implements [smtp.Session].
func (s *session) Logout() error { return nil }

// Mail implements [smtp.Session].
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from = from
	return nil
}

// Rcpt implements [smtp.Session]. It does not say whether the check exists: the
// answer to the message does.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	rcpt, err := s.server.recipient(s.ctx, to)
	if err != nil {
		if s.refused++; s.refused >= maxRefused {
			s.smtp.Reject()
		}
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = append(s.to, rcpt)
	return nil
}

// recipient reads an address. A key of another length than Healthchecks' must be
// somebody's, so that theirs are told apart from mistakes as they are there.
func (s *Server) recipient(ctx context.Context, address string) (recipient, error) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 || !strings.EqualFold(address[at+1:], s.domain) {
		return recipient{}, reply(550, 5, 1, 1, "Recipient rejected: this server takes mail to "+s.domain+" only")
	}
	rcpt, ok := parseMailbox(address[:at])
	if !ok {
		return recipient{}, errMailbox
	}
	if rcpt.key == "" || len(rcpt.key) == keyLength {
		return rcpt, nil
	}
	_, known, err := s.cfg.Auth.Pinger(ctx, rcpt.key)
	switch {
	case err != nil:
		s.cfg.Logger.Warn("mail put off: the ping keys cannot be read", "error", err)
		return recipient{}, errStore
	case !known:
		return recipient{}, errMailbox
	}
	return rcpt, nil
}

// Data implements [smtp.Session]. It returns nil once every recipient that is a
// check is pinged.
func (s *session) Data(r io.Reader) (err error) {
	s.conn.setBusy(true)
	defer s.conn.setBusy(false)
	defer func() {
		if cause := recover(); cause != nil {
			s.server.cfg.Logger.Error("mail panicked", "panic", cause, "stack", string(debug.Stack()))
			err = errStore
		}
	}()
	s.mu.Lock()
	from, to := s.from, s.to
	s.mu.Unlock()

	held := &holder{r: r, all: &s.server.held}
	defer held.release()
	raw, err := io.ReadAll(held)
	if err == nil && s.conn.broken.Load() { // a chunk that broke off reads like a whole one
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return refusalOf(err)
	}
	return s.server.deliver(s.ctx, to, s.ping(from, raw))
}

// ping makes a ping of a message that has come in.
func (s *session) ping(from string, raw []byte) heartbeat.Ping {
	ping := heartbeat.Ping{
		At:     time.Now().Round(0).UTC(),
		Kind:   heartbeat.KindSuccess,
		Scheme: "email",
		Agent:  agent(from),
		Body:   bytes.Clone(raw[:min(len(raw), heartbeat.MaxBody)]),
	}
	if addr := addrOf(s.conn); addr.IsValid() {
		ping.Addr = addr.String()
	}
	s.server.parse <- struct{}{}
	defer func() { <-s.server.parse }()
	mail := Parse(raw)
	ping.Mail = &mail
	return ping
}

func agent(from string) string {
	text := []rune("Email from " + from)
	return string(text[:min(len(text), maxAgent)])
}

// deliver pings every check. One that is not stored makes the sender send to all
// of them again: a ping too many is better than one too few.
func (s *Server) deliver(ctx context.Context, to []recipient, ping heartbeat.Ping) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	stored, failed := 0, false
	for _, rcpt := range to {
		err := s.send(ctx, rcpt, ping)
		switch {
		case err == nil:
			stored++
		case errors.Is(err, heartbeat.ErrNotFound), errors.Is(err, heartbeat.ErrAmbiguous):
			s.cfg.Logger.Debug("mail for no check", "recipient", rcpt, "from", ping.Addr, "error", err)
		default:
			s.cfg.Logger.Warn("mail put off: its ping could not be recorded", "recipient", rcpt, "error", err)
			failed = true
		}
	}
	switch {
	case failed:
		return errStore
	case stored == 0:
		return errUnknown
	}
	return nil
}

func (s *Server) send(ctx context.Context, to recipient, ping heartbeat.Ping) error {
	if to.key == "" {
		_, err := s.cfg.Service.Ping(ctx, to.id, ping)
		return err
	}
	project, ok, err := s.cfg.Auth.Pinger(ctx, to.key)
	if err != nil {
		return err
	}
	if !ok {
		return heartbeat.ErrNotFound
	}
	_, err = s.cfg.Service.PingSlug(ctx, project, to.slug, ping, nil)
	return err
}

// refusalOf returns the answer to a message that could not be read.
func refusalOf(err error) error {
	var answer *smtp.SMTPError // too large, or no room
	switch {
	case errors.As(err, &answer):
		return answer
	case errors.Is(err, smtp.ErrTooLongLine):
		return errLine
	}
	return errCut
}
