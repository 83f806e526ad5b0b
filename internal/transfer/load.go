package transfer

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"heartbeat"
)

const (
	// writers is how many checks are restored at once.
	writers = 16
	// busyTries is how often a store that is busy is asked again, and busyPause
	// how long the first time.
	busyTries = 6
	busyPause = 500 * time.Millisecond
)

// Options say how to load. All but Now may be left out.
type Options struct {
	// Now tells the time.
	Now func() time.Time
	// Keys are the values that may be stored; others are listed as wrong.
	Keys []string
	// DryRun stores nothing, and counts what would be stored.
	DryRun bool
	// Changed is called with every check that was stored, Owed after unfinished
	// notices were added.
	Changed func(heartbeat.CheckID)
	Owed    func()
}

// Load stores what src has and store has not. The report is of what was done
// also if there is an error; then the same call goes on where it was broken off.
func Load(ctx context.Context, store heartbeat.Store, src Source, o Options) (Report, error) {
	l := &loader{store: store, src: src, Options: o, stored: make(map[heartbeat.ProjectID]int)}
	l.watch = sync.OnceValue(func() error {
		if src.Watch == nil {
			return nil
		}
		return mergeWatch(ctx, store, *src.Watch, plain(o.Now()))
	})
	err := errors.Join(l.load(ctx), l.countHomeless(ctx))
	slices.SortFunc(l.report.Kept, func(a, b Kept) int { return strings.Compare(a.What, b.What) })
	slices.SortFunc(l.report.Wrong, func(a, b Wrong) int { return strings.Compare(a.What, b.What) })
	return l.report, err
}

type loader struct {
	Options
	store heartbeat.Store
	src   Source
	// watch merges the watermark, once, before the first check is stored.
	watch func() error
	// told are the notices that are there; nil before the first is looked for.
	// Finished ones from before since may have been there and forgotten.
	told  map[identity]bool
	since time.Time

	// projects is the value of that name which is stored, or would be; nil if the
	// store's own stays.
	projects []byte

	mu     sync.Mutex
	report Report
	stored map[heartbeat.ProjectID]int // the checks that were stored
}

func (l *loader) load(ctx context.Context) error {
	group, working := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for item, err := range l.src.Items {
		if err != nil {
			return errors.Join(group.Wait(), err)
		}
		if item.Check != nil {
			group.Go(func() error { return l.check(working, item.Check) })
			if working.Err() != nil {
				break
			}
			continue
		}
		// A message of a check that is not there would be thrown away.
		if err := group.Wait(); err != nil {
			return err
		}
		if err := l.single(ctx, item); err != nil {
			return err
		}
		group, working = errgroup.WithContext(ctx)
		group.SetLimit(writers)
	}
	return group.Wait()
}

func (l *loader) single(ctx context.Context, item Item) error {
	if item.Value != nil {
		return l.value(ctx, *item.Value)
	}
	return l.notice(ctx, *item.Notice)
}

// note changes the report.
func (l *loader) note(f func(*Report)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(&l.report)
}

func (l *loader) check(ctx context.Context, c *Check) error {
	if err := c.valid(l.Now()); err != nil {
		l.note(func(r *Report) { r.Wrong = append(r.Wrong, Wrong{c.ID.String(), c.Names.String(), err.Error()}) })
		return nil
	}
	here, err := l.store.Check(ctx, c.ID)
	if errors.Is(err, heartbeat.ErrNotFound) {
		if err = l.restore(ctx, c); err == nil {
			return nil
		}
		if errors.Is(err, heartbeat.ErrExists) { // it came in between
			here, err = l.store.Check(ctx, c.ID)
		}
	}
	if err != nil {
		return fmt.Errorf("check %s (%s): %w", c.ID, c.Names, err)
	}
	why := difference(here, c.Check)
	l.note(func(r *Report) {
		if why == "" {
			r.Same++
		} else {
			r.Kept = append(r.Kept, Kept{c.Names.String(), why})
		}
	})
	return nil
}

func (l *loader) restore(ctx context.Context, c *Check) error {
	if !l.DryRun {
		if err := l.watch(); err != nil {
			return err
		}
		err := patiently(ctx, func() error { return l.store.Restore(ctx, c.Check, c.Pings, c.Flips) })
		if err != nil {
			return err
		}
		if l.Changed != nil {
			l.Changed(c.ID)
		}
	}
	l.note(func(r *Report) {
		l.stored[c.Project]++
		r.Checks++
		r.Pings += len(c.Pings)
		r.Flips += len(c.Flips)
	})
	return nil
}

// patiently makes a call again while the store is busy.
func patiently(ctx context.Context, call func() error) error {
	pause := busyPause
	for i := 1; ; i++ {
		err := call()
		if !errors.Is(err, heartbeat.ErrBusy) || i == busyTries {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
			pause *= 2
		}
	}
}

func (l *loader) value(ctx context.Context, v Value) error {
	if !slices.Contains(l.Keys, v.Key) {
		l.report.Wrong = append(l.report.Wrong, Wrong{What: v.Key, Why: "no value of this name is taken here"})
		return nil
	}
	here, err := l.store.Value(ctx, v.Key)
	if errors.Is(err, heartbeat.ErrNotFound) {
		if !l.DryRun {
			if err := l.store.SetValue(ctx, v.Key, nil, v.Value); err != nil {
				return fmt.Errorf("value %s: %w", v.Key, err)
			}
		}
		l.report.Values++
		if v.Key == heartbeat.KeyProjects {
			l.projects = v.Value
		}
		return nil
	}
	switch {
	case err != nil:
		return fmt.Errorf("value %s: %w", v.Key, err)
	case bytes.Equal(here, v.Value):
		l.report.Same++
	default:
		l.report.Kept = append(l.report.Kept, Kept{v.Key, "another is set here, and stays in force"})
	}
	return nil
}

// countHomeless counts the stored checks whose project is not there.
func (l *loader) countHomeless(ctx context.Context) error {
	text := l.projects
	if text == nil {
		var err error
		if text, err = l.store.Value(ctx, heartbeat.KeyProjects); err != nil && !errors.Is(err, heartbeat.ErrNotFound) {
			return err
		}
	}
	projects, err := heartbeat.ReadProjects(text)
	if err != nil {
		return err
	}
	for id, n := range l.stored {
		if _, ok := projects.Find(cmp.Or(id, heartbeat.DefaultProject)); !ok {
			l.report.Homeless += n
		}
	}
	return nil
}

// identity is what makes a notice the same in another store.
type identity struct {
	check   heartbeat.CheckID
	flip    heartbeat.Flip
	blind   heartbeat.BlindReport
	created time.Time
}

func identify(n heartbeat.Notice) identity {
	i := identity{check: n.Check, flip: n.Flip, created: plain(n.Created)}
	i.flip.At, i.flip.Since, i.flip.LastPing = plain(n.Flip.At), plain(n.Flip.Since), plain(n.Flip.LastPing)
	if n.Blind != nil {
		i.blind = *n.Blind
		i.blind.From, i.blind.To = plain(n.Blind.From), plain(n.Blind.To)
	}
	return i
}

// notice adds a notice unless it is there, finished or not. A notice has no
// condition by which a store could refuse it, so what is there is read first.
func (l *loader) notice(ctx context.Context, n heartbeat.Notice) error {
	if l.told == nil {
		if err := l.recall(ctx); err != nil {
			return fmt.Errorf("read messages: %w", err)
		}
	}
	id, finished := identify(n), n.Next.IsZero()
	if l.told[id] || finished && n.Created.Before(l.since) {
		l.report.Same++
		return nil
	}
	if !l.DryRun {
		if err := patiently(ctx, func() error { return l.store.AddNotice(ctx, n) }); err != nil {
			return fmt.Errorf("message of %s: %w", n.Created.Format(time.RFC3339), err)
		}
		if l.Owed != nil && !finished {
			l.Owed()
		}
	}
	l.told[id] = true
	l.report.Notices++
	return nil
}

// recall reads which notices are there.
func (l *loader) recall(ctx context.Context) error {
	all, err := notices(ctx, l.store, math.MaxInt16)
	if err != nil {
		return err
	}
	l.told = make(map[identity]bool, len(all))
	finished := 0
	for _, n := range all {
		l.told[identify(n)] = true
		if n.Next.IsZero() {
			if finished++; finished == 1 {
				l.since = n.Created
			}
		}
	}
	if finished < keepNotices {
		l.since = time.Time{}
	}
	return nil
}
