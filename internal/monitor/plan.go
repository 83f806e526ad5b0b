package monitor

import (
	"slices"
	"time"

	"heartbeat"
	"heartbeat/internal/notify"
)

// plan is what a pass of the outbox is to do.
type plan struct {
	// batches are what each ready channel is sent.
	batches []batch
	// claims are the notices to save before anything is sent.
	claims []heartbeat.Notice
	// next is when something more may be due.
	next time.Time
}

// batch is what one channel is sent in one message.
type batch struct {
	lane    *lane
	channel notify.Channel // as it is set up when the message is made
	// projects are all there are, to name that of a check.
	projects heartbeat.Projects
	notices  []heartbeat.Notice // in the order in which they happened
	full     bool               // more is due than fits
	lease    time.Time
}

// only returns the batch with the notices that were claimed. If one of a check
// was not, its later ones stay out too: people must hear of a recovery after
// what it ended.
func (b batch) only(claimed map[heartbeat.NoticeID]bool) batch {
	missing := make(map[heartbeat.CheckID]bool)
	b.notices = slices.DeleteFunc(b.notices, func(n heartbeat.Notice) bool {
		if !claimed[n.ID] {
			missing[n.Check] = true
		}
		return missing[n.Check]
	})
	return b
}

// part divides the batch into the notices of which there is something to tell,
// and those whose check is gone.
func (b batch) part(checks map[heartbeat.CheckID]heartbeat.Check) (known, gone batch) {
	known, gone = b, b
	known.notices, gone.notices = nil, nil
	for _, n := range b.notices {
		if _, ok := checks[n.Check]; ok || n.Blind != nil {
			known.notices = append(known.notices, n)
		} else {
			gone.notices = append(gone.notices, n)
		}
	}
	return known, gone
}

// plan decides what to send at now, from all unfinished notices in order.
func (o *outbox) plan(notices []heartbeat.Notice, book addresses, now time.Time, eager bool) plan {
	p := plan{next: now.Add(horizon)}
	lease := now.Add(leaseTime)
	o.mu.Lock()
	defer o.mu.Unlock()
	dirty := o.address(notices, book, now, &p)
	o.open(book.Channels)
	for _, l := range o.lanes {
		b := l.due(notices, &p, now)
		if len(b) == 0 {
			continue
		}
		full := len(b) > l.most()
		if at := l.ready(now, full || eager); at.After(now) {
			p.next = earlier(p.next, at)
			continue
		}
		l.busy, l.gather = true, time.Time{}
		chosen := batch{lane: l, channel: l.channel, projects: book.Projects, full: full, lease: lease}
		for _, i := range b[:min(len(b), l.most())] {
			find(&notices[i], l.channel.ID).Next = lease
			dirty[notices[i].ID] = true
			chosen.notices = append(chosen.notices, notices[i])
		}
		p.batches = append(p.batches, chosen)
	}
	for _, n := range notices {
		if dirty[n.ID] {
			n.Next = nextOf(n)
			p.claims = append(p.claims, n)
		}
	}
	return p
}

// due returns the places of the notices that the channel can be sent now. A
// check's later notice waits for its earlier one. Once the channel takes
// messages again, nothing waits out its back-off.
func (l *lane) due(notices []heartbeat.Notice, p *plan, now time.Time) []int {
	if l.busy {
		return nil // the end of the send rings the bell
	}
	blocked := make(map[heartbeat.CheckID]bool)
	var due []int
	for i := range notices {
		n := &notices[i]
		d := find(n, l.channel.ID)
		if d == nil || d.State != heartbeat.DeliveryWaiting || blocked[n.Check] {
			continue
		}
		if d.Next.After(now) && !(l.well && d.Next.Sub(now) > outlastsLease) {
			blocked[n.Check] = true
			p.next = earlier(p.next, d.Next)
			continue
		}
		due = append(due, i)
	}
	return due
}

// most is how many events the next message may have.
func (l *lane) most() int {
	if l.parts > 0 {
		return l.parts
	}
	return maxEvents
}

// ready is when the channel can send what is due at now. The first call starts
// the time of gathering, which is left out if nothing is to be gathered.
func (l *lane) ready(now time.Time, gathered bool) time.Time {
	if l.gather.IsZero() || l.gather.Sub(now) > gatherTime {
		l.gather = now.Add(gatherTime)
	}
	hold := l.hold
	if hold.Sub(now) > l.held { // the clock was set back
		hold = now
	}
	if gathered {
		return hold
	}
	return later(hold, l.gather)
}

// find returns the notice's delivery through the channel, nil if it has none.
func find(n *heartbeat.Notice, channel heartbeat.ChannelID) *heartbeat.Delivery {
	for i := range n.Deliveries {
		if n.Deliveries[i].Channel == channel {
			return &n.Deliveries[i]
		}
	}
	return nil
}

// nextOf is when the outbox must look at the notice again; zero if nothing
// remains to be done.
func nextOf(n heartbeat.Notice) time.Time {
	var next time.Time
	for _, d := range n.Deliveries {
		if d.State != heartbeat.DeliveryWaiting {
			continue
		}
		if next.IsZero() || d.Next.Before(next) {
			next = d.Next
		}
	}
	return next
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
