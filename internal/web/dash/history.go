package dash

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"heartbeat"
)

// pingView is one ping in the list.
type pingView struct {
	N              int64
	When           stamp
	Kind           string
	Duration, Exit string
	Sender, Agent  string
	Body, BodySize string
	// BodyNote says what was done to the body to show it.
	BodyNote string
}

// flipView is one change of status in the list.
type flipView struct {
	When     stamp
	From, To statusView
	Reason   string
	// Lasted is how long the status that ended had lasted.
	Lasted string
}

func flipViews(flips []heartbeat.Flip, c clock) []flipView {
	all := make([]flipView, len(flips))
	for i, f := range flips {
		all[i] = flipView{
			When: c.stamp(f.At), From: viewStatus(f.From), To: viewStatus(f.To), Reason: title(reasonText(f)),
		}
		if f.At.Sub(f.Since) >= time.Second && !f.Since.IsZero() {
			all[i].Lasted = span(f.At.Sub(f.Since))
		}
	}
	return all
}

func pingViews(pings []heartbeat.Ping, c clock) []pingView {
	all := make([]pingView, len(pings))
	for i, p := range pings {
		v := pingView{N: p.N, When: c.stamp(p.At), Kind: string(p.Kind), Sender: p.Addr, Agent: p.Agent}
		if p.Method != "" {
			v.Sender = strings.TrimSpace(p.Method + " from " + p.Addr)
		}
		if p.Duration > 0 {
			v.Duration = span(p.Duration)
		}
		if p.Exit != nil {
			v.Exit = strconv.Itoa(*p.Exit)
		}
		if len(p.Body) > 0 {
			v.Body, v.BodyNote = showBody(p.Body)
			v.BodySize = size(len(p.Body))
		}
		all[i] = v
	}
	return all
}

// showBody makes a body safe to look at: what is not UTF-8 and what would
// steer the display is shown as a sign of its own.
func showBody(body []byte) (text, note string) {
	var notes []string
	if len(body) >= heartbeat.MaxBody {
		notes = append(notes, "only the first 10 kB are kept")
		body = trimRune(body)
	}
	if !utf8.Valid(body) {
		notes = append(notes, "not all of it is UTF-8: � stands for the rest")
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return -1
		case r < ' ':
			return '␀' + r
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return '�'
		}
		return r
	}, strings.ToValidUTF8(string(body), "�"))
	return text, strings.Join(notes, "; ")
}

// trimRune drops a character that was cut in half at the end.
func trimRune(body []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(body); i++ {
		if b := body[len(body)-i:]; utf8.RuneStart(b[0]) {
			if !utf8.FullRune(b) {
				return body[:len(body)-i]
			}
			break
		}
	}
	return body
}

func size(n int) string {
	if n < 1000 {
		return plural(n, "byte", "bytes")
	}
	return strconv.FormatFloat(float64(n)/1000, 'f', 1, 64) + "\u00a0kB"
}
