package dash

import (
	"context"
	"strconv"

	"heartbeat"
	"heartbeat/internal/notify"
)

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
			through.Channel = channelName(d, delivery.Channel, "")
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
