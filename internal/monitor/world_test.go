package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"heartbeat"
	"heartbeat/internal/monitor"
	"heartbeat/internal/notify"
	"heartbeat/internal/notify/notifytest"
	"heartbeat/internal/store/memory"
)

// world is a store with checks, and a monitor that tests start and stop. It
// lives in a synctest bubble, so its time is free.
type world struct {
	*testing.T
	store heartbeat.Store
	// open is what the monitor is given instead of store, if set.
	open  func(heartbeat.Store) heartbeat.Store
	slack *channel
	more  []notify.Channel
	every time.Duration
	// told replaces slack and more, unless it is nil.
	told func(context.Context) (notify.Directory, error)

	mon  *monitor.Monitor
	halt func()
}

// inWorld runs f in a bubble. The monitor is stopped at the end.
func inWorld(t *testing.T, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, store: memory.New(), slack: newChannel()}
		f(w)
		w.stop()
	})
}

// start starts a new monitor and waits until it has nothing to do.
func (w *world) start() {
	w.mon, w.halt = w.launch()
	synctest.Wait()
}

// launch starts a monitor on the store; the function returned stops it.
func (w *world) launch() (*monitor.Monitor, func()) {
	store := w.store
	if w.open != nil {
		store = w.open(store)
	}
	channels := w.more
	if w.slack != nil {
		channels = append([]notify.Channel{{ID: "slack", Notifier: w.slack}}, w.more...)
	}
	told := notifytest.Given(channels...)
	if w.told != nil {
		told = w.told
	}
	m := monitor.New(monitor.Config{
		Store:     store,
		Channels:  told,
		Dashboard: "https://example.org/heartbeat/dashboard",
		Link:      func(id heartbeat.CheckID) string { return "https://example.org/" + id.String() },
		Logger:    slog.New(slog.DiscardHandler),
		Every:     w.every,
	})
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan struct{})
	go func() { defer close(done); m.Run(ctx) }()
	return m, func() { cancel(); <-done }
}

// stop ends the monitor as SIGTERM does.
func (w *world) stop() {
	if w.halt != nil {
		w.halt()
	}
	w.halt = nil
}

// check adds a check that pings count every period, around the clock.
func (w *world) check(name string, period, grace time.Duration) heartbeat.CheckID {
	return w.add(name, heartbeat.Settings{
		Spec:  heartbeat.Spec{Period: period, Worktime: "always", Zone: "UTC"},
		Grace: grace,
	})
}

func (w *world) add(name string, s heartbeat.Settings) heartbeat.CheckID {
	w.Helper()
	names := heartbeat.Names{Host: "web1", Category: "backup", Type: "job", Name: name}
	c := heartbeat.Check{ID: names.ID(heartbeat.DefaultProject), Names: names, Settings: s, Created: now()}
	c.Status, c.Since = heartbeat.StatusNew, now()
	if err := w.store.Add(w.Context(), c); err != nil {
		w.Fatal(err)
	}
	return c.ID
}

// ping records a ping as the service does: then the monitor hears of it.
func (w *world) ping(id heartbeat.CheckID, kind heartbeat.Kind) {
	w.Helper()
	done, err := w.store.Ping(w.Context(), id, heartbeat.Ping{At: now(), Kind: kind}, nil)
	if err != nil {
		w.Fatal(err)
	}
	if w.mon == nil {
		return
	}
	if done.Sooner {
		w.mon.Changed(id)
	}
	if heartbeat.NoticeFor(id, done.Flip) != nil {
		w.mon.Wake()
	}
}

// flips returns the check's flips that people hear of, the oldest first.
func (w *world) flips(id heartbeat.CheckID) []heartbeat.Flip {
	w.Helper()
	flips, err := w.store.Flips(w.Context(), id, 10_000)
	if err != nil {
		w.Fatal(err)
	}
	slices.Reverse(flips)
	return slices.DeleteFunc(flips, func(f heartbeat.Flip) bool { return !f.Notifies() })
}

// nothingWaits fails the test if a notice is unfinished.
func (w *world) nothingWaits() {
	w.Helper()
	notices, err := w.store.Notices(w.Context(), now().Add(1000*time.Hour), 1000)
	if err != nil {
		w.Fatal(err)
	}
	if len(notices) > 0 {
		w.Errorf("%d notices are unfinished: %+v", len(notices), notices)
	}
}

func now() time.Time { return time.Now().Round(0) }

// heard is one event that reached a channel.
type heard struct {
	at      time.Time
	message int // counts messages from 1
	notify.Event
}

// what is the event in a few words.
func (h heard) what() string {
	if h.Blind != nil {
		return fmt.Sprintf("blind %v held %d", h.Blind.Length(), h.Blind.Held)
	}
	return fmt.Sprintf("%s %s %s", h.Check.Name, h.Flip.To, h.Flip.Reason)
}

// channel is a notifier that remembers what it took.
type channel struct {
	mu       sync.Mutex
	events   []heard
	messages int
	tries    int
	// answer says what comes of an attempt; nil takes everything.
	answer func(context.Context) error
	// poison is the name of a check whose events make a message unacceptable.
	poison string
}

func newChannel() *channel { return &channel{} }

func (c *channel) Notify(ctx context.Context, m notify.Message) error {
	c.mu.Lock()
	c.tries++
	answer := c.answer
	c.mu.Unlock()
	if len(m.Events) == 0 {
		return errors.New("a message without events")
	}
	if answer != nil {
		if err := answer(ctx); err != nil {
			return err
		}
	}
	if c.poison != "" && slices.ContainsFunc(m.Events, func(e notify.Event) bool { return e.Check.Name == c.poison }) {
		return &notify.Failure{Reason: "400 invalid_blocks"}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages++
	for _, e := range m.Events {
		c.events = append(c.events, heard{now(), c.messages, e})
	}
	return nil
}

func (c *channel) set(answer func(context.Context) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = answer
}

// all returns what the channel has taken so far.
func (c *channel) all() []heard {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.events)
}

// said is all in words, a line an event.
func (c *channel) said() string {
	var words []string
	for _, h := range c.all() {
		words = append(words, h.what())
	}
	return strings.Join(words, "\n")
}

// wantSaid compares the events that a channel took, in order, with want.
func (w *world) wantSaid(c *channel, want ...string) {
	w.Helper()
	if got, want := c.said(), strings.Join(want, "\n"); got != want {
		w.Errorf("channel heard:\n%s\nwant:\n%s", got, want)
	}
}

var errBroken = errors.New("connection refused")

// broken is the answer of a channel that is away.
func broken(context.Context) error { return errBroken }
