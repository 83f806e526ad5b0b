package dash

import (
	"context"
	"slices"
	"strconv"
	"time"

	"heartbeat"
	"heartbeat/internal/notify"
	"heartbeat/internal/service"
)

// banner is something about Heartbeat itself that everybody must see first.
type banner struct {
	// Tone is "bad", "warn" or "note".
	Tone, Title, Text string
	// URL leads to where more is said; empty for none.
	URL, Link string
}

const (
	// missed is how many looks of the monitor may be missed before people are
	// warned that it is silent or that a message waits for its first attempt, and
	// leastPatience how long that takes at least.
	missed        = 3
	leastPatience = time.Minute
	// brief is the longest blind time that is no news: a restart.
	brief = time.Minute
	// recent is how long blind time and failed messages stay news.
	recent = 24 * time.Hour
	// noticesRead is how many outbox entries tell how the channels are. A channel
	// in trouble shows it in its newest ones.
	noticesRead = 200
)

// banners tells what is wrong with Heartbeat itself, which has so many checks of
// each project. What cannot be read is a banner too: the table below is still worth
// seeing.
func (h *handler) banners(ctx context.Context, c clock, checks map[heartbeat.ProjectID]service.Tally) []banner {
	all := h.monitorBanners(ctx, c)
	notices, err := h.Service.Notices(ctx, noticesRead)
	if err != nil {
		h.Logger.ErrorContext(ctx, "read notices for the dashboard", "err", err)
		return append(all, banner{Tone: "bad", Title: "It is not known whether messages arrive.", Text: "The outbox cannot be read; the log says why."})
	}
	directory, err := h.Channels(ctx)
	if err != nil {
		h.Logger.ErrorContext(ctx, "read channels for the dashboard", "err", err)
		return append(all, banner{Tone: "bad", Title: "It is not known whether messages arrive.", Text: "The channels cannot be read; the log says why."})
	}
	all = append(all, h.silenceBanners(directory.Projects, checks)...)
	return append(all, h.channelBanners(directory, notices, c)...)
}

func (h *handler) monitorBanners(ctx context.Context, c clock) []banner {
	watch, err := h.Service.Watch(ctx)
	if err != nil {
		h.Logger.ErrorContext(ctx, "read the monitor's watch for the dashboard", "err", err)
		return []banner{{Tone: "bad", Title: "It is not known whether the monitor runs.", Text: "Its memory cannot be read; the log says why."}}
	}
	var all []banner
	switch {
	case watch.Mark.IsZero():
		all = append(all, banner{
			Tone: "bad", Title: "Heartbeat’s own monitor has not run yet.",
			Text: "Until it does, nobody is told of late checks.",
		})
	case c.now.Sub(watch.Mark) > h.patience():
		mark := c.stamp(watch.Mark)
		all = append(all, banner{
			Tone: "bad", Title: "Heartbeat’s own monitor has not run since " + mark.Short + " (" + mark.Rel + ").",
			Text: "Nobody is told of late checks until it runs again. The log of “heartbeat serve”, or of the monitor’s function, says why.",
		})
	}
	return append(all, blindBanners(watch, c)...)
}

// patience is how long the monitor may be silent before people are warned.
func (h *handler) patience() time.Duration { return max(missed*h.Every, leastPatience) }

func blindBanners(watch heartbeat.Watch, c clock) []banner {
	var all []banner
	for _, b := range watch.Blinds {
		if b.Length() < brief || c.now.Sub(b.To) > recent {
			continue
		}
		all = append(all, banner{
			Tone:  "note",
			Title: "Heartbeat was blind from " + c.short(b.From) + " to " + c.short(b.To) + " (" + span(b.Length()) + ").",
			Text:  "Pulses sent then may be lost. Deadlines that fell into that time were moved by its length, so that nobody is blamed for it.",
		})
	}
	return all
}

// channelsURL leads to the channels; empty if it cannot be reached.
func (h *handler) channelsURL() string {
	if h.Bare {
		return ""
	}
	return h.link("/channels")
}

// silenceBanners warn of projects that have checks and nobody who is told of them.
func (h *handler) silenceBanners(projects heartbeat.Projects, checks map[heartbeat.ProjectID]service.Tally) []banner {
	quiet := silent(projects)
	warning := banner{
		Tone: "warn", Title: "Nobody is told when a check goes down:", Text: "no channel is set up.",
		URL: h.channelsURL(), Link: "Set one up",
	}
	if len(quiet) < len(projects) {
		quiet = slices.DeleteFunc(quiet, func(p heartbeat.Project) bool { return checks[p.ID].Total == 0 })
		warning.Title = "Nobody is told when a check of " + enumerate(namesOf(quiet), "or") + " goes down:"
	}
	if len(quiet) == 0 {
		return nil
	}
	return []banner{warning}
}

// partialBanner warns if what people have made is not among the channels.
func partialBanner(d notify.Directory) []banner {
	if !d.Partial {
		return nil
	}
	return []banner{{
		Tone: "bad", Title: "Only the channels of the settings are shown:",
		Text: "the projects and the channels that people have made cannot be read. The log says why.",
	}}
}

func (h *handler) channelBanners(d notify.Directory, notices []heartbeat.Notice, c clock) []banner {
	channels := h.channelsURL()
	var all []banner
	for _, health := range h.channelHealth(d, notices, c) {
		if b, bad := health.banner(); bad {
			b.URL, b.Link = channels, "Deliveries"
			all = append(all, b)
		}
	}
	if n, since := unhandled(notices, c.now.Add(-h.patience())); n > 0 {
		all = append(all, banner{
			Tone: "bad", Title: plural(n, "message has", "messages have") + " not been handed to any channel since " + c.short(since) + ".",
			Text: "The outbox does not run. The log of “heartbeat serve”, or of the monitor’s function, says why.",
			URL:  channels, Link: "Deliveries",
		})
	}
	return all
}

// unhandled counts notices that the outbox should have looked at before due, and
// has not.
func unhandled(notices []heartbeat.Notice, due time.Time) (n int, since time.Time) {
	for _, notice := range notices {
		if notice.Next.IsZero() || len(notice.Deliveries) > 0 || notice.Next.After(due) {
			continue
		}
		n++
		if since.IsZero() || notice.Created.Before(since) {
			since = notice.Created
		}
	}
	return n, since
}

// banner tells of a channel that does not deliver, and whether it is so.
func (ch channelView) banner() (banner, bool) {
	switch {
	case ch.Problem != "":
		return banner{Tone: "bad", Title: ch.Name + " cannot be reached as it is set up:", Text: ch.Problem}, true
	case ch.Trouble:
		text := strconv.Itoa(ch.Waiting) + " waiting."
		if ch.Error != "" {
			text = ch.Error + ". " + text
		}
		return banner{Tone: "bad", Title: ch.Name + " has not taken messages since " + ch.Since.Short + ":", Text: text}, true
	case ch.Failed > 0:
		return banner{
			Tone: "bad", Title: plural(ch.Failed, "message", "messages") + " to " + ch.Name + " could not be delivered:",
			Text: ch.Error + ".",
		}, true
	}
	return banner{}, false
}
