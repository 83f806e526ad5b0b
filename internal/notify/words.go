package notify

import (
	"fmt"
	"strings"
	"time"

	"heartbeat"
)

// Headline says in one line what a message is about, such as "backup is down"
// or "2 checks are down, 1 is up again". A name stands in it as given, but for
// its length. A check counts once, by the last thing that happened to it.
func Headline(m Message) string {
	if m.Test {
		return "Test: messages of Heartbeat arrive here"
	}
	var (
		latest   = make(map[heartbeat.CheckID]Event)
		down, up []string // names
		blind    time.Duration
	)
	for _, e := range m.Events {
		if e.Blind != nil {
			blind += e.Blind.Length()
		} else {
			latest[e.Check.ID] = e
		}
	}
	for _, e := range latest {
		if e.Flip.To == heartbeat.StatusDown {
			down = append(down, e.Check.Title())
		} else {
			up = append(up, e.Check.Title())
		}
	}
	return headline(down, up, blind)
}

func headline(down, up []string, blind time.Duration) string {
	var parts []string
	if len(down) > 0 {
		parts = append(parts, subject(down, "check")+" down")
	}
	if len(up) > 0 {
		noun := "check"
		if len(down) > 1 {
			noun = "" // "2 checks are down, 1 is up again"
		}
		parts = append(parts, subject(up, noun)+" up again")
	}
	if blind > 0 || len(parts) == 0 {
		parts = append(parts, "Heartbeat was not watching for "+Span(blind))
	}
	return strings.Join(parts, ", ")
}

// subject is a name or a number of things, with its verb.
func subject(names []string, noun string) string {
	switch {
	case len(names) == 1 && noun != "":
		return shortened(names[0]) + " is"
	case len(names) == 1:
		return "1 is"
	case noun == "":
		return fmt.Sprintf("%d are", len(names))
	}
	return fmt.Sprintf("%d %ss are", len(names), noun)
}

// maxHeadlineName is how many characters of a name a headline shows.
const maxHeadlineName = 50

func shortened(name string) string {
	if runes := []rune(name); len(runes) > maxHeadlineName {
		return string(runes[:maxHeadlineName-1]) + "…"
	}
	return name
}

// TestText says in a test message that all is well.
const TestText = "Somebody sent this from Heartbeat’s page of channels. Nothing has happened to any check."

// Cause says why a check went down, beginning with the reason's own word.
func Cause(f heartbeat.Flip) string {
	text := string(f.Reason)
	switch f.Reason {
	case heartbeat.ReasonLate:
		text += ": no ping came in time"
	case heartbeat.ReasonOverrun:
		text += ": a started run did not end in time"
	case heartbeat.ReasonFail:
		text += ": the job reported failure"
	}
	if f.Detail != "" {
		text += ", " + f.Detail
	}
	return text
}

// Schedule says when a ping must come: "threshold 24 h of working time (mon-fri,
// Europe/Berlin)", "threshold 24 h" where all time counts, or "cron 0 3 * * *
// (Europe/Berlin)".
func Schedule(s heartbeat.Spec) string {
	var details []string
	if s.Worktime != "" && s.Worktime != "always" || s.Holidays != "" {
		details = []string{s.Worktime, s.Zone}
	}
	if s.Holidays != "" {
		details = append(details, "less holidays "+s.Holidays)
	}
	text := "threshold " + Exact(s.Period)
	switch {
	case s.Kind != heartbeat.SchedulePeriod:
		text = string(s.Kind) + " " + s.ExpressionLine()
		if details == nil {
			details = []string{s.Zone}
		}
	case details != nil:
		text += " of working time"
	}
	if details == nil {
		return text
	}
	return text + " (" + strings.Join(details, ", ") + ")"
}

// BlindText says what blind time meant for the checks.
func BlindText(b heartbeat.BlindReport) string {
	text := "Pings sent in this time may be lost; "
	switch b.Held {
	case 0:
		return text + "no deadline fell into it."
	case 1:
		return text + "1 deadline fell into it and was moved."
	}
	return text + fmt.Sprintf("%d deadlines fell into it and were moved.", b.Held)
}

// Exact writes a setting's duration without rounding, in hours and smaller
// units: "24 h", "1 h 30 min", "45 s". Days are left out: a day of working time
// is not a day.
func Exact(d time.Duration) string {
	return units(d, []unit{{time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}, {time.Millisecond, "ms"}}, 4)
}

// Span writes how long something lasted in its two largest units: "3 d 4 h",
// "21 min", "45 s". The rest is cut off.
func Span(d time.Duration) string {
	return units(d, []unit{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}}, 2)
}

type unit struct {
	length time.Duration
	symbol string
}

// units writes d in at most most neighbouring units, from the largest that fits.
func units(d time.Duration, from []unit, most int) string {
	for len(from) > 1 && d < from[0].length {
		from = from[1:]
	}
	var parts []string
	for _, u := range from[:min(most, len(from))] {
		if n := d / u.length; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, u.symbol))
			d -= n * u.length
		}
	}
	if parts == nil {
		return "0 " + from[0].symbol
	}
	return strings.Join(parts, " ")
}
