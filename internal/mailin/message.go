package mailin

import (
	"bytes"
	"iter"
	"mime"
	"strings"

	"heartbeat"
)

// Bounds of what is made of a message. They are far above what mail programs
// send, and below what takes long.
const (
	maxField = 16 << 10 // bytes of one header field
	maxDepth = 10       // of parts in parts
	maxParts = 1000
)

// Parse returns what rules look at in a message: its subject, and its first plain
// text and its first HTML that are no attachments, the latter without tags.
//
// Any bytes are a message. Where they break the rules of mail they are read as
// far as can be: the word by which a job says that it failed must be found in what
// its crooked script sends, too.
func Parse(raw []byte) heartbeat.Mail {
	root := readPart(raw)
	var r reader
	r.read(root, 0)
	text := r.plain
	if r.html != "" {
		text += "\n" + r.html
	}
	return heartbeat.Mail{Subject: decodeWords(root.subject), Text: text}
}

// part is a message, or a part of one: header fields as they stand there, with
// folded lines joined, and the rest.
type part struct {
	subject, contentType, encoding, disposition []byte
	body                                        []byte
}

// readPart takes the header off. Lines that are no header field are passed over,
// unless the first one is such: then there is no header.
func readPart(raw []byte) part {
	var p part
	var field *[]byte // that the line before belongs to; nil if nobody asks for it
	for rest, first := raw, true; len(rest) > 0; first = false {
		var line []byte
		line, rest = cutLine(rest)
		if len(line) == 0 {
			p.body = rest
			return p
		}
		if line[0] == ' ' || line[0] == '\t' {
			extend(field, line)
			continue
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if first && (!ok || bytes.ContainsAny(name, " \t")) && !bytes.HasPrefix(line, []byte("From ")) {
			p.body = raw
			return p
		}
		if field = p.field(name); field != nil {
			*field = []byte{}
			extend(field, bytes.TrimLeft(value, " \t"))
		}
	}
	return p
}

// field returns where to put a field; nil if nobody asks for it, or it was there
// before.
func (p *part) field(name []byte) *[]byte {
	var field *[]byte
	switch {
	case bytes.EqualFold(name, []byte("Subject")):
		field = &p.subject
	case bytes.EqualFold(name, []byte("Content-Type")):
		field = &p.contentType
	case bytes.EqualFold(name, []byte("Content-Transfer-Encoding")):
		field = &p.encoding
	case bytes.EqualFold(name, []byte("Content-Disposition")):
		field = &p.disposition
	}
	if field == nil || *field != nil {
		return nil
	}
	return field
}

// extend appends to a field what there is room for.
func extend(field *[]byte, text []byte) {
	if field != nil {
		*field = append(*field, text[:min(len(text), maxField-len(*field))]...)
	}
}

// cutLine returns the first line, without its end, and what follows.
func cutLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest
}

// media returns the type, such as text/html, and its parameters. What is missing
// or cannot be read is plain text.
func (p part) media() (kind string, params map[string]string) {
	const plain = "text/plain"
	value := string(p.contentType)
	kind, params, err := mime.ParseMediaType(value)
	if err != nil {
		before, _, _ := strings.Cut(value, ";")
		kind = strings.ToLower(strings.TrimSpace(before))
	}
	if !strings.Contains(kind, "/") || strings.HasPrefix(kind, "multipart/") && params["boundary"] == "" {
		return plain, params
	}
	return kind, params
}

// attached tells whether the part is a file that goes along.
func (p part) attached() bool {
	kind, _, _ := strings.Cut(string(p.disposition), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "attachment")
}

// text returns the part's content as UTF-8.
func (p part) text(charset string) string {
	encoding := strings.ToLower(strings.TrimSpace(string(p.encoding)))
	return toUTF8(transferred(p.body, encoding), charset)
}

// reader gathers texts from parts.
type reader struct {
	plain, html           string
	foundPlain, foundHTML bool
	parts                 int
}

func (r *reader) read(p part, depth int) {
	r.parts++
	kind, params := p.media()
	switch {
	case p.attached():
	case strings.HasPrefix(kind, "multipart/"):
		if depth == maxDepth {
			return
		}
		for sub := range split(p.body, params["boundary"]) {
			if r.foundPlain && r.foundHTML || r.parts == maxParts {
				return
			}
			r.read(readPart(sub), depth+1)
		}
	case kind == "text/plain" && !r.foundPlain:
		r.plain, r.foundPlain = p.text(params["charset"]), true
	case kind == "text/html" && !r.foundHTML:
		r.html, r.foundHTML = withoutTags(p.text(params["charset"])), true
	}
}

// split returns what stands between lines that are the boundary. The last part
// needs none behind it: mail that was cut off counts as far as it goes.
func split(body []byte, boundary string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		delimiter := []byte("--" + boundary)
		begin := -1 // of the part; what stands before the first is none
		for at := 0; at < len(body); {
			line, rest := cutLine(body[at:])
			next := len(body) - len(rest)
			if tail, ok := bytes.CutPrefix(line, delimiter); ok {
				tail = bytes.TrimRight(tail, " \t")
				last := string(tail) == "--"
				if last || len(tail) == 0 {
					if begin >= 0 && !yield(body[begin:at]) || last {
						return
					}
					begin = next
				}
			}
			at = next
		}
		if begin >= 0 {
			yield(body[begin:])
		}
	}
}
