// Package seal keeps texts that must be read again, such as the URLs of webhooks,
// from being read where they are stored: AES-256-GCM, with a random nonce before
// each. It protects what is seen of a store without its key; whoever has the
// whole store of an installation has that, too.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
)

// Key seals and opens.
type Key [32]byte

// ErrOpen says that a text was not sealed with this key and label, or is damaged.
var ErrOpen = errors.New("it was sealed with another key, or is damaged")

// Seal returns text so that only Open with the same key and label can read it. The
// label says what the text belongs to: sealed texts cannot be exchanged.
func (k Key) Seal(label, text string) []byte {
	return k.gcm().Seal(nil, nil, []byte(text), []byte(label))
}

// Open returns the text that was sealed. Errors: ErrOpen.
func (k Key) Open(label string, sealed []byte) (string, error) {
	text, err := k.gcm().Open(nil, nil, sealed, []byte(label))
	if err != nil {
		return "", ErrOpen
	}
	return string(text), nil
}

func (k Key) gcm() cipher.AEAD {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		panic(err) // the key is as long as AES-256 wants it
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES has the block size that GCM wants
	}
	return gcm
}
