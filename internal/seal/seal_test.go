package seal_test

import (
	"bytes"
	"errors"
	"testing"

	"heartbeat/internal/seal"
)

func TestOpen_ReadsWhatWasSealedWithTheSameKeyAndLabelOnly(t *testing.T) {
	t.Parallel()
	const text = "https://hooks.example.org/services/T0/B0/secret"
	key, other := seal.Key{1}, seal.Key{2}
	sealed := key.Seal("channel 1", text)
	if bytes.Contains(sealed, []byte("secret")) || bytes.Equal(sealed, key.Seal("channel 1", text)) {
		t.Errorf("sealed is %q", sealed)
	}
	if got, err := key.Open("channel 1", sealed); err != nil || got != text {
		t.Errorf("got %q, %v", got, err)
	}
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)/2] ^= 1
	for name, open := range map[string]func() (string, error){
		"another key":   func() (string, error) { return other.Open("channel 1", sealed) },
		"another label": func() (string, error) { return key.Open("channel 2", sealed) },
		"a changed bit": func() (string, error) { return key.Open("channel 1", flipped) },
		"cut off":       func() (string, error) { return key.Open("channel 1", sealed[:5]) },
		"nothing":       func() (string, error) { return key.Open("channel 1", nil) },
	} {
		if got, err := open(); !errors.Is(err, seal.ErrOpen) || got != "" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
