// Package notify is how a message leaves the house: the seam between the
// outbox, which decides what is owed to whom, and the packages below this one,
// each of which speaks to one kind of service.
//
// Retrying, back-off, grouping and recording belong to the outbox. A notifier
// makes one attempt and says whether another could succeed.
package notify

import (
	"context"
	"time"

	"heartbeat"
)

// Notifier delivers messages to one place.
type Notifier interface {
	// Notify makes one attempt to deliver m within ctx. An error that is a
	// [*Failure] says whether to try again; any other error may be tried again.
	// No error text holds a secret, such as a webhook's URL.
	Notify(ctx context.Context, m Message) error
}

// Channel is a notifier under the name by which outbox and pages know it.
type Channel struct {
	ID       heartbeat.ChannelID
	Notifier Notifier
	// Name is what people call it, for logs.
	Name string
	// Target says where it leads, for people, without secrets:
	// "hooks.slack.com/services/…".
	Target string
	// Mark differs when the channel leads elsewhere than before, and tells nothing else.
	Mark string
	// Problem says why the channel cannot work as it is set up, such as a target
	// that is refused; empty if nothing is known to be wrong.
	Problem string
}

// Message is what one channel is told at once: one event or many.
type Message struct {
	// Test says that nothing has happened: somebody wants to see whether messages
	// arrive. Then there are no events.
	Test bool
	// Events are in the order in which they happened; at least one unless it is a test.
	Events []Event
	// Dashboard is the absolute link to the table of all checks.
	Dashboard string
}

// Event is one thing that happened.
type Event struct {
	// Notice identifies the event across repeated deliveries.
	Notice heartbeat.NoticeID
	// Check is the check as it stands when the message is made; its zero value
	// when Blind is set.
	Check heartbeat.Check
	// Project is the name of the check's project; empty if there is only one.
	Project string
	Flip    heartbeat.Flip
	// Blind is set when the event is blind time of Heartbeat itself.
	Blind *heartbeat.BlindReport
	// Link leads to the check's page; absolute.
	Link string
}

// Failure is a failed attempt whose outcome is known.
type Failure struct {
	// Again says that another attempt could succeed.
	Again bool
	// After is how long the service asked to be left alone; 0 if it did not say.
	After time.Duration
	// Reason says what happened, without secrets.
	Reason string
	// Status is the HTTP status of the answer; 0 if there was none.
	Status int
}

func (f *Failure) Error() string { return f.Reason }
