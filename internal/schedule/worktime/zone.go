package worktime

import (
	"sort"
	"time"
)

// Limits of the tables, in nanoseconds since 1970.
const (
	tableStart = int64(0)
	tableEnd   = int64(7_258_118_400) * int64(time.Second) // 2200-01-01 UTC
)

// Zone is a time zone cut at the changes of its offset. It is immutable and
// shared by the calendars of that zone.
type Zone struct {
	loc *time.Location
	// cuts are where the pieces of constant offset begin; the first is tableStart.
	cuts []int64
	// offsets are what to add to an instant to get local time, one for each cut.
	offsets []int64
}

// NewZone reads the offset changes of loc.
func NewZone(loc *time.Location) *Zone {
	z := &Zone{loc: loc}
	limit := time.Unix(0, tableEnd)
	for at := time.Unix(0, tableStart).In(loc); at.Before(limit); at = nextChange(at) {
		offset := int64(offsetOf(at)) * int64(time.Second)
		if n := len(z.offsets); n == 0 || z.offsets[n-1] != offset {
			z.cuts = append(z.cuts, at.UnixNano())
			z.offsets = append(z.offsets, offset)
		}
	}
	return z
}

func offsetOf(t time.Time) int {
	_, seconds := t.Zone()
	return seconds
}

// nextChange returns a later instant up to which t's offset holds.
func nextChange(t time.Time) time.Time {
	_, end := t.ZoneBounds()
	if end.IsZero() {
		return time.Unix(0, tableEnd)
	}
	if end.After(t) {
		return end
	}
	// On the last day of a leap year, zones that follow a rule give the day's
	// start for the end (seen in Go 1.26). Go on by a day, or less if the offset
	// changes in it.
	seconds := sort.Search(24*60*60, func(s int) bool {
		return offsetOf(t.Add(time.Duration(s)*time.Second)) != offsetOf(t)
	})
	return t.Add(time.Duration(seconds) * time.Second)
}

// Location returns the zone as package time knows it.
func (z *Zone) Location() *time.Location { return z.loc }

// piece finds the piece of constant offset that the instant lies in.
func (z *Zone) piece(at int64) int {
	return sort.Search(len(z.cuts), func(i int) bool { return z.cuts[i] > at }) - 1
}

// end is where piece i ends.
func (z *Zone) end(i int) int64 {
	if i+1 < len(z.cuts) {
		return z.cuts[i+1]
	}
	return tableEnd
}

// StartOf returns the first instant whose local date is d or later. It is
// midnight on most days; another time if the clocks skip midnight; and the same
// for two dates if the first does not exist in this zone.
func (z *Zone) StartOf(d Day) time.Time {
	local := int64(d) * day
	i := z.piece(clamp(local - 48*int64(time.Hour)))
	for i+1 < len(z.cuts) && z.end(i)+z.offsets[i] <= local {
		i++
	}
	return time.Unix(0, max(z.cuts[i], local-z.offsets[i])).In(z.loc)
}

// nanos places an instant in the tables.
func nanos(t time.Time) int64 {
	switch s := t.Unix(); {
	case s < tableStart:
		return tableStart
	case s >= tableEnd/int64(time.Second):
		return tableEnd
	}
	return t.UnixNano()
}

func clamp(at int64) int64 { return min(max(at, tableStart), tableEnd) }
