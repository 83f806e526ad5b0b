package monitor_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat"
	"heartbeat/internal/notify"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/store/sqlite"
)

const yearDays = 366 // of the year 2000, in which a bubble's time begins

// jobs are the checks of the year.
func jobs() []heartbeat.Settings {
	job := func(period, grace time.Duration, worktime, zone, holidays string) heartbeat.Settings {
		return heartbeat.Settings{
			Spec:  heartbeat.Spec{Period: period, Worktime: worktime, Zone: zone, Holidays: holidays},
			Grace: grace,
		}
	}
	const h, m = time.Hour, time.Minute
	return []heartbeat.Settings{
		job(10*h, 0, "always", "UTC", ""),
		job(19*h, 30*m, "always", "Europe/Berlin", ""),
		job(24*h, time.Hour, "mon-fri", "Europe/Berlin", "de-he"),
		job(24*h, 0, "mon-sat", "America/New_York", ""),
		job(4*h, 15*m, "mon-fri 09:00-17:30", "Europe/Berlin", "2000-12-24,de-he"),
		job(8*h, time.Hour, "mon-fri 08:00-20:00", "America/New_York", "2000-07-04"),
		job(24*h, 2*h, "mon-sat", "Australia/Lord_Howe", ""),
		job(3*h, 0, "mon-fri 01:00-03:00", "Australia/Lord_Howe", ""),
		job(5*h, 20*m, "mon-sat 00:30-05:15", "America/New_York", "2000-04-01"),
		job(72*h, 5*h, "always", "Australia/Lord_Howe", ""),
		job(12*h+30*m, 45*m, "mon-fri", "Asia/Kathmandu", "2000-10-29"),
		job(11*h, 90*m, "mon-sat 06:00-22:00", "Europe/Berlin", ""),
	}
}

// year is a plan of everything that happens: made from a seed beforehand, so
// that the oracle can judge it without running it.
type year struct {
	rng       *rand.Rand
	begin     time.Time
	end       time.Time
	downtimes []heartbeat.Blind // of the program
	outages   []heartbeat.Blind // of the first channel
	calendars []*calendar
	pings     [][]sent // by job
}

func newYear(t *testing.T, begin time.Time, seed uint64) *year {
	y := &year{rng: rand.New(rand.NewPCG(seed, 1)), begin: begin, end: begin.AddDate(0, 0, yearDays)}
	y.downtimes = y.stretches(40, 3*time.Second, 30*time.Hour)
	y.outages = y.stretches(15, time.Minute, 8*time.Hour)
	for _, s := range jobs() {
		c := newCalendar(t, s.Spec, begin, yearDays+60)
		y.calendars = append(y.calendars, c)
		pings := y.plan(s, c)
		y.pings = append(y.pings, slices.DeleteFunc(pings, func(p sent) bool { return within(y.downtimes, p.at) }))
	}
	return y
}

// stretches are n times of random length, apart from each other.
func (y *year) stretches(n int, least, most time.Duration) []heartbeat.Blind {
	var s []heartbeat.Blind
	step := y.end.Sub(y.begin) / time.Duration(n)
	for i := range n {
		from := y.begin.Add(time.Duration(i)*step + y.between(step/10, step/2))
		s = append(s, heartbeat.Blind{From: from, To: from.Add(y.between(least, most))})
	}
	return s
}

func (y *year) between(least, most time.Duration) time.Duration {
	return least + time.Duration(y.rng.Int64N(int64(most-least)))
}

// plan makes a job's pings: mostly in time, now and then missed, failed, or
// with a start whose end is late.
func (y *year) plan(s heartbeat.Settings, c *calendar) []sent {
	var pings []sent
	at := y.begin.Add(y.between(0, 3*time.Hour))
	for at.Before(y.end) {
		switch roll := y.rng.IntN(100); {
		case roll < 2:
			pings = append(pings, sent{at, heartbeat.KindFail})
		case roll < 10:
			pings = append(pings, sent{at, heartbeat.KindStart})
			at = at.Add(y.between(time.Second, s.Grace+s.Grace/2+time.Minute))
			pings = append(pings, sent{at, heartbeat.KindSuccess})
		default:
			pings = append(pings, sent{at, heartbeat.KindSuccess})
		}
		wait := y.between(s.Period/2, s.Period)
		if y.rng.IntN(25) == 0 {
			wait = y.between(s.Period, 3*s.Period)
		}
		at = c.add(at, wait).Add(y.between(0, time.Second))
	}
	return pings
}

func within(stretches []heartbeat.Blind, at time.Time) bool {
	return slices.ContainsFunc(stretches, func(b heartbeat.Blind) bool { return !at.Before(b.From) && !at.After(b.To) })
}

// step is one thing that happens.
type step struct {
	at time.Time
	do func()
}

// live runs the year in the world.
func (y *year) live(w *world) []heartbeat.CheckID {
	var ids []heartbeat.CheckID
	var steps []step
	for i, s := range jobs() {
		id := w.add(fmt.Sprintf("job%02d", i), s)
		ids = append(ids, id)
		for _, p := range y.pings[i] {
			steps = append(steps, step{p.at, func() { w.ping(id, p.kind) }})
		}
	}
	for _, b := range y.downtimes {
		steps = append(steps, step{b.From, w.stop}, step{b.To, w.start})
	}
	for _, b := range y.outages {
		steps = append(steps, step{b.From, func() { w.slack.set(broken) }}, step{b.To, func() { w.slack.set(nil) }})
	}
	slices.SortStableFunc(steps, func(a, b step) int { return a.at.Compare(b.at) })
	w.start()
	for _, s := range steps {
		time.Sleep(time.Until(s.at))
		synctest.Wait()
		s.do()
	}
	time.Sleep(time.Until(y.end.Add(time.Hour)))
	return ids
}

// TestYear lets a year pass over checks with all kinds of working time in zones
// with clock changes. Jobs miss pings, fail and overrun; the program is away
// now and then, and so is a channel. Nothing may be lost, doubled, early or
// late by the oracle.
func TestYear(t *testing.T) {
	t.Parallel()
	y := newYear(t, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), 2000)
	for name, open := range map[string]func(t *testing.T) heartbeat.Store{
		"memory": func(*testing.T) heartbeat.Store { return memory.New() },
		"sqlite": func(t *testing.T) heartbeat.Store {
			s, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(lightDir(t), "heartbeat.db")})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				second := newChannel()
				w := &world{
					T: t, store: open(t), every: 12 * time.Hour, slack: newChannel(),
					more: []notify.Channel{{ID: "webhook", Notifier: second}},
				}
				ids := y.live(w)
				w.stop()
				if err := w.store.Close(); err != nil {
					t.Error(err)
				}
				y.check(t, ids, w.slack.all(), y.outages)
				y.check(t, ids, second.all(), nil)
			})
		})
	}
}

// lightDir is a folder for files, in memory where the machine has such a one: a
// year makes ten thousand commits, and what a disk does with them is not the
// question here.
func lightDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "heartbeat-year-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// check compares what a channel heard with what the oracle says.
func (y *year) check(t *testing.T, ids []heartbeat.CheckID, heard []heard, outages []heartbeat.Blind) {
	t.Helper()
	held := make([]int, len(y.downtimes))
	events := 0
	for i, s := range jobs() {
		o := oracle{
			period: s.Period, grace: s.Grace, calendar: y.calendars[i],
			blinds: y.downtimes, held: held,
		}
		want := o.judge(y.pings[i], y.end.Add(time.Hour-time.Minute))
		events += len(want)
		y.checkJob(t, i, of(ids[i], heard), want)
	}
	y.checkBlind(t, of(heartbeat.CheckID{}, heard), held)
	y.checkTimes(t, heard, outages)
	t.Logf("%d events of checks in %d messages", events, heard[len(heard)-1].message)
}

// checkBlind compares what was said of blind time: all of it that was long or
// held something, once.
func (y *year) checkBlind(t *testing.T, got []heard, held []int) {
	t.Helper()
	var want, said []heartbeat.BlindReport
	for i, b := range y.downtimes {
		if held[i] > 0 || b.Length() >= time.Minute {
			want = append(want, heartbeat.BlindReport{Blind: b, Held: held[i]})
		}
	}
	for _, h := range got {
		said = append(said, *h.Blind)
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("blind times (-want +said):\n%s", diff)
	}
}

// of are the events of one check.
func of(id heartbeat.CheckID, all []heard) []heard {
	return slices.DeleteFunc(slices.Clone(all), func(h heard) bool { return h.Check.ID != id })
}

func (y *year) checkJob(t *testing.T, job int, got []heard, want []told) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Fatalf("job %d: %+v was not told", job, want[i])
		case i >= len(want):
			t.Fatalf("job %d: %+v must not be told", job, got[i].Flip)
		}
		f, o := got[i].Flip, want[i]
		if !f.At.Equal(o.at) || f.To != o.to || f.Reason != o.reason {
			t.Fatalf("job %d, event %d: told %s %s at %v, want %+v", job, i, f.To, f.Reason, f.At, o)
		}
	}
}

// checkTimes fails if anything was told early, or late without a reason: the
// program or the channel was away, or the channel rested after a message.
func (y *year) checkTimes(t *testing.T, all []heard, outages []heartbeat.Blind) {
	t.Helper()
	var before []time.Time // of earlier messages
	for i, h := range all {
		at := h.Flip.At
		if h.Blind != nil {
			at = h.Blind.To
		}
		limit := y.reachable(y.reachable(at, outages), outages)
		if i > 0 && all[i-1].message != h.message {
			before = append(before, all[i-1].at)
		}
		if n := len(before); n > 0 && limit.Sub(before[n-1]) < 3*time.Second {
			limit = before[n-1].Add(3 * time.Second)
		}
		if h.at.Before(at) || h.at.After(limit.Add(time.Second)) {
			t.Errorf("%s at %v was told at %v, want it between and %v", h.what(), at, h.at, limit)
		}
	}
}

// reachable is by when what was owed at the given moment must have been sent:
// later if the program was away, or the channel, which is then tried again at
// most 12 minutes after its return.
func (y *year) reachable(at time.Time, outages []heartbeat.Blind) time.Time {
	const longestRetry = 12*time.Minute + time.Second
	for _, b := range y.downtimes {
		if !at.Before(b.From.Add(-time.Second)) && !at.After(b.To) {
			at = b.To
		}
	}
	for _, b := range outages {
		if !at.Before(b.From.Add(-time.Second)) && !at.After(b.To.Add(longestRetry)) {
			at = b.To.Add(longestRetry)
		}
	}
	return at
}
