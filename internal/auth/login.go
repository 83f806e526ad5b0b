package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"heartbeat"
)

// Login tells whether secret opens the dashboard: nil, heartbeat.ErrForbidden,
// or [*TooMany] after too many wrong ones from the address that r comes from.
// Then not even the right one is looked at for a few seconds, so that guessing
// is slow; other addresses, sessions and login links are not touched by it.
func (a *Auth) Login(r *http.Request, secret string) error {
	addr, right := a.Addr(r), a.secret.of(secret)
	// One at a time, so that many guesses at once count as many.
	a.failures.mu.Lock()
	defer a.failures.mu.Unlock()
	now := time.Now()
	limiter := a.failures.limiter(addr, now)
	switch {
	case limiter.TokensAt(now) < 1:
		return &TooMany{After: failureEvery}
	case right:
		return nil
	}
	limiter.AllowN(now, 1)
	return heartbeat.ErrForbidden
}

// TooMany says that the address has sent too many wrong secrets.
type TooMany struct {
	// After is how long to wait before the next one.
	After time.Duration
}

func (e *TooMany) Error() string {
	return fmt.Sprintf("too many wrong secrets from your address; try again in %d seconds", int(e.After/time.Second))
}

// Each address may send failureBurst wrong secrets at once, then one in every
// failureEvery: about 17,000 a day.
const (
	failureBurst = 10
	failureEvery = 5 * time.Second
	maxFailures  = 10_000
)

// failures counts wrong secrets by address.
type failures struct {
	mu sync.Mutex
	by map[netip.Addr]*rate.Limiter
}

// limiter returns the address's limiter. The addresses of one IPv6 network
// share one, because a single machine can have them all. The caller holds mu.
func (f *failures) limiter(addr netip.Addr, now time.Time) *rate.Limiter {
	if addr = addr.Unmap(); addr.Is6() {
		if network, err := addr.Prefix(64); err == nil {
			addr = network.Addr()
		}
	}
	if l, ok := f.by[addr]; ok {
		return l
	}
	if len(f.by) >= maxFailures {
		f.forget(now)
	}
	if f.by == nil {
		f.by = make(map[netip.Addr]*rate.Limiter)
	}
	l := rate.NewLimiter(rate.Every(failureEvery), failureBurst)
	f.by[addr] = l
	return l
}

// forget drops the addresses that have no failure left to remember; all, if
// everybody has.
func (f *failures) forget(now time.Time) {
	for addr, l := range f.by {
		if l.TokensAt(now) >= failureBurst {
			delete(f.by, addr)
		}
	}
	if len(f.by) >= maxFailures {
		clear(f.by)
	}
}

// Bounds of login links.
const (
	linkLife = 15 * time.Minute
	maxLinks = 100
)

// links are the one-time tokens that have not been used, by their hash.
type links struct {
	mu      sync.Mutex
	expires map[digest]time.Time
}

// Link makes a token for a login link. It works once, within 15 minutes, and
// only while this process lives.
func (a *Auth) Link() string {
	token := rand.Text()
	now := time.Now()
	a.links.mu.Lock()
	defer a.links.mu.Unlock()
	for hash, expires := range a.links.expires {
		if !now.Before(expires) {
			delete(a.links.expires, hash)
		}
	}
	if a.links.expires == nil || len(a.links.expires) >= maxLinks {
		a.links.expires = make(map[digest]time.Time)
	}
	a.links.expires[sha256.Sum256([]byte(token))] = now.Add(linkLife)
	return token
}

// Redeem tells whether token is a login link's, and uses it up.
func (a *Auth) Redeem(token string) bool {
	// Looked up by hash: how long that takes says nothing about other tokens.
	hash := digest(sha256.Sum256([]byte(token)))
	a.links.mu.Lock()
	defer a.links.mu.Unlock()
	expires, ok := a.links.expires[hash]
	delete(a.links.expires, hash)
	return ok && time.Now().Before(expires)
}
