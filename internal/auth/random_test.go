package auth_test

import (
	"errors"
	"slices"
	"testing"

	"heartbeat"
	"heartbeat/internal/auth"
	"heartbeat/internal/store/memory"
)

func TestRandomSecrets_AreMadeOnceAndMove(t *testing.T) {
	t.Parallel()
	for key, read := range map[string]func(*auth.Auth) ([32]byte, error){
		"badge/secret": func(a *auth.Auth) ([32]byte, error) { return a.BadgeSecret(t.Context()) },
		"auth/seal": func(a *auth.Auth) ([32]byte, error) {
			key, err := a.MakeSealKey(t.Context())
			return key, err
		},
	} {
		store := memory.New()
		a, _ := open(t, store, auth.Config{})
		first, err := read(a)
		if err != nil || first == [32]byte{} {
			t.Fatalf("%s: %x, %v", key, first, err)
		}
		again, _ := open(t, store, auth.Config{})
		if second, err := read(again); err != nil || second != first {
			t.Errorf("%s: another secret, %v", key, err)
		}
		if !slices.Contains(auth.Keys(), key) {
			t.Errorf("an installation that moves loses %s", key)
		}
		if err := store.SetValue(t.Context(), key, first[:], []byte("short")); err != nil {
			t.Fatal(err)
		}
		if _, err := read(again); !errors.Is(err, heartbeat.ErrUnreadable) {
			t.Errorf("%s is damaged: %v", key, err)
		}
	}
}

func TestSealKey_IsNotMadeByReading(t *testing.T) {
	t.Parallel()
	a, _ := open(t, memory.New(), auth.Config{})
	if _, err := a.SealKey(t.Context()); !errors.Is(err, heartbeat.ErrNotFound) {
		t.Errorf("before any was made: %v", err)
	}
	made, err := a.MakeSealKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if read, err := a.SealKey(t.Context()); err != nil || read != made {
		t.Errorf("read another, %v", err)
	}
}
