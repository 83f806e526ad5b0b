package badge_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"heartbeat"
	"heartbeat/internal/web/badge"
)

const (
	badgeKey = "67541b37-8b9c-4d17-b952-690eae000000"
	secret   = "testsecret"
)

var (
	checkID = heartbeat.CheckID{0x11, 0x22, 0x33, 15: 0xff}
	ids     = badge.NewIDs([16]byte{1, 2, 3})
	links   = badge.Links{Signer: badge.Signer{Secret: secret}, IDs: ids}
)

// check is one of a project's.
type check struct {
	name, tags string
	shown      heartbeat.Status
}

// site answers the addresses of badges over checks. The first of them is the
// one whose ID is checkID.
func site(checks ...check) http.Handler {
	h := badge.New(badge.Config{
		Signer: links.Signer,
		IDs:    ids,
		Project: func(_ context.Context, key, tag string) (badge.View, error) {
			if key != badgeKey {
				return badge.View{}, heartbeat.ErrNotFound
			}
			var v badge.View
			for _, c := range checks {
				if tag == badge.All || slices.Contains(strings.Fields(c.tags), tag) {
					v.Add(c.shown)
				}
			}
			return v, nil
		},
		Check: func(_ context.Context, id heartbeat.CheckID) (badge.View, error) {
			if id != checkID {
				return badge.View{}, heartbeat.ErrNotFound
			}
			v := badge.View{Label: checks[0].name}
			v.Add(checks[0].shown)
			return v, nil
		},
	})
	return routes(h, func(err error) { panic(err) })
}

// routes wires the handler as its comments say.
func routes(h *badge.Handler, fail func(error)) http.Handler {
	mux := http.NewServeMux()
	for path, answer := range map[string]func(http.ResponseWriter, *http.Request) error{
		"/badge/{key}/{file}":                h.Tag,
		"/badge/{key}/{signature}/{file...}": h.Tag,
		"/b/{states}/{file}":                 h.Check,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if err := answer(w, r); err != nil {
				fail(err)
			}
		})
	}
	return mux
}

func request(h http.Handler, method, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w
}

func get(h http.Handler, target string) *httptest.ResponseRecorder {
	return request(h, "GET", target)
}

// forms are the badges of a check: its own, its tag's and its project's.
func forms(tag string) map[string]badge.URLs {
	return map[string]badge.URLs{
		"check":   links.Check(checkID),
		"tag":     links.Tag(badgeKey, tag),
		"project": links.Tag(badgeKey, badge.All),
	}
}

func TestScenario233_WrongSignatureIsNotFound(t *testing.T) {
	t.Parallel()
	h := site(check{tags: "foo", shown: heartbeat.StatusUp})
	right := links.Signer.Sign(badgeKey, "foo")
	for _, target := range []string{
		"/badge/" + badgeKey + "/AAAAAAAA/foo.svg",
		"/badge/" + badgeKey + "/" + right + "/bar.svg",
		"/badge/" + badgeKey + "/" + right[:7] + "/foo.svg",
		"/badge/" + badgeKey + "/" + right + ".svg", // a tag's is not the project's
		"/badge/" + badgeKey + "/" + links.Signer.Sign(badgeKey, "*") + "/foo.svg",
		"/badge/other/" + right + "/foo.svg",
		"/badge/" + badgeKey + "/.svg",
	} {
		if w := get(h, target); w.Code != http.StatusNotFound || w.Body.Len() != 0 {
			t.Errorf("%s: got %d %q, want an empty 404", target, w.Code, w.Body)
		}
	}
}

func TestScenario234_SVGOfNewCheckIsGreen(t *testing.T) {
	t.Parallel()
	h := site(check{name: "foobar", tags: "foo", shown: heartbeat.StatusNew})
	for form, urls := range forms("foo") {
		w := get(h, urls.SVG)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "#4c1") {
			t.Errorf("%s: got %d %s, want 200 and #4c1", form, w.Code, w.Body)
		}
		want := map[string]string{
			"Content-Type":                 "image/svg+xml",
			"Access-Control-Allow-Origin":  "*",
			"Access-Control-Allow-Headers": "X-Api-Key",
			"Access-Control-Allow-Methods": "GET, OPTIONS",
			"Access-Control-Max-Age":       "600",
			"Cache-Control":                "max-age=0, no-cache, no-store, must-revalidate, private",
		}
		got := map[string]string{}
		for name := range want {
			got[name] = w.Header().Get(name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: headers (-want +got):\n%s", form, diff)
		}
		if at, err := http.ParseTime(w.Header().Get("Expires")); err != nil || at.After(time.Now()) {
			t.Errorf("%s: expires %s (%v), want no later than now", form, at, err)
		}
	}
}

func TestScenario235_UnknownFormatIsNotFound(t *testing.T) {
	t.Parallel()
	h := site(check{tags: "foo", shown: heartbeat.StatusUp})
	for form, urls := range forms("foo") {
		for _, format := range []string{".jsonfoo", ".JSON", ".png", ".", ""} {
			if w := get(h, strings.TrimSuffix(urls.JSON, ".json")+format); w.Code != http.StatusNotFound || w.Body.Len() != 0 {
				t.Errorf("%s: format %q: got %d %q, want an empty 404", form, format, w.Code, w.Body)
			}
		}
	}
}

func TestScenario236_OptionsNeedsNoSignature(t *testing.T) {
	t.Parallel()
	h := site()
	for _, target := range []string{"/badge/k/s/foo.svg", "/badge/k/s.svg", "/b/2/x.svg", links.Check(checkID).SVG} {
		w := request(h, "OPTIONS", target)
		if w.Code != http.StatusNoContent || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: got %d %v, want 204 with CORS", target, w.Code, w.Header())
		}
	}
}

func TestOtherMethodsAreRefused(t *testing.T) {
	t.Parallel()
	h := site(check{tags: "foo", shown: heartbeat.StatusUp})
	for form, urls := range forms("foo") {
		for _, method := range []string{"HEAD", "POST", "PUT", "DELETE"} {
			w := request(h, method, urls.SVG)
			if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, OPTIONS" || w.Body.Len() != 0 {
				t.Errorf("%s: %s got %d, Allow %q", form, method, w.Code, w.Header().Get("Allow"))
			}
		}
	}
}

// Scenarios 237 to 240 and 244: what two and three states say in JSON.
func TestScenario237To240_JSON(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		scenario   string
		shown      heartbeat.Status
		two, three string
	}{
		{"237 new", heartbeat.StatusNew, `{"status":"up","total":1,"grace":0,"down":0}`, `{"status":"up","total":1,"grace":0,"down":0}`},
		{"238 down, started or not", heartbeat.StatusDown, `{"status":"down","total":1,"grace":0,"down":1}`, `{"status":"down","total":1,"grace":0,"down":1}`},
		{"239 and 240 late, started or not", heartbeat.StatusGrace, `{"status":"up","total":1,"grace":1,"down":0}`, `{"status":"late","total":1,"grace":1,"down":0}`},
		{"paused", heartbeat.StatusPaused, `{"status":"up","total":1,"grace":0,"down":0}`, `{"status":"up","total":1,"grace":0,"down":0}`},
	} {
		h := site(check{name: "foobar", tags: "foo bar", shown: tt.shown})
		for form, urls := range forms("foo") {
			for target, want := range map[string]string{urls.JSON: tt.two, urls.JSON3: tt.three} {
				w := get(h, target)
				if got := w.Body.String(); w.Code != http.StatusOK || got != want {
					t.Errorf("%s: %s: %s: got %d %s, want %s", tt.scenario, form, target, w.Code, got, want)
				}
				if got := w.Header().Get("Content-Type"); got != "application/json" {
					t.Errorf("%s: %s: Content-Type %q", tt.scenario, form, got)
				}
			}
		}
	}
}

func TestScenario241_TagMayBeEncodedTwiceOrOnce(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{"db@dc1", "a/b", "100%", "%2540", "a%2Fb", "日本", "a.b", "..", "+", "a?b#c"} {
		h := site(check{tags: tag, shown: heartbeat.StatusDown})
		twice := links.Tag(badgeKey, tag).JSON3
		once := "/badge/" + badgeKey + "/" + links.Signer.Sign(badgeKey, tag) + "/" + url.PathEscape(tag) + ".json"
		for _, target := range []string{twice, once} {
			w := get(h, target)
			if got, want := w.Body.String(), `{"status":"down","total":1,"grace":0,"down":1}`; got != want {
				t.Errorf("%s: got %d %s, want %s", target, w.Code, got, want)
			}
		}
	}
	if got := links.Tag(badgeKey, "db@dc1").SVG; !strings.HasSuffix(got, "-2/db%2540dc1.svg") {
		t.Errorf("address %s is not Healthchecks'", got)
	}
}

func TestTag_ComesOutOfItsAddressAsItWentIn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ab%20F/.+ ~-]{1,9}`)).Draw(t, "tag")
		var got string
		h := badge.New(badge.Config{Signer: links.Signer, Project: func(_ context.Context, _, tag string) (badge.View, error) {
			got = tag
			return badge.View{}, nil
		}})
		get(routes(h, func(err error) { t.Error(err) }), links.Tag(badgeKey, want).SVG)
		if got != want {
			t.Errorf("%s leads to %q, want %q", links.Tag(badgeKey, want).SVG, got, want)
		}
	})
}

func TestScenario242And244_ShieldsNamesLabelAndColour(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		shown          heartbeat.Status
		message, color string
	}{
		{heartbeat.StatusNew, "up", "success"},
		{heartbeat.StatusGrace, "late", "important"},
		{heartbeat.StatusDown, "down", "critical"},
	} {
		h := site(check{name: "foobar", tags: "foo", shown: tt.shown})
		for form, label := range map[string]string{"check": "foobar", "tag": "foo", "project": "checks"} {
			want := `{"schemaVersion":1,"label":"` + label + `","message":"` + tt.message + `","color":"` + tt.color + `"}`
			if got := get(h, forms("foo")[form].Shields3).Body.String(); got != want {
				t.Errorf("%s: got %s, want %s", form, got, want)
			}
		}
	}
}

func TestScenario243_UnknownCheckIsNotFound(t *testing.T) {
	t.Parallel()
	h := site(check{name: "foobar", shown: heartbeat.StatusUp})
	sealed := ids.Seal(checkID).String()
	for _, target := range []string{
		"/b/2/" + checkID.String() + ".svg", // its own ID is not its badge's
		"/b/2/11111111-1111-4111-8111-111111111111.svg",
		"/b/2/" + strings.ToUpper(sealed) + ".svg",
		"/b/2/.svg",
		"/b/x/" + sealed + ".svg",
		"/b/-3/" + sealed + ".svg",
	} {
		if w := get(h, target); w.Code != http.StatusNotFound || w.Body.Len() != 0 {
			t.Errorf("%s: got %d %q, want an empty 404", target, w.Code, w.Body)
		}
	}
}

func TestMalformedBadgeIDIsNotLookedUp(t *testing.T) {
	t.Parallel()
	h := routes(badge.New(badge.Config{IDs: ids, Check: func(context.Context, heartbeat.CheckID) (badge.View, error) {
		t.Error("it was looked up")
		return badge.View{}, nil
	}}), func(err error) { t.Error(err) })
	for _, target := range []string{"/b/2/x.svg", "/b/3/.json", "/b/2/" + strings.ToUpper(ids.Seal(checkID).String()) + ".svg"} {
		if w := get(h, target); w.Code != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", target, w.Code)
		}
	}
}

func TestLabelOfTheLookupIsShown(t *testing.T) {
	t.Parallel()
	h := routes(badge.New(badge.Config{
		Signer: links.Signer,
		Project: func(context.Context, string, string) (badge.View, error) {
			return badge.View{Label: "Our house", Total: 1}, nil
		},
	}), func(err error) { t.Error(err) })
	if got := get(h, links.Tag(badgeKey, badge.All).Shields).Body.String(); !strings.Contains(got, `"label":"Our house"`) {
		t.Errorf("got %s, want the label Our house", got)
	}
}

func TestScenario244_OnlyThreeMeansThreeStates(t *testing.T) {
	t.Parallel()
	h := site(check{name: "foobar", shown: heartbeat.StatusGrace})
	for states, want := range map[string]string{
		"3": "late", "03": "late", "2": "up", "1": "up", "0": "up", "4": "up", "33": "up", "99999999999999999999": "up",
	} {
		w := get(h, "/b/"+states+"/"+ids.Seal(checkID).String()+".svg")
		if got := w.Body.String(); !strings.Contains(got, `aria-label="foobar: `+want+`"`) {
			t.Errorf("/b/%s/: got %d %s, want %s", states, w.Code, got, want)
		}
	}
}

func TestTagWithoutChecksIsNotGreen(t *testing.T) {
	t.Parallel()
	h := site(check{tags: "foo", shown: heartbeat.StatusUp})
	urls := links.Tag(badgeKey, "gone")
	if got := get(h, urls.SVG).Body.String(); strings.Contains(got, "#4c1") || !strings.Contains(got, "no checks") {
		t.Errorf("got %s, want grey: no checks", got)
	}
	want := `{"schemaVersion":1,"label":"gone","message":"no checks","color":"inactive"}`
	if got := get(h, urls.Shields).Body.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	want = `{"status":"up","total":0,"grace":0,"down":0}`
	if got := get(h, urls.JSON).Body.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFailedLookupIsReturned(t *testing.T) {
	t.Parallel()
	h := badge.New(badge.Config{
		Signer: links.Signer, IDs: ids,
		Project: func(context.Context, string, string) (badge.View, error) { return badge.View{}, heartbeat.ErrBusy },
		Check:   func(context.Context, heartbeat.CheckID) (badge.View, error) { return badge.View{}, heartbeat.ErrBusy },
	})
	for form, urls := range forms("foo") {
		var got error
		w := get(routes(h, func(err error) { got = err }), urls.SVG)
		if !errors.Is(got, heartbeat.ErrBusy) || w.Body.Len() != 0 {
			t.Errorf("%s: got %v and %q, want ErrBusy and no answer", form, got, w.Body)
		}
	}
}

func FuzzHandler(f *testing.F) {
	h := site(check{name: "foobar", tags: "foo", shown: heartbeat.StatusUp})
	for _, urls := range forms("db@dc1") {
		f.Add(strings.TrimPrefix(urls.SVG, "/"))
		f.Add(strings.TrimPrefix(urls.Shields3, "/"))
	}
	f.Add("badge/%zz/%00/%ff.svg")
	f.Add("b/3/\x00.json")
	f.Fuzz(func(t *testing.T, path string) {
		// As package web hands a path on: decoded, with or without its raw form.
		u := &url.URL{Path: "/" + path}
		if raw, err := url.ParseRequestURI("/" + path); err == nil {
			u = raw
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, &http.Request{Method: "GET", URL: u, Header: http.Header{}})
		if w.Code >= 500 {
			t.Errorf("%q: got %d", path, w.Code)
		}
	})
}
