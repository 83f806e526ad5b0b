package monitor_test

import (
	"context"
	"errors"
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
	ready    map[heartbeat.ChannelID]notify.Notifier
	partial  bool
	err      error
}

func (b *book) directory(context.Context) (notify.Directory, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	d := notify.Directory{Projects: slices.Clone(b.projects), Partial: b.partial}
	for _, p := range d.Projects {
		for _, c := range p.Channels {
			d.Channels = append(d.Channels, notify.Channel{ID: c.ID, Notifier: b.ready[c.ID]})
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
		b := &book{projects: heartbeat.Default(), ready: map[heartbeat.ChannelID]notify.Notifier{}}
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
	c, err := w.store.Check(w.Context(), w.check(name, time.Hour, 0))
	if err != nil {
		w.Fatal(err)
	}
	c.Project, c.Channels = project, channels
	if err := w.store.Save(w.Context(), c, nil); err != nil {
		w.Fatal(err)
	}
	return c.ID
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
			given: {"of bare", "of default", "of none", "strange"}, first: {"of own", "strange"},
		})
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
		heard[first].set(func(context.Context) error { return errors.New("no route to host") })
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
		heard[second].set(func(context.Context) error { return errors.New("no route to host") })
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

func TestOutbox_WhatWaitsGoesWhereTheChannelLeadsNow(t *testing.T) {
	t.Parallel()
	inProjects(t, func(w *world, b *book, heard map[heartbeat.ChannelID]*channel) {
		heard[first].set(func(context.Context) error { return errors.New("no such webhook") })
		b.set(heartbeat.DefaultProject, first)
		w.start()
		w.ping(w.checkOf(heartbeat.DefaultProject, "nightly", ""), fail)
		time.Sleep(10 * time.Minute)
		b.mu.Lock()
		b.ready[first] = heard[second]
		b.mu.Unlock()
		time.Sleep(11 * time.Minute)
		wantHeard(t, heard, map[heartbeat.ChannelID][]string{second: {"nightly"}})
		w.nothingWaits()
	})
}

// TestOutbox_UnreadableChannelsLoseNothing reads the channels with trouble: not at
// all, and only those of the settings.
func TestOutbox_UnreadableChannelsLoseNothing(t *testing.T) {
	t.Parallel()
	inProjects(t, func(w *world, b *book, heard map[heartbeat.ChannelID]*channel) {
		heard[first].set(func(context.Context) error { return errors.New("no route to host") })
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
		wantHeard(t, heard, map[heartbeat.ChannelID][]string{given: {"weekly"}})

		heard[first].set(nil)
		b.set(heartbeat.DefaultProject, given, first)
		time.Sleep(time.Hour)
		wantHeard(t, heard, map[heartbeat.ChannelID][]string{given: {"weekly"}, first: {"nightly"}})
		w.nothingWaits()
	})
}
