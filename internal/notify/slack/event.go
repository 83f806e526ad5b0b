package slack

import (
	"strings"

	"heartbeat"
	"heartbeat/internal/notify"
)

// Together with dates and a link these stay below maxSection.
const (
	maxName  = 100 // characters of each of a check's four names
	maxNames = 800 // characters of all four as they are sent
	maxGroup = 100 // characters of a project's name as it is sent
	maxDesc  = 300 // characters of a description as it is sent
	maxShort = 400 // characters of any other foreign text as it is sent
)

// brief tells an event in one line.
func brief(e notify.Event) string {
	if e.Blind != nil {
		return mark(e) + " " + blindLine(e.Blind)
	}
	if e.Flip.To == heartbeat.StatusDown {
		return mark(e) + " " + names(e.Check) + " is down, " + string(e.Flip.Reason) + ", since " + date(e.Flip.At)
	}
	return mark(e) + " " + names(e.Check) + " is up again" + lasted(e.Flip)
}

// details tells all there is to say of an event.
func details(e notify.Event) string {
	var lines []string
	switch {
	case e.Blind != nil:
		lines = []string{mark(e) + " *" + blindLine(e.Blind) + "*", notify.BlindText(*e.Blind)}
	case e.Flip.To == heartbeat.StatusDown:
		lines = []string{
			mark(e) + " " + names(e.Check) + " *is down*",
			fit(notify.Cause(e.Flip), maxShort, escape) + " · since " + date(e.Flip.At),
		}
		if e.Check.Desc != "" { // it says what to do
			lines = append(lines, fit(e.Check.Desc, maxDesc, escape))
		}
		lines = append(lines, lastPing(e.Flip)+" · "+limits(e))
	default:
		lines = []string{
			mark(e) + " " + names(e.Check) + " *is up again*" + lasted(e.Flip),
			"since " + date(e.Flip.At) + " · " + limits(e),
		}
	}
	// A message about Heartbeat itself is about no check; the dashboard's link
	// stands below it.
	if to := link(e.Link, "Show check"); to != "" && e.Blind == nil {
		lines[len(lines)-1] += " · " + to
	}
	return strings.Join(lines, "\n")
}

// names shows the four names, each shortened by as much as it takes, or what a
// check without any is called.
func names(c heartbeat.Check) string {
	if c.Names == (heartbeat.Names{}) {
		return code(cut(c.Title(), maxName))
	}
	n := c.Names
	for most := maxName; ; most-- {
		for _, name := range []*string{&n.Host, &n.Category, &n.Type, &n.Name} {
			*name = cut(*name, most)
		}
		if shown := code(n.String()); size(shown) <= maxNames {
			return shown
		}
	}
}

func lastPing(f heartbeat.Flip) string {
	if f.LastPing.IsZero() {
		return "no ping before"
	}
	return "last ping " + date(f.LastPing)
}

// lasted says how long the check was down, if that is known.
func lasted(f heartbeat.Flip) string {
	if f.Since.IsZero() || f.At.Before(f.Since) {
		return ""
	}
	return ", it was down for " + notify.Span(f.At.Sub(f.Since))
}

// limits says when the check must be heard of, and whose it is if that is in
// question.
func limits(e notify.Event) string {
	text := notify.Schedule(e.Check.Spec)
	if e.Check.Grace > 0 {
		text += " + " + notify.Exact(e.Check.Grace) + " grace"
	}
	text = fit(text, maxShort, escape)
	if e.Project != "" {
		text += " · project " + fit(e.Project, maxGroup, escape)
	}
	return text
}

func blindLine(b *heartbeat.BlindReport) string {
	return "Heartbeat was not watching from " + date(b.From) + " to " + date(b.To) +
		" (" + notify.Span(b.Length()) + ")"
}
