package runner

import (
	"bytes"
	"io"
	"sync"
	"unicode/utf8"
)

// margin is how many bytes before the tail are kept: a secret up to this long
// that begins before the tail and reaches into it is still known as one.
const margin = 16 << 10

// Tail keeps the end of what is written to its streams, in bounded memory. It
// mixes the streams line by line, so that no line, and no secret in one, is torn
// by what another stream wrote meanwhile.
type Tail struct {
	limit int
	masks *Masks

	mu      sync.Mutex
	whole   suffix // complete lines
	streams []*stream
}

// NewTail returns a tail of at most limit bytes.
func NewTail(limit int, masks *Masks) *Tail {
	return &Tail{limit: limit, masks: masks, whole: suffix{size: limit + margin}}
}

// Stream returns a writer that never fails.
func (t *Tail) Stream() io.Writer {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := &stream{tail: t, line: suffix{size: t.whole.size}}
	t.streams = append(t.streams, s)
	return s
}

// Text returns the last bytes written, at most limit and never more than the
// tail's own limit, with secrets masked.
func (t *Tail) Text(limit int) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	limit = max(0, min(limit, t.limit))
	text := bytes.Clone(t.whole.bytes())
	for _, s := range t.streams {
		text = append(text, s.line.bytes()...)
	}
	return lastBytes(t.masks.hide(text, cut(text, limit)), limit)
}

func lastBytes(text []byte, limit int) []byte { return text[cut(text, limit):] }

// cut is where the last bytes of text begin, at most limit of them, and not in
// the middle of a character.
func cut(text []byte, limit int) int {
	from := max(0, len(text)-limit)
	if from == 0 {
		return 0
	}
	for i := from; i < min(from+utf8.UTFMax, len(text)); i++ {
		if utf8.RuneStart(text[i]) {
			return i
		}
	}
	return from
}

// stream is one of several that are written at the same time.
type stream struct {
	tail *Tail
	line suffix // what came after the last end of a line
}

func (s *stream) Write(p []byte) (int, error) {
	s.tail.mu.Lock()
	defer s.tail.mu.Unlock()
	// Progress bars end their lines with \r only.
	if end := bytes.LastIndexAny(p, "\r\n") + 1; end > 0 {
		s.tail.whole.write(s.line.bytes())
		s.tail.whole.write(p[:end])
		s.line.reset()
		s.line.write(p[end:])
	} else {
		s.line.write(p)
	}
	return len(p), nil
}

// suffix keeps at least the last size bytes written to it, if there are as
// many, and at most twice as many.
type suffix struct {
	size int
	buf  []byte
}

func (s *suffix) write(p []byte) {
	p = p[max(0, len(p)-s.size):]
	if len(s.buf)+len(p) > 2*s.size {
		n := copy(s.buf, s.buf[len(s.buf)-(s.size-len(p)):])
		s.buf = s.buf[:n]
	}
	s.buf = append(s.buf, p...)
}

func (s *suffix) bytes() []byte { return s.buf[max(0, len(s.buf)-s.size):] }

func (s *suffix) reset() { s.buf = s.buf[:0] }
