package monitor

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"heartbeat"
	"heartbeat/internal/notify"
)

const (
	// leaseTime is how long a claimed delivery belongs to the monitor that claimed
	// it; longer than a send may take.
	leaseTime = 30 * time.Second
	// outlastsLease is how far ahead a delivery's next attempt is only if it waits
	// after a failure, whoever's clock says so: a claim never reaches so far.
	outlastsLease = 2 * leaseTime
	// sendTime is how long one attempt may take.
	sendTime = 10 * time.Second
	// gatherTime is how long a channel waits for further flips before it sends the
	// first one: short enough for people to be told within a second.
	gatherTime = 300 * time.Millisecond
	// restTime is how long a channel rests after a message, so that a storm of
	// flips becomes few messages; moreRest, if a full message left some over.
	restTime = 3 * time.Second
	moreRest = time.Second
	// soon is how long a drain waits for what can be sent then: the time of rest,
	// and the first attempt after one that failed.
	soon = 6 * time.Second
	// probeTime is the longest that a channel which fails rests: flips that are new
	// do not wait for the back-off of older ones.
	probeTime = time.Minute
	// maxEvents is how many events one message has at most.
	maxEvents = 100
	// horizon is how far ahead the outbox looks for deliveries that wait. It is
	// longer than any back-off.
	horizon = 48 * time.Hour
)

// outbox sends what the store's notices owe, one lane a channel.
type outbox struct {
	store    heartbeat.Store
	channels func(context.Context) (notify.Directory, error)
	log      *slog.Logger
	links    links
	poll     time.Duration
	bell     chan struct{}

	sending sync.WaitGroup
	mu      sync.Mutex // guards the lanes' changing fields and what is below
	lanes   []*lane
	waiting int
	oldest  time.Time
	warned  map[heartbeat.ProjectID]bool // said to be silent
	// subjects are of the notices that nobody had addressed yet in the last pass.
	subjects map[heartbeat.NoticeID]subject
	tellers  string // by what channels each project was told in the last pass that went through
}

// links makes the absolute links in messages.
type links struct {
	dashboard string
	check     func(heartbeat.CheckID) string
}

func newOutbox(cfg Config) *outbox {
	o := &outbox{
		store:    cfg.Store,
		channels: cfg.Channels,
		log:      cfg.Logger,
		links:    links{cfg.Dashboard, cfg.Link},
		bell:     make(chan struct{}, 1),
		warned:   make(map[heartbeat.ProjectID]bool),
	}
	if o.links.check == nil {
		o.links.check = func(heartbeat.CheckID) string { return cfg.Dashboard }
	}
	return o
}

// notify says that there may be something to send.
func (o *outbox) notify() { ring(o.bell) }

// run sends what is owed until ctx ends; then it waits for the messages that
// are on their way.
func (o *outbox) run(ctx context.Context) {
	defer o.sending.Wait()
	t := trouble{log: o.log, what: "outbox"}
	for ctx.Err() == nil {
		p, err := o.pass(ctx, time.Now().Round(0), false)
		t.note(err)
		if err != nil {
			sleep(ctx, t.delay(), nil)
			continue
		}
		sleep(ctx, min(time.Until(p.next), o.poll), o.bell)
	}
}

// drain sends what is owed, and returns when nothing more can be sent within
// soon, or after ctx has ended. What is left stays owed.
func (o *outbox) drain(ctx context.Context) error {
	o.sending.Wait()
	for ctx.Err() == nil {
		p, err := o.pass(ctx, time.Now().Round(0), true)
		o.sending.Wait()
		if err != nil {
			return err
		}
		if len(p.claims) > 0 {
			continue // there may be more, or something to be tried again
		}
		wait := time.Until(p.next)
		if wait > soon {
			return nil
		}
		sleep(ctx, wait, nil)
	}
	return nil
}

// pass looks at everything that is unfinished, claims what can be sent now and
// sends it in the background. Unless it is eager, the first flip waits for
// others. The plan that it returns says when to look again.
func (o *outbox) pass(ctx context.Context, now time.Time, eager bool) (plan, error) {
	work, cancel := linger(ctx)
	defer cancel()
	notices, err := o.unfinished(work, now)
	if err != nil {
		return plan{}, err
	}
	if len(notices) == 0 {
		return plan{next: now.Add(horizon)}, nil
	}
	book, err := o.addresses(work, notices, now)
	if err != nil {
		return plan{}, err
	}
	now = later(now, time.Now().Round(0)) // no lease is to begin before all was read
	p := o.plan(notices, book, now, eager)
	if len(p.claims) == 0 {
		o.addressed(book)
		return p, nil
	}
	checks, err := o.checksOf(work, p)
	if err != nil {
		return plan{}, err
	}
	claimed, err := o.claim(work, p.claims)
	if err == nil && len(claimed) == len(p.claims) {
		o.addressed(book)
	}
	for _, b := range p.batches {
		o.start(ctx, b.only(claimed), checks)
	}
	return p, err
}

// unfinished returns all notices that wait, in the order in which they happened.
func (o *outbox) unfinished(ctx context.Context, now time.Time) ([]heartbeat.Notice, error) {
	for limit := 256; ; limit *= 4 {
		notices, err := o.store.Notices(ctx, now.Add(horizon), limit)
		if err != nil {
			return nil, err
		}
		if len(notices) < limit {
			inOrder(notices)
			o.measure(notices)
			return notices, nil
		}
	}
}

// inOrder orders notices by when they were owed, but those of one check as they
// were made. A recovery can have an earlier moment than what it ended: its ping
// took long to come in, or the clock was set back. Told the other way round, the
// check would seem to be down.
func inOrder(notices []heartbeat.Notice) {
	slices.SortFunc(notices, func(a, b heartbeat.Notice) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	owed := make(map[heartbeat.NoticeID]time.Time, len(notices))
	last := make(map[heartbeat.CheckID]time.Time)
	for _, n := range notices {
		last[n.Check] = later(last[n.Check], n.Created)
		owed[n.ID] = last[n.Check]
	}
	slices.SortStableFunc(notices, func(a, b heartbeat.Notice) int { return owed[a.ID].Compare(owed[b.ID]) })
}

func (o *outbox) measure(notices []heartbeat.Notice) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting, o.oldest = len(notices), time.Time{}
	if len(notices) > 0 {
		o.oldest = notices[0].Created
	}
}

// reportWaiting logs that messages are left, if there are any.
func (o *outbox) reportWaiting(ctx context.Context) {
	o.mu.Lock()
	waiting, oldest := o.waiting, o.oldest
	o.mu.Unlock()
	if waiting > 0 {
		o.log.WarnContext(ctx, "messages wait to be sent", "waiting", waiting, "oldest", oldest)
	}
}
