package monitor_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"heartbeat"
	"heartbeat/internal/monitor"
	"heartbeat/internal/notify"
	"heartbeat/internal/notify/notifytest"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/store/storetest"
)

// seats is how many monitors there are at any time.
const seats = 3

// town is a world whose monitors die at steps of their work, and are replaced.
type town struct {
	*world
	pinged map[heartbeat.CheckID][]sent

	mu      sync.Mutex
	steps   int
	crashes int
	plan    func(step int) storetest.Fault // asked under mu
}

func newTown(t *testing.T, store heartbeat.Store) *town {
	return &town{
		world:  &world{T: t, store: store, slack: newChannel()},
		pinged: map[heartbeat.CheckID][]sent{},
	}
}

// inTown runs f in a bubble, over memory or over tables outside.
func inTown(t *testing.T, tables bool, f func(w *town)) {
	t.Helper()
	var store heartbeat.Store = memory.New()
	if tables {
		store = newPortal(t, newTables(t)())
	}
	synctest.Test(t, func(t *testing.T) { f(newTown(t, store)) })
}

// pulse makes a ping as another process does: monitors learn of it by the feed
// only.
func (w *town) pulse(id heartbeat.CheckID, kind heartbeat.Kind) {
	w.mu.Lock()
	w.pinged[id] = append(w.pinged[id], sent{now(), kind})
	w.mu.Unlock()
	if _, err := w.store.Ping(w.Context(), id, heartbeat.Ping{At: now(), Kind: kind}, nil); err != nil {
		w.Error(err)
	}
}

// process is a monitor that may die at any call of its store or of its channel:
// before the call has its effect or after that. What is dead does nothing any
// more.
type process struct {
	town *town
	m    *monitor.Monitor
	ctx  context.Context //nolint:containedctx // the process's own life
	end  context.CancelFunc
	dead bool // guarded by the town's mu
}

// spawn starts a process whose monitor looks every so often.
func (w *town) spawn(every time.Duration) *process {
	p := &process{town: w}
	p.ctx, p.end = context.WithCancel(w.Context())
	store := storetest.Faulty(w.store, func(storetest.Call) storetest.Fault { return p.step() })
	p.m = monitor.New(monitor.Config{
		Store: store, Changes: store.Changes, Channels: notifytest.Given(notify.Channel{ID: "slack", Notifier: p}),
		Logger: slog.New(slog.DiscardHandler), Every: every, Restart: 3 * time.Minute,
	})
	return p
}

func (p *process) step() storetest.Fault {
	w := p.town
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.dead {
		return storetest.Fail()
	}
	w.steps++
	if w.plan == nil {
		return storetest.Fault{}
	}
	f := w.plan(w.steps)
	if f.Err != nil {
		p.dead = true
		w.crashes++
		time.AfterFunc(time.Millisecond, p.end) // the call itself has its effect
	}
	return f
}

func (p *process) isDead() bool {
	p.town.mu.Lock()
	defer p.town.mu.Unlock()
	return p.dead
}

// Notify implements [notify.Notifier].
func (p *process) Notify(ctx context.Context, m notify.Message) error {
	f := p.step()
	if f.Err != nil && !f.Applied {
		return f.Err
	}
	if err := p.town.slack.Notify(ctx, m); err != nil {
		return err
	}
	return f.Err
}

// once calls the process, and returns the one that is called next in its place.
func (p *process) once() *process {
	ctx, cancel := context.WithTimeout(p.ctx, time.Minute)
	defer cancel()
	_, err := p.m.Once(ctx, now())
	switch {
	case p.isDead():
		return p.town.spawn(time.Minute)
	case err != nil:
		p.town.Error(err)
	}
	return p
}

// runs lets a process run until it dies, and another one in its place, until ctx
// ends.
func (w *town) runs(ctx context.Context) {
	for ctx.Err() == nil {
		p := w.spawn(10 * time.Second)
		stop := context.AfterFunc(ctx, p.end)
		p.m.Run(p.ctx)
		stop()
	}
}

// oneFlip is the life of one flip, late and told, and of the one that ends it if
// recovers. Three monitors are called in turns or at once. It returns how many
// steps there were.
func (w *town) oneFlip(atOnce, recovers bool, plan func(step int) storetest.Fault) int {
	const period = 10 * time.Minute
	id := w.check("nightly", period, 0)
	w.pulse(id, up)
	w.pinged[id][0].at = now()
	var all [seats]*process
	for i := range all {
		all[i] = w.spawn(time.Minute)
	}
	minute := func() {
		var called sync.WaitGroup
		for i, p := range all {
			if atOnce {
				called.Go(func() { all[i] = p.once() })
				continue
			}
			begun := now()
			all[i] = p.once()
			time.Sleep(20*time.Second - now().Sub(begun)%(20*time.Second))
		}
		called.Wait()
		time.Sleep(time.Minute - time.Duration(now().UnixNano()%int64(time.Minute)))
	}
	time.Sleep(period - time.Minute)
	minute() // the first start of all
	w.steps, w.plan = 0, plan
	minute()
	minute()
	steps := w.steps
	if recovers {
		w.pulse(id, up)
		minute()
		steps = w.steps
	}
	for range 2 {
		minute()
	}
	w.judge(period)
	return steps
}

func TestCrash_AtAnyStepOfAFlipsLife(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]struct{ tables, atOnce, recovers bool }{
		"memory, in turns": {recovers: true}, "memory, at once": {atOnce: true, recovers: true}, "tables": {tables: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			steps := 0
			inTown(t, mode.tables, func(w *town) { steps = w.oneFlip(mode.atOnce, mode.recovers, nil) })
			for at := range steps {
				faults := []storetest.Fault{storetest.Fail(), storetest.Lose()}
				if mode.tables { // which take long: one of both, in turns
					faults = faults[at%2:][:1]
				}
				for _, fault := range faults {
					inTown(t, mode.tables, func(w *town) {
						w.oneFlip(mode.atOnce, mode.recovers, func(step int) storetest.Fault {
							if step == at+1 {
								return fault
							}
							return storetest.Fault{}
						})
						if w.crashes != 1 && !mode.atOnce {
							w.Errorf("%d crashes, want 1", w.crashes)
						}
					})
					if t.Failed() {
						t.Fatalf("crash at step %d of %d, its effect made: %v", at+1, steps, fault.Applied)
					}
				}
			}
			t.Logf("%d steps", steps)
		})
	}
}

// TestCrash_ThreeMonitorsAtRandom lets jobs come in time, come late and fail,
// while one monitor runs and two are called each minute, and all of them die
// again and again.
func TestCrash_ThreeMonitorsAtRandom(t *testing.T) {
	t.Parallel()
	for name, tables := range map[string]bool{"memory": false, "tables": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inTown(t, tables, func(w *town) {
				lasts := 24 * time.Hour
				if tables {
					lasts = 40 * time.Minute
				}
				w.random(8, lasts)
			})
		})
	}
}

func (w *town) random(checks int, lasts time.Duration) {
	const period = 10 * time.Minute
	dice := rand.New(rand.NewPCG(7, uint64(lasts)))
	w.plan = func(int) storetest.Fault {
		switch roll := dice.IntN(400); roll {
		case 0:
			return storetest.Fail()
		case 1, 2:
			return storetest.Lose()
		}
		return storetest.Fault{}
	}
	end := now().Add(lasts)
	var jobs, monitors sync.WaitGroup
	ctx, stop := context.WithCancel(w.Context())
	monitors.Go(func() { w.runs(ctx) })
	for i := range seats - 1 {
		monitors.Go(func() {
			p := w.spawn(time.Minute)
			for time.Sleep(time.Duration(i) * time.Second); ctx.Err() == nil; {
				begun := now()
				p = p.once()
				sleepUntil(ctx, begun.Add(time.Minute))
			}
		})
	}
	time.Sleep(time.Second)
	for i := range checks {
		id := w.check(fmt.Sprint("job", i), period, 0)
		w.pulse(id, up)
		jobs.Go(func() { w.job(id, rand.New(rand.NewPCG(uint64(i), 1)), end) })
	}
	jobs.Wait()
	w.mu.Lock()
	w.plan = nil
	w.mu.Unlock()
	time.Sleep(period + 5*time.Minute)
	stop()
	monitors.Wait()
	w.judge(period)
	w.Logf("%d steps, %d crashes, %d events in %d messages", w.steps, w.crashes, len(w.slack.all()), w.slack.messages)
}

// job pulses a check of 10 minutes until end: in time, clearly late, as soon as
// it is down, or with a failure.
func (w *town) job(id heartbeat.CheckID, dice *rand.Rand, end time.Time) {
	between := func(least, most time.Duration) { time.Sleep(least + time.Duration(dice.Int64N(int64(most-least)))) }
	for now().Before(end) {
		kind := up
		switch roll := dice.IntN(10); {
		case roll < 2:
			between(14*time.Minute, 20*time.Minute)
		case roll < 4:
			w.awaitDown(id)
			between(0, 20*time.Second) // while the message may be on its way
		case roll < 5:
			kind = fail
			fallthrough
		default:
			between(time.Minute, 9*time.Minute)
		}
		w.pulse(id, kind)
	}
}

// awaitDown waits until the check is down, for 20 minutes at most.
func (w *town) awaitDown(id heartbeat.CheckID) {
	for time.Sleep(9 * time.Minute); ; time.Sleep(10 * time.Second) {
		c, err := w.store.Check(w.Context(), id)
		if err != nil {
			w.Error(err)
		}
		if c.Status == heartbeat.StatusDown || now().Sub(c.LastPing) > 20*time.Minute {
			return
		}
	}
}

func sleepUntil(ctx context.Context, at time.Time) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Until(at)):
	}
}
