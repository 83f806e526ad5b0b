package auth_test

import (
	"context"
	"slices"
	"testing"

	"heartbeat/internal/auth"
	"heartbeat/internal/store/memory"
)

func TestRandomSecrets_AreMadeOnceAndMove(t *testing.T) {
	t.Parallel()
	for key, read := range map[string]func(*auth.Auth, context.Context) ([auth.RandomSize]byte, error){
		"badge/secret": (*auth.Auth).BadgeSecret, "auth/seal": (*auth.Auth).SealKey,
	} {
		store := memory.New()
		a, _ := open(t, store, auth.Config{})
		first, err := read(a, t.Context())
		if err != nil || first == [auth.RandomSize]byte{} {
			t.Fatalf("%s: %x, %v", key, first, err)
		}
		again, _ := open(t, store, auth.Config{})
		if second, err := read(again, t.Context()); err != nil || second != first {
			t.Errorf("%s: another secret, %v", key, err)
		}
		if !slices.Contains(auth.Keys(), key) {
			t.Errorf("an installation that moves loses %s", key)
		}
		if err := store.SetValue(t.Context(), key, first[:], []byte("short")); err != nil {
			t.Fatal(err)
		}
		if _, err := read(again, t.Context()); err == nil {
			t.Errorf("%s is used though it is damaged", key)
		}
	}
}
