package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat"
	"heartbeat/internal/notify"
)

// book is a directory that changes while the monitor runs.
type book struct {
	mu       sync.Mutex
	projects heartbeat.Projects
	ready    map[heartbeat.ChannelID]*channel
	partial  bool
	err      error
}

func (b *book) directory(context.Context) (notify.Directory, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	d := notify.Directory{Projects: slices.Clone(b.projects), Partial: b.partial}
	for _, p := range d.Projects {
		for _, c := range p.Channels {
			to := b.ready[c.ID]
			d.Channels = append(d.Channels, notify.Channel{ID: c.ID, Notifier: to, Mark: fmt.Sprintf("%p", to)})
		}
	}
	return d, b.err
}

// set gives the project these channels.
func (b *book) set(project heartbeat.ProjectID, channels ...heartbeat.ChannelID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, _ := b.projects.Find(project)
	p.ID, p.Channels = project, nil
	if p.Name == "" {
		p.Name = string(project)
	}
	for _, id := range channels {
		p.Channels = append(p.Channels, heartbeat.Channel{ID: id, Name: string(id)})
	}
	b.projects, _ = b.projects.Put(p)
}

// lead lets a channel lead elsewhere.
func (b *book) lead(id heartbeat.ChannelID, to *channel) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ready[id] = to
}

// The channels of the tests: two that people have made, one that the settings give.
const (
	first  = heartbeat.ChannelID("6f2a2c2e-0000-4000-8000-000000000001")
	second = heartbeat.ChannelID("6f2a2c2e-0000-4000-8000-000000000002")
	given  = heartbeat.ChannelID("slack")
)

// inProjects runs f in a world with a book whose three channels write down what
// they are told.
func inProjects(t *testing.T, f func(w *world, b *book, heard map[heartbeat.ChannelID]*channel)) {
	t.Helper()
	inWorld(t, func(w *world) {
		b := &book{projects: heartbeat.Default(), ready: map[heartbeat.ChannelID]*channel{}}
		heard := map[heartbeat.ChannelID]*channel{}
		for _, id := range []heartbeat.ChannelID{first, second, given} {
			heard[id] = newChannel()
			b.ready[id] = heard[id]
		}
		w.told = b.directory
		f(w, b, heard)
	})
}

// checkOf adds a check of a project, which tells all its channels or those named.
func (w *world) checkOf(project heartbeat.ProjectID, name, channels string) heartbeat.CheckID {
	w.Helper()
	id := w.check(name, 1000*time.Hour, 0)
	w.edit(id, func(c *heartbeat.Check) { c.Project, c.Channels = project, channels })
	return id
}

func (w *world) edit(id heartbeat.CheckID, change func(*heartbeat.Check)) {
	w.Helper()
	c, err := w.store.Check(w.Context(), id)
	if err == nil {
		change(&c)
		err = w.store.Save(w.Context(), c, nil)
	}
	if err != nil {
		w.Fatal(err)
	}
}

func wantHeard(t *testing.T, heard map[heartbeat.ChannelID]*channel, want map[heartbeat.ChannelID][]string) {
	t.Helper()
	got := map[heartbeat.ChannelID][]string{}
	for id, c := range heard {
		for _, e := range c.all() {
			name := e.Check.Name
			if e.Blind != nil {
				name = "blind"
			}
			got[id] = append(got[id], name)
		}
		slices.Sort(got[id])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

func TestOutbox_ProjectsTellTheirOwnChannelsAndElseTheDefaultProjects(t *testing.T) {
	t.Parallel()
	inProjects(t, func(w *world, b *book, heard map[heartbeat.ChannelID]*channel) {
		b.set(heartbeat.DefaultProject, given)
		b.set("own", first)
		b.set("bare")
		w.start()
		for name, project := range map[string]heartbeat.ProjectID{"of default": heartbeat.DefaultProject, "of own": "own", "of bare": "bare", "of none": ""} {
			w.ping(w.checkOf(project, name, ""), fail)
		}
		w.ping(w.checkOf("own", "silenced", heartbeat.NoChannels), fail)
		w.ping(w.checkOf("own", "strange", string(given)), fail) // it was named before the project had its own
		time.Sleep(time.Minute)
		wantHeard(t, heard, map[heartbeat.ChannelID][]string{
			given: {"of bare", "of default", "of none", "strange"}, first: {"of own"},
		})
		for _, h := range append(heard[given].all(), heard[first].all()...) {
			want := map[string]string{"of own": "own", "of bare": "bare"}[h.Check.Name]
			if want == "" {
				want = "Default"
			}
			if h.Check.Name != "strange" && h.Project != want {
				t.Errorf("the message says that %s is of %q", h.Check.Name, h.Project)
			}
		}
		b.set("bare", second) // from now on it has its own
		w.ping(w.checkOf("bare", "later", ""), fail)
		time.Sleep(time.Minute)
		if got := heard[second].all(); len(got) != 1 || got[0].Check.Name != "later" {
			t.Errorf("a channel made while the monitor runs heard %v", got)
		}
		w.nothingWaits()
	})
}

func TestOutbox_BlindTimeIsToldToAllProjects(t *testing.T) {
	t.Parallel()
	inProjects(t, func(w *world, b *book, heard map[heartbeat.ChannelID]*channel) {
		b.set(heartbeat.DefaultProject, given)
		b.set("own", first)
		w.start()
		w.ping(w.check("nightly", time.Hour, 0), up)
		time.Sleep(time.Minute)
		w.stop()
		time.Sleep(2 * time.Hour)
		w.start()
		time.Sleep(time.Minute)
		wantHeard(t, heard, map[heartbeat.ChannelID][]string{given: {"blind"}, first: {"blind"}})
	})
}

// TestOutbox_MessagesOfARemovedChannelGoToThoseThatRemain removes a channel that
// takes nothing while messages wait for it.
func TestOutbox_MessagesOfARemovedChannelGoToThoseThatRemain(t *testing.T) {
	t.Parallel()
	inProjects(t, func(w *world, b *book, heard map[heartbeat.ChannelID]*channel) {
		heard[first].set(broken)
		b.set(heartbeat.DefaultProject, given)
		b.set("own", first)
		w.start()
		w.ping(w.checkOf("own", "nightly", ""), fail)
		time.Sleep(10 * time.Minute)
		b.set("own", second)
		w.mon.Wake()
		time.Sleep(time.Minute)
		wantHeard(t, heard, map[heartbeat.ChannelID][]string{second: {"nightly"}})
		w.nothingWaits()

		// One that another channel has been told of is not told twice.
		heard[second].set(broken)
		b.set("own", second, first)
		heard[first].set(nil)
		w.ping(w.checkOf("own", "weekly", ""), fail)
		time.Sleep(10 * time.Minute)
		b.set("own", first)
		time.Sleep(time.Minute)
		wantHeard(t, heard, map[heartbeat.ChannelID][]string{first: {"weekly"}, second: {"nightly"}})
		w.nothingWaits()
	})
}

// TestOutbox_WhatWaitsGoesAtOnceWhereTheChannelLeadsNow gives a channel another URL
// that takes nothing, or asked to be left alone for a day.
func TestOutbox_WhatWaitsGoesAtOnceWhereTheChannelLeadsNow(t *testing.T) {
	t.Parallel()
	for _, err := range []error{errBroken, &notify.Failure{Again: true, After: 24 * time.Hour, Reason: "429"}} {
		inProjects(t, func(w *world, b *book, heard map[heartbeat.ChannelID]*channel) {
			heard[first].set(func(context.Context) error { return err })
			b.set(heartbeat.DefaultProject, first)
			w.start()
			w.ping(w.checkOf(heartbeat.DefaultProject, "nightly", ""), fail)
			time.Sleep(10 * time.Minute)
			b.lead(first, heard[second])
			w.mon.Wake()
			w.ping(w.checkOf(heartbeat.DefaultProject, "weekly", ""), fail)
			time.Sleep(2 * time.Minute)
			wantHeard(t, heard, map[heartbeat.ChannelID][]string{second: {"nightly", "weekly"}})
			w.nothingWaits()
		})
	}
}

func TestOutbox_EachFlipIsToldToThoseWhomTheCheckNamesThen(t *testing.T) {
	t.Parallel()
	inProjects(t, func(w *world, b *book, heard map[heartbeat.ChannelID]*channel) {
		b.set(heartbeat.DefaultProject, given, first)
		w.start()
		id := w.checkOf(heartbeat.DefaultProject, "nightly", heartbeat.NoChannels)
		for i, names := range []string{heartbeat.NoChannels, string(given), string(first), heartbeat.NoChannels, ""} {
			w.edit(id, func(c *heartbeat.Check) { c.Channels = names })
			w.ping(id, []heartbeat.Kind{fail, up}[i%2])
			time.Sleep(time.Hour)
		}
		w.wantSaid(heard[given], "nightly up ping", "nightly down fail")
		w.wantSaid(heard[first], "nightly down fail", "nightly down fail")
	})
}

// TestOutbox_NobodyHearsOfAFlipAfterItsEnd removes the channel for which the message
// of a flip waits that is over by then.
func TestOutbox_NobodyHearsOfAFlipAfterItsEnd(t *testing.T) {
	t.Parallel()
	for name, recover := range map[string]func(*world, *book, heartbeat.CheckID){
		"another channel is made": func(w *world, b *book, id heartbeat.CheckID) {
			b.set(heartbeat.DefaultProject, first, second)
			w.ping(id, up)
		},
		"the check names another": func(w *world, b *book, id heartbeat.CheckID) {
			b.set(heartbeat.DefaultProject, first, second)
			w.edit(id, func(c *heartbeat.Check) { c.Channels = string(second) })
			w.ping(id, up)
		},
		"the settings give another": func(w *world, b *book, id heartbeat.CheckID) {
			b.set(heartbeat.DefaultProject, second)
			time.Sleep(time.Hour)
			w.ping(id, up)
		},
	} {
		inProjects(t, func(w *world, b *book, heard map[heartbeat.ChannelID]*channel) {
			gone := first
			if name == "the settings give another" {
				gone = given
			}
			heard[gone].set(broken)
			b.set(heartbeat.DefaultProject, gone)
			w.start()
			id := w.checkOf(heartbeat.DefaultProject, "nightly", "")
			w.ping(id, fail)
			time.Sleep(10 * time.Minute)
			recover(w, b, id)
			time.Sleep(10 * time.Minute)
			b.set(heartbeat.DefaultProject, second)
			time.Sleep(25 * time.Hour)
			want := "nightly up ping"
			if gone == given { // it was told at once, while it was so
				want = "nightly down fail\nnightly up ping"
			}
			if got := heard[second].said(); got != want {
				t.Errorf("%s: heard %q", name, got)
			}
			w.nothingWaits()
		})
	}
}

// TestOutbox_AChannelThatIsMadeBecauseAnotherIsDeadHearsWhatWaits and the dead one,
// once it is back, hears how it went on.
func TestOutbox_AChannelThatIsMadeBecauseAnotherIsDeadHearsWhatWaits(t *testing.T) {
	t.Parallel()
	for name, dead := range map[string]heartbeat.ChannelID{"made": first, "of the settings, and gone from them": given} {
		inProjects(t, func(w *world, b *book, heard map[heartbeat.ChannelID]*channel) {
			heard[dead].set(broken)
			b.set(heartbeat.DefaultProject, dead)
			w.start()
			id := w.checkOf("farm", "nightly", "")
			w.ping(id, fail)
			time.Sleep(10 * time.Minute)
			if dead == given {
				b.set(heartbeat.DefaultProject)
				w.stop()
				w.start()
			}
			b.set("farm", second)
			w.mon.Wake()
			time.Sleep(time.Minute)
			w.wantSaid(heard[second], "nightly down fail")
			w.ping(id, up)
			time.Sleep(time.Hour)
			heard[dead].set(nil)
			b.set(heartbeat.DefaultProject, dead)
			time.Sleep(time.Hour)
			w.wantSaid(heard[second], "nightly down fail", "nightly up ping")
			if got := heard[dead].said(); got != "nightly down fail\nnightly up ping" {
				t.Errorf("the dead channel (%s) hears %q", name, got)
			}
			w.nothingWaits()
		})
	}
}

func TestOutbox_AChannelRemovedWhileItIsToldIsNotReplaced(t *testing.T) {
	t.Parallel()
	inProjects(t, func(w *world, b *book, heard map[heartbeat.ChannelID]*channel) {
		heard[first].set(func(context.Context) error { time.Sleep(5 * time.Second); return nil })
		b.set(heartbeat.DefaultProject, given)
		b.set("own", first)
		w.start()
		w.ping(w.checkOf("own", "nightly", ""), fail)
		time.Sleep(2 * time.Second)
		b.set("own")
		w.mon.Wake()
		time.Sleep(time.Minute)
		wantHeard(t, heard, map[heartbeat.ChannelID][]string{first: {"nightly"}})
		if d := w.delivery(); d.State != heartbeat.DeliverySent {
			t.Errorf("the delivery is %+v", d)
		}
	})
}

// TestOutbox_UnreadableChannelsLoseNothing reads the channels with trouble: not at
// all, and only those of the settings.
func TestOutbox_UnreadableChannelsLoseNothing(t *testing.T) {
	t.Parallel()
	inProjects(t, func(w *world, b *book, heard map[heartbeat.ChannelID]*channel) {
		heard[first].set(broken)
		b.set(heartbeat.DefaultProject, first)
		w.start()
		w.ping(w.checkOf(heartbeat.DefaultProject, "nightly", ""), fail)
		time.Sleep(time.Minute)

		b.mu.Lock()
		b.err = errors.New("the store is away")
		b.mu.Unlock()
		w.ping(w.checkOf(heartbeat.DefaultProject, "weekly", ""), fail)
		time.Sleep(time.Hour)

		b.set(heartbeat.DefaultProject, given)
		b.mu.Lock()
		b.err, b.partial = nil, true
		b.mu.Unlock()
		time.Sleep(time.Hour)
		both := []string{"nightly", "weekly"}
		wantHeard(t, heard, map[heartbeat.ChannelID][]string{given: both})

		heard[first].set(nil)
		b.set(heartbeat.DefaultProject, given, first)
		time.Sleep(time.Hour)
		wantHeard(t, heard, map[heartbeat.ChannelID][]string{given: both, first: {"nightly"}})
		w.nothingWaits()
	})
}
