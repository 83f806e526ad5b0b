package monitor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"heartbeat"
	"heartbeat/internal/notify"
)

// addresses say by what channels people are to be told of notices.
type addresses struct {
	notify.Directory
	subjects map[heartbeat.CheckID]subject
}

// subject is what decides by which channels people are told of a check.
type subject struct {
	labels  heartbeat.Labels
	project heartbeat.ProjectID
	// unknown tells that the check is broken, and so whose it is.
	unknown bool
}

// of returns the channels by which people are told of the notice: all there are,
// if it is about Heartbeat itself or about a check of which nobody knows whose it
// is.
func (a addresses) of(n *heartbeat.Notice) []heartbeat.ChannelID {
	check := a.subjects[n.Check]
	if n.Blind != nil || check.unknown {
		return a.All()
	}
	return check.labels.Told(a.Tellers(check.project))
}

// unaddressed tells whether it must be found out by what channels people are told
// of the notice.
func (a addresses) unaddressed(n *heartbeat.Notice, now time.Time) bool {
	return len(n.Deliveries) == 0 || slices.ContainsFunc(n.Deliveries, func(d heartbeat.Delivery) bool {
		return a.undeliverable(n, &d, now) != nil
	})
}

// undeliverable says why the delivery will never be made; nil if it may be.
func (a addresses) undeliverable(n *heartbeat.Notice, d *heartbeat.Delivery, now time.Time) error {
	if d.State != heartbeat.DeliveryWaiting {
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

// addresses reads what channels there are, and of the checks whose notices nobody
// has addressed yet what decides by which of them people are told. What was read
// of a check is kept until its notices are addressed, because a storm of them takes
// many passes.
func (o *outbox) addresses(ctx context.Context, notices []heartbeat.Notice, now time.Time) (addresses, error) {
	directory, err := o.channels(ctx)
	if err != nil {
		return addresses{}, fmt.Errorf("read channels: %w", err)
	}
	a := addresses{directory, make(map[heartbeat.CheckID]subject)}
	o.mu.Lock()
	known := o.subjects // nobody changes it any more
	o.mu.Unlock()
	var unread []heartbeat.CheckID
	for i := range notices {
		n := &notices[i]
		if _, ok := a.subjects[n.Check]; ok || n.Blind != nil || !a.unaddressed(n, now) {
			continue
		}
		check, ok := known[n.Check]
		if a.subjects[n.Check] = check; !ok {
			unread = append(unread, n.Check)
		}
	}
	read, err := o.readSubjects(ctx, unread)
	if err != nil {
		return addresses{}, err
	}
	for i, id := range unread {
		a.subjects[id] = read[i]
	}
	o.mu.Lock()
	o.subjects = a.subjects
	o.mu.Unlock()
	return a, nil
}

// readSubjects reads checks, many at once. One that is gone is nobody's: its notices
// are dropped before they are sent.
func (o *outbox) readSubjects(ctx context.Context, ids []heartbeat.CheckID) ([]subject, error) {
	read := make([]subject, len(ids))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(sweepWorkers)
	for i, id := range ids {
		g.Go(func() error {
			c, err := o.store.Check(ctx, id)
			broken := errors.Is(err, heartbeat.ErrUnreadable)
			if err != nil && !broken && !errors.Is(err, heartbeat.ErrNotFound) {
				return fmt.Errorf("read check %s: %w", id, err)
			}
			read[i] = subject{c.Labels, c.Project, broken}
			return nil
		})
	}
	return read, g.Wait()
}

// fanOut decides by what channels people are told of the notice, and settles what
// cannot be sent. It tells whether the notice must be saved for that alone. The
// caller holds the mutex.
func (o *outbox) fanOut(n *heartbeat.Notice, a addresses, now time.Time) bool {
	if len(n.Deliveries) == 0 {
		tell(n, a.of(n), n.Next)
		if len(n.Deliveries) == 0 {
			if a.subjects[n.Check].labels.Channels != heartbeat.NoChannels {
				o.warnSilent()
			}
			return true
		}
	}
	settled := false
	for i := range n.Deliveries {
		d := &n.Deliveries[i]
		if err := a.undeliverable(n, d, now); err != nil {
			d.State, d.Done, d.Next, d.Error = heartbeat.DeliveryFailed, now, time.Time{}, err.Error()
			o.gaveUp(*n, *d)
			settled = true
		}
	}
	if settled && !reaches(n) {
		tell(n, a.of(n), now)
		if !reaches(n) {
			o.log.Error("message given up: people were not told", "notice", n.ID, "check", n.Check, "err", "no channel is left")
		}
	}
	return settled
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

// warnSilent says once that nobody is told of anything. The caller holds the mutex.
func (o *outbox) warnSilent() {
	if !o.warned {
		o.warned = true
		o.log.Warn("a check has changed and nobody is told: its project has no channel; make one on the dashboard, or set --slack-webhook or a webhook")
	}
}
