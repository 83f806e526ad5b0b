package badge

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"heartbeat"
)

// Config is what New needs. All fields are required.
type Config struct {
	Signer Signer
	IDs    IDs
	// Project counts the checks of the project with this badge key that carry the
	// tag, or all if it is All. It is asked only for what is signed. If it gives no
	// label, the tag is it, or "checks" for All. heartbeat.ErrNotFound: there is no
	// such project.
	Project func(ctx context.Context, badgeKey, tag string) (View, error)
	// Check gives what OfCheck says of one check. heartbeat.ErrNotFound: no such check.
	Check func(ctx context.Context, id heartbeat.CheckID) (View, error)
}

// Handler answers the addresses of badges. Its methods have the form of package
// web's handlers and take every HTTP method themselves. What they refuse they
// answer; an error is the look-up's, and then nothing was answered.
type Handler struct {
	cfg Config
}

// New returns a handler.
func New(cfg Config) *Handler { return &Handler{cfg: cfg} }

// Tag answers the routes
//
//	/badge/{key}/{file}                    all checks of a project
//	/badge/{key}/{signature}/{file...}     those that carry a tag
//
// where a file is a signature or a tag, with its format.
func (h *Handler) Tag(w http.ResponseWriter, r *http.Request) error {
	if !begin(w, r) {
		return nil
	}
	key, signature := r.PathValue("key"), r.PathValue("signature")
	file, format, ok := cutFormat(r.PathValue("file"))
	tag := All
	if signature == "" {
		signature = file
		ok = ok && h.cfg.Signer.signed(key, All, signature)
	} else if ok {
		tag, ok = h.signedTag(key, signature, file)
	}
	if !ok {
		return notFound(w)
	}
	view, err := h.cfg.Project(r.Context(), key, tag)
	switch {
	case view.Label != "":
	case tag == All:
		view.Label = "checks"
	default:
		view.Label = tag
	}
	return answer(w, view, err, statesOf(signature), format)
}

// signedTag reads a tag that the router has decoded once already. Healthchecks
// encodes it twice; who encodes it once means the same. The signature tells
// which it is.
func (h *Handler) signedTag(key, signature, file string) (tag string, ok bool) {
	if decoded, err := url.PathUnescape(file); err == nil && h.cfg.Signer.signed(key, decoded, signature) {
		return decoded, true
	}
	return file, h.cfg.Signer.signed(key, file, signature)
}

// Check answers the route
//
//	/b/{states}/{file}
//
// where states is 3, or any other number for two states, and file is the ID of
// a check's badge (see IDs) with its format.
func (h *Handler) Check(w http.ResponseWriter, r *http.Request) error {
	if !begin(w, r) {
		return nil
	}
	states, numeric := countOf(r.PathValue("states"))
	file, format, known := cutFormat(r.PathValue("file"))
	id, err := heartbeat.ParseCheckID(file)
	if !numeric || !known || err != nil {
		return notFound(w)
	}
	view, err := h.cfg.Check(r.Context(), h.cfg.IDs.Open(id))
	return answer(w, view, err, states, format)
}

// countOf reads the number of states; ok is false if it is no number.
func countOf(digits string) (n States, ok bool) {
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	if strings.TrimLeft(digits, "0") == "3" {
		return ThreeStates, true
	}
	return TwoStates, true
}

// cutFormat splits the format off a file's name; ok is false if it is none that
// is known.
func cutFormat(file string) (name, format string, ok bool) {
	dot := strings.LastIndexByte(file, '.')
	if dot < 0 {
		return "", "", false
	}
	name, format = file[:dot], file[dot+1:]
	return name, format, format == "svg" || format == "json" || format == "shields"
}

// begin sets the headers that all answers carry, and answers requests that are
// not for the badge itself; then it returns false.
func begin(w http.ResponseWriter, r *http.Request) bool {
	const methods = "GET, OPTIONS"
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Allow-Headers", "X-Api-Key")
	header.Set("Access-Control-Allow-Methods", methods)
	header.Set("Access-Control-Max-Age", "600")
	// Pages and the proxies of code hosts must not show yesterday's state.
	header.Set("Cache-Control", "max-age=0, no-cache, no-store, must-revalidate, private")
	header.Set("Expires", time.Now().UTC().Format(http.TimeFormat))
	switch r.Method {
	case http.MethodGet:
		return true
	case http.MethodOptions:
		w.WriteHeader(http.StatusNoContent)
	default:
		header.Set("Allow", methods)
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
	return false
}

func notFound(w http.ResponseWriter) error {
	w.WriteHeader(http.StatusNotFound)
	return nil
}

// answer sends the view in the format, unless its look-up failed with err.
func answer(w http.ResponseWriter, v View, err error, n States, format string) error {
	if errors.Is(err, heartbeat.ErrNotFound) {
		return notFound(w)
	}
	if err != nil {
		return err
	}
	contentType, body := "application/json", []byte(nil)
	switch format {
	case "svg":
		contentType, body = "image/svg+xml", v.SVG(n)
	case "shields":
		body, err = v.Shields(n)
	default:
		body, err = v.JSON(n)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(body) // who has hung up needs no answer
	return nil
}
