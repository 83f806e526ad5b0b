package monitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"heartbeat"
	"heartbeat/internal/notify"
)

// lane is one channel's way out. Lanes send independently of each other. Its fields
// are guarded by the outbox's mutex.
type lane struct {
	channel notify.Channel // its ID never changes

	busy   bool          // a message is on its way, or its outcome is being recorded
	gather time.Time     // when the flips that are due have been gathered
	hold   time.Time     // nothing is sent before
	held   time.Duration // how long that was when it was set
	well   bool          // the last message was taken
	parts  int           // how many events a message may have since one was refused; 0: no limit of its own
}

// open opens lanes to the channels that there are now, and forgets the others. A
// channel that leads elsewhere than before gets a new one: it need not pay for what
// the old place refused, and nothing waits out its back-off. The caller holds the
// mutex.
func (o *outbox) open(channels []notify.Channel) {
	known := o.lanes
	o.lanes = make([]*lane, len(channels))
	for i, c := range channels {
		o.lanes[i] = &lane{}
		for _, l := range known {
			switch {
			case l.channel.ID != c.ID:
			case l.channel.Mark != c.Mark:
				o.lanes[i].well = true
			default:
				o.lanes[i] = l
			}
		}
		o.lanes[i].channel = c
	}
}

// checksOf reads the checks that the batches tell of. One that is gone is left
// out; of one that is broken people are told without its names.
func (o *outbox) checksOf(ctx context.Context, p plan) (map[heartbeat.CheckID]heartbeat.Check, error) {
	checks := make(map[heartbeat.CheckID]heartbeat.Check)
	for _, b := range p.batches {
		for _, n := range b.notices {
			if _, ok := checks[n.Check]; ok || n.Blind != nil {
				continue
			}
			c, err := o.store.Check(ctx, n.Check)
			if errors.Is(err, heartbeat.ErrNotFound) {
				continue
			}
			if errors.Is(err, heartbeat.ErrUnreadable) {
				c, err = heartbeat.Check{ID: n.Check}, nil
			}
			if err != nil {
				o.release(p)
				return nil, fmt.Errorf("read check %s: %w", n.Check, err)
			}
			checks[n.Check] = c
		}
	}
	return checks, nil
}

// release gives the lanes back whose batches are not sent after all.
func (o *outbox) release(p plan) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, b := range p.batches {
		b.lane.busy = false
	}
}

// claim saves the notices and returns those that are now ours. Who loses the
// race leaves the notice to the other; who gets no answer leaves it until the
// lease has passed.
func (o *outbox) claim(ctx context.Context, notices []heartbeat.Notice) (map[heartbeat.NoticeID]bool, error) {
	errs := o.saveAll(ctx, notices)
	claimed := make(map[heartbeat.NoticeID]bool, len(notices))
	var failed error
	for i, err := range errs {
		switch {
		case err == nil:
			claimed[notices[i].ID] = true
		case !errors.Is(err, heartbeat.ErrConflict) && !errors.Is(err, heartbeat.ErrNotFound):
			failed = fmt.Errorf("claim notice %s: %w", notices[i].ID, err)
		}
	}
	return claimed, failed
}

// saveAll saves the notices, which are in order, and returns the error of each.
// Those of different checks are saved at once, so that the store can commit them
// together. Those of one check are saved one after another, and none after one
// that was not: a crash must not leave a check's older notice alone, to be told
// after its newer one.
func (o *outbox) saveAll(ctx context.Context, notices []heartbeat.Notice) []error {
	errs := make([]error, len(notices))
	chains := make(map[heartbeat.CheckID][]int)
	for i, n := range notices {
		chains[n.Check] = append(chains[n.Check], i)
	}
	var g errgroup.Group
	g.SetLimit(sweepWorkers)
	for _, chain := range chains {
		g.Go(func() error {
			var failed error
			for _, i := range chain {
				if failed == nil {
					failed = o.store.SaveNotice(ctx, notices[i])
				}
				if errs[i] = failed; errors.Is(failed, heartbeat.ErrNotFound) {
					failed = nil // nothing is left to be told
				}
			}
			return nil
		})
	}
	_ = g.Wait() // errors are in errs
	return errs
}

// start sends the batch in the background.
func (o *outbox) start(ctx context.Context, b batch, checks map[heartbeat.CheckID]heartbeat.Check) {
	o.sending.Go(func() {
		defer o.notify()
		var v sendVerdict
		known, gone := b.part(checks)
		if len(known.notices) > 0 {
			v = o.send(ctx, known, o.message(known, checks))
		}
		if len(gone.notices) > 0 {
			o.forget(ctx, gone)
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		b.lane.busy = false
		b.lane.hold, b.lane.held = time.Now().Round(0).Add(v.rest), v.rest
		b.lane.well = v.err == nil && v.attempt > 0
		b.lane.parts = v.parts(b, len(known.notices))
	})
}

func (o *outbox) message(b batch, checks map[heartbeat.CheckID]heartbeat.Check) notify.Message {
	m := notify.Message{Dashboard: o.links.dashboard}
	for _, n := range b.notices {
		e := notify.Event{Notice: n.ID, Flip: n.Flip, Blind: n.Blind, Link: o.links.dashboard}
		if n.Blind == nil {
			e.Check, e.Link = checks[n.Check], o.links.check(n.Check)
		}
		if p, ok := b.projects.Find(cmp.Or(e.Check.Project, heartbeat.DefaultProject)); ok && len(b.projects) > 1 && n.Blind == nil {
			e.Project = p.Name
		}
		m.Events = append(m.Events, e)
	}
	return m
}

// forget gives up notices whose check no longer exists.
func (o *outbox) forget(ctx context.Context, gone batch) {
	o.record(ctx, gone, sendVerdict{at: time.Now().Round(0), err: errGone})
}

var errGone = errors.New("the check was deleted before its message was sent")

// send makes one attempt, records its outcome and returns it; the zero verdict
// if nothing was attempted.
func (o *outbox) send(ctx context.Context, b batch, m notify.Message) sendVerdict {
	if time.Until(b.lease) < sendTime+sendTime/2 {
		return sendVerdict{} // claiming took so long that somebody else may be about to send
	}
	work, cancel := linger(ctx)
	work, stop := context.WithTimeout(work, sendTime)
	err := b.channel.Notifier.Notify(work, m)
	stop()
	cancel()
	v := judgeSend(b, err, time.Now().Round(0))
	if err != nil {
		o.log.Warn("channel did not take a message", "channel", b.channel.ID,
			"name", b.channel.Name, "events", len(m.Events), "attempt", v.attempt, "again", v.again, "err", err)
	}
	o.record(ctx, b, v)
	return v
}
