package monitor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"heartbeat"
	"heartbeat/internal/notify"
)

// addresses say by what channels people are to be told of notices.
type addresses struct {
	notify.Directory
	// tellers tells by what channels each project is told, and changed that it is by
	// others than in the last pass, or that this is the first one.
	tellers string
	changed bool
	// pending tells that some notices must be looked at again, when their messages are
	// not under way any more.
	pending bool
	// subjects are of the notices that are to be addressed, perhaps again, and of no
	// others.
	subjects map[heartbeat.NoticeID]subject
}

// subject is what decides by which channels people are told of a notice.
type subject struct {
	// all tells that it is all there are: the notice is about Heartbeat itself, or
	// about a check that is broken, so that nobody knows whose it is.
	all bool
	// What the check says, if it is about one.
	labels  heartbeat.Labels
	project heartbeat.ProjectID
	since   time.Time // when its status began
}

// told returns the channels by which people are told of the subject.
func (a addresses) told(s subject) []heartbeat.ChannelID {
	if s.all {
		return a.All()
	}
	return a.Projects.Told(s.project, s.labels)
}

// still tells whether what the notice says is so yet: it is the check's last flip.
func (s subject) still(n *heartbeat.Notice) bool { return s.all || s.since.Equal(n.Flip.At) }

// unaddressed tells whether it must be found out by what channels people are told
// of the notice: nobody has been told, and there are other channels than before.
func (a addresses) unaddressed(n *heartbeat.Notice, now time.Time) bool {
	return len(n.Deliveries) == 0 || a.changed && !taken(n) && !leased(n, now) ||
		slices.ContainsFunc(n.Deliveries, func(d heartbeat.Delivery) bool { return a.undeliverable(n, &d, now) != nil })
}

// leased tells whether a message of the notice may be under way.
func leased(n *heartbeat.Notice, now time.Time) bool {
	return slices.ContainsFunc(n.Deliveries, func(d heartbeat.Delivery) bool { return underWay(&d, now) })
}

func underWay(d *heartbeat.Delivery, now time.Time) bool {
	return d.State == heartbeat.DeliveryWaiting && d.Next.After(now) && d.Next.Sub(now) <= leaseTime
}

// taken tells whether some channel has taken the notice.
func taken(n *heartbeat.Notice) bool {
	return slices.ContainsFunc(n.Deliveries, func(d heartbeat.Delivery) bool { return d.State == heartbeat.DeliverySent })
}

// undeliverable says why the delivery will never be made; nil if it may be, or may
// just be under way.
func (a addresses) undeliverable(n *heartbeat.Notice, d *heartbeat.Delivery, now time.Time) error {
	if d.State != heartbeat.DeliveryWaiting || underWay(d, now) {
		return nil
	}
	_, ok := a.Find(d.Channel)
	switch {
	case ok:
	case d.Channel.Made() && !a.Partial:
		return errRemoved
	case now.Sub(n.Created) >= giveUpAfter:
		return errNotSetUp
	}
	return nil
}

var (
	errRemoved  = errors.New("the channel was removed before it was sent")
	errNotSetUp = errors.New("the channel is no longer set up; name it again in the settings to use it")
)

// addresses reads what channels there are, and of the checks of notices that nobody
// has addressed yet what decides by which of them people are told. That is kept
// until the notice is addressed, because a storm of them takes many passes.
func (o *outbox) addresses(ctx context.Context, notices []heartbeat.Notice, now time.Time) (addresses, error) {
	directory, err := o.channels(ctx)
	if err != nil {
		return addresses{}, fmt.Errorf("read channels: %w", err)
	}
	a := addresses{Directory: directory, tellers: tellersOf(directory.Projects), subjects: make(map[heartbeat.NoticeID]subject)}
	o.mu.Lock()
	known := o.subjects // nobody changes it any more
	a.changed = a.tellers != o.tellers
	o.mu.Unlock()
	unread := make(map[heartbeat.CheckID][]heartbeat.NoticeID)
	for i := range notices {
		n := &notices[i]
		a.pending = a.pending || a.changed && !taken(n) && leased(n, now)
		if !a.unaddressed(n, now) {
			continue
		}
		switch s, ok := known[n.ID]; {
		case n.Blind != nil:
			a.subjects[n.ID] = subject{all: true}
		case ok && len(n.Deliveries) == 0:
			a.subjects[n.ID] = s
		default:
			unread[n.Check] = append(unread[n.Check], n.ID)
		}
	}
	if err := o.readSubjects(ctx, unread, a.subjects); err != nil {
		return addresses{}, err
	}
	o.mu.Lock()
	o.subjects = a.subjects
	o.mu.Unlock()
	return a, nil
}

// tellersOf is the same for projects whose checks are told by the same channels.
func tellersOf(projects heartbeat.Projects) string {
	var all strings.Builder
	for _, p := range projects {
		fmt.Fprintf(&all, "%q:", p.ID)
		for _, c := range projects.Tellers(p.ID) {
			fmt.Fprintf(&all, "%q,", c.ID)
		}
	}
	return all.String()
}

// addressed takes down that the notices are addressed to the channels that there are
// now, unless some of them are to be looked at again.
func (o *outbox) addressed(a addresses) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !a.pending {
		o.tellers = a.tellers
	}
}

// readSubjects reads the checks of notices, many at once, into subjects. One that is
// gone is nobody's: its notices are dropped before they are sent.
func (o *outbox) readSubjects(ctx context.Context, of map[heartbeat.CheckID][]heartbeat.NoticeID, subjects map[heartbeat.NoticeID]subject) error {
	var mu sync.Mutex // guards subjects
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(sweepWorkers)
	for id, notices := range of {
		g.Go(func() error {
			c, err := o.store.Check(ctx, id)
			broken := errors.Is(err, heartbeat.ErrUnreadable)
			if err != nil && !broken && !errors.Is(err, heartbeat.ErrNotFound) {
				return fmt.Errorf("read check %s: %w", id, err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, n := range notices {
				subjects[n] = subject{broken, c.Labels, c.Project, c.Since}
			}
			return nil
		})
	}
	return g.Wait()
}

// address decides for all notices, in order, by what channels people are told of
// them, and returns those that must be saved for that alone. The caller holds the
// mutex.
func (o *outbox) address(notices []heartbeat.Notice, a addresses, now time.Time, p *plan) map[heartbeat.NoticeID]bool {
	last := make(map[heartbeat.CheckID]heartbeat.NoticeID)
	for _, n := range notices {
		last[n.Check] = n.ID
	}
	dirty := make(map[heartbeat.NoticeID]bool)
	down := make(map[heartbeat.CheckID][]heartbeat.ChannelID) // have heard or may hear that the check is down
	for i := range notices {
		n := &notices[i]
		var heard []heartbeat.ChannelID
		if n.Blind == nil && n.Flip.To != heartbeat.StatusDown {
			heard = down[n.Check]
			delete(down, n.Check)
		}
		// The later one of a check may be told and finished before this one is saved, and
		// whoever addresses this one then would not know of it.
		first := len(n.Deliveries) == 0 && last[n.Check] != n.ID
		dirty[n.ID] = o.fanOut(n, heard, a, now) || first
		for _, d := range n.Deliveries {
			if n.Blind == nil && n.Flip.To == heartbeat.StatusDown && d.State != heartbeat.DeliveryFailed {
				down[n.Check] = append(down[n.Check], d.Channel)
			}
			if underWay(&d, now) { // its channel may be gone, and have no lane
				p.next = earlier(p.next, d.Next)
			}
		}
	}
	return dirty
}

// fanOut decides by what channels people are told of the notice, and settles what
// cannot be sent. It tells whether the notice must be saved for that alone. Earlier
// are the channels that hear that the check is down: they hear of its end, too, or
// it would stay down for them. The caller holds the mutex.
func (o *outbox) fanOut(n *heartbeat.Notice, earlier []heartbeat.ChannelID, a addresses, now time.Time) bool {
	s, ok := a.subjects[n.ID]
	if !ok {
		return false
	}
	if len(n.Deliveries) == 0 {
		tell(n, a.told(s), n.Next)
		tell(n, earlier, n.Next)
		if len(n.Deliveries) == 0 {
			o.warnSilent(n, s)
			return true
		}
	}
	var settled []heartbeat.Delivery
	for i := range n.Deliveries {
		d := &n.Deliveries[i]
		if err := a.undeliverable(n, d, now); err != nil {
			d.State, d.Done, d.Next, d.Error = heartbeat.DeliveryFailed, now, time.Time{}, err.Error()
			settled = append(settled, *d)
		}
	}
	// Who has not heard of a flip before its end need not hear of it any more, and
	// must not hear of it after that.
	before, lost := len(n.Deliveries), false
	if !taken(n) && s.still(n) {
		tell(n, a.told(s), now)
		lost = !reaches(n) && s.labels.Channels != heartbeat.NoChannels
	}
	for _, d := range settled {
		o.drop(n, d, lost)
	}
	return len(settled) > 0 || len(n.Deliveries) > before
}

// drop says that a channel which is gone will not be told of the notice, and
// whether that leaves people who should know it without word.
func (o *outbox) drop(n *heartbeat.Notice, d heartbeat.Delivery, lost bool) {
	if lost {
		o.gaveUp(*n, d)
		return
	}
	o.dropped(*n, d)
}

// reaches tells whether any channel has taken the notice or may still do so.
func reaches(n *heartbeat.Notice) bool {
	return slices.ContainsFunc(n.Deliveries, func(d heartbeat.Delivery) bool { return d.State != heartbeat.DeliveryFailed })
}

// tell adds deliveries by those of the channels that the notice has none by.
func tell(n *heartbeat.Notice, channels []heartbeat.ChannelID, next time.Time) {
	for _, id := range channels {
		if find(n, id) == nil {
			n.Deliveries = append(n.Deliveries, heartbeat.Delivery{Channel: id, State: heartbeat.DeliveryWaiting, Next: next})
		}
	}
}

// warnSilent says once of each project that nobody is told of its checks, unless
// the check wants it so. The caller holds the mutex.
func (o *outbox) warnSilent(n *heartbeat.Notice, s subject) {
	if s.labels.Channels == heartbeat.NoChannels || o.warned[s.project] {
		return
	}
	o.warned[s.project] = true
	o.log.Warn("a check has changed and nobody is told: its project has no channel; make one on the dashboard, or set --slack-webhook or a webhook",
		"project", s.project, "check", n.Check)
}
