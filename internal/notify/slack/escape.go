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
// <!here> rings everybody, <https://…|text> is a link. A backquote would end
// inline code, and has no entity that Slack knows.
var entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "`", "ˋ")

// broadcasts are the words that ring everybody in a client or a compatible
// service that looks for them in plain text.
var broadcasts = regexp.MustCompile(`(?i)@(channel|here|everyone|group|all)`)

// escape makes a foreign text harmless in mrkdwn: one line, no control
// sequence, no mention, no code. What is *bold* stays so; see [code].
func escape(text string) string { return entities.Replace(line(text)) }

// code shows a foreign text as it is. Slack has no way to escape *, _, ~ and
// :emoji:, but leaves them alone in inline code.
func code(text string) string { return "`" + escape(text) + "`" }

// plain makes a foreign text harmless in plain_text, in which entities are not
// reliably decoded: angle brackets become look-alikes.
func plain(text string) string {
	return strings.NewReplacer("<", "‹", ">", "›").Replace(line(text))
}

// line keeps a text on one line, in its own direction of writing and without
// mentions, and never lets it become empty.
func line(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	text = broadcasts.ReplaceAllString(text, "@\u200b$1")
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
		text = cut(text, n)
		if shown := show(text); size(shown) <= most {
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
