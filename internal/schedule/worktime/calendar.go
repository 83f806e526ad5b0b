package worktime

import (
	"sort"
	"time"
)

// Config says what a calendar counts.
type Config struct {
	Week Week
	Zone *Zone
	// Holidays are the dates that do not count, in order and without repeats. The
	// slice is not kept.
	Holidays []Day
}

// Calendar counts working time. It is immutable and may be shared.
type Calendar struct {
	line timeline
	zone *Zone
	// sums are the working time from the start of the table to each of the zone's
	// cuts, and to the table's end. Nil if all time counts.
	sums []int64
}

// New prepares a calendar.
func New(cfg Config) *Calendar {
	c := &Calendar{zone: cfg.Zone, line: newTimeline(cfg.Week, cfg.Holidays)}
	if cfg.Week.Always() && len(c.line.holidays) == 0 {
		return c
	}
	c.sums = make([]int64, 1, len(cfg.Zone.cuts)+1)
	for i, cut := range cfg.Zone.cuts {
		counted := c.line.count(c.local(i, cfg.Zone.end(i))) - c.line.count(c.local(i, cut))
		c.sums = append(c.sums, c.sums[i]+counted)
	}
	return c
}

// local converts an instant in piece i to a position in the timeline.
func (c *Calendar) local(i int, at int64) int64 {
	return at + c.zone.offsets[i] + monday*day
}

// Elapsed returns the working time between two instants; 0 if to is not after
// from.
func (c *Calendar) Elapsed(from, to time.Time) time.Duration {
	if !to.After(from) {
		return 0
	}
	if c.sums == nil {
		return to.Sub(from)
	}
	return time.Duration(c.sum(nanos(to)) - c.sum(nanos(from)))
}

// Deadline returns the first working instant at which d of working time has
// passed since from, in the location of from. If the time is used up exactly at
// the end of a working stretch, that is the start of the next one: no deadline
// falls into time that does not count. Zero: never within the table.
func (c *Calendar) Deadline(from time.Time, d time.Duration) time.Time {
	if c.sums == nil {
		return from.Add(d)
	}
	n := c.sum(nanos(from))
	if int64(d) > tableEnd-n {
		return time.Time{}
	}
	n += int64(max(d, 0))
	i := sort.Search(len(c.sums), func(i int) bool { return c.sums[i] > n }) - 1
	if i+1 == len(c.sums) {
		return time.Time{}
	}
	start := c.line.count(c.local(i, c.zone.cuts[i]))
	local := c.line.at(start + n - c.sums[i])
	return time.Unix(0, local-c.local(i, 0)).In(from.Location())
}

// sum is the working time from the start of the table to an instant.
func (c *Calendar) sum(at int64) int64 {
	i := c.zone.piece(at)
	start := c.line.count(c.local(i, c.zone.cuts[i]))
	return c.sums[i] + c.line.count(c.local(i, at)) - start
}

// Working tells whether t is working time.
func (c *Calendar) Working(t time.Time) bool {
	if c.sums == nil {
		return true
	}
	at := nanos(t)
	if at == tableEnd || t.Unix() < 0 {
		return false
	}
	local := c.local(c.zone.piece(at), at)
	d, clock := local/day, local%day
	_, isHoliday := c.line.holidaysBefore(d)
	w := c.line.week
	return w.Days.has(d%7) && !isHoliday && clock >= int64(w.From) && clock < int64(w.To)
}
