package gauge

import (
	"strconv"
	"strings"
)

// text is Prometheus' text format in the making. Groups are kept apart by empty
// lines.
type text struct {
	b []byte
}

type label struct{ name, value string }

// begin writes the head of a group of samples.
func (t *text) begin(name, help string) {
	if len(t.b) > 0 {
		t.b = append(t.b, '\n')
	}
	t.b = append(t.b, "# HELP "+name+" "+help+"\n# TYPE "+name+" gauge\n"...)
}

// sample writes one line.
func (t *text) sample(name string, value int, labels ...label) {
	t.b = append(t.b, name...)
	for i, l := range labels {
		t.b = append(t.b, [...]string{"{", ", "}[min(i, 1)]...)
		t.b = append(t.b, l.name+`="`+escape(l.value)+`"`...)
	}
	if len(labels) > 0 {
		t.b = append(t.b, '}')
	}
	t.b = append(t.b, ' ')
	t.b = strconv.AppendInt(t.b, int64(value), 10)
	t.b = append(t.b, '\n')
}

const replacement = "\uFFFD"

// escape writes the value of a label for its quotes. What is not UTF-8 is
// replaced: Prometheus would refuse the whole text for it.
func escape(value string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).
		Replace(strings.ToValidUTF8(value, replacement))
}
