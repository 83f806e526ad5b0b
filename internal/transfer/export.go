package transfer

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"heartbeat"
)

const (
	// keepHistory is how many pings, and flips, of a check are moved: the newest.
	keepHistory = 1000
	// keepNotices is how many finished notices are moved: those that every store
	// keeps.
	keepNotices = 1000
	// readers is how many histories are read at once.
	readers = 16
)

// Export reads all of store: the values under keys, every check with its newest
// 1,000 pings and flips, the unfinished notices and 1,000 finished ones. What is
// written meanwhile may or may not be in it.
func Export(ctx context.Context, store heartbeat.Store, keys []string, now time.Time) (Source, error) {
	watch, err := readWatch(ctx, store)
	if err != nil {
		return Source{}, err
	}
	return Source{Time: plain(now), Watch: watch, Items: func(yield func(Item, error) bool) {
		for _, part := range []iter.Seq2[Item, error]{
			exportValues(ctx, store, keys), exportChecks(ctx, store), exportNotices(ctx, store),
		} {
			for item, err := range part {
				if !yield(item, err) || err != nil {
					return
				}
			}
		}
	}}, nil
}

// readWatch returns the stored watch, nil if there is none.
func readWatch(ctx context.Context, store heartbeat.Store) (*heartbeat.Watch, error) {
	raw, err := store.Value(ctx, heartbeat.KeyWatch)
	if errors.Is(err, heartbeat.ErrNotFound) {
		return nil, nil //nolint:nilnil // a store that nobody has watched yet
	}
	if err != nil {
		return nil, fmt.Errorf("read watermark: %w", err)
	}
	watch := new(heartbeat.Watch)
	if err := json.Unmarshal(raw, watch); err != nil {
		return nil, fmt.Errorf("read watermark: the stored value %q is damaged: %w", heartbeat.KeyWatch, err)
	}
	return watch, nil
}

func exportValues(ctx context.Context, store heartbeat.Store, keys []string) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for _, key := range keys {
			value, err := store.Value(ctx, key)
			if errors.Is(err, heartbeat.ErrNotFound) {
				continue
			}
			if !yield(Item{Value: &Value{Key: key, Value: value}}, err) {
				return
			}
		}
	}
}

func exportChecks(ctx context.Context, store heartbeat.Store) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		checks, err := store.Checks(ctx)
		if err != nil {
			yield(Item{}, err)
			return
		}
		slices.SortFunc(checks, func(a, b heartbeat.Check) int { return bytes.Compare(a.ID[:], b.ID[:]) })
		for some := range slices.Chunk(checks, readers) {
			full, err := readHistories(ctx, store, some)
			if err != nil {
				yield(Item{}, err)
				return
			}
			for _, c := range full {
				if c != nil && !yield(Item{Check: c}, nil) {
					return
				}
			}
		}
	}
}

// readHistories completes checks; a nil stands for one that is gone.
func readHistories(ctx context.Context, store heartbeat.Store, checks []heartbeat.Check) ([]*Check, error) {
	full := make([]*Check, len(checks))
	group, ctx := errgroup.WithContext(ctx)
	for i, c := range checks {
		group.Go(func() error {
			read, err := readHistory(ctx, store, c.ID)
			if errors.Is(err, heartbeat.ErrNotFound) {
				return nil // deleted meanwhile
			}
			full[i] = read
			return err
		})
	}
	return full, group.Wait()
}

// readHistory reads the check after its history: a ping that comes in between is
// counted but not in the log, rather than in the log twice later on.
func readHistory(ctx context.Context, store heartbeat.Store, id heartbeat.CheckID) (*Check, error) {
	var c Check
	var err error
	if c.Pings, err = store.Pings(ctx, id, keepHistory); err != nil {
		return nil, err
	}
	if c.Flips, err = store.Flips(ctx, id, keepHistory); err != nil {
		return nil, err
	}
	c.Check, err = store.Check(ctx, id)
	return &c, err
}

// exportNotices returns notices in the order in which they were made.
func exportNotices(ctx context.Context, store heartbeat.Store) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		all, err := notices(ctx, store, keepNotices)
		if err != nil {
			yield(Item{}, err)
			return
		}
		for i := range all {
			if !yield(Item{Notice: &all[i]}, nil) {
				return
			}
		}
	}
}

// notices returns all unfinished notices and the newest of the others, at most
// limit, the oldest first.
func notices(ctx context.Context, store heartbeat.Store, limit int) ([]heartbeat.Notice, error) {
	all, err := store.Notices(ctx, horizon, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	log, err := store.NoticeLog(ctx, limit+len(all))
	if err != nil {
		return nil, err
	}
	seen := make(map[heartbeat.NoticeID]bool, len(all))
	for _, n := range all {
		seen[n.ID] = true
	}
	for _, n := range log {
		if !seen[n.ID] && n.Next.IsZero() {
			all = append(all, n)
		}
	}
	slices.SortFunc(all, func(a, b heartbeat.Notice) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}
