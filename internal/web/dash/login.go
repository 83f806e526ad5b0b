package dash

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"heartbeat"
	"heartbeat/internal/auth"
)

// Auth is the guard at the door; internal/auth implements it.
type Auth interface {
	// Login tells whether secret opens the dashboard: nil, heartbeat.ErrForbidden,
	// or *auth.TooMany when the sender has guessed too often.
	Login(r *http.Request, secret string) error
	// Redeem tells whether token is a login link's, and uses it up.
	Redeem(ctx context.Context, token string) (bool, error)
	// Start gives the browser a session, End takes it away.
	Start(w http.ResponseWriter, r *http.Request)
	End(w http.ResponseWriter, r *http.Request)
	// SignedIn tells whether the request carries a session, and may renew it.
	SignedIn(w http.ResponseWriter, r *http.Request) bool
}

// loginPage asks for the secret.
type loginPage struct {
	frame
	// Next is where to go on to.
	Next string
	// Problem says why the last attempt failed.
	Problem string
}

func (h *handler) loginForm(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.Query().Get("next")
	if h.Auth.SignedIn(w, r) {
		http.Redirect(w, r, h.local(next), http.StatusSeeOther)
		return nil
	}
	return h.showLogin(w, r, http.StatusOK, "", next)
}

func (h *handler) showLogin(w http.ResponseWriter, r *http.Request, code int, problem, next string) error {
	page := loginPage{frame: h.frame(r, "Log in", ""), Next: h.local(next), Problem: problem}
	page.LoggedIn = false
	return h.render(w, code, "login", &page)
}

func (h *handler) login(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	next := h.local(r.PostForm.Get("next"))
	if err := h.Auth.Login(r, r.PostForm.Get("secret")); err != nil {
		return h.refuse(w, r, err, next)
	}
	h.Auth.Start(w, r)
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// loginByLink takes the secret or a one-time token from the address, and leads
// to the same address without it.
func (h *handler) loginByLink(w http.ResponseWriter, r *http.Request, word string) error {
	query := r.URL.Query()
	query.Del("secret")
	clean := h.BasePath + r.URL.Path
	if len(query) > 0 {
		clean += "?" + query.Encode()
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	redeemed, err := h.Auth.Redeem(r.Context(), word)
	if err != nil {
		return err
	}
	if !redeemed {
		if err := h.Auth.Login(r, word); err != nil {
			if h.Auth.SignedIn(w, r) { // an old link of somebody who is in already
				http.Redirect(w, r, clean, http.StatusSeeOther)
				return nil
			}
			w.Header().Set("Referrer-Policy", "strict-origin") // the form below must be able to say its origin
			return h.refuse(w, r, err, clean)
		}
	}
	h.Auth.Start(w, r)
	http.Redirect(w, r, clean, http.StatusSeeOther)
	return nil
}

// refuse shows the form again with the reason.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error, next string) error {
	var many *auth.TooMany
	switch {
	case errors.As(err, &many):
		seconds := int(many.After / time.Second)
		w.Header().Set("Retry-After", strconv.Itoa(max(seconds, 1)))
		return h.showLogin(w, r, http.StatusTooManyRequests, title(err.Error())+".", next)
	case errors.Is(err, heartbeat.ErrForbidden):
		return h.showLogin(w, r, http.StatusForbidden, "That is not the secret, and not a login link that still works.", next)
	}
	return err
}

func (h *handler) logout(w http.ResponseWriter, r *http.Request) error {
	h.Auth.End(w, r)
	h.redirect(w, r, "/login")
	return nil
}

// local returns address if it is one of our pages, else that of the dashboard:
// a login form must not lead to somebody else's.
func (h *handler) local(address string) string {
	home := h.link("/dashboard")
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil ||
		strings.ContainsAny(address, "\\\r\n\t") || strings.Contains(u.Path, "..") {
		return home
	}
	path := strings.TrimPrefix(u.Path, h.BasePath)
	for _, page := range [...]string{
		"/heartbeat/dashboard", "/heartbeat/check", "/heartbeat/create", "/heartbeat/edit", "/heartbeat/delete",
		"/heartbeat/channels", "/heartbeat/projects",
	} {
		if path == page {
			query := u.Query()
			query.Del("secret")
			u = &url.URL{Path: h.BasePath + page, RawQuery: query.Encode()}
			return u.String()
		}
	}
	return home
}

// parseForm reads a posted form; what cannot be read is the sender's mistake.
func parseForm(r *http.Request) error {
	err := r.ParseForm()
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	// Of another type, such as JSON, nothing has been read and nothing would be
	// changed: that must not look like success.
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return &heartbeat.Invalid{Field: "form", Problem: "must be sent as application/x-www-form-urlencoded"}
	}
	return nil
}

// checkID reads the check that a page is about. What is no ID names no check.
func checkID(r *http.Request) (heartbeat.CheckID, error) {
	id, err := heartbeat.ParseCheckID(r.URL.Query().Get("id"))
	if err != nil {
		return id, heartbeat.ErrNotFound
	}
	return id, nil
}
