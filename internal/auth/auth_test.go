package auth_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"heartbeat"
	"heartbeat/internal/auth"
	"heartbeat/internal/store/memory"
)

func open(t *testing.T, values auth.Values, cfg auth.Config) (*auth.Auth, auth.Generated) {
	t.Helper()
	a, made, err := auth.Open(t.Context(), values, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a, made
}

// mayPulse tells whether the key is the default project's.
func mayPulse(t *testing.T, a *auth.Auth, key string) bool {
	t.Helper()
	project, ok, err := a.Pinger(t.Context(), key)
	if err != nil || ok && project != heartbeat.DefaultProject {
		t.Errorf("key %q: project %q, %v", key, project, err)
	}
	return ok
}

func request(addr string) *http.Request {
	r := httptest.NewRequest("GET", "/heartbeat/dashboard", nil)
	r.RemoteAddr = addr
	return r
}

// spy remembers what was written to the store.
type spy struct {
	auth.Values
	written bytes.Buffer
}

func (s *spy) SetValue(ctx context.Context, key string, old, value []byte) error {
	s.written.Write(value)
	return s.Values.SetValue(ctx, key, old, value)
}

func TestOpen_GeneratesOnceAndKeepsHashesOnly(t *testing.T) {
	t.Parallel()
	store := &spy{Values: memory.New()}
	first, made := open(t, store, auth.Config{})
	form := regexp.MustCompile(`^[a-z2-7]{32}$`)
	if !form.MatchString(made.Secret) || !form.MatchString(made.PingKey) || made.Secret == made.PingKey {
		t.Fatalf("generated %+v, want two words of 32 characters", made)
	}
	if text := store.written.String(); strings.Contains(text, made.Secret) || strings.Contains(text, made.PingKey) {
		t.Error("the store holds what was generated")
	}
	second, again := open(t, store, auth.Config{})
	if again != (auth.Generated{}) {
		t.Errorf("second start generated %+v", again)
	}
	for _, a := range []*auth.Auth{first, second} {
		if err := a.Login(request("192.0.2.1:1"), made.Secret); err != nil || !mayPulse(t, a, made.PingKey) {
			t.Errorf("login %v, may pulse %v; want both let in", err, mayPulse(t, a, made.PingKey))
		}
		if mayPulse(t, a, made.Secret) || mayPulse(t, a, "") || mayPulse(t, a, made.PingKey+"x") {
			t.Error("a wrong ping key is let in")
		}
	}
}

func TestOpen_TwoAtOnceAgree(t *testing.T) {
	t.Parallel()
	store := memory.New()
	one, other := &late{store: store}, &late{store: store}
	a, madeA := open(t, one, auth.Config{})
	b, madeB := open(t, other, auth.Config{})
	if madeA.PingKey == "" || madeB.PingKey != "" || !mayPulse(t, b, madeA.PingKey) {
		t.Errorf("generated %+v and %+v; want the first one's to hold for both", madeA, madeB)
	}
	if w := signIn(t, a); !b.SignedIn(httptest.NewRecorder(), withCookies(w)) {
		t.Error("a session of one does not hold for the other")
	}
}

// late answers each first read as if nothing were there, as a read does that
// runs before another's write.
type late struct {
	store auth.Values
	read  map[string]bool
}

func (l *late) Value(ctx context.Context, key string) ([]byte, error) {
	if !l.read[key] {
		if l.read == nil {
			l.read = make(map[string]bool)
		}
		l.read[key] = true
		return nil, heartbeat.ErrNotFound
	}
	return l.store.Value(ctx, key)
}

func (l *late) SetValue(ctx context.Context, key string, old, value []byte) error {
	return l.store.SetValue(ctx, key, old, value)
}

func TestOpen_SettingsWinOverTheStore(t *testing.T) {
	t.Parallel()
	store := memory.New()
	_, made := open(t, store, auth.Config{})
	a, again := open(t, store, auth.Config{Secret: "correct horse", PingKey: "battery-staple"})
	if again != (auth.Generated{}) || !mayPulse(t, a, "battery-staple") || mayPulse(t, a, made.PingKey) {
		t.Error("the ping key of the settings does not replace the generated one")
	}
	if err := a.Login(request("192.0.2.1:1"), made.Secret); !errors.Is(err, heartbeat.ErrForbidden) {
		t.Errorf("login with the replaced secret: %v, want forbidden", err)
	}
}

func TestOpen_RefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	for _, cfg := range []auth.Config{
		{PingKey: "with/slash"}, {PingKey: "a b"}, {PingKey: strings.Repeat("x", 201)}, {BaseURL: "http://a b/"},
	} {
		if _, _, err := auth.Open(t.Context(), memory.New(), cfg); err == nil {
			t.Errorf("%+v is accepted", cfg)
		}
	}
	damaged := memory.New()
	if err := damaged.SetValue(t.Context(), "auth/secret", nil, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := auth.Open(t.Context(), damaged, auth.Config{}); err == nil {
		t.Error("a damaged hash is accepted")
	}
}

func signIn(t *testing.T, a *auth.Auth) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	a.Start(w, request("192.0.2.1:1"))
	return w.Result()
}

func withCookies(answer *http.Response) *http.Request {
	r := request("192.0.2.1:1")
	for _, c := range answer.Cookies() {
		r.AddCookie(c)
	}
	return r
}

func TestSession_CookieIsGuarded(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"":                          "/ false",
		"http://example.org":        "/ false",
		"https://example.org/tools": "/tools/ true",
	} {
		a, _ := open(t, memory.New(), auth.Config{BaseURL: base})
		c := signIn(t, a).Cookies()[0]
		secure := " false"
		if c.Secure {
			secure = " true"
		}
		if got := c.Path + secure; got != want || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("base URL %q: %+v, want path and secure %s", base, c, want)
		}
	}
}

func TestSession_LastsThirtyDaysAndIsRenewedByUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, _ := open(t, memory.New(), auth.Config{})
		r := withCookies(signIn(t, a))
		w := httptest.NewRecorder()
		if !a.SignedIn(w, r) || len(w.Result().Cookies()) != 0 {
			t.Error("a fresh session is refused or renewed")
		}
		time.Sleep(29 * 24 * time.Hour)
		w = httptest.NewRecorder()
		if !a.SignedIn(w, r) || len(w.Result().Cookies()) != 1 {
			t.Error("a session of 29 days is refused or not renewed")
		}
		renewed := withCookies(w.Result())
		time.Sleep(25 * time.Hour)
		if a.SignedIn(httptest.NewRecorder(), r) {
			t.Error("a session of 30 days is accepted")
		}
		if !a.SignedIn(httptest.NewRecorder(), renewed) {
			t.Error("the renewed session is refused")
		}
	})
}

func TestSession_EndsWithTheSecretAndWithLogout(t *testing.T) {
	t.Parallel()
	store := memory.New()
	a, _ := open(t, store, auth.Config{Secret: "one"})
	r := withCookies(signIn(t, a))
	restarted, _ := open(t, store, auth.Config{Secret: "one"})
	changed, _ := open(t, store, auth.Config{Secret: "two"})
	elsewhere, _ := open(t, memory.New(), auth.Config{Secret: "one"})
	for name, c := range map[string]struct {
		a    *auth.Auth
		want bool
	}{"same": {a, true}, "restarted": {restarted, true}, "secret changed": {changed, false}, "other store": {elsewhere, false}} {
		if got := c.a.SignedIn(httptest.NewRecorder(), r); got != c.want {
			t.Errorf("%s: signed in %v, want %v", name, got, c.want)
		}
	}
	w := httptest.NewRecorder()
	a.End(w, r)
	if c := w.Result().Cookies()[0]; c.MaxAge >= 0 || c.Value != "" {
		t.Errorf("logout leaves %+v", c)
	}
}

func FuzzSession_NothingMadeUpIsAccepted(f *testing.F) {
	a, _, err := auth.Open(f.Context(), memory.New(), auth.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("")
	f.Add("AAAAAH_______________________________________________________________")
	f.Fuzz(func(t *testing.T, value string) {
		r := request("192.0.2.1:1")
		r.Header.Set("Cookie", auth.CookieName+"="+value)
		if a.SignedIn(httptest.NewRecorder(), r) {
			t.Errorf("%q is accepted", value)
		}
	})
}

func TestLogin_GuessingIsSlowAndTouchesNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, _ := open(t, memory.New(), auth.Config{Secret: "right"})
		guesser, other := request("192.0.2.1:1"), request("192.0.2.2:1")
		for range 10 {
			if err := a.Login(guesser, "wrong"); !errors.Is(err, heartbeat.ErrForbidden) {
				t.Fatalf("wrong secret: %v, want forbidden", err)
			}
		}
		var tooMany *auth.TooMany
		if err := a.Login(guesser, "right"); !errors.As(err, &tooMany) {
			t.Errorf("after ten wrong ones: %v, want too many", err)
		}
		if err := a.Login(other, "right"); err != nil {
			t.Errorf("from another address: %v", err)
		}
		time.Sleep(tooMany.After)
		for range 100 {
			if err := a.Login(guesser, "right"); err != nil {
				t.Fatalf("after the wait: %v", err)
			}
		}
	})
}

func TestLogin_ManyGuessesAtOnceAreMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, _ := open(t, memory.New(), auth.Config{Secret: "right"})
		for round := range 300 { // the race is a narrow one
			guesser := request(netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, byte(round >> 8), byte(round)}), 1).String())
			var guesses sync.WaitGroup
			var judged atomic.Int32
			gate := make(chan struct{})
			for range 20 {
				guesses.Go(func() {
					<-gate
					if err := a.Login(guesser, "wrong"); errors.Is(err, heartbeat.ErrForbidden) {
						judged.Add(1)
					}
				})
			}
			close(gate)
			guesses.Wait()
			if got := judged.Load(); got != 10 {
				t.Fatalf("%d guesses at once were judged, want 10", got)
			}
		}
	})
}

func TestLogin_OneNetworkIsOneGuesser(t *testing.T) {
	t.Parallel()
	a, _ := open(t, memory.New(), auth.Config{Secret: "right"})
	var err error
	for i := range 11 {
		err = a.Login(request(netip.AddrPortFrom(netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: byte(i)}), 1).String()), "wrong")
	}
	var tooMany *auth.TooMany
	if !errors.As(err, &tooMany) {
		t.Errorf("eleven addresses of one IPv6 network: %v, want too many", err)
	}
}

func TestLink_WorksOnceAndNotForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, _ := open(t, memory.New(), auth.Config{})
		token, spare := a.Link(), a.Link()
		for _, wrong := range []string{"", token + "x", token[1:] + token[:1], strings.Repeat("A", len(token))} {
			if redeem(t, a, wrong) {
				t.Errorf("%q works as a login link", wrong)
			}
		}
		if !redeem(t, a, token) || redeem(t, a, token) {
			t.Error("a login link does not work exactly once")
		}
		time.Sleep(15 * time.Minute)
		if redeem(t, a, spare) || redeem(t, a, token) {
			t.Error("a login link works after 15 minutes")
		}
		if !redeem(t, a, a.Link()) {
			t.Error("a new login link does not work")
		}
	})
}

func redeem(t *testing.T, a *auth.Auth, token string) bool {
	t.Helper()
	ok, err := a.Redeem(t.Context(), token)
	if err != nil {
		t.Error(err)
	}
	return ok
}

func TestLink_WorksInEveryProcessOfTheSameStoreAndSecret(t *testing.T) {
	t.Parallel()
	store := memory.New()
	one, _ := open(t, store, auth.Config{Secret: "right"})
	two, _ := open(t, store, auth.Config{Secret: "right"})
	other, _ := open(t, store, auth.Config{Secret: "another"})
	token := one.Link()
	if redeem(t, other, token) {
		t.Error("a login link works for another secret")
	}
	if !redeem(t, two, token) || redeem(t, one, token) {
		t.Error("a login link does not work exactly once in two processes")
	}
}

func TestLink_IsUsedOnceByManyAtOnce(t *testing.T) {
	t.Parallel()
	a, _ := open(t, memory.New(), auth.Config{})
	token := a.Link()
	var wins atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if redeem(t, a, token) {
				wins.Add(1)
			}
		})
	}
	all.Wait()
	if wins.Load() != 1 {
		t.Errorf("a login link let in %d, want 1", wins.Load())
	}
}

func TestSeed_ReplacesWhatIsStored(t *testing.T) {
	t.Parallel()
	store := memory.New()
	if _, _, err := auth.Open(t.Context(), store, auth.Config{Seeded: true}); err == nil ||
		!strings.Contains(err.Error(), "heartbeat deploy") {
		t.Errorf("nothing seeded: %v, want an error that says how", err)
	}
	for _, c := range []struct{ secret, pingKey, wantSecret, wantKey string }{
		{"first", "k1", "first", "k1"},
		{"", "k2", "first", "k2"},
		{"second", "", "second", "k2"},
	} {
		if err := auth.Seed(t.Context(), store, c.secret, c.pingKey); err != nil {
			t.Fatal(err)
		}
		a, made, err := auth.Open(t.Context(), store, auth.Config{Seeded: true})
		if err != nil || made != (auth.Generated{}) {
			t.Fatal(made, err)
		}
		if err := a.Login(request("192.0.2.1:1"), c.wantSecret); err != nil || !mayPulse(t, a, c.wantKey) {
			t.Errorf("after %+v: secret %v, key %v", c, err, mayPulse(t, a, c.wantKey))
		}
	}
	if err := auth.Seed(t.Context(), store, "", "no/slash"); err == nil {
		t.Error("a ping key that cannot stand in a URL was stored")
	}
}

func TestAt_SharesGuessesAndSessions(t *testing.T) {
	t.Parallel()
	a, _ := open(t, memory.New(), auth.Config{Secret: "right"})
	there, err := a.At("https://example.org/prod/")
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	there.Start(w, request("192.0.2.1:1"))
	cookie := w.Result().Cookies()[0]
	if cookie.Path != "/prod/" || !cookie.Secure {
		t.Errorf("cookie for path %q, secure %v", cookie.Path, cookie.Secure)
	}
	for range 10 {
		_ = there.Login(request("192.0.2.1:1"), "wrong")
	}
	var tooMany *auth.TooMany
	if err := a.Login(request("192.0.2.1:1"), "wrong"); !errors.As(err, &tooMany) {
		t.Errorf("guesses are not counted together: %v", err)
	}
}

func TestAddr_BelievesTrustedProxiesOnly(t *testing.T) {
	t.Parallel()
	strict, _ := open(t, memory.New(), auth.Config{TrustedProxies: []netip.Prefix{}})
	local, _ := open(t, memory.New(), auth.Config{})
	chain, _ := open(t, memory.New(), auth.Config{TrustedProxies: []netip.Prefix{
		netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"),
	}})
	for _, c := range []struct {
		auth       *auth.Auth
		peer, want string
		forwarded  []string
	}{
		{local, "198.51.100.7:5", "198.51.100.7", nil},
		{local, "198.51.100.7:5", "198.51.100.7", []string{"203.0.113.9"}},
		{local, "127.0.0.1:5", "203.0.113.9", []string{"203.0.113.9"}},
		{local, "[::1]:5", "203.0.113.9", []string{"1.2.3.4, 203.0.113.9"}},
		{local, "[::ffff:127.0.0.1]:5", "2001:db8::1", []string{"1.2.3.4", "[2001:db8::1]:99"}},
		{local, "127.0.0.1:5", "127.0.0.1", []string{"garbage"}},
		{local, "127.0.0.1:5", "127.0.0.1", []string{""}},
		{local, "127.0.0.1:5", "10.1.1.1", []string{"203.0.113.9, 10.1.1.1"}},
		{chain, "127.0.0.1:5", "203.0.113.9", []string{"6.6.6.6, 203.0.113.9:77, 10.1.1.1"}},
		{chain, "127.0.0.1:5", "10.1.1.1", []string{"10.1.1.1"}},
		{strict, "127.0.0.1:5", "127.0.0.1", []string{"203.0.113.9"}},
		{local, "@", "invalid IP", []string{"203.0.113.9"}},
	} {
		r := request(c.peer)
		if c.forwarded != nil {
			r.Header["X-Forwarded-For"] = c.forwarded
		}
		if got := c.auth.Addr(r).String(); got != c.want {
			t.Errorf("peer %s forwarded %q: %s, want %s", c.peer, c.forwarded, got, c.want)
		}
	}
}

func TestScheme_BelievesTrustedProxiesOnly(t *testing.T) {
	t.Parallel()
	local, _ := open(t, memory.New(), auth.Config{})
	for _, c := range []struct{ peer, forwarded, want string }{
		{"127.0.0.1:5", "", "http"},
		{"127.0.0.1:5", "HTTPS", "https"},
		{"127.0.0.1:5", "gopher", "http"},
		{"[::ffff:127.0.0.1]:5", "https", "https"},
		{"198.51.100.7:5", "https", "http"},
		{"@", "https", "http"},
	} {
		r := request(c.peer)
		r.Header.Set("X-Forwarded-Proto", c.forwarded)
		if got := local.Scheme(r); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
		r.TLS = new(tls.ConnectionState)
		if got := local.Scheme(r); got != "https" {
			t.Errorf("%+v with TLS: %s", c, got)
		}
	}
}
