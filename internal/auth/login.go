package auth

import (
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
	a.renew(r.Context(), keysAgain)
	addr, right := a.Addr(r), a.keys.words.Load().secret.of(secret)
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
