package auth

import (
	"context"
	"crypto/rand"
	"fmt"
)

// RandomSize is how many bytes BadgeSecret and SealKey have.
const RandomSize = 32

// BadgeSecret returns the random bytes that sign the addresses of badges. They are
// made when they are first asked for.
func (a *Auth) BadgeSecret(ctx context.Context) ([RandomSize]byte, error) {
	return a.random(ctx, keyBadges, "secret of badges")
}

// SealKey returns the random bytes with which the targets of channels are sealed.
// They are made when they are first asked for.
func (a *Auth) SealKey(ctx context.Context) ([RandomSize]byte, error) {
	return a.random(ctx, keySeal, "key of channels")
}

func (a *Auth) random(ctx context.Context, key, what string) (b [RandomSize]byte, err error) {
	fresh := make([]byte, RandomSize)
	rand.Read(fresh) // never fails: it ends the program instead
	kept, err := keep(ctx, a.values, key, fresh)
	if err == nil && len(kept) != RandomSize {
		err = fmt.Errorf("the store's value %s is damaged", key)
	}
	if err != nil {
		return b, fmt.Errorf("%s: %w", what, err)
	}
	return [RandomSize]byte(kept), nil
}
