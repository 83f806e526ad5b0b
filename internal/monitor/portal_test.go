package monitor_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/store/dynamo"
)

// portal lets a bubble use a store outside of it, one that speaks over the net.
// The bubble's time stands still during a call.
type portal struct {
	heartbeat.Store
	outside *dynamo.Store
	work    chan *errand
	idle    chan *errand
}

// errand is a call that is made outside. Its channel is made there, too: a
// bubble's own would let its time pass.
type errand struct {
	do   func()
	done chan struct{}
}

// newPortal must be called outside of the bubble.
func newPortal(t *testing.T, s *dynamo.Store) *portal {
	t.Helper()
	const workers = 64
	p := &portal{Store: s, outside: s, work: make(chan *errand), idle: make(chan *errand, workers)}
	for range workers {
		p.idle <- &errand{done: make(chan struct{})}
		go func() {
			for e := range p.work {
				e.do()
				e.done <- struct{}{}
			}
		}()
	}
	t.Cleanup(func() { close(p.work) })
	return p
}

func (p *portal) do(call func()) {
	e := <-p.idle
	e.do = call
	p.work <- e
	<-e.done
	p.idle <- e
}

// ask makes a call with a context of the outside.
func ask[T any](p *portal, call func(ctx context.Context) (T, error)) (answer T, err error) {
	p.do(func() { answer, err = call(context.Background()) })
	return answer, err
}

func (p *portal) tell(call func(ctx context.Context) error) (err error) {
	p.do(func() { err = call(context.Background()) })
	return err
}

func (p *portal) Check(_ context.Context, id heartbeat.CheckID) (heartbeat.Check, error) {
	return ask(p, func(ctx context.Context) (heartbeat.Check, error) { return p.outside.Check(ctx, id) })
}

func (p *portal) Timers(context.Context) iter.Seq2[heartbeat.Check, error] {
	return func(yield func(heartbeat.Check, error) bool) {
		all, err := ask(p, func(ctx context.Context) (all []heartbeat.Check, err error) {
			for c, err := range p.outside.Timers(ctx) {
				if err != nil {
					return nil, err
				}
				all = append(all, c)
			}
			return all, nil
		})
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
		if err != nil {
			yield(heartbeat.Check{}, err)
		}
	}
}

func (p *portal) Add(_ context.Context, c heartbeat.Check) error {
	return p.tell(func(ctx context.Context) error { return p.outside.Add(ctx, c) })
}

func (p *portal) Ping(_ context.Context, id heartbeat.CheckID, ping heartbeat.Ping, create func() heartbeat.Check) (heartbeat.Pinged, error) {
	return ask(p, func(ctx context.Context) (heartbeat.Pinged, error) { return p.outside.Ping(ctx, id, ping, create) })
}

func (p *portal) Save(_ context.Context, c heartbeat.Check, flip *heartbeat.Flip) error {
	return p.tell(func(ctx context.Context) error { return p.outside.Save(ctx, c, flip) })
}

func (p *portal) Flips(_ context.Context, id heartbeat.CheckID, limit int) ([]heartbeat.Flip, error) {
	return ask(p, func(ctx context.Context) ([]heartbeat.Flip, error) { return p.outside.Flips(ctx, id, limit) })
}

func (p *portal) Notices(_ context.Context, due time.Time, limit int) ([]heartbeat.Notice, error) {
	return ask(p, func(ctx context.Context) ([]heartbeat.Notice, error) { return p.outside.Notices(ctx, due, limit) })
}

func (p *portal) NoticeLog(_ context.Context, limit int) ([]heartbeat.Notice, error) {
	return ask(p, func(ctx context.Context) ([]heartbeat.Notice, error) { return p.outside.NoticeLog(ctx, limit) })
}

func (p *portal) AddNotice(_ context.Context, n heartbeat.Notice) error {
	return p.tell(func(ctx context.Context) error { return p.outside.AddNotice(ctx, n) })
}

func (p *portal) SaveNotice(_ context.Context, n heartbeat.Notice) error {
	return p.tell(func(ctx context.Context) error { return p.outside.SaveNotice(ctx, n) })
}

func (p *portal) Value(_ context.Context, key string) ([]byte, error) {
	return ask(p, func(ctx context.Context) ([]byte, error) { return p.outside.Value(ctx, key) })
}

func (p *portal) SetValue(_ context.Context, key string, old, value []byte) error {
	return p.tell(func(ctx context.Context) error { return p.outside.SetValue(ctx, key, old, value) })
}

// Changes asks for all of the last minutes by the clock outside, which is
// another one than the bubble's.
func (p *portal) Changes(context.Context, time.Time) ([]heartbeat.CheckID, error) {
	return ask(p, func(ctx context.Context) ([]heartbeat.CheckID, error) {
		return p.outside.Changes(ctx, time.Now().Add(-time.Minute))
	})
}
