package heartbeat

import "time"

// NoticeID names an outbox entry. Stores make it: one that is made later is
// longer, or as long and greater.
type NoticeID string

// Notice is one entry of the outbox: something that people must hear of, and
// how far each channel has got with it. It is saved in the same write as the
// flip that caused it.
type Notice struct {
	ID NoticeID
	// Check is the check that flipped; the zero ID for a notice about Heartbeat
	// itself.
	Check CheckID
	// Flip is what happened to the check.
	Flip Flip
	// Blind is set instead of Check and Flip when the notice tells of blind time.
	Blind *BlindReport
	// Created is when the notice was owed, Next when the outbox must look at it
	// again; a zero Next means that nothing remains to be done.
	Created, Next time.Time
	// Deliveries has one entry a channel. It is empty until the outbox first
	// looks at the notice and decides which channels are told.
	Deliveries []Delivery
	// Rev changes with every write of the notice.
	Rev int64
}

// BlindReport is what people are told after blind time.
type BlindReport struct {
	Blind
	// Held counts the checks whose deadline fell into the blind time.
	Held int `json:"held"`
}

// DeliveryState is how far a delivery has got. Its words are stored.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryWaiting DeliveryState = "waiting" // to be sent, or sent again
	DeliverySent    DeliveryState = "sent"    // the channel has taken it
	DeliveryFailed  DeliveryState = "failed"  // given up on, and shown
)

// Delivery is one notice on its way through one channel.
type Delivery struct {
	Channel  ChannelID     `json:"channel"`
	State    DeliveryState `json:"state"`
	Attempts int           `json:"attempts"`
	// Next is when to try (again), Done when it was sent or given up on.
	Next time.Time `json:"next,omitzero"`
	Done time.Time `json:"done,omitzero"`
	// Error is what the last attempt failed with, without secrets.
	Error string `json:"error,omitempty"`
}

// NoticeFor returns the notice that flip of check owes, or nil if nobody is to
// hear of it.
func NoticeFor(check CheckID, flip *Flip) *Notice {
	if flip == nil || !flip.Notifies() {
		return nil
	}
	return &Notice{Check: check, Flip: *flip, Created: flip.At, Next: flip.At}
}
