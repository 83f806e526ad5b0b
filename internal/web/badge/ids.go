package badge

import (
	"crypto/aes"
	"crypto/cipher"

	"heartbeat"
)

// IDs turns the IDs of checks into those that stand in their badges' addresses,
// and back. A badge is shown to everybody, while who knows a check's ID can ping
// it; so the badge's ID is the check's, encrypted as one block of AES. There is
// nothing to store and nothing to look up, and neither leads to the other without
// the key.
type IDs struct {
	block cipher.Block
}

// NewIDs returns the IDs under a key of the installation. Another key changes
// the addresses of all checks' badges.
func NewIDs(key [16]byte) IDs {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic("badge: a key of 16 bytes was refused: " + err.Error())
	}
	return IDs{block: block}
}

// Seal returns the ID of a check's badge.
func (ids IDs) Seal(check heartbeat.CheckID) heartbeat.CheckID {
	var badge heartbeat.CheckID
	ids.block.Encrypt(badge[:], check[:])
	return badge
}

// Open returns the ID of the check whose badge has this ID. What was never
// sealed opens too, to the ID of no check.
func (ids IDs) Open(badge heartbeat.CheckID) heartbeat.CheckID {
	var check heartbeat.CheckID
	ids.block.Decrypt(check[:], badge[:])
	return check
}
