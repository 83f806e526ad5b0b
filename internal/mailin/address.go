package mailin

import (
	"strings"

	"heartbeat"
	"heartbeat/internal/service"
)

// keyLength is how long the ping keys are that the dashboard makes, and all those
// of Healthchecks.
const keyLength = 22

// recipient is the check that a mail is for: by ID, or, if key is not empty, by a
// project's ping key and a slug.
type recipient struct {
	id        heartbeat.CheckID
	key, slug string
}

// parseMailbox reads what stands before the @; false if that can be no check's.
func parseMailbox(s string) (recipient, bool) {
	key, slug, found := strings.Cut(s, "+")
	if found {
		ok := key != "" && heartbeat.KeyChars(key) && service.ValidSlug(slug) == nil
		return recipient{key: key, slug: slug}, ok
	}
	id, err := heartbeat.ParseCheckID(strings.ToLower(s))
	return recipient{id: id}, err == nil && made(id)
}

// made tells whether an ID is one of those that are given to checks: random
// (version 4 of RFC 9562) or derived from names (version 8).
func made(id heartbeat.CheckID) bool {
	version, variant := id[6]>>4, id[8]>>6
	return (version == 4 || version == 8) && variant == 0b10
}

// String returns the recipient as logs may show it: without the key.
func (r recipient) String() string {
	if r.key != "" {
		return r.slug
	}
	return r.id.String()
}
