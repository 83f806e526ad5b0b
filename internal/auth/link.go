package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"heartbeat"
)

const (
	// linkLife is how long a login link works.
	linkLife = 15 * time.Minute
	// A token's value is its expiry in Unix seconds (8 bytes, big endian) and
	// random bytes that tell it from others.
	nonceSize = 8
	linkSize  = 8 + nonceSize
	// linkTries is how often a lost race for the list of used links is run again.
	linkTries = 10

	linkPurpose = "heartbeat login link 1"
)

// Link makes a token for a login link. It works once, within 15 minutes, in
// every process that uses the same store with the same secret.
func (a *Auth) Link() string {
	value := binary.BigEndian.AppendUint64(make([]byte, 0, linkSize), uint64(time.Now().Add(linkLife).Unix()))
	value = value[:linkSize]
	rand.Read(value[8:]) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(append(value, a.mac(linkPurpose, value)...))
}

// Redeem tells whether token is a login link's that was not used before, and
// uses it up. With an error that could not be made out, and nobody is let in.
func (a *Auth) Redeem(ctx context.Context, token string) (bool, error) {
	value, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(value) != linkSize+sha256.Size {
		return false, nil //nolint:nilerr // it is no token
	}
	genuine := func() bool { return hmac.Equal(value[linkSize:], a.mac(linkPurpose, value[:linkSize])) }
	if !genuine() && (!a.renew(ctx, keysAgain) || !genuine()) {
		return false, nil
	}
	expires := time.Unix(int64(binary.BigEndian.Uint64(value)), 0)
	if !time.Now().Before(expires) {
		return false, nil
	}
	first, err := a.use(ctx, hex.EncodeToString(value[8:linkSize]), expires)
	if err != nil {
		return false, fmt.Errorf("login link: %w", err)
	}
	return first, nil
}

// use writes the nonce into the list of used links; false if it is there. Who
// has a token was let in by somebody, so the list stays short.
func (a *Auth) use(ctx context.Context, nonce string, expires time.Time) (first bool, err error) {
	for range linkTries {
		old, err := a.values.Value(ctx, keyLinks)
		if err != nil && !errors.Is(err, heartbeat.ErrNotFound) {
			return false, err
		}
		used := map[string]int64{}
		if old != nil {
			if err := json.Unmarshal(old, &used); err != nil {
				return false, fmt.Errorf("the store's value %s is damaged: %w", keyLinks, err)
			}
		}
		if _, known := used[nonce]; known {
			return false, nil
		}
		for n, until := range used {
			if until < time.Now().Unix() {
				delete(used, n)
			}
		}
		used[nonce] = expires.Unix()
		fresh, err := json.Marshal(used)
		if err != nil {
			return false, err
		}
		if err = a.values.SetValue(ctx, keyLinks, old, fresh); !errors.Is(err, heartbeat.ErrConflict) {
			return err == nil, err
		}
	}
	return false, fmt.Errorf("%w: too many log in at once", heartbeat.ErrConflict)
}
