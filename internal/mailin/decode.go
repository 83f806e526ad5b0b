package mailin

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io"
	"mime"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
)

// transferred undoes a content transfer encoding. The decoders of the standard
// library stop at the first wrong byte; these pass over it.
func transferred(b []byte, encoding string) []byte {
	switch encoding {
	case "base64":
		return fromBase64(b)
	case "quoted-printable":
		return fromQuoted(b)
	}
	return b
}

// fromBase64 passes over what is not of the alphabet, and begins afresh behind
// padding.
func fromBase64(b []byte) []byte {
	out := make([]byte, 0, base64.RawStdEncoding.DecodedLen(len(b)))
	letters := make([]byte, 0, len(b))
	for piece := range bytes.SplitSeq(b, []byte("=")) {
		letters = letters[:0]
		for _, c := range piece {
			if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/' {
				letters = append(letters, c)
			}
		}
		out, _ = base64.RawStdEncoding.AppendDecode(out, letters) // what is decoded before an error counts
	}
	return out
}

// fromQuoted takes an = that begins no code and ends no line as it is.
func fromQuoted(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		i := bytes.IndexByte(b, '=')
		if i < 0 {
			return append(out, b...)
		}
		out, b = append(out, b[:i]...), b[i+1:]
		if rest, ok := bytes.CutPrefix(bytes.TrimLeft(b, " \t\r"), []byte("\n")); ok {
			b = rest
			continue
		}
		var code [1]byte
		if len(b) >= 2 {
			if _, err := hex.Decode(code[:], b[:2]); err == nil {
				out, b = append(out, code[0]), b[2:]
				continue
			}
		}
		out = append(out, '=')
	}
	return out
}

// toUTF8 decodes text of a charset; an unknown one is taken for UTF-8.
func toUTF8(b []byte, charset string) string {
	from := find(charset)
	if from == nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	// A byte of an old charset can be three of UTF-8: what would be longer than any
	// message is cut.
	text, _ := io.ReadAll(io.LimitReader(from.NewDecoder().Reader(bytes.NewReader(b)), MaxMessage))
	return strings.ToValidUTF8(string(text), "\uFFFD")
}

// find returns the encoding of a charset; nil for UTF-8 and what is not known.
func find(charset string) encoding.Encoding {
	switch strings.ToLower(charset) {
	case "", "utf-8", "us-ascii", "ascii":
		return nil // 8-bit text that claims to be ASCII is UTF-8 nowadays
	}
	from, err := htmlindex.Get(charset)
	if err != nil || from == encoding.Replacement {
		return nil
	}
	return from
}

// decodeWords undoes the encoding of header fields, =?utf-8?q?=46ail?=. A word
// that cannot be decoded stays as it is.
func decodeWords(field []byte) string {
	decoder := mime.WordDecoder{CharsetReader: func(charset string, r io.Reader) (io.Reader, error) {
		if from := find(charset); from != nil {
			return from.NewDecoder().Reader(r), nil
		}
		return r, nil
	}}
	text, err := decoder.DecodeHeader(string(field))
	if err != nil {
		text = string(field)
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// withoutTags returns what a reader sees of HTML: without tags, scripts and
// styles, and each run of white space as one blank. Tags leave no gap: <b>F</b>AIL
// is a word.
func withoutTags(page string) string {
	tokens := html.NewTokenizer(strings.NewReader(page))
	var text collapser
	hidden := false
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return text.String()
		case html.TextToken:
			if !hidden {
				text.write(tokens.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := tokens.TagName()
			hidden = string(name) == "script" || string(name) == "style"
		case html.EndTagToken:
			hidden = false
		}
	}
}

// collapser joins texts and makes one blank of each run of white space.
type collapser struct {
	strings.Builder
	blank bool // the last was one
}

func (c *collapser) write(text []byte) {
	for _, r := range string(text) {
		blank := unicode.IsSpace(r)
		switch {
		case !blank:
			c.WriteRune(r)
		case !c.blank:
			c.WriteByte(' ')
		}
		c.blank = blank
	}
}
