package dash

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"heartbeat"
)

// event is a ping or a flip in the log of a check.
type event struct {
	When stamp
	// Ping is nil for a flip.
	Ping *pingView
	Flip *flipView
}

// pingView is one ping in the log.
type pingView struct {
	N              int64
	Kind           string
	Duration, Exit string
	// Run is the run ID, and RunShort enough of it to tell runs apart.
	Run, RunShort  string
	Sender, Agent  string
	Body, BodySize string
	// BodyNote says what was done to the body to show it.
	BodyNote string
}

// flipView is one change of status in the log.
type flipView struct {
	From, To statusView
	Reason   string
	// Lasted is how long the status that ended had lasted.
	Lasted string
}

// eventFilter leads to the log with one kind of events only.
type eventFilter struct {
	Name, URL string
	Current   bool
}

const (
	// eventsShown is how many pings and flips the log lists, and eventsSearched how
	// many pings are looked through for those of one kind.
	eventsShown    = 100
	eventsSearched = 1000
	// kindFlips asks for flips only.
	kindFlips = "flips"
)

// eventKind is the kind of events that an address asks for; empty for all.
func eventKind(v url.Values) string {
	kind := v.Get("kind")
	if kind == kindFlips || heartbeat.Kind(kind).Valid() {
		return kind
	}
	return ""
}

func eventFilters(address, kind string) []eventFilter {
	all := []eventFilter{{"All", address + "#events", kind == ""}}
	for _, k := range [...]heartbeat.Kind{
		heartbeat.KindSuccess, heartbeat.KindFail, heartbeat.KindStart, heartbeat.KindLog, heartbeat.KindIgnored,
	} {
		all = append(all, eventFilter{title(string(k)), address + "&kind=" + string(k) + "#events", kind == string(k)})
	}
	return append(all, eventFilter{"Flips", address + "&kind=" + kindFlips + "#events", kind == kindFlips})
}

// events are the pings and flips of a kind, the newest first. A flip stands above
// the ping that caused it.
func events(pings []heartbeat.Ping, flips []heartbeat.Flip, kind string, c clock) []event {
	type moment struct {
		at time.Time
		event
	}
	var all []moment
	for i := range flips {
		if kind == "" || kind == kindFlips {
			all = append(all, moment{flips[i].At, event{Flip: viewFlip(flips[i])}})
		}
	}
	for i := range pings {
		if kind == "" || kind == string(pings[i].Kind) {
			all = append(all, moment{pings[i].At, event{Ping: viewPing(&pings[i])}})
		}
	}
	slices.SortStableFunc(all, func(a, b moment) int { return b.at.Compare(a.at) })
	shown := make([]event, min(len(all), eventsShown))
	for i := range shown {
		shown[i] = all[i].event
		shown[i].When = c.stamp(all[i].at)
	}
	return shown
}

func viewFlip(f heartbeat.Flip) *flipView {
	v := &flipView{From: viewStatus(f.From), To: viewStatus(f.To), Reason: title(reasonText(f))}
	if f.At.Sub(f.Since) >= time.Second && !f.Since.IsZero() {
		v.Lasted = span(f.At.Sub(f.Since))
	}
	return v
}

// runShown is how many characters of a run ID are shown.
const runShown = 8

func viewPing(p *heartbeat.Ping) *pingView {
	v := &pingView{N: p.N, Kind: string(p.Kind), Agent: p.Agent, Sender: senderOf(p), Run: string(p.Run), RunShort: string(p.Run)}
	if len(v.Run) > runShown {
		v.RunShort = v.Run[:runShown] + "…"
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
	return v
}

// senderOf says how a ping came and from where: "POST over https from 192.0.2.17".
func senderOf(p *heartbeat.Ping) string {
	how := p.Method
	switch {
	case p.Scheme == "email":
		how = "e-mail"
	case p.Scheme != "" && how != "":
		how += " over " + p.Scheme
	}
	if p.Addr == "" {
		return how
	}
	return strings.TrimSpace(how + " from " + p.Addr)
}

// sendersShown is how many addresses are named.
const sendersShown = 5

// senders names the addresses that pings came from, the latest first, if there
// are several: of two jobs that use one check, each hides that the other is gone.
func senders(pings []heartbeat.Ping) string {
	var addrs []string
	for _, p := range pings {
		if p.Addr != "" && !slices.Contains(addrs, p.Addr) {
			addrs = append(addrs, p.Addr)
		}
	}
	if len(addrs) < 2 {
		return ""
	}
	text := strconv.Itoa(len(addrs)) + " addresses: " + strings.Join(addrs[:min(len(addrs), sendersShown)], ", ")
	if len(addrs) > sendersShown {
		text += " …"
	}
	return text
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
