// Package slug makes slugs: the short names by which checks are called in ping
// URLs. The rules are Healthchecks', so that a name gives the same slug here.
package slug

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"heartbeat"
)

// Max is the longest a slug may be, in characters, all of which are ASCII.
const Max = heartbeat.MaxSlug

// Of returns the slug for a name, such as "hello-world" for "Hello, Wörld!".
// It holds only a-z, 0-9, "-" and "_", begins and ends with a letter or digit,
// and is cut to Max. It is empty if nothing of the name is left, as of "日本".
func Of(name string) string {
	var b strings.Builder
	gap := false // blanks or hyphens were read that are not written yet
	for _, r := range norm.NFKD.String(name) {
		switch {
		case isBlank(r), r == '-':
			gap = true
			continue
		case 'A' <= r && r <= 'Z':
			r += 'a' - 'A'
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '_':
		default:
			continue // beyond ASCII, or punctuation: dropped without a trace
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteRune(r)
	}
	s := strings.TrimLeft(b.String(), "-_")
	return strings.TrimRight(s[:min(len(s), Max)], "-_")
}

// isBlank tells whether r is white space of ASCII as Python counts it, with the
// four separators before the space. White space beyond ASCII has become a space
// by decomposition, or is dropped.
func isBlank(r rune) bool {
	return r == ' ' || '\t' <= r && r <= '\r' || 0x1c <= r && r <= 0x1f
}
