package oncalendar

import (
	"sort"
	"time"
)

// clock is the wall clock of a zone. Instants are seconds since 1970; readings
// of the clock are seconds, too, counted as if the clock had never been changed.
//
// It holds the clock to change at most once within two days, which is so in all
// zones of the tz database from 1970 on, and asks for offsets alone: on the last
// day of a leap year, Go 1.26 is wrong about when they end.
type clock struct {
	zone *time.Location
}

func (c clock) offset(at int64) int64 {
	_, seconds := time.Unix(at, 0).In(c.zone).Zone()
	return int64(seconds)
}

// showing returns when the clock first reads wall, and false if it never does,
// because it is put forward past it.
func (c clock) showing(wall int64) (at int64, shown bool) {
	// Offsets are less than a day, so these are before and after it reads wall.
	for _, probe := range [2]int64{wall - daySeconds, wall + daySeconds} {
		offset := c.offset(probe)
		if at := wall - offset; c.offset(at) == offset {
			return at, true
		}
	}
	return 0, false
}

// unseen returns the first reading that the clock shows only after the instant.
func (c clock) unseen(after int64) int64 {
	wall := after + c.offset(after)
	if first, shown := c.showing(wall); shown && first < after {
		return c.ahead(first, after)
	}
	return wall + 1
}

// ahead returns the later reading of the two that the clock has at its change
// between the instants: whatever it showed before the change is less.
func (c clock) ahead(from, to int64) int64 {
	before, after := c.offset(from), c.offset(to)
	change := from + int64(sort.Search(int(to-from), func(i int) bool {
		return c.offset(from+int64(i)) == after
	}))
	return change + max(before, after)
}
