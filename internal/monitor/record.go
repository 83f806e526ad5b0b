package monitor

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"time"

	"heartbeat"
	"heartbeat/internal/notify"
)

const (
	// giveUpAfter is how long a channel is tried for a notice, and minAttempts how
	// often at least: a notice may be older than a day when a restarted program
	// first gets to send it.
	giveUpAfter = 24 * time.Hour
	minAttempts = 5
	// maxAfter bounds how long a service can ask to be left alone.
	maxAfter = 24 * time.Hour
)

// backoff is how long to wait after the given attempt, counted from 1. The
// notice spreads it by a fifth either way, always the same for the same one.
func backoff(attempt int, id heartbeat.NoticeID) time.Duration {
	waits := [...]time.Duration{
		5 * time.Second, 15 * time.Second, 45 * time.Second,
		2 * time.Minute, 5 * time.Minute, 10 * time.Minute,
	}
	wait := waits[min(max(attempt, 1), len(waits))-1]
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%s %d", id, attempt) // a hash takes everything
	return wait*4/5 + wait*2/5*time.Duration(h.Sum32()%1000)/1000
}

// sendVerdict is what came of one message.
type sendVerdict struct {
	at      time.Time
	err     error
	again   bool
	attempt int           // of the event that was tried most often
	rest    time.Duration // how long the channel is to be left alone
	retry   time.Duration // how long these events wait for their next attempt
	split   bool          // the message was refused for good, but a part of it may not be
}

// judgeSend turns a notifier's answer into a verdict.
func judgeSend(b batch, err error, at time.Time) sendVerdict {
	v := sendVerdict{at: at, err: err}
	for _, n := range b.notices {
		v.attempt = max(v.attempt, find(&n, b.channel.ID).Attempts+1)
	}
	v.rest = restTime
	if b.full {
		v.rest = moreRest
	}
	if err == nil {
		return v
	}
	v.again = true
	if f := new(notify.Failure); errors.As(err, &f) {
		v.again = f.Again
		v.rest = max(v.rest, min(f.After, maxAfter))
	}
	if !v.again && len(b.notices) > 1 {
		// One event that the channel cannot take must not cost the others.
		v.again, v.split, v.rest, v.retry = true, true, moreRest, moreRest
		return v
	}
	if v.again {
		wait := backoff(v.attempt, b.notices[0].ID)
		v.retry = max(v.rest, wait)
		v.rest = max(v.rest, min(wait, probeTime))
	}
	return v
}

// parts is how many events the next message of the lane may have; 0 for as many
// as any. What was refused is halved until the event that is to blame stands
// alone; whatever is taken meanwhile makes the next message larger again.
func (v sendVerdict) parts(b batch, sent int) int {
	switch {
	case v.attempt == 0: // nothing was sent
		return b.lane.parts
	case v.split:
		return max(sent/2, 1)
	case v.err != nil && v.again:
		return b.lane.parts
	case v.err == nil && b.full && b.lane.parts > 0 && 2*b.lane.parts < maxEvents:
		return 2 * b.lane.parts
	}
	return 0
}

// settle applies the verdict to one delivery of n.
func (v sendVerdict) settle(n *heartbeat.Notice, d *heartbeat.Delivery) {
	d.Attempts++
	switch {
	case v.err == nil:
		d.State, d.Error = heartbeat.DeliverySent, ""
	case !v.again, d.Attempts >= minAttempts && v.at.Sub(n.Created) >= giveUpAfter:
		d.State, d.Error = heartbeat.DeliveryFailed, v.err.Error()
	default:
		d.Next, d.Error = v.at.Add(v.retry), v.err.Error()
		return
	}
	d.Next, d.Done = time.Time{}, v.at
}

// record saves the outcome of a message with every notice in it. It tries until
// it has worked, and for a few seconds after ctx has ended: a message that was
// sent and not recorded is sent again.
func (o *outbox) record(ctx context.Context, b batch, v sendVerdict) {
	ctx, cancel := linger(ctx)
	defer cancel()
	open := make(map[heartbeat.NoticeID]bool, len(b.notices))
	for _, n := range b.notices {
		open[n.ID] = true
	}
	t := trouble{log: o.log, what: "recording of deliveries"}
	for {
		err := o.recordOnce(ctx, b.channel.ID, open, v)
		t.note(err)
		if len(open) == 0 {
			return
		}
		if ctx.Err() != nil {
			o.log.Error("deliveries could not be recorded: the next start may repeat a message",
				"channel", b.channel.ID, "notices", len(open), "err", err)
			return
		}
		if err != nil {
			sleep(ctx, t.delay(), nil)
		}
	}
}

// recordOnce reads the open notices as they are stored and saves the verdict
// with each. It takes those out of open that are done, here or elsewhere. A
// lost race (another channel's record) is no error.
func (o *outbox) recordOnce(ctx context.Context, channel heartbeat.ChannelID, open map[heartbeat.NoticeID]bool, v sendVerdict) error {
	stored, err := o.unfinished(ctx, v.at)
	if err != nil {
		return fmt.Errorf("read notices: %w", err)
	}
	var settled []heartbeat.Notice
	left := make(map[heartbeat.NoticeID]bool, len(open))
	for _, n := range stored {
		d := find(&n, channel)
		if !open[n.ID] || d == nil || d.State != heartbeat.DeliveryWaiting {
			continue
		}
		v.settle(&n, d)
		n.Next = nextOf(n)
		settled = append(settled, n)
		left[n.ID] = true
	}
	errs := o.saveAll(ctx, settled)
	for i, n := range settled {
		switch {
		case errs[i] == nil:
			delete(left, n.ID)
			o.gaveUp(n, *find(&n, channel))
		case errors.Is(errs[i], heartbeat.ErrNotFound):
			delete(left, n.ID)
		case !errors.Is(errs[i], heartbeat.ErrConflict):
			err = fmt.Errorf("save notice %s: %w", n.ID, errs[i])
		}
	}
	// What was not among the stored ones was finished or deleted meanwhile.
	maps.DeleteFunc(open, func(id heartbeat.NoticeID, _ bool) bool { return !left[id] })
	return err
}

// dropped says that a channel need not be told of the notice any more.
func (o *outbox) dropped(n heartbeat.Notice, d heartbeat.Delivery) {
	o.log.Info("message dropped", "channel", d.Channel, "notice", n.ID, "check", n.Check, "why", d.Error)
}

// gaveUp says that a channel will not be told of the notice. An alarm of the
// serverless home looks for the text of the error: what somebody has deleted is
// none.
func (o *outbox) gaveUp(n heartbeat.Notice, d heartbeat.Delivery) {
	if d.State != heartbeat.DeliveryFailed {
		return
	}
	if d.Error == errGone.Error() {
		o.dropped(n, d)
		return
	}
	o.log.Error("message given up: people were not told", "channel", d.Channel,
		"notice", n.ID, "check", n.Check, "attempts", d.Attempts, "err", d.Error)
}
