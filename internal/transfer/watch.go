package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"heartbeat"
)

// watchTries is how often a lost race for the watermark is run again.
const watchTries = 10

// mergeWatch makes the store remember what the source knew of blind times,
// before the first check comes in: nobody watched it since the source was last
// watched, and pings that were sent meanwhile may be lost.
//
// A store that nobody has watched takes over the source's watermark, so that
// whoever first watches finds the gap. Where somebody watches already, the time
// from the source's watermark to now becomes a blind time.
func mergeWatch(ctx context.Context, store heartbeat.Store, from heartbeat.Watch, now time.Time) error {
	for range watchTries {
		old, err := store.Value(ctx, heartbeat.KeyWatch)
		if err != nil && !errors.Is(err, heartbeat.ErrNotFound) {
			return fmt.Errorf("read watermark: %w", err)
		}
		watch := from
		if err == nil {
			watch = heartbeat.Watch{}
			if err := json.Unmarshal(old, &watch); err != nil {
				return fmt.Errorf("read watermark: the stored value %q is damaged: %w", heartbeat.KeyWatch, err)
			}
			watch.Blinds = joinBlinds(watch.Blinds, from.Blinds, gap(from.Mark, now))
		}
		raw, err := json.Marshal(watch)
		if err != nil {
			return err
		}
		if err = store.SetValue(ctx, heartbeat.KeyWatch, old, raw); !errors.Is(err, heartbeat.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("write watermark: %w, %d times in a row", heartbeat.ErrConflict, watchTries)
}

// gap is the time since mark, if it is any.
func gap(mark, now time.Time) []heartbeat.Blind {
	if mark.IsZero() || !now.After(mark) {
		return nil
	}
	return []heartbeat.Blind{{From: mark, To: now}}
}

// joinBlinds returns all blind times in order; those that touch become one.
func joinBlinds(lists ...[]heartbeat.Blind) []heartbeat.Blind {
	all := slices.Concat(lists...)
	slices.SortFunc(all, func(a, b heartbeat.Blind) int { return a.From.Compare(b.From) })
	var joined []heartbeat.Blind
	for _, b := range all {
		last := len(joined) - 1
		if last < 0 || b.From.After(joined[last].To) {
			joined = append(joined, b)
		} else if b.To.After(joined[last].To) {
			joined[last].To = b.To
		}
	}
	return joined
}
