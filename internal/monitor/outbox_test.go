package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat"
	"heartbeat/internal/notify"
)

// fleet adds n checks that were pinged now.
func (w *world) fleet(n int, period time.Duration) []heartbeat.CheckID {
	ids := make([]heartbeat.CheckID, n)
	for i := range ids {
		ids[i] = w.check(fmt.Sprintf("job%d", i), period, 0)
		w.ping(ids[i], up)
	}
	return ids
}

func TestOutbox_StormIsFewMessages(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.start()
		ids := w.fleet(250, time.Hour)
		time.Sleep(time.Hour + 10*time.Second)
		if got, messages := len(w.slack.all()), w.slack.messages; got != 250 || messages != 3 {
			t.Errorf("%d events in %d messages, want 250 in 3", got, messages)
		}
		for _, id := range ids[:50] {
			w.ping(id, up)
			time.Sleep(50 * time.Millisecond)
		}
		time.Sleep(10 * time.Second)
		if got, messages := len(w.slack.all()), w.slack.messages; got != 300 || messages != 5 {
			t.Errorf("%d events in %d messages, want 300 in 5: the first few, then the rest", got, messages)
		}
		w.nothingWaits()
	})
}

// reads is a store that counts how often checks are read.
type reads struct {
	heartbeat.Store
	n *atomic.Int64
}

func (r reads) Check(ctx context.Context, id heartbeat.CheckID) (heartbeat.Check, error) {
	r.n.Add(1)
	return r.Store.Check(ctx, id)
}

// Of every check there is one read to address its notice, and one to write the
// message, however many passes the storm takes.
func TestOutbox_StormReadsEachCheckTwice(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		const checks = 550
		for _, id := range w.fleet(checks, time.Hour) {
			w.ping(id, fail)
		}
		var n atomic.Int64
		w.open = func(s heartbeat.Store) heartbeat.Store { return reads{s, &n} }
		w.start()
		time.Sleep(time.Minute)
		if got := len(w.slack.all()); got != checks || n.Load() > 2*checks {
			t.Errorf("%d events after %d reads, want %d after %d at most", got, n.Load(), checks, 2*checks)
		}
		w.nothingWaits()
	})
}

func TestOutbox_TellsTheChannelsThatTheCheckNames(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		webhook := newChannel()
		w.more = []notify.Channel{{ID: "webhook", Notifier: webhook}}
		for name, channels := range map[string]string{
			"all": "", "one": "webhook", "none": heartbeat.NoChannels, "gone": "slack-2",
		} {
			c, err := w.store.Check(t.Context(), w.check(name, time.Hour, 0))
			if err != nil {
				t.Fatal(err)
			}
			c.Channels = channels
			if err := w.store.Save(t.Context(), c, nil); err != nil {
				t.Fatal(err)
			}
			w.ping(c.ID, fail)
		}
		w.start()
		time.Sleep(time.Minute)
		for _, heard := range []struct {
			channel *channel
			want    []string
		}{
			{w.slack, []string{"all", "gone"}},
			{webhook, []string{"all", "gone", "one"}},
		} {
			var got []string
			for _, e := range heard.channel.all() {
				got = append(got, e.Check.Name)
			}
			slices.Sort(got)
			if diff := cmp.Diff(heard.want, got); diff != "" {
				t.Errorf("told of (-want +got):\n%s", diff)
			}
		}
		time.Sleep(25 * time.Hour) // then the channel that is gone is given up
		w.nothingWaits()
	})
}

func TestOutbox_DeadChannelDelaysNoOther(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.every = time.Minute
		dead := newChannel()
		dead.set(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		w.more = []notify.Channel{{ID: "webhook", Notifier: dead}}
		w.start()
		id := w.check("nightly", time.Hour, 0)
		w.ping(id, up)
		time.Sleep(time.Hour + time.Second)
		for i := range 30 {
			w.wantSaidLast(i*2, "nightly down late")
			w.ping(id, up)
			time.Sleep(6 * time.Second)
			w.wantSaidLast(i*2+1, "nightly up ping")
			time.Sleep(time.Hour - 5*time.Second)
		}
		// The webhook comes back: it hears everything, in order.
		dead.set(nil)
		time.Sleep(15 * time.Minute)
		events := dead.all()
		if len(events) < 48 { // the first ones were given up after a day
			t.Fatalf("webhook heard %d events", len(events))
		}
		for i := 1; i < len(events); i++ {
			if !events[i].Flip.At.After(events[i-1].Flip.At) {
				t.Fatalf("event %d at %v after one at %v", i, events[i].Flip.At, events[i-1].Flip.At)
			}
		}
		w.nothingWaits()
	})
}

func (w *world) wantSaidLast(i int, want string) {
	w.Helper()
	events := w.slack.all()
	if len(events) != i+1 || events[i].what() != want {
		w.Fatalf("channel heard %d events, the last %q; want %d, %q", len(events), events[len(events)-1].what(), i+1, want)
	}
}

func TestOutbox_SixHoursOfOutage(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.every = time.Minute
		var tries []time.Duration
		down := now().Add(time.Hour)
		w.slack.set(func(context.Context) error {
			tries = append(tries, now().Sub(down))
			return errors.New("no route to host")
		})
		w.start()
		a, b := w.check("nightly", time.Hour, 0), w.check("hourly", 4*time.Hour, 0)
		w.ping(a, up)
		w.ping(b, up)
		time.Sleep(2 * time.Hour)
		w.ping(a, up)
		time.Sleep(5 * time.Hour)
		w.slack.set(nil)
		time.Sleep(13 * time.Minute)
		w.wantSaid(w.slack, "nightly down late", "nightly up ping", "nightly down late", "hourly down late")
		if w.slack.messages != 1 {
			t.Errorf("%d messages, want 1 with everything", w.slack.messages)
		}
		within := func(i int, least, most time.Duration) {
			t.Helper()
			if pause := tries[i] - tries[i-1]; pause < least || pause > most {
				t.Errorf("%v between attempts %d and %d, want %v to %v", pause, i, i+1, least, most)
			}
		}
		within(1, 4*time.Second, 6*time.Second)
		within(2, 12*time.Second, 18*time.Second)
		within(3, 36*time.Second, 54*time.Second)
		within(4, 96*time.Second, 144*time.Second)
		within(5, 4*time.Minute, 6*time.Minute)
		for i := 6; i < len(tries); i++ {
			within(i, 8*time.Minute, 12*time.Minute)
		}
		w.nothingWaits()
	})
}

// A ping's moment is when it began to come in. One with a long body that began
// before the deadline can be recorded after it.
func TestOutbox_SlowPingIsToldAfterTheFlipThatItEnds(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.slack.set(broken)
		w.start()
		id := w.check("nightly", time.Hour, 0)
		w.ping(id, up)
		time.Sleep(59 * time.Minute)
		slow := heartbeat.Ping{At: now(), Kind: up}
		time.Sleep(2 * time.Minute)
		if _, err := w.store.Ping(t.Context(), id, slow, nil); err != nil {
			t.Fatal(err)
		}
		w.mon.Wake()
		time.Sleep(time.Minute)
		w.slack.set(nil)
		time.Sleep(time.Hour)
		w.wantSaid(w.slack, "nightly down late", "nightly up ping", "nightly down late")
	})
}

func TestOutbox_RetryAfterHoldsTheChannel(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.slack.set(func(context.Context) error {
			return &notify.Failure{Again: true, After: 40 * time.Minute, Reason: "429 Too Many Requests"}
		})
		w.start()
		a, b := w.check("nightly", time.Hour, 0), w.check("hourly", 70*time.Minute, 0)
		w.ping(a, up)
		w.ping(b, up)
		time.Sleep(time.Hour + time.Second)
		w.slack.set(nil)
		time.Sleep(39*time.Minute + 58*time.Second)
		w.wantSaid(w.slack)
		time.Sleep(3 * time.Second)
		w.wantSaid(w.slack, "nightly down late", "hourly down late")
		if w.slack.tries != 2 {
			t.Errorf("%d attempts, want 2", w.slack.tries)
		}
	})
}

func TestOutbox_GivenUpAfterADay(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.every = time.Minute
		w.slack.set(func(context.Context) error { return errors.New("no route to host") })
		w.start()
		w.ping(w.check("nightly", time.Hour, 0), up)
		time.Sleep(24 * time.Hour)
		if got := w.delivery(); got.State != heartbeat.DeliveryWaiting {
			t.Errorf("after 23 hours: %+v", got)
		}
		time.Sleep(time.Hour + 13*time.Minute)
		got := w.delivery()
		if got.State != heartbeat.DeliveryFailed || got.Error != "no route to host" || got.Done.IsZero() || got.Attempts < 100 {
			t.Errorf("after a day: %+v", got)
		}
		w.nothingWaits()
	})
}

// delivery is that of the last notice.
func (w *world) delivery() heartbeat.Delivery {
	w.Helper()
	notices, err := w.store.NoticeLog(w.Context(), 1)
	if err != nil || len(notices) != 1 || len(notices[0].Deliveries) != 1 {
		w.Fatalf("no single delivery: %+v, %v", notices, err)
	}
	return notices[0].Deliveries[0]
}

func TestOutbox_NeverAgainIsGivenUpAtOnce(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.slack.set(func(context.Context) error { return &notify.Failure{Reason: "404 no_service"} })
		w.start()
		w.ping(w.check("nightly", time.Hour, 0), up)
		time.Sleep(2 * time.Hour)
		got := w.delivery()
		if got.State != heartbeat.DeliveryFailed || got.Attempts != 1 || got.Error != "404 no_service" {
			t.Errorf("delivery: %+v", got)
		}
	})
}

// TestOutbox_OneBadEventCostsNoOther: a message that is refused for good is sent
// again in parts, until only the event that is to blame is given up.
func TestOutbox_OneBadEventCostsNoOther(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.slack.poison = "job13"
		w.start()
		w.fleet(40, time.Hour)
		time.Sleep(time.Hour + time.Minute)
		heard := map[string]int{}
		for _, h := range w.slack.all() {
			heard[h.Check.Name]++
		}
		if len(heard) != 39 || heard["job13"] != 0 {
			t.Errorf("%d checks were told of, want 39 and not job13", len(heard))
		}
		for name, n := range heard {
			if n != 1 {
				t.Errorf("%s was told %d times", name, n)
			}
		}
		if w.slack.messages > 15 {
			t.Errorf("%d messages for 39 events, want few", w.slack.messages)
		}
		w.nothingWaits()
		failed := 0
		notices, err := w.store.NoticeLog(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range notices {
			if n.Deliveries[0].State == heartbeat.DeliveryFailed {
				failed++
			}
		}
		if failed != 1 {
			t.Errorf("%d deliveries failed, want the bad one", failed)
		}
	})
}

func TestOutbox_ChannelThatIsGone(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		dead := newChannel()
		dead.set(func(context.Context) error { return errors.New("refused") })
		w.more = []notify.Channel{{ID: "webhook", Notifier: dead}}
		w.start()
		w.ping(w.check("nightly", time.Hour, 0), up)
		time.Sleep(time.Hour + time.Second)
		w.stop()
		w.more = nil
		w.start()
		delivery := func() heartbeat.Delivery {
			notices, err := w.store.NoticeLog(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			return notices[0].Deliveries[1]
		}
		time.Sleep(12 * time.Hour)
		if d := delivery(); d.State != heartbeat.DeliveryWaiting {
			t.Errorf("got %+v: a start that forgot a channel loses nothing within the day", d)
		}
		time.Sleep(12*time.Hour + time.Minute)
		if d := delivery(); d.State != heartbeat.DeliveryFailed || d.Error == "" {
			t.Errorf("got %+v, want it given up after a day", d)
		}
		w.wantSaid(w.slack, "nightly down late")
		w.nothingWaits()
	})
}

// TestOutbox_NewFlipDoesNotWaitForOldBackOff: while old messages are tried every
// ten minutes, a new one is tried within one, and takes the old ones along.
func TestOutbox_NewFlipDoesNotWaitForOldBackOff(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.every = time.Minute
		w.slack.set(func(context.Context) error { return errors.New("refused") })
		w.start()
		old, fresh := w.check("old", time.Hour, 0), w.check("fresh", 4*time.Hour, 0)
		w.ping(old, up)
		w.ping(fresh, up)
		time.Sleep(4*time.Hour - 5*time.Second)
		w.slack.set(nil)
		time.Sleep(5*time.Second + time.Minute + time.Second)
		w.wantSaid(w.slack, "old down late", "fresh down late")
	})
}

func TestOutbox_RestartAfterDaysStillTells(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.every = time.Minute
		w.slack.set(func(context.Context) error { return errors.New("refused") })
		w.start()
		w.ping(w.check("nightly", time.Hour, 0), up)
		time.Sleep(time.Hour + time.Second)
		w.stop()
		time.Sleep(72 * time.Hour)
		w.start()
		time.Sleep(time.Second)
		w.slack.set(nil)
		time.Sleep(time.Minute)
		w.wantSaid(w.slack, "nightly down late", "blind 72h0m0s held 0")
	})
}

func TestOutbox_ShutdownRecordsWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.slack.set(func(context.Context) error { time.Sleep(3 * time.Second); return nil })
		w.start()
		w.ping(w.check("nightly", time.Hour, 0), up)
		time.Sleep(time.Hour + time.Second)
		synctest.Wait()
		w.stop()
		w.wantSaid(w.slack, "nightly down late")
		w.nothingWaits()
		w.start()
		time.Sleep(time.Minute)
		w.wantSaid(w.slack, "nightly down late")
	})
}

func TestOutbox_ShutdownDoesNotWaitForADeadChannel(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.slack.set(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		w.start()
		w.ping(w.check("nightly", time.Hour, 0), up)
		time.Sleep(time.Hour + time.Second)
		began := now()
		w.stop()
		if took := now().Sub(began); took > 6*time.Second {
			t.Errorf("the end took %v", took)
		}
		if got := w.delivery(); got.State != heartbeat.DeliveryWaiting || got.Attempts != 1 {
			t.Errorf("delivery: %+v", got)
		}
		w.slack.set(nil)
		w.start()
		time.Sleep(10 * time.Second)
		w.wantSaid(w.slack, "nightly down late")
	})
}

func TestOutbox_WithoutChannelsNothingWaits(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.every = time.Minute
		w.slack = nil
		w.start()
		w.ping(w.check("nightly", time.Hour, 0), up)
		time.Sleep(2 * time.Hour)
		w.nothingWaits()
	})
}

func TestOutbox_NoticeOfADeletedCheckDoesNotStay(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.start()
		flip := heartbeat.Flip{At: now(), From: heartbeat.StatusUp, To: heartbeat.StatusDown, Reason: heartbeat.ReasonLate}
		n := heartbeat.NoticeFor(heartbeat.CheckID{1}, &flip)
		if err := w.store.AddNotice(t.Context(), *n); err != nil {
			t.Fatal(err)
		}
		w.mon.Wake()
		time.Sleep(time.Second)
		if got := w.delivery(); got.State != heartbeat.DeliveryFailed || got.Error == "" {
			t.Errorf("delivery: %+v", got)
		}
		w.wantSaid(w.slack)
		w.nothingWaits()
	})
}
