package gauge

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"heartbeat"
)

// Config is what New needs. Both functions are required.
type Config struct {
	// Project returns the project whose read-only key this is;
	// heartbeat.ErrForbidden or ErrNotFound if it is none's, or may more than read.
	Project func(ctx context.Context, readOnlyKey string) (heartbeat.ProjectID, error)
	// Checks returns the project's checks, always in the same order.
	Checks func(ctx context.Context, project heartbeat.ProjectID) ([]Check, error)
	// Off hides everything: all addresses are answered with 404.
	Off bool
}

// Handler answers Prometheus.
type Handler struct {
	cfg Config
}

// New returns a handler.
func New(cfg Config) *Handler { return &Handler{cfg: cfg} }

// keyLength is how many characters a key has.
const keyLength = 32

// Metrics answers the routes
//
//	GET /projects/{project}/metrics/{key}
//	GET /projects/{project}/checks/metrics/{key}
//	GET /projects/{project}/metrics/{$}     the key is a bearer token
//	GET /projects/{project}/metrics         likewise
//
// The key alone decides whose checks are shown. Refusals have no body. An error
// is that of a look-up, and then nothing was answered.
func (h *Handler) Metrics(w http.ResponseWriter, r *http.Request) error {
	if h.cfg.Off {
		return refuse(w, http.StatusNotFound)
	}
	key := r.PathValue("key")
	if key == "" {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			w.Header().Set("WWW-Authenticate", "Bearer")
			return refuse(w, http.StatusUnauthorized)
		}
		key = token
	}
	if utf8.RuneCountInString(key) != keyLength {
		return refuse(w, http.StatusBadRequest)
	}
	project, err := h.cfg.Project(r.Context(), key)
	if errors.Is(err, heartbeat.ErrForbidden) || errors.Is(err, heartbeat.ErrNotFound) {
		return refuse(w, http.StatusForbidden)
	}
	if err != nil {
		return err
	}
	checks, err := h.cfg.Checks(r.Context(), project)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(Text(checks)) // who has hung up needs no answer
	return nil
}

func refuse(w http.ResponseWriter, status int) error {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	return nil
}
