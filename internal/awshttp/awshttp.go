// Package awshttp repairs how AWS's SDK for Go sends requests.
package awshttp

import (
	"bytes"
	"io"
	"net/http"
)

// Doer is what the SDK calls an HTTP client.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// OwnBody sends each request with a body of its own. The SDK closes the body
// when the first bytes of the answer are there; if net/http is still finishing
// the request then, it closes the connection under the answer, and answers of
// more than a few kilobytes are lost now and then.
type OwnBody struct{ Next Doer }

// Do implements [Doer].
func (o OwnBody) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return o.Next.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	own := r.WithContext(r.Context())
	own.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	own.Body = io.NopCloser(bytes.NewReader(body))
	return o.Next.Do(own)
}
