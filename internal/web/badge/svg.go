package badge

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"unicode"
)

const (
	fontSize = 11
	padding  = 10 // of a segment, both sides together
)

// SVG returns the badge as a picture 20 pixels high: the label on grey, the
// state on its colour.
//
// It stands on its own: what others could forbid (styles, scripts, fonts to be
// fetched) it does not use, and it names no part of itself, so that several can
// be put into one page of HTML. The state is told by word and colour, and its
// text is dark, as white could hardly be read on green and orange.
func (v View) SVG(n States) []byte {
	label, message := printable(v.Label), v.message(n)
	left, right := textWidth(label), textWidth(message)
	split, end := left+padding, left+right+2*padding

	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="20" role="img" aria-label="%s: %s">`,
		end, escaped(label), message)
	fmt.Fprintf(&b, `<title>%s: %s</title>`, escaped(label), message)
	fmt.Fprintf(&b, `<path fill="#555" d="M%d 0H3a3 3 0 0 0-3 3v14a3 3 0 0 0 3 3h%dz"/>`, split, split-3)
	fmt.Fprintf(&b, `<path fill="%s" d="M%d 0H%da3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H%dz"/>`,
		fill(message), split, end-3, split)
	b.WriteString(`<g font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">`)
	text(&b, "#fff", split, left, label)
	text(&b, "#111", split+end, right, message)
	b.WriteString(`</g></svg>`)
	return b.Bytes()
}

// text draws s, width wide, in the middle between 0 and twice.
func text(b *bytes.Buffer, color string, twice, width int, s string) {
	if width == 0 {
		return // nothing to see, and nothing can be fitted to no width
	}
	fmt.Fprintf(b, `<text fill="%s" x="%g" y="14" textLength="%d" lengthAdjust="spacingAndGlyphs">%s</text>`,
		color, float64(twice)/2, width, escaped(s))
}

func fill(message string) string {
	switch message {
	case up:
		return "#4c1"
	case late:
		return "#fe7d37"
	case down:
		return "#e05d44"
	}
	return "#9f9f9f"
}

// printable returns s on one line, and without what would turn the order of
// letters around and so could make a label read as another.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, s)
}

// escaped returns s for text and attributes of XML. What is no character there
// becomes U+FFFD.
func escaped(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer takes everything
	return b.String()
}
