package dash

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"heartbeat"
	"heartbeat/internal/notify"
)

// channelsPage shows where messages go, and what became of them.
type channelsPage struct {
	frame
	Channels   []channelView
	Deliveries []deliveryView
}

// channelView is one channel and how it is doing.
type channelView struct {
	Name, Target, Problem string
	// Trouble tells that messages wait because the channel does not take them, at
	// least since Since. Oldest is when the oldest of them was owed.
	Trouble       bool
	Since, Oldest stamp
	// LastSent is the last message it took; zero if none is known.
	LastSent        stamp
	Waiting, Failed int
	// Error is what the last failed attempt said.
	Error string
	// Health is "up", "down" or "new".
	Health, Word string
}

// deliveryView is one message on its way through one channel.
type deliveryView struct {
	When    stamp
	Channel string
	// What tells the event, Check links to its check; CheckURL is empty for
	// events of Heartbeat itself and checks that are gone.
	Check, CheckURL string
	What            string
	From, To        statusView
	State, Tone     string
	Detail          string
}

// deliveriesShown bounds the list of deliveries.
const deliveriesShown = 50

func (h *handler) channels(w http.ResponseWriter, r *http.Request) error {
	f := h.frame(r, "Channels", "channels")
	directory, err := h.Channels(r.Context())
	if err != nil {
		return err
	}
	notices, err := h.Service.Notices(r.Context(), noticesRead)
	if err != nil {
		return err
	}
	f.Live = true
	page := channelsPage{frame: f, Channels: h.channelHealth(directory, notices, f.clock)}
	page.Deliveries, err = h.deliveries(r.Context(), directory, notices, f)
	if err != nil {
		return err
	}
	return h.render(w, http.StatusOK, "channels", &page)
}

// channelHealth tells how each channel has done, by the notices given, newest first.
func (h *handler) channelHealth(d notify.Directory, notices []heartbeat.Notice, c clock) []channelView {
	all := make([]channelView, len(d.Channels))
	for i, channel := range d.Channels {
		all[i] = h.healthOf(channel, notices, c)
		all[i].Name = channelName(d, channel.ID)
	}
	return all
}

// channelName is what people call a channel, also one that is gone.
func channelName(d notify.Directory, id heartbeat.ChannelID) string {
	if !id.Made() {
		return title(string(id))
	}
	for _, p := range d.Projects {
		if c, ok := p.Channel(id); ok {
			return c.Name
		}
	}
	return "a channel that was removed"
}

func (h *handler) healthOf(channel notify.Channel, notices []heartbeat.Notice, c clock) channelView {
	view := channelView{Target: channel.Target, Problem: channel.Problem}
	var sent, oldest time.Time
	for _, notice := range notices {
		for _, d := range notice.Deliveries {
			if d.Channel != channel.ID {
				continue
			}
			switch d.State {
			case heartbeat.DeliverySent:
				if d.Done.After(sent) {
					sent = d.Done
				}
			case heartbeat.DeliveryWaiting:
				view.Waiting++
				view.Trouble = view.Trouble || d.Error != "" || c.now.Sub(notice.Created) > h.patience()
				if oldest.IsZero() || notice.Created.Before(oldest) {
					oldest = notice.Created
				}
				view.say(d.Error)
			case heartbeat.DeliveryFailed:
				if c.now.Sub(d.Done) < recent {
					view.Failed++
					view.say(d.Error)
				}
			}
		}
	}
	view.LastSent, view.Oldest, view.Since = c.stamp(sent), c.stamp(oldest), c.stamp(oldest)
	if sent.After(oldest) {
		view.Since = view.LastSent
	}
	view.judge()
	return view
}

// say keeps the first error, which is the newest.
func (ch *channelView) say(err string) {
	if ch.Error == "" {
		ch.Error = err
	}
}

func (ch *channelView) judge() {
	switch {
	case ch.Problem != "":
		ch.Health, ch.Word = "down", "Cannot work as it is set up"
	case ch.Trouble:
		ch.Health, ch.Word = "down", "Does not take messages"
	case ch.Failed > 0:
		ch.Health, ch.Word = "down", "Messages were lost"
	case ch.LastSent.Zero():
		ch.Health, ch.Word = "new", "Not used yet"
	default:
		ch.Health, ch.Word = "up", "Takes messages"
	}
}

func (h *handler) deliveries(ctx context.Context, d notify.Directory, notices []heartbeat.Notice, f frame) ([]deliveryView, error) {
	names := map[heartbeat.CheckID]string{}
	var all []deliveryView
	for _, notice := range notices {
		event, err := h.event(ctx, notice, f, names)
		if err != nil {
			return nil, err
		}
		if len(notice.Deliveries) == 0 {
			all = append(all, event.waiting(notice))
		}
		for _, delivery := range notice.Deliveries {
			through := event.through(delivery, f.clock)
			through.Channel = channelName(d, delivery.Channel)
			all = append(all, through)
		}
		if len(all) >= deliveriesShown {
			return all[:deliveriesShown], nil
		}
	}
	return all, nil
}

// event tells what a notice is about. Names keeps the checks that were looked
// up; a check that is gone has an empty one.
func (h *handler) event(ctx context.Context, n heartbeat.Notice, f frame, names map[heartbeat.CheckID]string) (deliveryView, error) {
	view := deliveryView{When: f.clock.stamp(n.Created)}
	if n.Blind != nil {
		view.Check = "Heartbeat itself"
		view.What = "blind for " + span(n.Blind.Length()) + ", " + plural(n.Blind.Held, "check", "checks") + " held"
		return view, nil
	}
	name, known := names[n.Check]
	if !known {
		row, err := h.Service.Look(ctx, f.clock.now, n.Check)
		if err != nil && !isNotFound(err) {
			return view, err
		}
		if err == nil {
			name = nameOf(&row.Check)
		}
		names[n.Check] = name
	}
	view.Check = "a check that was deleted"
	if name != "" {
		view.Check, view.CheckURL = name, f.Base+"/check?id="+n.Check.String()
	}
	view.From, view.To, view.What = viewStatus(n.Flip.From), viewStatus(n.Flip.To), reasonText(n.Flip)
	return view, nil
}

// waiting is the event before the outbox has chosen its channels.
func (v deliveryView) waiting(n heartbeat.Notice) deliveryView {
	v.State, v.Tone = "waits for the outbox", "grace"
	if n.Next.IsZero() {
		v.State, v.Tone = "no channel", "paused"
	}
	return v
}

// through is the event on its way through one channel.
func (v deliveryView) through(d heartbeat.Delivery, c clock) deliveryView {
	switch d.State {
	case heartbeat.DeliverySent:
		v.State, v.Tone = "sent", "up"
		v.Detail = "taken " + c.short(d.Done)
	case heartbeat.DeliveryFailed:
		v.State, v.Tone = "failed", "down"
		v.Detail = d.Error
	default:
		v.State, v.Tone = "waiting", "grace"
		v.Detail = d.Error
		if d.Error != "" {
			v.Detail += "; next attempt " + relative(c.now, d.Next)
		}
	}
	if d.Attempts > 1 {
		v.State += " (attempt " + strconv.Itoa(d.Attempts) + ")"
	}
	return v
}
