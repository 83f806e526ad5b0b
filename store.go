package heartbeat

import (
	"context"
	"iter"
	"time"
)

// Store keeps checks, pings, flips, the outbox and a few values. It is a thin
// driver: validation, defaults and retries live above it. These comments are
// its specification; internal/store/storetest proves it for every
// implementation.
//
// All methods may be called at once from many goroutines. A method that
// returns nil has made its change durable. An error other than those named
// leaves it open whether the change was made, as after a crash; the caller
// reads again. Values that are handed in or out are never shared: the store
// copies what it keeps. Times are kept to the nanosecond, without their zone.
type Store interface {
	// Check reads one check afresh; ErrNotFound if it does not exist, ErrUnreadable
	// if it is there but broken.
	Check(ctx context.Context, id CheckID) (Check, error)

	// Checks returns every check, in no particular order. One that is ErrUnreadable
	// is left out, and the store's log names it; what a newer version has written
	// is an error.
	Checks(ctx context.Context) ([]Check, error)

	// Timers streams every check for the monitor. Names, labels and rules may be
	// left out. What it yields may be a moment old: nothing is decided on it. It
	// treats what it cannot read as Checks does.
	Timers(ctx context.Context) iter.Seq2[Check, error]

	// Add stores a new check as it is given, with a revision of the store's own;
	// ErrExists if a check with its ID exists.
	Add(ctx context.Context, c Check) error

	// Restore stores a check that was kept elsewhere exactly as it is given, but with
	// a revision of the store's own, together with its history, the newest first,
	// as Pings and Flips return it. It owes nobody a notice. ErrExists if a check
	// with its ID exists; then, as after a crash on the way, nothing of the
	// history is there, so the same call can be made again.
	Restore(ctx context.Context, c Check, pings []Ping, flips []Flip) error

	// Ping applies Rules.Judge and State.Ping to the check, sets the ping's Kind, N
	// and Duration, appends it to the log, and saves flip and notice (NoticeFor), all
	// in one durable step. A crash may lose the log's row of a ping that was not
	// answered, but nothing else of it. Pings of one check take effect one after
	// another. If the check does not exist, create supplies it (it may be called more
	// than once, and its result must have this id) and the ping is applied to that;
	// with a nil create it is ErrNotFound. ErrBusy if the queue is full.
	Ping(ctx context.Context, id CheckID, p Ping, create func() Check) (Pinged, error)

	// PingSlug is Ping for the check of the project that has the slug: ErrNotFound
	// if none has and create is nil, ErrAmbiguous if several have. If none has,
	// create supplies the check; if one with its ID exists under another slug,
	// create is called again and must supply another. Where several processes
	// write, a slug that was given to a second check, or taken from one and given
	// to another, may for a minute still lead where it led.
	PingSlug(ctx context.Context, project ProjectID, slug string, p Ping, create func() Check) (Pinged, error)

	// Save writes the whole check if its stored revision still is c.Rev
	// (ErrConflict if not, ErrNotFound if it is gone), appends flip unless it is
	// nil, and adds the notice that NoticeFor says is owed, in one durable step.
	Save(ctx context.Context, c Check, flip *Flip) error

	// Delete removes the check with its pings, flips and unfinished notices, if
	// its revision still is rev (ErrConflict, ErrNotFound).
	Delete(ctx context.Context, id CheckID, rev int64) error

	// Pings returns the check's most recent pings, newest first, at most limit. At
	// least the last 100 are kept; a store that forgets by time keeps those of 30
	// days and of 400 periods. None for an unknown check, and none of any from a
	// store that was told to keep no pings: it counts them, and keeps all else.
	Pings(ctx context.Context, id CheckID, limit int) ([]Ping, error)

	// Flips returns the check's most recent flips, newest first, at most limit.
	Flips(ctx context.Context, id CheckID, limit int) ([]Flip, error)

	// Notices returns unfinished notices whose Next is not after due, earliest
	// first, at most limit.
	Notices(ctx context.Context, due time.Time, limit int) ([]Notice, error)

	// NoticeLog returns the most recently created notices, finished or not, newest
	// first, at most limit. Unfinished ones are kept for ever, others for at least
	// the last 1,000, or two years.
	NoticeLog(ctx context.Context, limit int) ([]Notice, error)

	// AddNotice adds a notice that no flip caused. ID and Rev are the store's.
	AddNotice(ctx context.Context, n Notice) error

	// SaveNotice writes the notice if its stored revision still is n.Rev
	// (ErrConflict if not, ErrNotFound if it is gone).
	SaveNotice(ctx context.Context, n Notice) error

	// Value reads a value; ErrNotFound if it was never set.
	Value(ctx context.Context, key string) ([]byte, error)

	// SetValue replaces a value if it still is old (ErrConflict if not). A nil old
	// means that the key must not exist yet.
	SetValue(ctx context.Context, key string, old, value []byte) error

	// Ready makes a durable write and says whether it worked.
	Ready(ctx context.Context) error

	// Close writes what waits and releases everything. Later calls are ErrClosed.
	Close() error
}

// Shared is what a store also implements if several processes may use it at once.
// By it each of them learns what the others have done to deadlines; deadlines
// that were only moved later, by pings, or are gone with their check, nobody
// needs to learn of.
type Shared interface {
	// Changes returns every check that was added or restored, saved, or pinged with
	// Pinged.Sooner, by whichever process, if that write took effect at since or
	// later. It may return others: checks whose write is under way or came to
	// nothing, was made in the minutes before, or that are deleted by now; each
	// check once, in no particular order. So whoever passes the moment of the
	// call before as since, and reads afresh what is returned, misses nothing.
	//
	// Since is a moment of the caller's clock, at most an hour ago. The clocks of
	// all processes may differ by up to 90 seconds.
	Changes(ctx context.Context, since time.Time) ([]CheckID, error)
}

// KeepPings is how many pings of a check a store keeps at least.
const KeepPings = 100

// Keys of values that more than one package reads.
const (
	// KeyWatch holds the monitor's Watch as JSON.
	KeyWatch = "watch"
)
