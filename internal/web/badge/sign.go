package badge

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"strings"
)

// Signer makes and checks the signatures in the addresses of a project's
// badges: without one, who knows one tag's badge could look at all tags. The
// scheme is Healthchecks': the same badge key and secret (its SECRET_KEY) keep
// addresses valid that stand in somebody's README.
type Signer struct {
	// Secret is the installation's. It must not be empty.
	Secret string
}

// signatureLength is how many characters of a signature are given and compared.
const signatureLength = 8

// Sign returns the signature of a tag, or of All.
func (s Signer) Sign(badgeKey, tag string) string {
	key := sha1.Sum([]byte(badgeKey + s.Secret))
	mac := hmac.New(sha1.New, key[:])
	mac.Write([]byte(tag))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))[:signatureLength]
}

// signed tells whether the signature from an address is that of the tag. What
// follows its first eight characters is not looked at.
func (s Signer) signed(badgeKey, tag, signature string) bool {
	if s.Secret == "" || len(signature) < signatureLength {
		return false
	}
	return hmac.Equal([]byte(signature[:signatureLength]), []byte(s.Sign(badgeKey, tag)))
}

// twoStates follows a signature in the address of a badge with two states.
const twoStates = "-2"

// statesOf reads how many states the signature in an address asks for.
func statesOf(signature string) States {
	if len(signature) == signatureLength+len(twoStates) && strings.HasSuffix(signature, twoStates) {
		return TwoStates
	}
	return ThreeStates
}
