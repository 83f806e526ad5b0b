// Package mailin takes pings by e-mail, for what can send nothing else: a printer,
// a backup appliance, a cron daemon. README.md says which addresses there are, and
// what differs from Healthchecks.
//
// It is no mail server: it accepts mail for its own domain only, keeps none,
// passes none on, and sends none. Whoever can reach it may try anything, so all
// that it holds is bounded: connections, their time, recipients, bytes.
//
//	mailin.go   the server: what it serves, how it ends
//	gate.go     who gets a connection, and for how long
//	session.go  one conversation: recipients, a message, pings
//	address.go  recipient → check
//	message.go  message → subject and text
//	decode.go   transfer encodings, charsets, HTML
package mailin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"heartbeat/internal/auth"
	"heartbeat/internal/service"
)

// MaxMessage is how many bytes a message may have. All of them are looked at,
// and the first heartbeat.MaxBody kept.
const MaxMessage = 10 << 20

const (
	// maxHeld is how many bytes of messages are in memory at once. Who comes when
	// there is no room is asked to come again.
	maxHeld = 32 << 20
	// maxParsed is how many messages are taken apart at once.
	maxParsed = 2
	// maxRecipients is what RFC 5321 demands at least.
	maxRecipients = 100
	// maxLine is far above the 1000 bytes of RFC 5321: scripts do not know them.
	maxLine = 64 << 10
	// readTimeout is for one command, and for one message.
	readTimeout  = 2 * time.Minute
	writeTimeout = 30 * time.Second
	// storeTimeout is for all pings of one message; senders wait for ten minutes.
	storeTimeout = time.Minute
)

// Config is what a Server needs. All fields are required.
type Config struct {
	Service *service.Service
	Auth    *auth.Auth
	// Domain is the host name or IP address of which mail is accepted.
	Domain string
	// Drain is how long messages on their way may take after the end was asked for.
	Drain  time.Duration
	Logger *slog.Logger
}

// Server takes mail.
type Server struct {
	cfg    Config
	domain string
	held   atomic.Int64
	parse  chan struct{} // as many as take a message apart
}

// New returns a server.
func New(cfg Config) *Server {
	return &Server{cfg: cfg, domain: literal(cfg.Domain), parse: make(chan struct{}, maxParsed)}
}

// literal returns a host as it stands behind the @: IP addresses in brackets.
func literal(host string) string {
	addr, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		return host
	case addr.Is4():
		return "[" + host + "]"
	}
	return "[IPv6:" + host + "]"
}

// Domain is what stands behind the @ of every address.
func (s *Server) Domain() string { return s.domain }

// Serve takes mail until ctx ends. Then it closes l, ends the connections that
// do nothing, lets messages on their way come in and be stored, for Config.Drain
// at most, and returns nil.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	gate := newGate(l)
	server := s.smtp(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(gate) }()
	select {
	case err := <-ended:
		gate.cut()
		return fmt.Errorf("take mail: %w", err)
	case <-ctx.Done():
	}
	gate.stop(time.Now().Add(s.cfg.Drain))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Drain)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		s.cfg.Logger.Warn("mail was cut off: it took too long; its senders will try again", "drain", s.cfg.Drain.String())
		gate.cut()
		return nil
	}
	return err
}

// smtp returns the server of the protocol, whose pings are stored under ctx.
func (s *Server) smtp(ctx context.Context) *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return s.newSession(ctx, c), nil
	}))
	server.Domain = s.domain
	server.MaxRecipients = maxRecipients
	server.MaxMessageBytes = MaxMessage
	server.MaxLineLength = maxLine
	server.ReadTimeout = readTimeout
	server.WriteTimeout = writeTimeout
	server.EnableSMTPUTF8 = true
	server.ErrorLog = errorLog{s.cfg.Logger}
	return server
}

// errorLog takes what the protocol's server has to say. Connections that break
// off are its daily bread; all else must be seen.
type errorLog struct{ logger *slog.Logger }

// Printf implements [smtp.Logger].
func (l errorLog) Printf(format string, args ...any) {
	if strings.HasPrefix(format, "error handling") {
		l.logger.Debug("mail: " + fmt.Sprintf(format, args...))
		return
	}
	l.logger.Warn("mail: " + fmt.Sprintf(format, args...))
}

// Println implements [smtp.Logger].
func (l errorLog) Println(args ...any) { l.logger.Warn("mail: " + fmt.Sprint(args...)) }
