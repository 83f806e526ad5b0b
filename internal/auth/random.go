package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"heartbeat"
)

// randomSize is how many bytes the secret of badges and the key of channels have.
const randomSize = 32

// BadgeSecret returns the random bytes that sign the addresses of badges. They are
// made when they are first asked for.
func (a *Auth) BadgeSecret(ctx context.Context) (secret [randomSize]byte, err error) {
	rand.Read(secret[:]) // never fails: it ends the program instead
	kept, err := keep(ctx, a.values, keyBadges, secret[:])
	return secret, take(secret[:], kept, keyBadges, err)
}

// SealKey returns the key with which the targets of channels are sealed;
// heartbeat.ErrNotFound if none was made yet, heartbeat.ErrUnreadable if it is
// damaged.
func (a *Auth) SealKey(ctx context.Context) (key [randomSize]byte, err error) {
	kept, err := a.values.Value(ctx, keySeal)
	if errors.Is(err, heartbeat.ErrNotFound) {
		return key, fmt.Errorf("%w: the store has lost the key of channels", err)
	}
	return key, take(key[:], kept, keySeal, err)
}

// MakeSealKey is SealKey, but makes the key if there is none.
func (a *Auth) MakeSealKey(ctx context.Context) (key [randomSize]byte, err error) {
	rand.Read(key[:]) // never fails: it ends the program instead
	kept, err := keep(ctx, a.values, keySeal, key[:])
	return key, take(key[:], kept, keySeal, err)
}

// take copies a value that was read with err, if it is whole.
func take(into, kept []byte, key string, err error) error {
	if err != nil {
		return fmt.Errorf("read the store's value %s: %w", key, err)
	}
	if len(kept) != len(into) {
		return fmt.Errorf("%w: the store's value %s is damaged", heartbeat.ErrUnreadable, key)
	}
	copy(into, kept)
	return nil
}
