package pinging_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat"
	"heartbeat/internal/auth"
	"heartbeat/internal/service"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/web/pinging"
)

const pingKey = "k3y"

// house is a handler over a store in memory.
type house struct {
	*pinging.Handler
	store heartbeat.Store
}

func setUp(t testing.TB, open bool) *house {
	t.Helper()
	store := memory.New()
	guard, _, err := auth.Open(t.Context(), store, auth.Config{Secret: "s", PingKey: pingKey, OpenPulse: open})
	if err != nil {
		t.Fatal(err)
	}
	return &house{
		Handler: pinging.New(pinging.Config{Service: service.New(service.Config{Store: store, Zone: "UTC"}), Auth: guard}),
		store:   store,
	}
}

// send makes the request that the router would hand over.
func (h *house) send(r *http.Request, key string) (*httptest.ResponseRecorder, error) {
	r.SetPathValue("key", key)
	w := httptest.NewRecorder()
	return w, h.Pulse(w, r)
}

func (h *house) get(query string) error {
	_, err := h.send(httptest.NewRequest("GET", "/heartbeat/k3y/pulse?"+query, nil), pingKey)
	return err
}

// pings returns what is stored of the check with these names.
func (h *house) pings(t testing.TB, n heartbeat.Names) []heartbeat.Ping {
	t.Helper()
	pings, err := h.store.Pings(t.Context(), n.ID(heartbeat.DefaultProject), 100)
	if err != nil {
		t.Fatal(err)
	}
	return pings
}

func (h *house) stored(t testing.TB) int {
	t.Helper()
	checks, err := h.store.Checks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return len(checks)
}

var names = heartbeat.Names{Host: "web1", Category: "cron", Type: "backup", Name: "nightly"}

const query = "host=web1&category=cron&type=backup&name=nightly"

func TestPulse_AnswersInTheOriginalsWords(t *testing.T) {
	t.Parallel()
	h := setUp(t, false)
	r := httptest.NewRequest("POST", "/heartbeat/k3y/pulse?"+query+"&exit=3&rid=run-1", strings.NewReader("all is lost"))
	r.Header.Set("User-Agent", "curl/8 \xff"+strings.Repeat("ä", 300))
	r.RemoteAddr = "192.0.2.7:4711"
	w, err := h.send(r, pingKey)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.Body.String(); w.Code != 200 || got != "Successful Heartbeat Pulse" {
		t.Errorf("got %d %q", w.Code, got)
	}
	for key, want := range map[string]string{
		"Content-Type": "text/plain; charset=utf-8", "Content-Length": "26", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if got := w.Header().Get(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	ping := h.pings(t, names)[0]
	want := heartbeat.Ping{
		At: ping.At, N: 1, Kind: heartbeat.KindFail, Exit: new(3), Run: "run-1",
		Method: "POST", Addr: "192.0.2.7", Agent: "curl/8 \uFFFD" + strings.Repeat("ä", 192), Body: []byte("all is lost"),
	}
	if diff := cmp.Diff(want, ping); diff != "" {
		t.Errorf("stored ping (-want +got):\n%s", diff)
	}
	if age := time.Since(ping.At); age < 0 || age > time.Minute {
		t.Errorf("the ping is %v old", age)
	}
}

func TestPulse_Kinds(t *testing.T) {
	t.Parallel()
	for params, want := range map[string]heartbeat.Kind{
		"":                    heartbeat.KindSuccess,
		"&status=success":     heartbeat.KindSuccess,
		"&status=fail":        heartbeat.KindFail,
		"&status=start":       heartbeat.KindStart,
		"&status=log":         heartbeat.KindLog,
		"&exit=0":             heartbeat.KindSuccess,
		"&exit=255":           heartbeat.KindFail,
		"&status=fail&exit=0": heartbeat.KindFail,
		"&unknown=1&x&&=":     heartbeat.KindSuccess,
	} {
		h := setUp(t, false)
		if err := h.get(query + params); err != nil {
			t.Errorf("%s: %v", params, err)
		} else if got := h.pings(t, names)[0].Kind; got != want {
			t.Errorf("%s: %s, want %s", params, got, want)
		}
	}
}

func TestPulse_MakesACheckWithTheScheduleThatIsSentAlong(t *testing.T) {
	t.Parallel()
	h := setUp(t, false)
	if err := h.get(query + "&cron=*/15+3+*+*+*&grace=0.5&tz=Europe/Berlin"); err != nil {
		t.Fatal(err)
	}
	c, err := h.store.Check(t.Context(), names.ID(heartbeat.DefaultProject))
	if err != nil || c.Kind != heartbeat.ScheduleCron || c.Expression != "*/15 3 * * *" || c.Grace != 30*time.Minute || c.Zone != "Europe/Berlin" {
		t.Errorf("got %+v, %v", c.Settings, err)
	}
}

func TestPulse_NamesAreKeptAsGiven(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"a+b":                    "a b",
		"a%2Bb":                  "a+b",
		"a;b":                    "a;b",
		"a=b":                    "a=b",
		"%20x%20":                " x ",
		"%F0%9F%92%BE%2F%26":     "💾/&",
		"ünïcode":                "ünïcode",
		"%3Cb%3E":                "<b>",
		strings.Repeat("ä", 200): strings.Repeat("ä", 200),
	} {
		h := setUp(t, false)
		n := names
		n.Name = want
		err := h.get("host=web1&category=cron&type=backup&name=" + raw)
		if err != nil || len(h.pings(t, n)) != 1 {
			t.Errorf("name=%s: not stored as %q: %v", raw, want, err)
		}
	}
}

func TestPulse_RefusesAndStoresNothing(t *testing.T) {
	t.Parallel()
	for params, field := range map[string]string{
		"":                                       "host",
		"host=web1&category=cron&type=backup":    "name",
		"host=&category=cron&type=backup&name=x": "host",
		query + "&name=other":                    "name",
		query + "&threshold=24&threshold=24":     "threshold",
		query + "&threshold=soon":                "threshold",
		query + "&threshold=0":                   "threshold",
		query + "&grace=-1":                      "grace",
		query + "&cron=0+3+*+*":                  "cron",
		query + "&cron=0+3+*+*+*&cron=1+3+*+*+*": "cron",
		query + "&oncalendar=noonish":            "oncalendar",
		query + "&threshold=24&cron=0+3+*+*+*":   "threshold",
		query + "&saturday=yes":                  "saturday",
		query + "&worktime=sometimes":            "worktime",
		query + "&tz=Mars":                       "tz",
		query + "&tz=%zz":                        "tz",
		query + "&status=":                       "status",
		query + "&status=well":                   "status",
		query + "&exit=":                         "exit",
		query + "&exit=256":                      "exit",
		query + "&exit=-1":                       "exit",
		query + "&status=success&exit=1":         "exit",
		query + "&status=start&exit=0":           "exit",
		query + "&rid=":                          "rid",
		query + "&rid=a%20b":                     "rid",
		"host=a%ff&category=c&type=t&name=n":     "host",
		"host=100%&category=c&type=t&name=n":     "host",
		"host=a%0Ab&category=c&type=t&name=n":    "host",
		"h%6Fst=a&host=b&category=c&type=t":      "host",
	} {
		h := setUp(t, false)
		err := h.get(params)
		var invalid *heartbeat.Invalid
		if !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%s: %v, want %s refused", params, err, field)
		}
		if n := h.stored(t); n != 0 {
			t.Errorf("%s: refused, but %d checks stored", params, n)
		}
	}
}

func TestPulse_NeedsTheKey(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		open bool
		key  string
		ok   bool
	}{
		{false, pingKey, true},
		{false, "", false},
		{false, "K3Y", false},
		{false, "k3y ", false},
		{true, pingKey, true},
		{true, "", true},
		{true, "0ld", false},
	} {
		h := setUp(t, c.open)
		_, err := h.send(httptest.NewRequest("GET", "/?"+query, nil), c.key)
		if (err == nil) != c.ok || !c.ok && !errors.Is(err, heartbeat.ErrForbidden) {
			t.Errorf("open %v, key %q: %v", c.open, c.key, err)
		}
		if stored := h.stored(t) == 1; stored != c.ok {
			t.Errorf("open %v, key %q: stored %v", c.open, c.key, stored)
		}
		if err != nil && c.key != "" && strings.Contains(err.Error(), c.key) {
			t.Errorf("the answer repeats the key: %v", err)
		}
	}
}

func TestPulse_FormInTheBodyIsNotRead(t *testing.T) {
	t.Parallel()
	h := setUp(t, false)
	r := httptest.NewRequest("POST", "/heartbeat/k3y/pulse", strings.NewReader(query))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	_, err := h.send(r, pingKey)
	if err == nil || !strings.Contains(err.Error(), "in the URL's query") {
		t.Errorf("got %v, want a word on where parameters belong", err)
	}
}

func TestPulse_Body(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 1_001)
	var tooLarge *http.MaxBytesError
	var invalid *heartbeat.Invalid
	for _, c := range []struct {
		name   string
		length int64 // as declared; -1: chunked
		body   string
		cut    bool // the connection breaks at the end of body
		kept   string
		target any
	}{
		{name: "none"},
		{name: "short", length: 5, body: "a\x00\xffb\n", kept: "a\x00\xffb\n"},
		{name: "chunked", length: -1, body: "short", kept: "short"},
		{name: "long", length: 10_010, body: long, kept: long[:10_000]},
		{name: "long and chunked", length: -1, body: long, kept: long[:10_000]},
		{name: "at the bound", length: 2_621_440, body: strings.Repeat("x", 2_621_440), kept: strings.Repeat("x", 10_000)},
		{name: "too long", length: 2_621_441, target: &tooLarge},
		{name: "too long and chunked", length: -1, body: strings.Repeat("x", 2_621_441), target: &tooLarge},
		{name: "broken off", length: 9, body: "short", cut: true, target: &invalid},
		{name: "broken off and chunked", length: -1, body: long, cut: true, target: &invalid},
	} {
		h := setUp(t, false)
		r := httptest.NewRequest("POST", "/heartbeat/k3y/pulse?"+query, strings.NewReader(c.body))
		r.ContentLength = c.length
		if c.cut {
			r = httptest.NewRequest("POST", "/heartbeat/k3y/pulse?"+query, iotest.TimeoutReader(iotest.HalfReader(strings.NewReader(c.body))))
			r.ContentLength = c.length
		}
		_, err := h.send(r, pingKey)
		if c.target != nil {
			if err == nil || !errors.As(err, c.target) || h.stored(t) != 0 {
				t.Errorf("%s: %v, %d stored; want refused", c.name, err, h.stored(t))
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if got := string(h.pings(t, names)[0].Body); got != c.kept {
			t.Errorf("%s: kept %d bytes, want %d", c.name, len(got), len(c.kept))
		}
	}
}

func TestPulse_CountsAlthoughTheSenderHungUp(t *testing.T) {
	t.Parallel()
	h := setUp(t, false)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequest("GET", "/heartbeat/k3y/pulse?"+query, nil).WithContext(ctx)
	if _, err := h.send(r, pingKey); err != nil || len(h.pings(t, names)) != 1 {
		t.Errorf("a pulse that came in whole is lost: %v", err)
	}
}

// Any query that is accepted is stored under the names that net/url reads from
// it; any other leaves nothing behind.
func FuzzPulse(f *testing.F) {
	for _, seed := range []string{
		query, query + "&threshold=0.5&worktime=mon-sat&tz=Asia/Tokyo&saturday=1", "host=%zz", "host=a&host=b", "%68ost=a",
		query + "&status=fail&exit=0&rid=x", "host=a;b&category=c&type=t&name=n",
		query + "&cron=0+3+*+*+*&grace=2", query + "&oncalendar=12:34%0A*:15", "&&==&", "host=\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		h := setUp(t, false)
		r := httptest.NewRequest("GET", "/heartbeat/k3y/pulse", nil)
		r.URL.RawQuery = query
		_, err := h.send(r, pingKey)
		if err != nil {
			var invalid *heartbeat.Invalid
			if !errors.As(err, &invalid) || h.stored(t) != 0 {
				t.Fatalf("%v, %d stored", err, h.stored(t))
			}
			return
		}
		values, _ := url.ParseQuery(strings.ReplaceAll(query, ";", "%3B"))
		n := heartbeat.Names{
			Host: values.Get("host"), Category: values.Get("category"), Type: values.Get("type"), Name: values.Get("name"),
		}
		if len(h.pings(t, n)) != 1 {
			t.Fatalf("accepted, but not stored as %q", n)
		}
	})
}

// quiet is an answer that costs nothing.
type quiet struct{ header http.Header }

func (q quiet) Header() http.Header         { return q.header }
func (q quiet) Write(b []byte) (int, error) { return len(b), nil }
func (q quiet) WriteHeader(int)             {}

func BenchmarkPulse(b *testing.B) {
	h := setUp(b, false)
	requests := make([]*http.Request, 10_000)
	for i := range requests {
		requests[i] = httptest.NewRequest("GET", fmt.Sprintf("/heartbeat/k3y/pulse?host=web%d&category=cron&type=backup&name=job%d&threshold=24", i%100, i), nil)
		requests[i].Header.Set("User-Agent", "curl/8.14.1")
		requests[i].SetPathValue("key", pingKey)
	}
	w := quiet{make(http.Header)}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if err := h.Pulse(w, requests[i%len(requests)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
