package transfer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"heartbeat"
)

const (
	// longLine is about how long a line of history becomes before the next begins.
	longLine = 64 << 10
	// maxLine is how long a line may be that is read.
	maxLine = 1 << 20
)

// Write writes src as JSON, one line for each thing: first what the file is,
// then the items, last how many there were. The history of a check follows it
// in lines of its own.
func Write(w io.Writer, src Source) error {
	e := newEncoder(w, src)
	for item, err := range src.Items {
		if err != nil {
			return err
		}
		e.item(item)
	}
	return e.end()
}

// encoder writes the lines of a file. What fails first is told by end.
type encoder struct {
	json *json.Encoder
	sum  counts
	err  error
}

func newEncoder(w io.Writer, src Source) *encoder {
	e := &encoder{json: json.NewEncoder(w)}
	e.json.SetEscapeHTML(false) // for people who look into the file
	e.line(line{Format: format, Version: version, Time: src.Time, Watch: src.Watch})
	return e
}

func (e *encoder) line(l line) {
	if e.err == nil {
		e.err = e.json.Encode(l)
	}
}

func (e *encoder) item(item Item) {
	e.sum.add(item)
	switch {
	case item.Value != nil:
		e.line(line{Value: item.Value})
	case item.Notice != nil:
		e.line(line{Notice: recordNotice(*item.Notice)})
	case item.Check != nil:
		e.line(line{Check: recordCheck(item.Check.Check)})
		history(e, item.Check.Pings, recordPing, pingLength, func(r []pingRecord) line { return line{Pings: r} })
		history(e, item.Check.Flips, recordFlip, flipLength, func(r []flipRecord) line { return line{Flips: r} })
	}
}

// history writes rows of a check's history, as many to a line as it bears; lineOf
// makes a line of them.
func history[T, R any](e *encoder, rows []T, record func(T) R, length func(T) int, lineOf func([]R) line) {
	var records []R
	long := 0
	for i, row := range rows {
		records = append(records, record(row))
		if long += length(row); long > longLine || i == len(rows)-1 {
			e.line(lineOf(records))
			records, long = records[:0], 0
		}
	}
}

// pingLength is about how many bytes a ping takes in a file, at most.
func pingLength(p heartbeat.Ping) int {
	texts := len(p.Run) + len(p.Scheme) + len(p.Method) + len(p.Addr) + len(p.Agent)
	return 300 + 6*texts + len(p.Body)*4/3
}

// flipLength is the same of a flip.
func flipLength(f heartbeat.Flip) int { return 300 + 6*len(f.Detail) }

func (e *encoder) end() error {
	e.line(line{End: &e.sum})
	return e.err
}

// Read reads what Write wrote. A file that is none of ours, or is damaged, is a
// [*heartbeat.Invalid] that names the line; that may show only while items are
// read.
func Read(r io.Reader) (Source, error) {
	d := &decoder{lines: bufio.NewScanner(r)}
	d.lines.Buffer(nil, maxLine)
	first, err := d.next()
	var wrong *heartbeat.Invalid
	switch {
	case errors.Is(err, io.EOF):
		return Source{}, d.invalid("is missing: the file is empty")
	case err != nil && !errors.As(err, &wrong):
		return Source{}, err
	case err != nil && first.Format != format, first.Format != format:
		return Source{}, d.invalid("does not say \"format\":%q: this is no file of heartbeat export", format)
	case first.Version != version:
		return Source{}, d.invalid("says version %d, and this program knows %d: use a newer Heartbeat", first.Version, version)
	case err != nil:
		return Source{}, err
	}
	return Source{Time: first.Time, Watch: first.Watch, Items: d.items}, nil
}

// decoder reads the lines of a file.
type decoder struct {
	lines *bufio.Scanner
	n     int // of the last line
	sum   counts
}

func (d *decoder) invalid(format string, args ...any) error {
	return &heartbeat.Invalid{Field: fmt.Sprintf("line %d", max(d.n, 1)), Problem: fmt.Sprintf(format, args...)}
}

// next reads a line; io.EOF after the last.
func (d *decoder) next() (line, error) {
	var l line
	if !d.lines.Scan() {
		err := d.lines.Err()
		switch {
		case errors.Is(err, bufio.ErrTooLong):
			d.n++
			return l, d.invalid("is longer than %d bytes", maxLine)
		case err == nil:
			err = io.EOF
		}
		return l, err
	}
	d.n++
	dec := json.NewDecoder(bytes.NewReader(d.lines.Bytes()))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&l); err != nil {
		return l, d.invalid("cannot be read: %v", err)
	}
	return l, nil
}

// items yields what the lines hold. A check is kept back until its history is
// complete.
func (d *decoder) items(yield func(Item, error) bool) {
	var held Item
	release := func() bool {
		if held == (Item{}) {
			return true
		}
		item := held
		held = Item{}
		d.sum.add(item)
		return yield(item, nil)
	}
	for {
		l, err := d.next()
		switch {
		case errors.Is(err, io.EOF):
			err = d.invalid("is the last, and does not say that the file ends here: the rest is missing")
		case err != nil:
		case l.Pings != nil || l.Flips != nil:
			if err = d.take(held.Check, l); err == nil {
				continue
			}
		default:
			if !release() {
				return
			}
			if l.End != nil {
				if err := d.end(*l.End); err != nil {
					yield(Item{}, err)
				}
				return
			}
			held, err = d.item(l)
		}
		if err != nil {
			yield(Item{}, err)
			return
		}
	}
}

// end checks that everything was there, and that nothing follows.
func (d *decoder) end(want counts) error {
	if want != d.sum {
		return d.invalid("counts %+v, but the file has %+v: a part is missing", want, d.sum)
	}
	if _, err := d.next(); !errors.Is(err, io.EOF) {
		return d.invalid("comes after the end of the file: import one file at a time")
	}
	return nil
}

// take adds history to its check.
func (d *decoder) take(c *Check, l line) error {
	if c == nil {
		return d.invalid("has pings or flips, but no check comes before it")
	}
	for _, p := range l.Pings {
		c.Pings = append(c.Pings, p.ping())
	}
	for _, f := range l.Flips {
		c.Flips = append(c.Flips, f.flip())
	}
	return nil
}

// item is what the line holds, but for history.
func (d *decoder) item(l line) (Item, error) {
	var item Item
	var err error
	switch {
	case l.Value != nil:
		item.Value = l.Value
	case l.Check != nil:
		item.Check = new(Check)
		item.Check.Check, err = l.Check.check()
	case l.Notice != nil:
		item.Notice = new(heartbeat.Notice)
		*item.Notice, err = l.Notice.notice()
	default:
		err = errors.New("holds nothing that belongs here")
	}
	if err != nil {
		return Item{}, d.invalid("%v", err)
	}
	return item, nil
}
