package memory

import (
	"bytes"
	"slices"
	"time"

	"heartbeat"
)

// plain drops a time's zone and its monotonic reading.
func plain(t time.Time) time.Time { return t.Round(0).UTC() }

func plainCheck(c heartbeat.Check) heartbeat.Check {
	c.Created, c.Since = plain(c.Created), plain(c.Since)
	c.LastPing, c.LastStart = plain(c.LastPing), plain(c.LastStart)
	return c
}

func plainFlip(f heartbeat.Flip) heartbeat.Flip {
	f.At, f.Since, f.LastPing = plain(f.At), plain(f.Since), plain(f.LastPing)
	return f
}

func copyPing(p heartbeat.Ping) heartbeat.Ping {
	p.At = plain(p.At)
	p.Body = bytes.Clone(p.Body)
	if p.Exit != nil {
		p.Exit = new(*p.Exit)
	}
	return p
}

func copyNotice(n heartbeat.Notice) heartbeat.Notice {
	n.Flip = plainFlip(n.Flip)
	n.Created, n.Next = plain(n.Created), plain(n.Next)
	if n.Blind != nil {
		blind := *n.Blind
		blind.From, blind.To = plain(blind.From), plain(blind.To)
		n.Blind = &blind
	}
	n.Deliveries = slices.Clone(n.Deliveries)
	for i := range n.Deliveries {
		d := &n.Deliveries[i]
		d.Next, d.Done = plain(d.Next), plain(d.Done)
	}
	return n
}

// copyNotices copies each notice in place and returns the slice.
func copyNotices(notices []heartbeat.Notice) []heartbeat.Notice {
	for i := range notices {
		notices[i] = copyNotice(notices[i])
	}
	return notices
}
