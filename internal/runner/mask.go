package runner

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
)

// masked stands where a secret stood.
const masked = "[masked]"

// word is what names of secrets end in or contain.
const word = `(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)`

// builtIn are the patterns that are always masked. Where a pattern has groups,
// these are what is hidden, and the rest says of what kind it was. Rather too
// much is hidden than too little: the output goes to another machine.
var builtIn = []string{
	// password=…, "api_key": "…", AWS_SECRET_ACCESS_KEY=…, also quoted
	`(?i)` + word + `[\w.-]*["']?\s*[:=]\s*(?:"((?:[^"\\\n]|\\.)*)|'([^'\n]*)|([^\s"']\S*))`,
	// --password …, --db-token=…
	`(?i)--[\w-]*` + word + `[\w-]*[ \t]+(\S+)`,
	// headers
	`(?i)\b(?:proxy-)?authorization["']?\s*[:=]\s*([^\r\n]+)`,
	`(?i)\b(?:set-)?cookie["']?\s*:\s*([^\r\n]+)`,
	`(?i)\bbearer\s+([\w.~+/=-]{8,})`,
	// scheme://user:password@host, and a token in the place of the user
	`[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@]*:([^\s/]+)@`,
	`https?://([^\s/:@]+)@`,
	// keys that can be told by their form: AWS, GitHub, GitLab, Slack, Google,
	// Stripe, JSON web tokens
	`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`,
	`\bgh[a-z]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{20,}`,
	`\bxox[a-z]-[\w-]{10,}`,
	`hooks\.slack\.com/services/([\w/]+)`,
	`\bAIza[\w-]{35}`,
	`\b[rs]k_(?:live|test)_\w{10,}`,
	`\beyJ[\w-]{5,}\.eyJ[\w-]{5,}\.[\w-]*`,
	`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----(.*?)(?:-----END|\z)`,
}

// Masks hide secrets in text.
type Masks struct{ patterns []*regexp.Regexp }

// NewMasks returns masks for the built-in patterns, for patterns of the user's
// own, and for the given words. In a pattern with groups, only what the groups
// match is hidden. The error names the pattern that is none.
func NewMasks(patterns, words []string) (*Masks, error) {
	m := &Masks{}
	for _, p := range builtIn {
		m.patterns = append(m.patterns, regexp.MustCompile(p))
	}
	for _, p := range patterns {
		re, err := regexp.Compile(p)
		if err != nil {
			return nil, fmt.Errorf("%q is no regular expression: %w", p, err)
		}
		m.patterns = append(m.patterns, re)
	}
	for _, w := range words {
		if w != "" {
			m.patterns = append(m.patterns, regexp.MustCompile(regexp.QuoteMeta(w)))
		}
	}
	return m, nil
}

// Hide returns text with its secrets masked.
func (m *Masks) Hide(text []byte) []byte { return m.hide(text, 0) }

// hide returns text from the given place on, masked. What stands before helps
// to tell secrets that begin there.
func (m *Masks) hide(text []byte, from int) []byte {
	var out []byte
	for _, s := range m.find(text) {
		if s.end <= from {
			continue
		}
		if s.begin > from {
			out = append(out, text[from:s.begin]...)
		}
		out = append(out, masked...)
		from = s.end
	}
	return append(out, text[from:]...)
}

// stretch is a part of a text.
type stretch struct{ begin, end int }

// find returns where the secrets are, in order and apart from one another.
// Every pattern looks at the whole text, so that none hides a secret's beginning
// from another.
func (m *Masks) find(text []byte) []stretch {
	var all []stretch
	for _, re := range m.patterns {
		for _, match := range re.FindAllSubmatchIndex(text, -1) {
			if len(match) > 2 {
				match = match[2:] // the groups
			}
			for i := 0; i < len(match); i += 2 {
				if match[i] < match[i+1] {
					all = append(all, stretch{match[i], match[i+1]})
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b stretch) int { return cmp.Compare(a.begin, b.begin) })
	apart := all[:0]
	for _, s := range all {
		if n := len(apart); n > 0 && s.begin <= apart[n-1].end {
			apart[n-1].end = max(apart[n-1].end, s.end)
		} else {
			apart = append(apart, s)
		}
	}
	return apart
}
