package monitor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"heartbeat"
)

const (
	// keepBlinds is how long a blind time is kept beyond the last moment at which
	// it can hold a deadline of which all time counts. Others wait for longer, such
	// as from Friday to Monday.
	keepBlinds = 7 * 24 * time.Hour
	// watchTries is how often a lost race for the watermark is run again at once.
	watchTries = 5
)

// watch is this monitor's hold on the stored [heartbeat.Watch]: the watermark
// and the blind times.
type watch struct {
	store heartbeat.Store
	// known and raw are what was last read or written; read says that they are
	// still believed to be what is stored.
	known heartbeat.Watch
	raw   []byte
	read  bool
	// mark is until when this monitor itself has watched, by its own clock; behind
	// says that the stored watermark does not tell of it yet.
	mark   time.Time
	behind bool
}

// resume stores the blind time until now, if there was any: if the time since
// somebody watched is longer than gap. The watermark stays where it is until a
// sweep was complete, so that whoever never gets so far is blind all the while.
func (w *watch) resume(ctx context.Context, now time.Time, gap time.Duration) error {
	return w.save(ctx, func() (heartbeat.Watch, bool) {
		next := advance(w.known, w.mark, now, gap)
		next.Mark = w.known.Mark
		return next, !slices.EqualFunc(next.Blinds, w.known.Blinds, func(a, b heartbeat.Blind) bool {
			return a.From.Equal(b.From) && a.To.Equal(b.To)
		})
	})
}

// write stores that somebody watched until now. Another monitor's mark counts as
// well as our own: the later one wins.
func (w *watch) write(ctx context.Context, now time.Time, gap time.Duration) error {
	err := w.save(ctx, func() (heartbeat.Watch, bool) { return advance(w.known, w.mark, now, gap), true })
	if err == nil {
		w.mark, w.behind = now, false
	}
	return err
}

// save replaces the stored watch by what change makes of the known one, unless
// that says that nothing changes.
func (w *watch) save(ctx context.Context, change func() (heartbeat.Watch, bool)) error {
	for range watchTries {
		if err := w.load(ctx); err != nil {
			return err
		}
		next, changed := change()
		if !changed {
			return nil
		}
		raw, err := json.Marshal(next)
		if err != nil {
			return fmt.Errorf("encode watermark: %w", err)
		}
		err = w.store.SetValue(ctx, heartbeat.KeyWatch, w.raw, raw)
		if err == nil {
			w.known, w.raw = next, raw
			return nil
		}
		w.read = false // after any error: it may have been written all the same
		if !errors.Is(err, heartbeat.ErrConflict) {
			return fmt.Errorf("write watermark: %w", err)
		}
	}
	return fmt.Errorf("write watermark: %w, %d times in a row", heartbeat.ErrConflict, watchTries)
}

// load reads the stored watch unless it is known.
func (w *watch) load(ctx context.Context) error {
	if w.read {
		return nil
	}
	known, raw, err := readWatch(ctx, w.store)
	if err != nil {
		return err
	}
	w.known, w.raw, w.read = known, raw, true
	return nil
}

// readWatch reads the stored watch; nil and none if there is none.
func readWatch(ctx context.Context, store heartbeat.Store) (watch heartbeat.Watch, raw []byte, err error) {
	raw, err = store.Value(ctx, heartbeat.KeyWatch)
	if errors.Is(err, heartbeat.ErrNotFound) {
		return watch, nil, nil
	}
	if err != nil {
		return watch, nil, fmt.Errorf("read watermark: %w", err)
	}
	if err := json.Unmarshal(raw, &watch); err != nil {
		return watch, nil, fmt.Errorf("read watermark: the stored value %q is damaged: %w", heartbeat.KeyWatch, err)
	}
	return watch, raw, nil
}

// storedBlinds reads the blind times afresh.
func storedBlinds(ctx context.Context, store heartbeat.Store) ([]heartbeat.Blind, error) {
	watch, _, err := readWatch(ctx, store)
	return watch.Blinds, err
}

// last is the blind time noticed last.
func (w *watch) last() (heartbeat.Blind, bool) {
	if len(w.known.Blinds) == 0 {
		return heartbeat.Blind{}, false
	}
	return w.known.Blinds[len(w.known.Blinds)-1], true
}

// advance moves the watermark to now. own is the mark that this monitor wrote
// last, zero if none.
func advance(w heartbeat.Watch, own, now time.Time, gap time.Duration) heartbeat.Watch {
	next := heartbeat.Watch{Mark: now, Blinds: slices.Clone(w.Blinds)}
	since := later(w.Mark, own)
	switch {
	case since.IsZero(): // the first start of all
	case since.Sub(now) > gap:
		next.Blinds = clip(next.Blinds, now)
	case now.Before(since):
		next.Mark = since
	case now.Sub(since) > gap:
		next.Blinds = add(next.Blinds, heartbeat.Blind{From: since, To: now})
	}
	next.Blinds = prune(next.Blinds, now)
	return next
}

// add appends b. Blind times that touch are one: a program that crashes at
// every start has been blind once.
func add(blinds []heartbeat.Blind, b heartbeat.Blind) []heartbeat.Blind {
	if n := len(blinds); n > 0 && !b.From.After(blinds[n-1].To) {
		blinds[n-1].To = later(blinds[n-1].To, b.To)
		return blinds
	}
	return append(blinds, b)
}

// clip takes back blind time that lies ahead, after the clock was set back: a
// deadline in the true future must not be held for it.
func clip(blinds []heartbeat.Blind, now time.Time) []heartbeat.Blind {
	blinds = slices.DeleteFunc(blinds, func(b heartbeat.Blind) bool { return !b.From.Before(now) })
	for i := range blinds {
		if blinds[i].To.After(now) {
			blinds[i].To = now
		}
	}
	return blinds
}

// prune drops blind times whose deadlines have all passed. A deadline that one
// moves can fall into each later one, and would jump back if the first were
// forgotten before the last has had its effect.
func prune(blinds []heartbeat.Blind, now time.Time) []heartbeat.Blind {
	var moved time.Duration
	for i := len(blinds) - 1; i >= 0; i-- {
		moved += blinds[i].Length()
		if now.Sub(blinds[i].To) > moved+keepBlinds {
			return blinds[i+1:]
		}
	}
	return blinds
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
