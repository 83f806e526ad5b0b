package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"heartbeat"
)

func lifecycleRules() []rule {
	return []rule{
		{"Ready", func(s *subject) {
			s.lasting(func() { s.ok(s.store.Ready(s.ctx)) })
			s.ok(s.store.Ready(s.ctx))
		}},
		{"AllIsThereAfterReopening", allIsThere},
		{"CancelledContextDoesNothing", cancelled},
		{"ClosedIsErrClosed", closed},
		{"CloseWhilePinging", closeWhilePinging},
	}
}

// call is one method of a store, called with valid arguments.
type call struct {
	name string
	make func(ctx context.Context) error
}

// calls returns a call of every method, reads first. Those that write would
// succeed on a store that holds c and n.
func calls(store heartbeat.Store, c heartbeat.Check, n heartbeat.Notice) []call {
	late, flip := lateCheck(c)
	return []call{
		{"Check", func(ctx context.Context) error { _, err := store.Check(ctx, c.ID); return err }},
		{"Checks", func(ctx context.Context) error { _, err := store.Checks(ctx); return err }},
		{"Timers", func(ctx context.Context) (err error) {
			for _, err = range store.Timers(ctx) {
				if err != nil {
					break
				}
			}
			return err
		}},
		{"Pings", func(ctx context.Context) error { _, err := store.Pings(ctx, c.ID, 1); return err }},
		{"Flips", func(ctx context.Context) error { _, err := store.Flips(ctx, c.ID, 1); return err }},
		{"Notices", func(ctx context.Context) error { _, err := store.Notices(ctx, farFuture, 1); return err }},
		{"NoticeLog", func(ctx context.Context) error { _, err := store.NoticeLog(ctx, 1); return err }},
		{"Value", func(ctx context.Context) error { _, err := store.Value(ctx, "key"); return err }},
		{"Ready", store.Ready},
		{"SetValue", func(ctx context.Context) error {
			return store.SetValue(ctx, "key", []byte("old"), []byte("new"))
		}},
		{"SaveNotice", func(ctx context.Context) error { return store.SaveNotice(ctx, n) }},
		{"AddNotice", func(ctx context.Context) error { return store.AddNotice(ctx, fullNotice("b", 0)) }},
		{"Add", func(ctx context.Context) error { return store.Add(ctx, fresh("new")) }},
		{"Save", func(ctx context.Context) error { return store.Save(ctx, late, flip) }},
		{"Ping", func(ctx context.Context) error { _, err := store.Ping(ctx, c.ID, failure(1), nil); return err }},
		{"Delete", func(ctx context.Context) error { return store.Delete(ctx, c.ID, c.Rev) }},
	}
}

// furnish fills the store with one of everything.
func (s *subject) furnish() (heartbeat.Check, heartbeat.Notice) {
	s.Helper()
	c, n := s.add(full("a")), s.addNotice(fullNotice("a", 0))
	s.ok(s.store.SetValue(s.ctx, "key", nil, []byte("old")))
	return c, n
}

// allIsThere writes into every corner before the store is reopened once.
func allIsThere(s *subject) {
	_, n := s.furnish()
	l := &ledger{check: fresh("b"), notices: []heartbeat.Notice{n}}
	s.add(l.check)
	for _, p := range story() {
		s.ping(l.check.ID, p)
		l.ping(p)
	}
	c := s.check(l.check.ID)
	var flip *heartbeat.Flip
	c.State, flip = c.Pause(at(6 * time.Hour))
	s.ok(s.store.Save(s.ctx, c, flip))
	l.check.State = c.State
	l.flipped(flip)
	before := s.check(c.ID)
	s.lasting(func() {
		s.wantLedger(l)
		s.equal("check with its revision", s.check(c.ID), before)
		s.wantCheck(full("a"))
		s.wantValue("key", []byte("old"))
	})
}

func cancelled(s *subject) {
	c, n := s.furnish()
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	for _, call := range calls(s.store, c, n) {
		s.wantErr(call.name, call.make(ctx), context.Canceled)
	}
	s.lasting(func() {
		s.equal("checks", s.checks(), []heartbeat.Check{c})
		s.equal("notices", s.noticeLog(), []heartbeat.Notice{n})
		s.equal("pings", s.pings(c.ID), []heartbeat.Ping{})
		s.wantFlips(c.ID)
		s.wantValue("key", []byte("old"))
	})
	// The same calls are good ones, so it was the context that stopped them.
	for _, call := range calls(s.store, c, n) {
		if err := call.make(s.ctx); err != nil && !errors.Is(err, heartbeat.ErrConflict) {
			s.Errorf("%s: %v", call.name, err)
		}
	}
}

func closed(s *subject) {
	c, n := s.furnish()
	s.ok(s.store.Close())
	for _, call := range calls(s.store, c, n) {
		s.wantErr(call.name, call.make(s.ctx), heartbeat.ErrClosed)
	}
	if err := s.store.Close(); err != nil && !errors.Is(err, heartbeat.ErrClosed) {
		s.Errorf("Close again: %v", err)
	}
}

// closeWhilePinging closes the store under load: each ping is either taken, and
// then it is there when the store is opened again, or refused.
func closeWhilePinging(s *subject) {
	c := s.add(fresh("a"))
	var mu sync.Mutex
	var taken []int64
	var all sync.WaitGroup
	some := make(chan struct{}, 200)
	for range 8 {
		all.Go(func() {
			for {
				pinged, err := s.store.Ping(s.ctx, c.ID, success(1), nil)
				if err != nil {
					s.wantErr("Ping", err, heartbeat.ErrClosed)
					return
				}
				mu.Lock()
				taken = append(taken, pinged.N)
				mu.Unlock()
				select {
				case some <- struct{}{}:
				default:
				}
			}
		})
	}
	for range 50 {
		<-some
	}
	s.ok(s.store.Close())
	all.Wait()
	if !s.reopens() {
		return
	}
	s.store = s.harness.Reopen(s.T, s.store)
	// Every ping was answered before the last goroutine ended, so the store may
	// hold no more than was taken, either.
	s.equal("pings counted", s.check(c.ID).Pings, slices.Max(taken))
	s.equal("pings taken", int64(len(taken)), slices.Max(taken))
}
