package notify

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// shortestSecret is the length from which a part of a URL is kept out of texts.
// Shorter ones, such as "v1", guard nothing and occur everywhere.
const shortestSecret = 4

// maxExcerpt is how many characters of a foreign text go into a reason.
const maxExcerpt = 200

// secrets returns all of raw that no text may show, each in every form in which
// a server may echo it: path, path segments, query, its values, and user
// information.
func secrets(raw string, u *url.URL) []string {
	parts := []string{raw, u.String(), u.Path, u.EscapedPath(), u.RawQuery, u.Fragment, u.EscapedFragment()}
	parts = append(parts, strings.Split(u.Path, "/")...)
	parts = append(parts, strings.Split(u.EscapedPath(), "/")...)
	parts = append(parts, strings.FieldsFunc(u.RawQuery, func(r rune) bool { return r == '&' || r == '=' })...)
	for _, values := range u.Query() {
		parts = append(parts, values...)
	}
	if u.User != nil {
		password, _ := u.User.Password()
		parts = append(parts, u.User.String(), u.User.Username(), password)
	}
	for _, part := range parts {
		parts = append(parts, url.PathEscape(part), url.QueryEscape(part))
	}
	for i, part := range parts {
		parts[i] = legible(part)
	}
	parts = slices.DeleteFunc(parts, func(s string) bool { return len(s) < shortestSecret })
	slices.SortFunc(parts, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return slices.Compact(parts)
}

// clean makes a foreign text fit to be shown: one line of printable characters,
// without the URL's secrets, not too long.
func (t target) clean(text string) string {
	text = legible(text)
	for _, secret := range t.secrets {
		text = strings.ReplaceAll(text, secret, "…")
	}
	if cut := []rune(text); len(cut) > maxExcerpt {
		text = string(cut[:maxExcerpt]) + "…"
	}
	return text
}

// legible replaces every run of space and unprintable characters by one space.
func legible(text string) string {
	text = strings.Map(func(r rune) rune {
		if unfit(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, " "))
	return strings.Join(strings.Fields(text), " ")
}

func unfit(r rune) bool { return !unicode.IsPrint(r) }
