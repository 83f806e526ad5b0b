package monitor_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"heartbeat"
)

// A message that waits for a channel at rest is addressed before its check can go
// on by another channel: whoever starts meanwhile must not address it afresh.
func TestOutbox_AFlipIsAddressedBeforeTheNextOneIsTold(t *testing.T) {
	t.Parallel()
	inProjects(t, func(w *world, b *book, heard map[heartbeat.ChannelID]*channel) {
		heard[first].set(broken)
		b.set(heartbeat.DefaultProject, first, second)
		w.start()
		w.ping(w.checkOf(heartbeat.DefaultProject, "other", string(first)), fail)
		time.Sleep(3*time.Minute + 30*time.Second) // the channel rests up to a minute now
		id := w.checkOf(heartbeat.DefaultProject, "nightly", string(first))
		for tries := heard[first].tried(); heard[first].tried() == tries; { // an attempt leaves a rest
			time.Sleep(time.Second)
		}
		w.ping(id, fail)
		time.Sleep(time.Second)
		w.edit(id, func(c *heartbeat.Check) { c.Channels = string(second) })
		w.ping(id, up)
		time.Sleep(5 * time.Second)
		w.stop()
		w.start()
		time.Sleep(time.Minute)
		w.wantSaid(heard[second], "nightly up ping")
	})
}

func (c *channel) tried() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tries
}

// outrun is a store in which another monitor is faster, once.
type outrun struct {
	heartbeat.Store
	lose *atomic.Bool
}

func (o outrun) SaveNotice(ctx context.Context, n heartbeat.Notice) error {
	if o.lose.CompareAndSwap(true, false) {
		return heartbeat.ErrConflict
	}
	return o.Store.SaveNotice(ctx, n)
}

func TestOutbox_ALostRaceForgetsNoNewChannel(t *testing.T) {
	t.Parallel()
	inProjects(t, func(w *world, b *book, heard map[heartbeat.ChannelID]*channel) {
		var lose atomic.Bool
		w.open = func(s heartbeat.Store) heartbeat.Store { return outrun{s, &lose} }
		heard[first].set(broken)
		b.set(heartbeat.DefaultProject, first)
		w.start()
		w.ping(w.checkOf(heartbeat.DefaultProject, "nightly", ""), fail)
		time.Sleep(10 * time.Minute)
		b.set(heartbeat.DefaultProject, first, second)
		lose.Store(true)
		w.mon.Wake()
		time.Sleep(time.Hour)
		w.wantSaid(heard[second], "nightly down fail")
	})
}

// A check that has left a dead channel takes it no further than to the end of what
// waits for it.
func TestOutbox_ADeadChannelIsLeftBehind(t *testing.T) {
	t.Parallel()
	inProjects(t, func(w *world, b *book, heard map[heartbeat.ChannelID]*channel) {
		heard[first].set(broken)
		b.set(heartbeat.DefaultProject, first, second)
		w.start()
		id := w.checkOf(heartbeat.DefaultProject, "nightly", string(first))
		w.ping(id, fail)
		time.Sleep(10 * time.Minute)
		w.edit(id, func(c *heartbeat.Check) { c.Channels = string(second) })
		for i := range 6 {
			w.ping(id, []heartbeat.Kind{up, fail}[i%2])
			time.Sleep(12 * time.Hour)
		}
		log, err := w.store.NoticeLog(w.Context(), 100)
		if err != nil || len(log) != 7 {
			t.Fatalf("%d notices, %v", len(log), err)
		}
		for i, n := range log { // the newest first
			inherits := false
			for _, d := range n.Deliveries {
				inherits = inherits || d.Channel == first
			}
			if inherits != (i >= 5) { // the first down, and the up that ends it
				t.Errorf("notice %s (%s) goes by %+v", n.ID, n.Flip.To, n.Deliveries)
			}
		}
		w.nothingWaits()
	})
}

func TestOutbox_ARemovedChannelsMessageWaitsForNoPoll(t *testing.T) {
	t.Parallel()
	inProjects(t, func(w *world, b *book, heard map[heartbeat.ChannelID]*channel) {
		w.every = 10 * time.Minute
		heard[first].set(broken)
		b.set(heartbeat.DefaultProject, first)
		w.start()
		w.ping(w.checkOf(heartbeat.DefaultProject, "nightly", ""), fail)
		time.Sleep(2 * time.Second) // the next attempt is some seconds ahead
		b.set(heartbeat.DefaultProject, second)
		w.mon.Wake()
		time.Sleep(time.Minute)
		w.wantSaid(heard[second], "nightly down fail")
	})
}
