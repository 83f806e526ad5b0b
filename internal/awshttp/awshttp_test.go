package awshttp_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"heartbeat/internal/awshttp"
)

// doer is a function as an HTTP client.
type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// closable is a body that cannot be read any more once it was closed, as that of
// the SDK.
type closable struct {
	io.Reader

	closed bool
}

func (c *closable) Read(p []byte) (int, error) {
	if c.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	return c.Reader.Read(p)
}

func (c *closable) Close() error { c.closed = true; return nil }

func TestOwnBody_OutlivesTheOneThatIsClosed(t *testing.T) {
	t.Parallel()
	body := &closable{Reader: strings.NewReader("0123456789")}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://example.org", body)
	if err != nil {
		t.Fatal(err)
	}
	request.ContentLength = 10
	client := awshttp.OwnBody{Next: doer(func(r *http.Request) (*http.Response, error) {
		head := make([]byte, 4)
		if _, err := io.ReadFull(r.Body, head); err != nil {
			t.Error(err)
		}
		_ = body.Close() // the answer has begun
		rest, err := io.ReadAll(r.Body)
		if got := string(head) + string(rest); got != "0123456789" || err != nil || r.ContentLength != 10 {
			t.Errorf("sent %q of length %d, %v", got, r.ContentLength, err)
		}
		again, err := r.GetBody()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(again); string(got) != "0123456789" || err != nil {
			t.Errorf("sent again %q, %v", got, err)
		}
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})}
	response, err := client.Do(request)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response, err)
	}
	_ = response.Body.Close()
}

func TestOwnBody_LeavesRequestsWithoutABody(t *testing.T) {
	t.Parallel()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.org", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := awshttp.OwnBody{Next: doer(func(r *http.Request) (*http.Response, error) {
		if r != request {
			t.Error("another request was sent")
		}
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
}
