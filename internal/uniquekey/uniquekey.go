// Package uniquekey makes the keys by which those who hold only a read-only key
// tell checks apart. They are Healthchecks', so that what was recorded under one
// in Prometheus or elsewhere stays one series.
package uniquekey

import (
	"crypto/sha1"
	"encoding/hex"

	"heartbeat"
)

// Of returns the check's unique key: 40 lower-case hexadecimal digits, which do
// not give away the ID, by which one could ping. It hashes the first half of
// the ID only, as Healthchecks does: IDs that share it share their key.
func Of(id heartbeat.CheckID) string {
	sum := sha1.Sum([]byte(hex.EncodeToString(id[:8])))
	return hex.EncodeToString(sum[:])
}
