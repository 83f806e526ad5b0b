package heartbeat

import "time"

// Reason says why a check changed its status. Its words go into logs, messages
// and pages unchanged; never rename one.
type Reason string

// The reasons of flips.
const (
	ReasonLate    Reason = "late"    // no ping came in time
	ReasonOverrun Reason = "overrun" // a started run did not end in time
	ReasonFail    Reason = "fail"    // the job reported failure
	ReasonPing    Reason = "ping"    // a success came in
	ReasonPaused  Reason = "paused"  // somebody paused the check
	ReasonResumed Reason = "resumed" // somebody resumed it
)

// Flip is one change of a check's status.
type Flip struct {
	// At is when the new status began: the deadline itself for a late check, not
	// the moment somebody looked.
	At       time.Time
	From, To Status
	Reason   Reason
	// Since is when the status that ended had begun.
	Since time.Time
	// LastPing is the check's last success or failure before the flip; zero if
	// there was none.
	LastPing time.Time
	// Detail says more where there is more to say, such as "exit status 3".
	Detail string
}

// Notifies tells whether people hear of the flip: of every way down, and of
// the way back up. A first success and a resumed check are no news.
func (f Flip) Notifies() bool {
	return f.To == StatusDown || f.From == StatusDown && f.To == StatusUp
}
