package pinging_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"heartbeat"
)

const slugURL = "/ping/" + pingKey + "/nightly"

// ping makes the check if there is none.
func (h *house) ping(r *http.Request) (*httptest.ResponseRecorder, error) {
	r.URL.RawQuery = "create=1"
	w := httptest.NewRecorder()
	return w, h.Ping(w, r)
}

func TestPing_CountsAlthoughTheSenderHungUp(t *testing.T) {
	t.Parallel()
	h := setUp(t, false)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.ping(httptest.NewRequest("GET", slugURL, nil).WithContext(ctx)); err != nil || h.stored(t) != 1 {
		t.Errorf("a ping that came in whole is lost: %v", err)
	}
}

func TestPing_BodyThatIsTooLongOrBrokenOffIsNotRecorded(t *testing.T) {
	t.Parallel()
	var tooLarge *http.MaxBytesError
	var invalid *heartbeat.Invalid
	for _, c := range []struct {
		name   string
		length int64 // as declared; -1: chunked
		target any
	}{
		{"too long", 64<<20 + 1, &tooLarge},
		{"broken off", 100, &invalid},
		{"broken off and chunked", -1, &invalid},
	} {
		h := setUp(t, false)
		r := httptest.NewRequest("POST", slugURL, iotest.TimeoutReader(iotest.HalfReader(strings.NewReader("all is well"))))
		r.ContentLength = c.length
		w, err := h.ping(r)
		if err == nil || !errors.As(err, c.target) || h.stored(t) != 0 || w.Body.Len() != 0 {
			t.Errorf("%s: %v, %d stored, answered %q; want it refused", c.name, err, h.stored(t), w.Body)
		}
	}
}

// The answer never repeats a key or a slug.
func TestPing_RefusalsAreTheSameForAll(t *testing.T) {
	t.Parallel()
	h := setUp(t, false)
	for _, path := range []string{"/ping/0ther/nightly", "/ping/k3y/unknown", "/ping/f26b8d3c-1f8f-4b6e-9d3c-0a1b2c3d4e5f"} {
		w := httptest.NewRecorder()
		if err := h.Ping(w, httptest.NewRequest("GET", path, nil)); err != nil || w.Code != 404 || w.Body.String() != "not found" {
			t.Errorf("%s: %d %s, %v", path, w.Code, w.Body, err)
		}
	}
}

func BenchmarkPing(b *testing.B) {
	h := setUp(b, false)
	for _, by := range []string{"uuid", "slug"} {
		b.Run(by, func(b *testing.B) {
			requests := make([]*http.Request, 10_000)
			for i := range requests {
				slug := fmt.Sprintf("job-%d", i)
				path := "/ping/" + pingKey + "/" + slug
				if err := h.Ping(quiet{make(http.Header)}, httptest.NewRequest("GET", path+"?create=1", nil)); err != nil {
					b.Fatal(err)
				}
				if by == "uuid" {
					path = "/ping/" + heartbeat.SlugID(heartbeat.DefaultProject, slug).String()
				}
				requests[i] = httptest.NewRequest("GET", path, nil)
				requests[i].Header.Set("User-Agent", "curl/8.14.1")
			}
			w := quiet{make(http.Header)}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if err := h.Ping(w, requests[i%len(requests)]); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}
