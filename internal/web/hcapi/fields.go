package hcapi

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// fields are the members of a body as they came.
type fields map[string]json.RawMessage

// parseFields reads a body. An empty one has no members; of members that come
// twice, the last counts.
func parseFields(body []byte) (fields, error) {
	if len(body) == 0 {
		return nil, nil
	}
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, errBadBody
	}
	if bytes.TrimLeft(body, " \t\r\n")[0] != '{' {
		return nil, invalid("value is not an object")
	}
	var f fields
	if err := json.Unmarshal(body, &f); err != nil {
		return nil, errBadBody
	}
	return f, nil
}

// reader reads members one after another, each with its rules. The first that is
// wrong is the one that is told: err. A member that is not there is nil.
type reader struct {
	fields fields
	err    error
}

// member returns the member as it came; ok is false if there is none, or if what
// was read before it is wrong.
func (r *reader) member(name string) (raw json.RawMessage, ok bool) {
	raw, ok = r.fields[name]
	return raw, ok && r.err == nil
}

func (r *reader) fail(text string) { r.err = invalid(text) }

// text reads a string of at most so many characters.
func (r *reader) text(name string, most int) *string {
	raw, ok := r.member(name)
	if !ok {
		return nil
	}
	var s string
	if raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		r.fail(name + " is not a string")
		return nil
	}
	if utf8.RuneCountInString(s) > most {
		r.fail(name + " is too long")
		return nil
	}
	return &s
}

// bytes reads a string of at most so many bytes.
func (r *reader) bytes(name string, most int) *string {
	s := r.text(name, most)
	if s != nil && len(*s) > most {
		r.fail(name + " is too long")
	}
	return s
}

func (r *reader) flag(name string) *bool {
	raw, ok := r.member(name)
	if !ok {
		return nil
	}
	yes := string(raw) == "true"
	if !yes && string(raw) != "false" {
		r.fail(name + " is not a boolean")
		return nil
	}
	return &yes
}

// seconds reads a whole number of seconds within bounds. Healthchecks takes false
// and true for 0 and 1, which are too small.
func (r *reader) seconds(name string, least, most time.Duration) *time.Duration {
	raw, ok := r.member(name)
	if !ok {
		return nil
	}
	n, ok := number(string(raw))
	switch {
	case !ok:
		r.fail(name + " is not a number")
	case n < int64(least/time.Second) || string(raw) == "true" || string(raw) == "false":
		r.fail(name + " is too small")
	case n > int64(most/time.Second):
		r.fail(name + " is too large")
	default:
		d := time.Duration(n) * time.Second
		return &d
	}
	return nil
}

// number reads a whole number; one beyond int64 becomes the greatest or least.
func number(raw string) (n int64, ok bool) {
	if raw == "true" || raw == "false" {
		return 0, true
	}
	digits := strings.TrimPrefix(raw, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, _ = strconv.ParseInt(raw, 10, 64) // what is out of range becomes the nearest
	return n, true
}

// words reads an array of the words that are known.
func (r *reader) words(name string, known ...string) []string {
	raw, ok := r.member(name)
	if !ok {
		return nil
	}
	var items []json.RawMessage
	if raw[0] != '[' || json.Unmarshal(raw, &items) != nil {
		r.fail(name + " is not an array")
		return nil
	}
	words := []string{}
	for _, item := range items {
		var word string
		if item[0] != '"' || json.Unmarshal(item, &word) != nil || !slices.Contains(known, word) {
			r.fail("an item in '" + name + "' has unexpected value")
			return nil
		}
		words = append(words, word)
	}
	return words
}
