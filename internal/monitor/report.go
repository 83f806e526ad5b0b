package monitor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"heartbeat"
)

// Report is a sweep and how things stand after it, for the original's monitor
// address.
type Report struct {
	Swept
	// Checks counts all checks, Paused those that nobody watches.
	Checks, Paused int
	// Down are the checks that are down, the longest first.
	Down []Down
}

// Down is a check that is down.
type Down struct {
	heartbeat.Check
	// Flip says how it went down; zero if the store no longer knows.
	Flip heartbeat.Flip
}

// Inspect sweeps at now and reports every check that is down after it.
func (m *Monitor) Inspect(ctx context.Context, now time.Time) (Report, error) {
	swept, err := m.Sweep(ctx, now)
	r := Report{Swept: swept}
	if err != nil {
		return r, err
	}
	checks, err := m.store.Checks(ctx)
	if err != nil {
		return r, fmt.Errorf("monitor: read all checks: %w", err)
	}
	r.Checks = len(checks)
	for _, c := range checks {
		switch c.Status {
		case heartbeat.StatusPaused:
			r.Paused++
		case heartbeat.StatusDown:
			flips, err := m.store.Flips(ctx, c.ID, 1)
			if err != nil {
				return r, fmt.Errorf("monitor: read flips of check %s: %w", c.ID, err)
			}
			d := Down{Check: c}
			if len(flips) > 0 {
				d.Flip = flips[0]
			}
			r.Down = append(r.Down, d)
		}
	}
	slices.SortFunc(r.Down, func(a, b Down) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Names.String(), b.Names.String()))
	})
	return r, nil
}

// String is the report as text, a line a check that is down.
func (r Report) String() string {
	var b strings.Builder
	switch {
	case r.Checks == 0:
		b.WriteString("There are no checks yet.\n")
	case len(r.Down) == 0:
		fmt.Fprintf(&b, "None of %s is down%s.\n", count(r.Checks, "check", "checks"), r.paused())
	default:
		verb := "are"
		if len(r.Down) == 1 {
			verb = "is"
		}
		fmt.Fprintf(&b, "%d of %s %s down%s:\n", len(r.Down), count(r.Checks, "check", "checks"), verb, r.paused())
	}
	for _, d := range r.Down {
		fmt.Fprintf(&b, "%s: %s since %s", d.Names, cmp.Or(d.Flip.Reason, "down"), stamp(d.Since))
		if d.Flip.Detail != "" {
			fmt.Fprintf(&b, " (%s)", d.Flip.Detail)
		}
		if !d.LastPing.IsZero() {
			fmt.Fprintf(&b, ", last ping %s", stamp(d.LastPing))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "Swept at %s: %s looked at, %d went down.\n",
		stamp(r.At), count(r.Judged, "check", "checks"), len(r.Flips))
	return b.String()
}

func (r Report) paused() string {
	if r.Paused == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d paused)", r.Paused)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
