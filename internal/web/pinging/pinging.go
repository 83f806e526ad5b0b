// Package pinging is where pulses and pings come in: the hot path. It opens no
// session, renders no template and builds no map of parameters.
//
//	pinging.go  pulses, and what pings share with them
//	query.go    the parameters of a pulse
//	ping.go     ping URLs, as Healthchecks has them; README.md says how they differ
//	address.go  what a ping URL says
//
// A pulse is GET, HEAD or POST of
//
//	/heartbeat/PING-KEY/pulse?host=&category=&type=&name=
//
// with, if wanted,
//
//	threshold   hours until the next pulse must come   }
//	cron        a crontab's five fields, instead       } used when
//	oncalendar  lines of systemd's OnCalendar, instead } this pulse
//	grace       hours that a pulse may be late         } creates its check,
//	saturday    1: Saturdays count; 0: they do not     } checked always
//	worktime    such as mon-fri or mon-fri 09:00-17:30 }
//	tz          an IANA time zone                      }
//	status      success, fail, start or log
//	exit        the job's exit status, 0 to 255; all but 0 mean fail
//	rid         pairs a start with its end where runs overlap
//
// Parameters come from the URL only; a body, whatever its type, is the job's
// output, of which the first bytes are kept. A plus sign in a value is a space,
// as in every query; %2B is a plus. The original's client does not encode what
// it sends, so a semicolon is taken literally. A parameter that is not listed
// here is ignored, as in the original; one that comes twice is refused, because
// two readings of a name would be two checks.
package pinging

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"heartbeat"
	"heartbeat/internal/auth"
	"heartbeat/internal/service"
)

// Config is what the handler needs.
type Config struct {
	Service *service.Service
	Auth    *auth.Auth
	// ArrivedAt tells when a request arrived, where somebody before us took it in;
	// it is not ok if that is not known. Nil: it has arrived now.
	ArrivedAt func(context.Context) (at time.Time, ok bool)
	// Observe hears of every pulse and ping once it is dealt with. May be nil.
	Observe func(kind heartbeat.Kind, took time.Duration, err error)
}

// Handler takes pulses and pings in.
type Handler struct {
	cfg Config
	// What every good answer says, made once.
	text, length, noStore, noSniff []string
	body                           []byte
	ping                           pingAnswer
}

// success is the original's answer, to the letter.
const success = "Successful Heartbeat Pulse"

// New returns a handler.
func New(cfg Config) *Handler {
	if cfg.Observe == nil {
		cfg.Observe = func(heartbeat.Kind, time.Duration, error) {}
	}
	if cfg.ArrivedAt == nil {
		cfg.ArrivedAt = func(context.Context) (time.Time, bool) { return time.Time{}, false }
	}
	return &Handler{
		cfg:     cfg,
		text:    []string{"text/plain; charset=utf-8"},
		length:  []string{strconv.Itoa(len(success))},
		noStore: []string{"no-store"},
		noSniff: []string{"nosniff"},
		body:    []byte(success),
		ping:    newPingAnswer(),
	}
}

// Pulse answers a pulse once it is durable. The path value "key" is the ping
// key. An error means that nothing was answered; what was refused is not stored.
func (h *Handler) Pulse(w http.ResponseWriter, r *http.Request) error {
	begun := time.Now()
	kind, err := h.take(w, r, h.arrived(r, begun))
	h.cfg.Observe(kind, time.Since(begun), err)
	if err != nil {
		return err
	}
	header := w.Header()
	header["Content-Type"] = h.text
	header["Content-Length"] = h.length
	header["Cache-Control"] = h.noStore
	header["X-Content-Type-Options"] = h.noSniff
	// The pulse is stored; a client that has gone needs no answer.
	_, _ = w.Write(h.body)
	return nil
}

func (h *Handler) take(w http.ResponseWriter, r *http.Request, at time.Time) (heartbeat.Kind, error) {
	project, err := h.permit(r.Context(), r.PathValue("key"))
	if err != nil {
		return "", err
	}
	pulse, err := parse(r.URL.RawQuery)
	pulse.Project = project
	if err != nil {
		return pulse.Ping.Kind, hint(err, r)
	}
	body, err := readBody(w, r, maxUpload)
	if err != nil {
		return pulse.Ping.Kind, err
	}
	sent := h.sent(r, at, body)
	sent.Kind, sent.Exit, sent.Run = pulse.Ping.Kind, pulse.Ping.Exit, pulse.Ping.Run
	pulse.Ping = sent
	// A pulse that has come in whole counts, even if its sender hung up meanwhile.
	_, err = h.cfg.Service.Pulse(context.WithoutCancel(r.Context()), pulse)
	return pulse.Ping.Kind, hint(err, r)
}

// arrived is when the request came in.
func (h *Handler) arrived(r *http.Request, now time.Time) time.Time {
	if at, ok := h.cfg.ArrivedAt(r.Context()); ok {
		return at
	}
	return now
}

// sent is a ping as far as its sender and its body make it.
func (h *Handler) sent(r *http.Request, at time.Time, body []byte) heartbeat.Ping {
	ping := heartbeat.Ping{
		At:     at.Round(0).UTC(),
		Method: cut(r.Method, maxMethod),
		Agent:  cut(r.UserAgent(), maxAgent),
		Body:   body,
	}
	if addr := h.cfg.Auth.Addr(r); addr.IsValid() {
		ping.Addr = addr.String()
	}
	return ping
}

var (
	errNoKey = fmt.Errorf("%w: pulses need the ping key in the address: /heartbeat/PING-KEY/pulse "+
		"(the key is shown at the first start; --open-pulse lets pulses in without it)", heartbeat.ErrForbidden)
	errWrongKey = fmt.Errorf("%w: the ping key in the address is wrong; it stands between /heartbeat/ and /pulse, "+
		"and --ping-key sets another", heartbeat.ErrForbidden)
)

// permit returns the project that the key belongs to.
func (h *Handler) permit(ctx context.Context, key string) (heartbeat.ProjectID, error) {
	switch {
	case key == "" && h.cfg.Auth.OpenPulse():
		return heartbeat.DefaultProject, nil
	case key == "":
		return "", errNoKey
	}
	project, ok, err := h.cfg.Auth.Pinger(ctx, key)
	if err == nil && !ok {
		err = errWrongKey
	}
	return project, err
}

// hint adds to a missing name that parameters in a form are not looked at, for
// those who sent them there.
func hint(err error, r *http.Request) error {
	if err == nil {
		return nil
	}
	var invalid *heartbeat.Invalid
	if !errors.As(err, &invalid) || r.URL.RawQuery != "" ||
		!strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return err
	}
	return &heartbeat.Invalid{
		Field:   invalid.Field,
		Problem: invalid.Problem + ", in the URL's query: the body is kept as the job's output and not read",
	}
}

// How long a body may be, of which heartbeat.MaxBody bytes are kept: a pulse's,
// which is Healthchecks' bound, and a ping URL's. Jobs that were written for
// Healthchecks' own site may send more than that: better a ping whose body is
// cut than none.
const (
	maxUpload     = 2_621_440
	maxPingUpload = 64 << 20
)

// readBody returns the first bytes of the body, and reads all of it, so that
// the connection can be used again.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength == 0 || r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	reader := http.MaxBytesReader(w, r.Body, limit)
	body, err := io.ReadAll(io.LimitReader(reader, heartbeat.MaxBody))
	if err == nil {
		_, err = io.Copy(io.Discard, reader)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return body, nil
	case errors.As(err, &tooLarge):
		return nil, err
	}
	return nil, &heartbeat.Invalid{Field: "body", Problem: "could not be read to its end: send the pulse again"}
}

// How many characters of a User-Agent and of a method are kept.
const (
	maxAgent  = 200
	maxMethod = 10
)

// cut returns at most the first n characters of s, as valid UTF-8.
func cut(s string, n int) string {
	if len(s) > n {
		count := 0
		for i := range s {
			if count == n {
				s = s[:i]
				break
			}
			count++
		}
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}
