package auth_test

import (
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"heartbeat/internal/auth"
	"heartbeat/internal/store/memory"
)

// A function may be awake for hours. Whoever comes with a key that was set
// meanwhile must not be refused by it, and the old one must not open for long.
func TestSeed_ReachesWhoeverRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		seed := func(secret, key string) {
			t.Helper()
			if err := auth.Seed(t.Context(), store, secret, key); err != nil {
				t.Fatal(err)
			}
		}
		seed("first", "k1")
		a, _ := open(t, store, auth.Config{Seeded: true})
		other, _ := open(t, store, auth.Config{Seeded: true})
		old := signIn(t, a)

		time.Sleep(time.Hour)
		seed("second", "k2")
		if !mayPulse(t, a, "k2") || mayPulse(t, a, "k1") {
			t.Error("the new ping key is refused, or the old one goes on")
		}
		if a.SignedIn(httptest.NewRecorder(), withCookies(old)) {
			t.Error("a session of the old secret goes on")
		}
		time.Sleep(2 * time.Second)
		if err := a.Login(request("192.0.2.1:1"), "first"); err == nil {
			t.Error("the old secret opens")
		}
		if err := a.Login(request("192.0.2.1:1"), "second"); err != nil {
			t.Errorf("the new secret does not open: %v", err)
		}

		// What one that knows it has made holds for one that does not yet.
		if !other.SignedIn(httptest.NewRecorder(), withCookies(signIn(t, a))) {
			t.Error("a session of the new secret is refused")
		}
		seed("third", "")
		time.Sleep(2 * time.Second)
		fresh, _ := open(t, store, auth.Config{Seeded: true})
		if in, err := other.Redeem(t.Context(), fresh.Link()); !in || err != nil {
			t.Errorf("a login link of the new secret is refused: %v", err)
		}
	})
}

// The settings go before whatever is stored, also later.
func TestSeed_ChangesNoSetting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		a, _ := open(t, store, auth.Config{Secret: "set", PingKey: "key"})
		if err := auth.Seed(t.Context(), store, "stored", "other"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if err := a.Login(request("192.0.2.1:1"), "stored"); err == nil || mayPulse(t, a, "other") {
			t.Errorf("what is stored opens: %v", err)
		}
		if err := a.Login(request("192.0.2.1:1"), "set"); err != nil || !mayPulse(t, a, "key") {
			t.Errorf("what is set does not open: %v", err)
		}
	})
}

// The monitor is called before heartbeat deploy has stored the keys.
func TestOpen_LateLetsNobodyInBeforeTheKeysAreThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		a, made := open(t, store, auth.Config{Seeded: true, Late: true})
		if made != (auth.Generated{}) {
			t.Errorf("made %+v", made)
		}
		if err := a.Login(request("192.0.2.1:1"), ""); err == nil || mayPulse(t, a, "") || mayPulse(t, a, "k1") {
			t.Error("somebody is let in")
		}
		if err := auth.Seed(t.Context(), store, "first", "k1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if err := a.Login(request("192.0.2.1:1"), "first"); err != nil || !mayPulse(t, a, "k1") {
			t.Errorf("nobody is let in: %v", err)
		}
	})
}
