package heartbeat

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName is the longest a name may be, in characters (not bytes).
const MaxName = 200

// ProjectID names a project: the owner of checks, channels and keys.
type ProjectID string

// DefaultProject is the project that the first start makes.
const DefaultProject ProjectID = "default"

// CheckID is a check's identity, a UUID. Its zero value names no check.
type CheckID [16]byte

// ParseCheckID reads the form that [CheckID.String] writes. Upper-case digits
// are refused, as Healthchecks' routes refuse them.
func ParseCheckID(s string) (CheckID, error) {
	var id CheckID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return CheckID{}, errBadCheckID
	}
	at := 0
	for i := range id {
		if at == 8 || at == 13 || at == 18 || at == 23 {
			at++
		}
		high, low := hexDigit(s[at]), hexDigit(s[at+1])
		if high > 0xf || low > 0xf {
			return CheckID{}, errBadCheckID
		}
		id[i] = high<<4 | low
		at += 2
	}
	return id, nil
}

// hexDigit is the value of a lower-case digit; more than 0xf for all else.
func hexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 0xff
}

var errBadCheckID = &Invalid{
	Field:   "id",
	Problem: "must be a lower-case UUID such as 0e4b1b1e-7c0b-8a53-9c4d-3f7f5b1c2d3e",
}

// String writes the ID as a lower-case UUID.
func (id CheckID) String() string {
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// Names are the four words by which a pulse names its check.
// They are kept exactly as given and are never joined without separators.
type Names struct {
	Host, Category, Type, Name string
}

// Validate returns an [*Invalid] naming the first bad field: each must hold 1
// to [MaxName] characters of UTF-8 without control characters.
func (n Names) Validate() error {
	for _, f := range []struct{ field, value string }{
		{"host", n.Host}, {"category", n.Category}, {"type", n.Type}, {"name", n.Name},
	} {
		if problem := nameProblem(f.value); problem != "" {
			return &Invalid{Field: f.field, Problem: problem}
		}
	}
	return nil
}

func nameProblem(s string) string {
	switch {
	case s == "":
		return "is missing: host, category, type and name are all needed"
	case !utf8.ValidString(s):
		return "must be UTF-8"
	case len(s) > MaxName && utf8.RuneCountInString(s) > MaxName:
		return fmt.Sprintf("is %d characters long; the most is %d", utf8.RuneCountInString(s), MaxName)
	case strings.ContainsFunc(s, unicode.IsControl):
		return "must not contain control characters such as line breaks"
	}
	return ""
}

// String joins the names for people to read: "host / category / type / name".
// Those that a check does not have are left out.
func (n Names) String() string {
	parts := [...]string{n.Host, n.Category, n.Type, n.Name}
	return strings.Join(slices.DeleteFunc(parts[:], func(s string) bool { return s == "" }), " / ")
}

// ID derives the identity of the check with these names in project. The same
// names always give the same ID, so that a pulse finds its check without a
// look-up and two first pulses cannot make two checks. Every part is hashed
// with its length before it: "ab"+"c" and "a"+"bc" differ.
func (n Names) ID(project ProjectID) CheckID {
	return derive("heartbeat pulse 1", string(project), n.Host, n.Category, n.Type, n.Name)
}

// SlugID derives the identity of a check that a ping by slug makes: of two first
// pings at once, both make the same check.
func SlugID(project ProjectID, slug string) CheckID {
	return derive("heartbeat slug 1", string(project), slug)
}

func derive(purpose string, parts ...string) CheckID {
	buf := make([]byte, 0, 256)
	buf = append(buf, purpose...)
	for _, part := range parts {
		buf = binary.AppendUvarint(buf, uint64(len(part)))
		buf = append(buf, part...)
	}
	sum := sha256.Sum256(buf)
	id := CheckID(sum[:16])
	id[6] = id[6]&0x0f | 0x80 // version 8: derived in a way of our own (RFC 9562, 5.8)
	id[8] = id[8]&0x3f | 0x80 // the variant of RFC 9562
	return id
}
