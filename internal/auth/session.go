package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"
)

// Times of a session.
const (
	// SessionLife is how long a session lasts after it was used last.
	SessionLife = 30 * 24 * time.Hour
	// renewAfter keeps most answers free of cookies.
	renewAfter = 24 * time.Hour
)

// CookieName is the name of the session's cookie.
const CookieName = "heartbeat_session"

// Start gives the browser a session. Call it after Login or Redeem only.
func (a *Auth) Start(w http.ResponseWriter, r *http.Request) {
	expires := time.Now().Add(SessionLife)
	http.SetCookie(w, a.cookie(r, a.sign(expires), int(SessionLife/time.Second)))
}

// End takes the session away from the browser.
func (a *Auth) End(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, a.cookie(r, "", -1))
}

// SignedIn tells whether the request carries a session. One that is older than
// a day is renewed on the way.
func (a *Auth) SignedIn(w http.ResponseWriter, r *http.Request) bool {
	cookies := r.CookiesNamed(CookieName)
	if len(cookies) == 0 {
		return false
	}
	a.renew(r.Context(), keysLast)
	left, ok := a.left(cookies)
	if !ok && a.renew(r.Context(), keysAgain) {
		left, ok = a.left(cookies)
	}
	if ok && left < SessionLife-renewAfter {
		a.Start(w, r)
	}
	return ok
}

// left is how long the first session among the cookies still lasts; false if
// there is none.
func (a *Auth) left(cookies []*http.Cookie) (time.Duration, bool) {
	for _, cookie := range cookies {
		expires, ok := a.verify(cookie.Value)
		if left := time.Until(expires); ok && left > 0 {
			return left, true
		}
	}
	return 0, false
}

func (a *Auth) cookie(r *http.Request, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name:     CookieName,
		Value:    value,
		Path:     a.cookiePath,
		MaxAge:   maxAge,
		HttpOnly: true,
		Secure:   a.https || r.TLS != nil,
		SameSite: http.SameSiteLaxMode,
	}
}

// A session's value is its expiry in Unix seconds (8 bytes, big endian) and
// the HMAC of it, in base64 without padding.
func (a *Auth) sign(expires time.Time) string {
	value := binary.BigEndian.AppendUint64(nil, uint64(expires.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(value, a.mac(sessionPurpose, value)...))
}

func (a *Auth) verify(text string) (expires time.Time, ok bool) {
	value, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(value) != 8+sha256.Size || !hmac.Equal(value[8:], a.mac(sessionPurpose, value[:8])) {
		return time.Time{}, false
	}
	return time.Unix(int64(binary.BigEndian.Uint64(value)), 0), true
}

const sessionPurpose = "heartbeat session 1"

// mac binds a session or link to the secret, so that another secret ends them
// all, and to its purpose, so that neither passes for the other.
func (a *Auth) mac(purpose string, value []byte) []byte {
	h := hmac.New(sha256.New, a.sessionKey)
	h.Write([]byte(purpose))
	secret := a.keys.words.Load().secret
	h.Write(secret[:])
	h.Write(value)
	return h.Sum(nil)
}
