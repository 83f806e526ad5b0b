package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"heartbeat"
	"heartbeat/internal/auth"
	"heartbeat/internal/service"
	"heartbeat/internal/web/hcapi"
)

// handler answers a request, or returns an error and leaves the answer to fail.
type handler func(http.ResponseWriter, *http.Request) error

// answer makes a handler one of net/http's.
func (s *server) answer(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

var (
	errNoRoute   = fmt.Errorf("%w: there is nothing at this address; pulses go to /heartbeat/PING-KEY/pulse, pings to /ping/UUID or /ping/PING-KEY/SLUG, people to /heartbeat/dashboard", heartbeat.ErrNotFound)
	errOtherSite = fmt.Errorf("%w: this form was sent from another site; if it was not, set --base-url to the address in your browser", heartbeat.ErrForbidden)
	errNoSecret  = fmt.Errorf("%w: add ?secret= or a header Authorization: Bearer with the dashboard's secret, or log in", heartbeat.ErrForbidden)
)

// methodError says that a known address does not take the method.
type methodError struct{ allow string }

func (e *methodError) Error() string { return "this address takes " + e.allow + " only" }

// unrecorded says that a pulse could not be stored, for a reason that is neither
// the sender's nor overload: a full disk, say. It may have been stored all the
// same, but the sender must not rely on that.
type unrecorded struct{ cause error }

func (e *unrecorded) Error() string { return "pulse not recorded: " + e.cause.Error() }
func (e *unrecorded) Unwrap() error { return e.cause }

// statusOf is the one place that gives errors their status.
func statusOf(err error) int {
	if err == nil {
		return http.StatusOK // before the variables, which would cost the hot path
	}
	var (
		invalid  *heartbeat.Invalid
		invalids service.Invalids
		tooMany  *auth.TooMany
		tooLarge *http.MaxBytesError
		method   *methodError
		lost     *unrecorded
	)
	switch {
	case errors.As(err, &invalid), errors.As(err, &invalids):
		return http.StatusBadRequest
	case errors.Is(err, heartbeat.ErrForbidden):
		return http.StatusForbidden
	case errors.Is(err, heartbeat.ErrNotFound):
		return http.StatusNotFound
	case errors.As(err, &method):
		return http.StatusMethodNotAllowed
	case errors.Is(err, heartbeat.ErrConflict), errors.Is(err, heartbeat.ErrExists), errors.Is(err, heartbeat.ErrAmbiguous):
		return http.StatusConflict
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.As(err, &tooMany):
		return http.StatusTooManyRequests
	case errors.Is(err, heartbeat.ErrBusy), errors.Is(err, heartbeat.ErrClosed), errors.As(err, &lost),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// fail answers with err. What is our fault goes into the log under the
// request's ID, and only the ID goes out.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, text := statusOf(err), err.Error()
	var (
		tooMany  *auth.TooMany
		tooLarge *http.MaxBytesError
		method   *methodError
		lost     *unrecorded
	)
	switch {
	case errors.As(err, &method):
		w.Header().Set("Allow", method.allow)
	case errors.As(err, &tooMany):
		w.Header().Set("Retry-After", strconv.Itoa(int(tooMany.After/time.Second)))
	case errors.As(err, &tooLarge):
		text = fmt.Sprintf("the body is longer than %d bytes; send the part that matters", tooLarge.Limit)
	case errors.As(err, &lost):
		w.Header().Set("Retry-After", "5")
		text = "Heartbeat cannot write to its store, its log says why; send it again"
		// All jobs meet this at once: a line for each would bury the cause, and fill
		// what is left of a full disk.
		s.unrecorded.Do(func() {
			s.cfg.Logger.ErrorContext(r.Context(), "pulses cannot be recorded", "err", lost.cause)
		})
	case status == http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
		text = unavailable(err)
	case status == http.StatusInternalServerError:
		id := s.requestID(w)
		s.cfg.Logger.ErrorContext(r.Context(), "request failed",
			"request", id, "method", r.Method, "route", r.Pattern, "err", err)
		text = "something went wrong inside Heartbeat; its log says what, under request " + id
	}
	if strings.HasPrefix(r.URL.Path, "/api/") {
		_ = hcapi.Refuse(w, status, text) // always nil
		return
	}
	_ = say(w, status, text) // always nil
}

// unavailable says in the sender's terms why it must try again.
func unavailable(err error) string {
	switch {
	case errors.Is(err, heartbeat.ErrBusy):
		return "too many requests are waiting; nothing was stored, send it again"
	case errors.Is(err, heartbeat.ErrClosed):
		return "Heartbeat is shutting down; nothing was stored, send it again"
	}
	return "Heartbeat could not finish this in time; send it again"
}
