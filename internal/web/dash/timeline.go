package dash

import (
	"slices"
	"time"

	"heartbeat"
	"heartbeat/internal/service"
)

// timeline draws the last pings and the stretches of status below them. All
// lengths are in a box that is timelineWidth wide.
type timeline struct {
	Stretches []stretch
	Ticks     []tick
	From      stamp
	Label     string
}

// stretch is a time in one status.
type stretch struct {
	X, Width string
	Status   string
	Title    string
}

// tick is one ping; longer runs stand taller.
type tick struct {
	X, Y, Height string
	Kind         string
	Title        string
}

const (
	timelineWidth  = 1000
	timelineHeight = 56 // of the part for ticks
	tickWidth      = 6
	tickLeast      = 14
	ticksShown     = 60
	timelineLeast  = time.Hour
)

func timelineOf(r *service.Row, pings []heartbeat.Ping, flips []heartbeat.Flip, c clock) timeline {
	if len(pings) > ticksShown {
		pings = pings[:ticksShown]
	}
	from := c.now.Add(-timelineLeast)
	if len(pings) > 0 && pings[len(pings)-1].At.Before(from) {
		from = pings[len(pings)-1].At
	} else if len(pings) == 0 && r.Created.Before(from) {
		from = r.Created
	}
	scale := func(t time.Time) float64 {
		part := float64(t.Sub(from)) / float64(c.now.Sub(from))
		return timelineWidth * min(max(part, 0), 1)
	}
	return timeline{
		Stretches: stretches(r, flips, from, c, scale),
		Ticks:     ticks(pings, c, scale),
		From:      c.stamp(from),
		Label:     plural(len(pings), "pulse", "pulses") + " since " + c.short(from),
	}
}

// stretches cuts the time since from by status, oldest first.
func stretches(r *service.Row, flips []heartbeat.Flip, from time.Time, c clock, scale func(time.Time) float64) []stretch {
	var all []stretch
	status, end := r.Status, c.now
	add := func(begin time.Time) {
		if x, width := scale(begin), scale(end)-scale(begin); width > 0 {
			all = append(all, stretch{
				X: tenths(x), Width: tenths(width), Status: string(status),
				Title: title(string(status)) + " for " + span(end.Sub(begin)),
			})
		}
	}
	for _, f := range flips {
		if !f.At.After(from) {
			break
		}
		add(f.At)
		status, end = f.From, f.At
	}
	begin := from
	if r.Created.After(from) {
		begin = r.Created
	}
	add(begin)
	slices.Reverse(all)
	return all
}

// ticks are the pings, oldest first.
func ticks(pings []heartbeat.Ping, c clock, scale func(time.Time) float64) []tick {
	var longest time.Duration
	for _, p := range pings {
		longest = max(longest, p.Duration)
	}
	all := make([]tick, 0, len(pings))
	for _, p := range slices.Backward(pings) {
		height := float64(timelineHeight) / 2
		text := string(p.Kind) + ", " + c.short(p.At)
		if longest > 0 {
			height = tickLeast + (timelineHeight-tickLeast)*float64(p.Duration)/float64(longest)
		}
		if p.Duration > 0 {
			text += ", took " + span(p.Duration)
		}
		all = append(all, tick{
			X: tenths(min(max(scale(p.At)-tickWidth/2, 0), timelineWidth-tickWidth)),
			Y: tenths(timelineHeight - height), Height: tenths(height),
			Kind: string(p.Kind), Title: text,
		})
	}
	return all
}
