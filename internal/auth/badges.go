package auth

import (
	"context"
	"crypto/rand"
	"fmt"
)

// BadgeSecretSize is how many bytes the secret of badges has.
const BadgeSecretSize = 32

// BadgeSecret returns the random bytes that sign the addresses of badges. They are
// made when they are first asked for.
func (a *Auth) BadgeSecret(ctx context.Context) ([]byte, error) {
	fresh := make([]byte, BadgeSecretSize)
	rand.Read(fresh) // never fails: it ends the program instead
	kept, err := keep(ctx, a.values, keyBadges, fresh)
	if err == nil && len(kept) != BadgeSecretSize {
		err = fmt.Errorf("the store's value %s is damaged", keyBadges)
	}
	if err != nil {
		return nil, fmt.Errorf("secret of badges: %w", err)
	}
	return kept, nil
}
