package slack

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"heartbeat"
	"heartbeat/internal/notify"
)

// Slack's limits are 50 blocks, 150 characters in a header, 3,000 in a section,
// and about 13,200 in all blocks together (slackapi/bolt-js#2509; not in its
// reference). These stay well below, as links and escapes may count too.
const (
	maxHeader   = 150
	maxSection  = 2900
	maxDetailed = 20   // events told in full
	maxBody     = 9000 // characters in all sections together
	maxSummary  = 3000 // characters of the plain text
)

// render returns the message as Block Kit, with a plain text beside it that
// notifications show.
func render(m notify.Message) *slack.WebhookMessage {
	headline := symbol(m) + " " + notify.Headline(m)
	blocks := append([]slack.Block{header(headline)}, body(m)...)
	no := false
	return &slack.WebhookMessage{
		Text:        summary(headline, m),
		Blocks:      &slack.Blocks{BlockSet: blocks},
		UnfurlLinks: &no,
		UnfurlMedia: &no,
	}
}

// The colours of events, always with words beside them.
const (
	red    = "🔴" // down
	green  = "🟢" // up again
	yellow = "🟡" // blind time
	blue   = "🔵" // a test
)

func mark(e notify.Event) string {
	switch {
	case e.Blind != nil:
		return yellow
	case e.Flip.To == heartbeat.StatusDown:
		return red
	}
	return green
}

// symbol is the colour of the whole message: its worst event's.
func symbol(m notify.Message) string {
	if m.Test {
		return blue
	}
	seen := map[string]bool{}
	for _, e := range m.Events {
		seen[mark(e)] = true
	}
	for _, colour := range []string{red, yellow} {
		if seen[colour] {
			return colour
		}
	}
	return green
}

func header(text string) slack.Block {
	text = fit(text, maxHeader, plain)
	return slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, text, false, false))
}

// body tells every event in full if there is room, else as many as fit by a
// line each, and counts the rest: in a great outage the names matter most.
func body(m notify.Message) []slack.Block {
	sections, told := full(m.Events), len(m.Events)
	if m.Test {
		sections = []string{notify.TestText}
	}
	if sections == nil {
		sections, told = list(m.Events)
	}
	if foot := footer(len(m.Events)-told, m.Dashboard); foot != "" {
		sections = append(sections, foot)
	}
	blocks := make([]slack.Block, 0, len(sections))
	for _, text := range sections {
		blocks = append(blocks, section(text))
	}
	return blocks
}

// full returns a section for each event; nil if they are too many.
func full(events []notify.Event) (sections []string) {
	if len(events) > maxDetailed {
		return nil
	}
	used := 0
	for _, e := range events {
		text := details(e)
		if used += size(text); used > maxBody {
			return nil
		}
		sections = append(sections, text)
	}
	return sections
}

func section(text string) slack.Block {
	return slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, text, false, true), nil, nil)
}

// list names events by a line each, in as few sections as hold them, and
// returns how many it had room for.
func list(events []notify.Event) (sections []string, named int) {
	section, used := "", 0
	for _, e := range events {
		line := brief(e) + "\n"
		if used += size(line); used > maxBody {
			break
		}
		if size(section+line) > maxSection {
			sections = append(sections, section)
			section = ""
		}
		section += line
		named++
	}
	if section != "" {
		sections = append(sections, section)
	}
	return sections, named
}

// footer says what is left out and leads to where it is not.
func footer(rest int, dashboard string) string {
	var parts []string
	if rest > 0 {
		parts = append(parts, fmt.Sprintf("… and %d more", rest))
	}
	if to := link(dashboard, "Dashboard"); to != "" {
		parts = append(parts, to)
	}
	return strings.Join(parts, " · ")
}

// summary is the message in words only, for notifications, screen readers, and
// services without Block Kit.
func summary(headline string, m notify.Message) string {
	text, rest := escape(headline), len(m.Events)
	room := maxSummary - size(text) - size(footer(rest, m.Dashboard)) - 1
	for _, e := range m.Events {
		line := "\n" + brief(e)
		if room -= size(line); room < 0 {
			break
		}
		text += line
		rest--
	}
	if foot := footer(rest, m.Dashboard); foot != "" {
		text += "\n" + foot
	}
	return text
}
