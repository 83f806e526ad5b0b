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

	"heartbeat"
)

// What Healthchecks answers, to the letter. There is no line break at the end.
const (
	textOK        = "OK"
	textCreated   = "Created"
	textNotFound  = "not found"
	textAmbiguous = "ambiguous slug"
)

// noCache is what Healthchecks says to caches.
const noCache = "max-age=0, no-cache, no-store, must-revalidate, private"

// pingAnswer is the header of every ping that was recorded, made once.
type pingAnswer struct {
	text, okLength, createdLength, anySite, bodyLimit, noCache, expired []string
	ok, created                                                         []byte
}

func newPingAnswer() pingAnswer {
	return pingAnswer{
		text:          []string{"text/plain; charset=utf-8"},
		okLength:      []string{strconv.Itoa(len(textOK))},
		createdLength: []string{strconv.Itoa(len(textCreated))},
		anySite:       []string{"*"},
		bodyLimit:     []string{strconv.Itoa(heartbeat.MaxBody)},
		noCache:       []string{noCache},
		expired:       []string{time.Unix(0, 0).UTC().Format(http.TimeFormat)},
		ok:            []byte(textOK),
		created:       []byte(textCreated),
	}
}

var errNoPingURL = fmt.Errorf("%w: this is no ping URL; those are /ping/UUID and /ping/PING-KEY/SLUG, with nothing, /start, /fail, /log "+
	"or an exit status after it, and UUIDs are written in lower case", heartbeat.ErrNotFound)

// Ping answers a ping URL of Healthchecks', with whatever method, once the ping
// is durable. The path begins with /ping/. An error means that nothing was
// answered.
func (h *Handler) Ping(w http.ResponseWriter, r *http.Request) error {
	begun := time.Now()
	kind, created, err := h.takePing(w, r, h.arrived(r, begun))
	h.cfg.Observe(kind, time.Since(begun), err)
	if err != nil {
		return h.refuse(w, err)
	}
	header, a := w.Header(), &h.ping
	header["Content-Type"] = a.text
	header["Access-Control-Allow-Origin"] = a.anySite
	header["Ping-Body-Limit"] = a.bodyLimit
	header["Cache-Control"] = a.noCache
	header["Expires"] = a.expired
	// The ping is stored; a client that has gone needs no answer.
	if created {
		header["Content-Length"] = a.createdLength
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(a.created)
		return nil
	}
	header["Content-Length"] = a.okLength
	_, _ = w.Write(a.ok)
	return nil
}

// takePing goes through a ping in the order in which Healthchecks does.
func (h *Handler) takePing(w http.ResponseWriter, r *http.Request, at time.Time) (heartbeat.Kind, bool, error) {
	to, ok := parseAddress(strings.TrimPrefix(r.URL.Path, "/ping/"))
	if !ok {
		return "", false, errNoPingURL
	}
	project, err := h.project(r.Context(), to)
	if err != nil {
		return to.kind, false, err
	}
	said, err := parseOptions(r.URL.RawQuery)
	if to.hasExit && to.exit >= tooLarge {
		err = errBadURL
	}
	if err != nil {
		if unknown := h.missing(r.Context(), at, to); unknown != nil {
			err = unknown
		}
		return to.kind, false, err
	}
	body, err := readBody(w, r, maxPingUpload)
	if err != nil {
		return to.kind, false, err
	}
	ping := h.sent(r, at, body)
	ping.Kind, ping.Run = to.kind, said.run
	ping.Scheme = h.cfg.Auth.Scheme(r)
	if to.hasExit {
		ping.Exit = new(to.exit)
	}
	// A ping that has come in whole counts, even if its sender hung up meanwhile.
	pinged, err := h.record(context.WithoutCancel(r.Context()), project, to, ping, said)
	return to.kind, pinged.Created, err
}

// project returns the project in which the address names a check by slug.
func (h *Handler) project(ctx context.Context, to address) (heartbeat.ProjectID, error) {
	if to.key == "" {
		return "", nil
	}
	if strings.ToLower(to.slug) != to.slug {
		return "", errBadURL
	}
	project, ok, err := h.cfg.Auth.Pinger(ctx, to.key)
	if err == nil && !ok {
		err = heartbeat.ErrNotFound
	}
	return project, err
}

// missing is ErrNotFound if there is no such check, which is said before what
// else is wrong. Of a slug it is not asked: that would mean to read all checks.
func (h *Handler) missing(ctx context.Context, at time.Time, to address) error {
	if to.key != "" {
		return nil
	}
	_, err := h.cfg.Service.Look(ctx, at, to.id)
	return err
}

func (h *Handler) record(ctx context.Context, project heartbeat.ProjectID, to address, ping heartbeat.Ping, said options) (heartbeat.Pinged, error) {
	switch {
	case to.key == "":
		return h.cfg.Service.Ping(ctx, to.id, ping)
	case said.create:
		return h.cfg.Service.PingSlug(ctx, project, to.slug, ping, &said.initial)
	}
	return h.cfg.Service.PingSlug(ctx, project, to.slug, ping, nil)
}

// refuse answers in Healthchecks' words where it has some for err, and returns
// all other errors.
func (h *Handler) refuse(w http.ResponseWriter, err error) error {
	var bad *malformed
	status, text := 0, ""
	switch {
	case errors.Is(err, errNoPingURL):
		return err
	case errors.Is(err, heartbeat.ErrNotFound):
		status, text = http.StatusNotFound, textNotFound
	case errors.Is(err, heartbeat.ErrAmbiguous):
		status, text = http.StatusConflict, textAmbiguous
	case errors.As(err, &bad):
		status, text = http.StatusBadRequest, bad.text
	default:
		return err
	}
	header := w.Header()
	header["Content-Type"] = h.ping.text
	header["Cache-Control"] = h.ping.noCache
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
	return nil
}
