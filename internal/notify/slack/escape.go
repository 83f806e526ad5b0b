package slack

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
)

// entities are the three characters that Slack gives a meaning to everywhere:
// <!here> rings everybody, <https://…|text> is a link.
var entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// broadcasts are the words that ring everybody in a client or a compatible
// service that looks for them in plain text.
var broadcasts = regexp.MustCompile(`(?i)@(channel|here|everyone|group|all)`)

// escape makes a foreign text harmless in mrkdwn: one line, no control
// sequence, no mention. It does not undo *bold* and the like; see [code].
func escape(text string) string {
	return entities.Replace(broadcasts.ReplaceAllString(line(text), "@\u200b$1"))
}

// code shows a foreign text as inline code. Slack has no way to escape *, _, ~
// and :emoji:, but leaves them alone in code; only backquotes must go.
func code(text string) string {
	return "`" + escape(strings.ReplaceAll(text, "`", "ˋ")) + "`"
}

// plain makes a foreign text harmless in plain_text, in which entities are not
// reliably decoded: angle brackets become look-alikes.
func plain(text string) string {
	text = broadcasts.ReplaceAllString(line(text), "@\u200b$1")
	return strings.NewReplacer("<", "‹", ">", "›").Replace(text)
}

// line keeps a text on one line and in its own direction of writing, and never
// lets it become empty.
func line(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if text = strings.TrimSpace(text); text == "" {
		return "–"
	}
	return text
}

// date shows a moment in the reader's own zone and words.
func date(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", t.Unix(), t.UTC().Format(time.RFC3339))
}

// maxLink is the longest link that is shown.
const maxLink = 600

// link shows a link, or nothing if there is no web address to lead to.
func link(url, label string) string {
	if !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") {
		return ""
	}
	url = strings.NewReplacer("|", "%7C", " ", "%20", "<", "%3C", ">", "%3E").Replace(line(url))
	if url = entities.Replace(url); size(url) > maxLink {
		return "" // a cut link leads nowhere
	}
	return "<" + url + "|" + label + ">"
}

// fit shows a foreign text, so far shortened that what is shown has at most
// most characters.
func fit(text string, most int, show func(string) string) string {
	for n := most; ; n-- {
		if shown := show(cut(text, n)); size(shown) <= most {
			return shown
		}
	}
}

// cut shortens a text to at most most characters.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// size is a text's length as Slack's limits count it, at worst: a character
// outside the basic plane counts twice.
func size(text string) int {
	n := 0
	for _, r := range text {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}
