// Package memory keeps everything in memory: a heartbeat.Store for tests and
// for trying things out. Nothing survives the process.
package memory

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"heartbeat"
)

var _ heartbeat.Store = (*Store)(nil)

// Store is a [heartbeat.Store] in memory. Make one with [New].
type Store struct {
	mu     sync.Mutex
	closed bool
	// rev is the last revision given out. It is never reused, so that a stale
	// revision cannot match a check that was deleted and made again.
	rev    int64
	checks map[heartbeat.CheckID]*record
	outbox outbox
	values map[string][]byte
}

// record is a check with its history, each oldest first.
type record struct {
	check heartbeat.Check
	pings []heartbeat.Ping
	flips []heartbeat.Flip
}

// New returns an empty store.
func New() *Store {
	return &Store{
		checks: make(map[heartbeat.CheckID]*record),
		values: make(map[string][]byte),
	}
}

// lock takes the store for one operation. Unless it returns an error the
// caller must unlock mu.
func (s *Store) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return heartbeat.ErrClosed
	}
	return nil
}

func (s *Store) nextRev() int64 {
	s.rev++
	return s.rev
}

// Check implements [heartbeat.Store].
func (s *Store) Check(ctx context.Context, id heartbeat.CheckID) (heartbeat.Check, error) {
	if err := s.lock(ctx); err != nil {
		return heartbeat.Check{}, err
	}
	defer s.mu.Unlock()
	r, ok := s.checks[id]
	if !ok {
		return heartbeat.Check{}, heartbeat.ErrNotFound
	}
	return r.check, nil
}

// Checks implements [heartbeat.Store].
func (s *Store) Checks(ctx context.Context) ([]heartbeat.Check, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	all := make([]heartbeat.Check, 0, len(s.checks))
	for _, r := range s.checks {
		all = append(all, r.check)
	}
	return all, nil
}

// Timers implements [heartbeat.Store]. It yields from a copy, so that the
// caller may use the store meanwhile.
func (s *Store) Timers(ctx context.Context) iter.Seq2[heartbeat.Check, error] {
	return func(yield func(heartbeat.Check, error) bool) {
		all, err := s.Checks(ctx)
		if err != nil {
			yield(heartbeat.Check{}, err)
			return
		}
		for _, c := range all {
			if err := ctx.Err(); err != nil {
				yield(heartbeat.Check{}, err)
				return
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

// Add implements [heartbeat.Store].
func (s *Store) Add(ctx context.Context, c heartbeat.Check) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if _, ok := s.checks[c.ID]; ok {
		return heartbeat.ErrExists
	}
	c = plainCheck(c)
	c.Rev = s.nextRev()
	s.checks[c.ID] = &record{check: c}
	return nil
}

// Ping implements [heartbeat.Store].
func (s *Store) Ping(ctx context.Context, id heartbeat.CheckID, p heartbeat.Ping, create func() heartbeat.Check) (heartbeat.Pinged, error) {
	if err := s.lock(ctx); err != nil {
		return heartbeat.Pinged{}, err
	}
	defer s.mu.Unlock()
	r, known := s.checks[id]
	if !known {
		var err error
		if r, err = newRecord(id, create); err != nil {
			return heartbeat.Pinged{}, err
		}
		s.checks[id] = r
	}
	return s.ping(r, known, p), nil
}

func (s *Store) ping(r *record, known bool, p heartbeat.Ping) heartbeat.Pinged {
	before := r.check.State
	p = copyPing(p)
	p.Kind = r.check.Rules.Judge(p, before.Status)
	p.Mail = nil
	state, flip := before.Ping(p)
	p.N, p.Duration = state.Pings, endedRun(p.Kind, state)
	r.check.State, r.check.Rev = state, s.nextRev()
	r.log(p)
	s.flipped(r, flip)
	return heartbeat.Pinged{
		Check: r.check.ID, N: p.N, Created: !known, Flip: flip, Sooner: !known || before.Sooner(state),
	}
}

// endedRun is how long the run took that a ping of this kind has just ended.
func endedRun(kind heartbeat.Kind, after heartbeat.State) (d time.Duration) {
	if kind == heartbeat.KindSuccess || kind == heartbeat.KindFail {
		d = after.LastDuration
	}
	return d
}

func newRecord(id heartbeat.CheckID, create func() heartbeat.Check) (*record, error) {
	if create == nil {
		return nil, heartbeat.ErrNotFound
	}
	c := plainCheck(create())
	if c.ID != id {
		return nil, fmt.Errorf("create made check %v instead of %v", c.ID, id)
	}
	return &record{check: c}, nil
}

// log appends a ping and forgets the oldest ones now and then.
func (r *record) log(p heartbeat.Ping) {
	if len(r.pings) >= 2*heartbeat.KeepPings {
		r.pings = slices.Delete(r.pings, 0, heartbeat.KeepPings)
	}
	r.pings = append(r.pings, p)
}

// flipped saves a flip, which may be nil, and the notice that it owes.
func (s *Store) flipped(r *record, flip *heartbeat.Flip) {
	if flip == nil {
		return
	}
	f := plainFlip(*flip)
	r.flips = append(r.flips, f)
	if n := heartbeat.NoticeFor(r.check.ID, &f); n != nil {
		s.outbox.add(*n, s.nextRev())
	}
}

// Save implements [heartbeat.Store].
func (s *Store) Save(ctx context.Context, c heartbeat.Check, flip *heartbeat.Flip) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	r, err := s.current(c.ID, c.Rev)
	if err != nil {
		return err
	}
	r.check = plainCheck(c)
	r.check.Rev = s.nextRev()
	s.flipped(r, flip)
	return nil
}

// current returns the check if its revision still is rev.
func (s *Store) current(id heartbeat.CheckID, rev int64) (*record, error) {
	r, ok := s.checks[id]
	switch {
	case !ok:
		return nil, heartbeat.ErrNotFound
	case r.check.Rev != rev:
		return nil, heartbeat.ErrConflict
	}
	return r, nil
}

// Delete implements [heartbeat.Store].
func (s *Store) Delete(ctx context.Context, id heartbeat.CheckID, rev int64) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if _, err := s.current(id, rev); err != nil {
		return err
	}
	delete(s.checks, id)
	s.outbox.dropUnfinished(id)
	return nil
}

// Pings implements [heartbeat.Store].
func (s *Store) Pings(ctx context.Context, id heartbeat.CheckID, limit int) ([]heartbeat.Ping, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	r, ok := s.checks[id]
	if !ok {
		return nil, nil
	}
	pings := newest(r.pings, limit)
	for i := range pings {
		pings[i] = copyPing(pings[i])
	}
	return pings, nil
}

// Flips implements [heartbeat.Store].
func (s *Store) Flips(ctx context.Context, id heartbeat.CheckID, limit int) ([]heartbeat.Flip, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	r, ok := s.checks[id]
	if !ok {
		return nil, nil
	}
	return newest(r.flips, limit), nil
}

// newest copies the last limit items, the last one first.
func newest[T any](items []T, limit int) []T {
	from := max(0, len(items)-max(0, limit))
	last := slices.Clone(items[from:])
	slices.Reverse(last)
	return last
}

// Ready implements [heartbeat.Store].
func (s *Store) Ready(ctx context.Context) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	s.mu.Unlock()
	return nil
}

// Close implements [heartbeat.Store]. Closing again is [heartbeat.ErrClosed].
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return heartbeat.ErrClosed
	}
	s.closed = true
	s.checks, s.values, s.outbox = nil, nil, outbox{}
	return nil
}
