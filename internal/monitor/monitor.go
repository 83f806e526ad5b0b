// Package monitor is what time causes: a check whose ping does not come in time
// goes down, and people are told.
//
// # Judging
//
// The monitor remembers a lower bound of every check's deadline in a heap (see
// timers) and sleeps until the first one passes. [Monitor.Sweep] then reads the
// check afresh, asks the core, and either remembers the new deadline or saves
// the flip, conditional on what it read and with the notice it owes in the same
// write. Nothing is judged from memory, so a ping that comes in at the last
// moment wins, and two monitors on one store do no harm. Whoever writes
// something that may bring a deadline nearer calls [Monitor.Changed]; what a
// call missed is found by the scan of all checks every ten minutes. What other
// processes change is learned from the store's feed of changes.
//
// A server calls [Monitor.Run]. A function in the cloud calls [Monitor.Once]
// each minute: the memory of a warm one is as good as that of a server, and a
// cold one begins with a scan.
//
// # Blind time
//
// A watermark in the store says until when somebody watched. After a gap (the
// program was not running, the machine slept, the store stood still, the clock
// was set) the time since is stored as blind time before anything is judged:
// deadlines that fell into it move. People get one message of it.
//
// # The outbox
//
// A notice stays in the store until every channel has taken it or was given up
// on. The outbox claims what is due, sends it grouped into one message a
// channel, and records the outcome. A crash between sending and recording
// repeats the message, which is the only way in which one is doubled.
package monitor

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"heartbeat"
	"heartbeat/internal/notify"
)

// Config is what a Monitor needs.
type Config struct {
	Store heartbeat.Store
	// Channels returns by what people are told. It is asked whenever something is to
	// be sent, so that nothing goes where it should not go any more. Nil: nobody is
	// told.
	Channels func(context.Context) (notify.Directory, error)
	// Dashboard is the absolute link to the table of all checks; Link makes the
	// absolute link to a check's page. Messages carry them.
	Dashboard string
	Link      func(heartbeat.CheckID) string
	// Changes tells whose deadlines other processes may have brought nearer, as
	// [heartbeat.Shared] does. It is asked at least once in every Every. Nil if no
	// other process writes to the store.
	Changes func(ctx context.Context, since time.Time) ([]heartbeat.CheckID, error)
	// Logger may be nil.
	Logger *slog.Logger
	// Every is how often the watermark is written; 10 seconds if zero. A running
	// monitor that was silent for three times as long was blind. It is also how
	// long a missed wake-up can go unnoticed by the outbox. For [Monitor.Once] it
	// is how often that is called.
	Every time.Duration
	// Restart is how long nobody may have watched across a start without its being
	// blind time; 2 seconds if zero. Where others watch as well, or any call may be
	// a start, it is best as long as a running monitor may be silent.
	Restart time.Duration
}

// What holds unless Config says otherwise.
const (
	defaultEvery   = 10 * time.Second
	defaultRestart = 2 * time.Second
)

// Monitor watches the checks of one store. Its methods may be called at once
// from many goroutines.
type Monitor struct {
	store   heartbeat.Store
	changes func(context.Context, time.Time) ([]heartbeat.CheckID, error)
	log     *slog.Logger
	every   time.Duration
	restart time.Duration
	outbox  *outbox
	stats   stats
	wake    chan struct{}

	mu      sync.Mutex // guards changed
	changed map[heartbeat.CheckID]struct{}

	// sweeping is held during a sweep and guards what is below.
	sweeping sync.Mutex
	awake    bool // the blind time is known and stored, all checks were read
	watch    watch
	timers   timers
	epoch    int       // counts how often the blind times have changed
	scanned  time.Time // when all checks were read last
	learned  time.Time // from when on changes are not known yet
	hurried  bool      // the last call of Once ran out of time
}

// New returns a monitor. Nothing happens before Run or Sweep.
func New(cfg Config) *Monitor {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Channels == nil {
		cfg.Channels = func(context.Context) (notify.Directory, error) { return notify.Directory{}, nil }
	}
	m := &Monitor{
		store:   cfg.Store,
		changes: cfg.Changes,
		log:     cfg.Logger,
		every:   cfg.Every,
		restart: cfg.Restart,
		outbox:  newOutbox(cfg),
		wake:    make(chan struct{}, 1),
		changed: make(map[heartbeat.CheckID]struct{}),
		watch:   watch{store: cfg.Store},
		timers:  newTimers(),
	}
	if m.every <= 0 {
		m.every = defaultEvery
	}
	if m.restart <= 0 {
		m.restart = defaultRestart
	}
	m.outbox.poll = m.every
	return m
}

// Changed says that the check's deadline may have come nearer. It does not
// block.
func (m *Monitor) Changed(id heartbeat.CheckID) {
	m.note(id)
	ring(m.wake)
}

// note lets the next sweep look at checks, or the present one if it is about to.
func (m *Monitor) note(ids ...heartbeat.CheckID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		m.changed[id] = struct{}{}
	}
}

// Wake says that a notice was added to the outbox. It does not block.
func (m *Monitor) Wake() { m.outbox.notify() }

// Run watches and sends until ctx ends. No failure of the store or of a channel
// ends it. At the end it finishes what it has in hand, for a few seconds at
// most, and writes the watermark, so that the next start knows exactly how long
// nobody watched.
func (m *Monitor) Run(ctx context.Context) {
	var both sync.WaitGroup
	both.Go(func() { m.watchTime(ctx) })
	both.Go(func() { m.outbox.run(ctx) })
	both.Wait()
}

// ring wakes whoever waits for the bell, now or when it next waits.
func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}
