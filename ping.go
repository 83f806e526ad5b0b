package heartbeat

import "time"

// Kind is what a ping reports.
type Kind string

// The kinds of ping. Their words are stored and shown; never rename one.
const (
	KindSuccess Kind = "success" // the job is well
	KindStart   Kind = "start"   // a run has begun
	KindFail    Kind = "fail"    // the job reports failure
	KindLog     Kind = "log"     // a note that changes nothing
	KindIgnored Kind = "ignored" // received, but filtered out
)

// Valid tells whether k is one of the kinds above.
func (k Kind) Valid() bool {
	switch k {
	case KindSuccess, KindStart, KindFail, KindLog, KindIgnored:
		return true
	}
	return false
}

// RunID pairs the start of a run with its end where runs overlap. Empty: none.
type RunID string

// MaxBody is how many bytes of a ping's body are kept: the first ones.
const MaxBody = 10_000

// Ping is one message from a job.
type Ping struct {
	At   time.Time
	Kind Kind
	// Exit is the exit status that the job reported; nil if it did not.
	Exit *int
	Run  RunID
	// Scheme says how it came: "http", "https" or "email"; empty where nobody asked.
	Scheme string
	// Method, Addr and Agent say who sent it: HTTP method, IP address, User-Agent.
	Method, Addr, Agent string
	// Body holds at most MaxBody bytes, kept as they came.
	Body []byte
	// Mail is set if the ping came by e-mail. Rules look at it; it is not kept.
	Mail *Mail

	// N counts the check's pings from 1. The store sets it.
	N int64
	// Duration is the time since the start that this ping ended; 0 if it ended
	// none. The store sets it.
	Duration time.Duration
}

// Mail is what rules look at in a ping by e-mail.
type Mail struct {
	// Subject is the decoded subject, Text the text of the body.
	Subject, Text string
}

// Pinged is what became of a ping.
type Pinged struct {
	// Check is the check that was pinged.
	Check CheckID
	// N is the ping's number.
	N int64
	// Created says that the check did not exist before.
	Created bool
	// Flip is the change of status that the ping caused, nil if none.
	Flip *Flip
	// Sooner says that the check's deadline may now be earlier than it was, so
	// that whoever remembers the old one must look again.
	Sooner bool
}
