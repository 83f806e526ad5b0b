package service

import (
	"cmp"
	"slices"
	"strings"

	"heartbeat"
)

// sortRows orders rows by key. Rows that are equal in it stand in the order of
// their names, which way ever the key runs.
func sortRows(rows []*Row, key SortKey, desc bool) {
	compare, known := orders()[key]
	if !known {
		compare, desc = byDelta, true
	}
	slices.SortFunc(rows, func(a, b *Row) int {
		c := compare(a, b)
		if desc {
			c = -c
		}
		if c == 0 {
			c = byNames(a, b)
		}
		return c
	})
}

func orders() map[SortKey]func(a, b *Row) int {
	return map[SortKey]func(a, b *Row) int{
		SortDelta:    byDelta,
		SortHost:     func(a, b *Row) int { return compareNames(a.Host, b.Host) },
		SortCategory: func(a, b *Row) int { return compareNames(a.Category, b.Category) },
		SortType:     func(a, b *Row) int { return compareNames(a.Type, b.Type) },
		SortName:     func(a, b *Row) int { return compareNames(a.Name, b.Name) },
		SortLast:     func(a, b *Row) int { return a.LastPing.Compare(b.LastPing) },
		SortCounted:  func(a, b *Row) int { return cmp.Compare(a.Counted, b.Counted) },
		SortStatus:   func(a, b *Row) int { return cmp.Compare(urgency(a.Shown), urgency(b.Shown)) },
	}
}

// byDelta puts checks that are down above all others, whatever their delta: a
// job that failed early needs somebody as much as one that is late, and so does
// a check that cannot be judged. Checks that nobody waits for (new, paused) stand
// below those that are watched.
func byDelta(a, b *Row) int {
	return cmp.Or(cmp.Compare(concern(a), concern(b)), cmp.Compare(a.Delta, b.Delta))
}

func concern(r *Row) int {
	if r.Problem != "" {
		return 4
	}
	switch r.Shown {
	case heartbeat.StatusDown:
		return 3
	case heartbeat.StatusUp, heartbeat.StatusGrace:
		return 2
	case heartbeat.StatusNew:
		return 1
	default:
		return 0
	}
}

func urgency(s heartbeat.Status) int {
	switch s {
	case heartbeat.StatusDown:
		return 4
	case heartbeat.StatusGrace:
		return 3
	case heartbeat.StatusUp:
		return 2
	case heartbeat.StatusNew:
		return 1
	default:
		return 0
	}
}

// byNames orders any two checks, so that no order depends on the store's.
func byNames(a, b *Row) int {
	if c := compareNames(a.Host, b.Host); c != 0 {
		return c
	}
	if c := compareNames(a.Category, b.Category); c != 0 {
		return c
	}
	if c := compareNames(a.Type, b.Type); c != 0 {
		return c
	}
	if c := compareNames(a.Name, b.Name); c != 0 {
		return c
	}
	return slices.Compare(a.ID[:], b.ID[:])
}

// compareNames orders as people look things up: "alpha" beside "Alpha". Most
// names differ in an early ASCII letter; only the others are lowered.
func compareNames(a, b string) int {
	for i := range min(len(a), len(b)) {
		x, y := lowerASCII(a[i]), lowerASCII(b[i])
		if x >= 0x80 || y >= 0x80 {
			return strings.Compare(strings.ToLower(a), strings.ToLower(b))
		}
		if x != y {
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(len(a), len(b))
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
