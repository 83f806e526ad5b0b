package storetest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"

	"heartbeat"
)

var (
	_ heartbeat.Store  = (*FaultyStore)(nil)
	_ heartbeat.Shared = (*FaultyStore)(nil)
)

// ErrFault is what a call answers that a [FaultyStore] fails or whose answer it
// loses. As [heartbeat.Store] says of errors without a name, it leaves open
// whether the change was made.
var ErrFault = errors.New("storetest: fault")

// Fault is what goes wrong with one call. The zero Fault lets it through.
type Fault struct {
	// Delay is how long the call waits before anything else; it gives up with
	// the context's error if that ends first.
	Delay time.Duration
	// Err is what the call answers. Unless Applied is set, nothing is done.
	Err error
	// Applied says that the call is made and its answer lost: Err comes instead.
	Applied bool
}

// Fail is a call that is not made and says so.
func Fail() Fault { return Fault{Err: ErrFault} }

// Busy is a call that the store refuses as its queue is full.
func Busy() Fault { return Fault{Err: heartbeat.ErrBusy} }

// Lose is a call that is made, and its answer lost.
func Lose() Fault { return Fault{Err: ErrFault, Applied: true} }

// Delay is a call that is made late.
func Delay(d time.Duration) Fault { return Fault{Delay: d} }

// Call is one call of a store's method.
type Call struct {
	// Method is the method's name, such as "Ping".
	Method string
	// N counts all calls from 1, Nth those of this method.
	N, Nth int
	// Fault is what went wrong with it.
	Fault Fault
}

// FaultyStore is a store whose calls go wrong as a [Plan] says. Close is never
// touched, so that tests can clean up.
type FaultyStore struct {
	inner heartbeat.Store

	mu    sync.Mutex
	plan  Plan
	calls []Call
	count map[string]int
}

// Faulty returns inner with calls that go wrong as plan says; a nil plan lets
// all through.
func Faulty(inner heartbeat.Store, plan Plan) *FaultyStore {
	return &FaultyStore{inner: inner, plan: plan, count: map[string]int{}}
}

// Follow replaces the plan. A nil plan lets all through.
func (f *FaultyStore) Follow(plan Plan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plan = plan
}

// Calls returns the calls so far, oldest first.
func (f *FaultyStore) Calls() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// next counts a call and asks the plan about it.
func (f *FaultyStore) next(method string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count[method]++
	call := Call{Method: method, N: len(f.calls) + 1, Nth: f.count[method]}
	if f.plan != nil {
		call.Fault = f.plan(call)
	}
	f.calls = append(f.calls, call)
	return call.Fault
}

// begin counts a call and waits for its delay. The call must be made if err is
// nil; if then lost is not, that is the answer.
func (f *FaultyStore) begin(ctx context.Context, method string) (lost, err error) {
	fault := f.next(method)
	if fault.Delay > 0 {
		timer := time.NewTimer(fault.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if !fault.Applied {
		return nil, fault.Err
	}
	return fault.Err, nil
}

// write makes a call that answers nothing but an error.
func (f *FaultyStore) write(ctx context.Context, method string, call func() error) error {
	lost, err := f.begin(ctx, method)
	if err != nil {
		return err
	}
	if err := call(); err != nil && lost == nil {
		return err
	}
	return lost
}

// read makes a call with an answer.
func read[T any](ctx context.Context, f *FaultyStore, method string, call func() (T, error)) (T, error) {
	var answer T
	err := f.write(ctx, method, func() (err error) {
		answer, err = call()
		return err
	})
	if err != nil {
		answer = *new(T)
	}
	return answer, err
}

// Check implements [heartbeat.Store].
func (f *FaultyStore) Check(ctx context.Context, id heartbeat.CheckID) (heartbeat.Check, error) {
	return read(ctx, f, "Check", func() (heartbeat.Check, error) { return f.inner.Check(ctx, id) })
}

// Checks implements [heartbeat.Store].
func (f *FaultyStore) Checks(ctx context.Context) ([]heartbeat.Check, error) {
	return read(ctx, f, "Checks", func() ([]heartbeat.Check, error) { return f.inner.Checks(ctx) })
}

// Timers implements [heartbeat.Store]. An answer that is lost breaks off after
// the first check.
func (f *FaultyStore) Timers(ctx context.Context) iter.Seq2[heartbeat.Check, error] {
	return func(yield func(heartbeat.Check, error) bool) {
		lost, err := f.begin(ctx, "Timers")
		if err != nil {
			yield(heartbeat.Check{}, err)
			return
		}
		for c, err := range f.inner.Timers(ctx) {
			if !yield(c, err) {
				return
			}
			if lost != nil {
				break
			}
		}
		if lost != nil {
			yield(heartbeat.Check{}, lost)
		}
	}
}

// Add implements [heartbeat.Store].
func (f *FaultyStore) Add(ctx context.Context, c heartbeat.Check) error {
	return f.write(ctx, "Add", func() error { return f.inner.Add(ctx, c) })
}

// Restore implements [heartbeat.Store].
func (f *FaultyStore) Restore(ctx context.Context, c heartbeat.Check, pings []heartbeat.Ping, flips []heartbeat.Flip) error {
	return f.write(ctx, "Restore", func() error { return f.inner.Restore(ctx, c, pings, flips) })
}

// Ping implements [heartbeat.Store].
func (f *FaultyStore) Ping(ctx context.Context, id heartbeat.CheckID, p heartbeat.Ping, create func() heartbeat.Check) (heartbeat.Pinged, error) {
	return read(ctx, f, "Ping", func() (heartbeat.Pinged, error) { return f.inner.Ping(ctx, id, p, create) })
}

// PingSlug implements [heartbeat.Store].
func (f *FaultyStore) PingSlug(ctx context.Context, project heartbeat.ProjectID, slug string, p heartbeat.Ping, create func() heartbeat.Check) (heartbeat.Pinged, error) {
	return read(ctx, f, "PingSlug", func() (heartbeat.Pinged, error) { return f.inner.PingSlug(ctx, project, slug, p, create) })
}

// Save implements [heartbeat.Store].
func (f *FaultyStore) Save(ctx context.Context, c heartbeat.Check, flip *heartbeat.Flip) error {
	return f.write(ctx, "Save", func() error { return f.inner.Save(ctx, c, flip) })
}

// Delete implements [heartbeat.Store].
func (f *FaultyStore) Delete(ctx context.Context, id heartbeat.CheckID, rev int64) error {
	return f.write(ctx, "Delete", func() error { return f.inner.Delete(ctx, id, rev) })
}

// Pings implements [heartbeat.Store].
func (f *FaultyStore) Pings(ctx context.Context, id heartbeat.CheckID, limit int) ([]heartbeat.Ping, error) {
	return read(ctx, f, "Pings", func() ([]heartbeat.Ping, error) { return f.inner.Pings(ctx, id, limit) })
}

// Flips implements [heartbeat.Store].
func (f *FaultyStore) Flips(ctx context.Context, id heartbeat.CheckID, limit int) ([]heartbeat.Flip, error) {
	return read(ctx, f, "Flips", func() ([]heartbeat.Flip, error) { return f.inner.Flips(ctx, id, limit) })
}

// Notices implements [heartbeat.Store].
func (f *FaultyStore) Notices(ctx context.Context, due time.Time, limit int) ([]heartbeat.Notice, error) {
	return read(ctx, f, "Notices", func() ([]heartbeat.Notice, error) { return f.inner.Notices(ctx, due, limit) })
}

// NoticeLog implements [heartbeat.Store].
func (f *FaultyStore) NoticeLog(ctx context.Context, limit int) ([]heartbeat.Notice, error) {
	return read(ctx, f, "NoticeLog", func() ([]heartbeat.Notice, error) { return f.inner.NoticeLog(ctx, limit) })
}

// AddNotice implements [heartbeat.Store].
func (f *FaultyStore) AddNotice(ctx context.Context, n heartbeat.Notice) error {
	return f.write(ctx, "AddNotice", func() error { return f.inner.AddNotice(ctx, n) })
}

// SaveNotice implements [heartbeat.Store].
func (f *FaultyStore) SaveNotice(ctx context.Context, n heartbeat.Notice) error {
	return f.write(ctx, "SaveNotice", func() error { return f.inner.SaveNotice(ctx, n) })
}

// Value implements [heartbeat.Store].
func (f *FaultyStore) Value(ctx context.Context, key string) ([]byte, error) {
	return read(ctx, f, "Value", func() ([]byte, error) { return f.inner.Value(ctx, key) })
}

// SetValue implements [heartbeat.Store].
func (f *FaultyStore) SetValue(ctx context.Context, key string, old, value []byte) error {
	return f.write(ctx, "SetValue", func() error { return f.inner.SetValue(ctx, key, old, value) })
}

// Ready implements [heartbeat.Store].
func (f *FaultyStore) Ready(ctx context.Context) error {
	return f.write(ctx, "Ready", func() error { return f.inner.Ready(ctx) })
}

// Changes implements [heartbeat.Shared]. Of a store that is not shared it returns
// every check.
func (f *FaultyStore) Changes(ctx context.Context, since time.Time) ([]heartbeat.CheckID, error) {
	return read(ctx, f, "Changes", func() ([]heartbeat.CheckID, error) {
		if shared, ok := f.inner.(heartbeat.Shared); ok {
			return shared.Changes(ctx, since)
		}
		checks, err := f.inner.Checks(ctx)
		var ids []heartbeat.CheckID
		for _, c := range checks {
			ids = append(ids, c.ID)
		}
		return ids, err
	})
}

// Close implements [heartbeat.Store].
func (f *FaultyStore) Close() error { return f.inner.Close() }
