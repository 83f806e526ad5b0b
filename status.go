package heartbeat

// Status is a check's condition. Its words are stored and shown.
//
//	       success              success (people are told)
//	new ────────────► up ◄──────────────────────────────── down
//	 │                │ ▲                                   ▲ ▲
//	 │ fail, overrun  │ │ success    late, overrun, fail    │ │
//	 └────────────────┼─┼───────────────────────────────────┘ │
//	                  └─┼─────────────────────────────────────┘
//	                    │            (every way down is told)
//	any ── pause ──► paused ── resume ──► new;  paused ── fail, overrun ──► down
//
// Between its due moment and its deadline an up check is shown as grace.
// The rules are those of Healthchecks, whose API is to be spoken here.
type Status string

// The statuses. StatusGrace is shown, never stored.
const (
	StatusNew    Status = "new"    // waits for its first ping
	StatusUp     Status = "up"     // pings come in time
	StatusGrace  Status = "grace"  // a ping is due, but not yet late
	StatusDown   Status = "down"   // a ping is late, or the job failed
	StatusPaused Status = "paused" // not watched until the next ping
)
