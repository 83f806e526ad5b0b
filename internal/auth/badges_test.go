package auth_test

import (
	"bytes"
	"slices"
	"testing"

	"heartbeat/internal/auth"
	"heartbeat/internal/store/memory"
)

func TestBadgeSecret_IsMadeOnceAndMoves(t *testing.T) {
	t.Parallel()
	store := memory.New()
	a, _ := open(t, store, auth.Config{})
	first, err := a.BadgeSecret(t.Context())
	if err != nil || len(first) != auth.BadgeSecretSize {
		t.Fatalf("%d bytes, %v", len(first), err)
	}
	again, _ := open(t, store, auth.Config{})
	if second, err := again.BadgeSecret(t.Context()); err != nil || !bytes.Equal(first, second) {
		t.Errorf("another secret, %v", err)
	}
	if !slices.Contains(auth.Keys(), "badge/secret") {
		t.Error("an installation that moves loses the addresses of its badges")
	}
	if err := store.SetValue(t.Context(), "badge/secret", first, []byte("short")); err != nil {
		t.Fatal(err)
	}
	if _, err := again.BadgeSecret(t.Context()); err == nil {
		t.Error("a damaged secret is used")
	}
}
