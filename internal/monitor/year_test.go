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

// job is a check of the year. If it has an expression, names tells which minutes
// of the local clock that names.
type job struct {
	heartbeat.Settings
	names func(local time.Time) bool
}

// periodJobs are checks whose pings are due after working time.
func periodJobs() []job {
	every := func(period, grace time.Duration, worktime, zone, holidays string) job {
		return job{Settings: heartbeat.Settings{
			Spec:  heartbeat.Spec{Period: period, Worktime: worktime, Zone: zone, Holidays: holidays},
			Grace: grace,
		}}
	}
	const h, m = time.Hour, time.Minute
	return []job{
		every(10*h, 0, "always", "UTC", ""),
		every(19*h, 30*m, "always", "Europe/Berlin", ""),
		every(24*h, time.Hour, "mon-fri", "Europe/Berlin", "de-he"),
		every(24*h, 0, "mon-sat", "America/New_York", ""),
		every(4*h, 15*m, "mon-fri 09:00-17:30", "Europe/Berlin", "2000-12-24,de-he"),
		every(8*h, time.Hour, "mon-fri 08:00-20:00", "America/New_York", "2000-07-04"),
		every(24*h, 2*h, "mon-sat", "Australia/Lord_Howe", ""),
		every(3*h, 0, "mon-fri 01:00-03:00", "Australia/Lord_Howe", ""),
		every(5*h, 20*m, "mon-sat 00:30-05:15", "America/New_York", "2000-04-01"),
		every(72*h, 5*h, "always", "Australia/Lord_Howe", ""),
		every(12*h+30*m, 45*m, "mon-fri", "Asia/Kathmandu", "2000-10-29"),
		every(11*h, 90*m, "mon-sat 06:00-22:00", "Europe/Berlin", ""),
	}
}

// expressionJobs are checks whose pings are due at moments that cron and
// OnCalendar name, none of them in an hour that a clock skips or repeats. Their
// periods have no say.
func expressionJobs() []job {
	when := func(kind heartbeat.ScheduleKind, expression string, grace time.Duration, worktime, zone, holidays string) job {
		return job{Settings: heartbeat.Settings{
			Spec: heartbeat.Spec{
				Kind: kind, Expression: expression, Period: time.Second,
				Worktime: worktime, Zone: zone, Holidays: holidays,
			},
			Grace: grace,
		}}
	}
	const h, m = time.Hour, time.Minute
	daily := when("cron", "30 6 * * *", 30*m, "always", "Europe/Berlin", "")
	daily.names = func(local time.Time) bool { return local.Hour() == 6 && local.Minute() == 30 }
	often := when("cron", "0 */6 * * *", h, "mon-fri", "America/New_York", "2000-07-04")
	often.names = func(local time.Time) bool { return local.Hour()%6 == 0 && local.Minute() == 0 }
	office := when("oncalendar", "Mon..Sat 20:15\n05:00", 45*m, "mon-fri 08:00-18:00", "Australia/Lord_Howe", "")
	office.names = func(local time.Time) bool {
		return local.Hour() == 20 && local.Minute() == 15 && local.Weekday() != time.Sunday ||
			local.Hour() == 5 && local.Minute() == 0
	}
	weekly := when("oncalendar", "Fri 23:30", 3*h, "mon-fri", "Europe/Berlin", "de-he")
	weekly.names = func(local time.Time) bool {
		return local.Weekday() == time.Friday && local.Hour() == 23 && local.Minute() == 30
	}
	return []job{daily, often, office, weekly}
}

// year is a plan of everything that happens: made from a seed beforehand, so
// that the oracle can judge it without running it.
type year struct {
	rng       *rand.Rand
	begin     time.Time
	end       time.Time
	jobs      []job
	downtimes []heartbeat.Blind // of the program
	outages   []heartbeat.Blind // of the first channel
	calendars []*calendar
	pings     [][]sent // by job
}

func newYear(t *testing.T, begin time.Time, seed uint64, jobs []job) *year {
	y := &year{rng: rand.New(rand.NewPCG(seed, 1)), begin: begin, end: begin.AddDate(0, 0, yearDays), jobs: jobs}
	y.downtimes = y.stretches(40, 3*time.Second, 30*time.Hour)
	y.outages = y.stretches(15, time.Minute, 8*time.Hour)
	for _, j := range jobs {
		c := newCalendar(t, j.Spec, begin, yearDays+60)
		if j.names != nil {
			c.schedule(location(t, j.Zone), j.names)
		}
		y.calendars = append(y.calendars, c)
		pings := y.plan(j.Settings, c)
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
		at = y.following(s, c, at)
	}
	return pings
}

// following is when a job that pinged at the given moment does so next.
func (y *year) following(s heartbeat.Settings, c *calendar, at time.Time) time.Time {
	if c.next != nil {
		missed := 0
		if y.rng.IntN(5) == 0 { // often, so that some misses meet blind time
			missed = 1 + y.rng.IntN(3)
		}
		for range 1 + missed {
			at = c.due(at)
		}
		return at.Add(y.between(0, s.Grace))
	}
	wait := y.between(s.Period/2, s.Period)
	if y.rng.IntN(25) == 0 {
		wait = y.between(s.Period, 3*s.Period)
	}
	return c.add(at, wait).Add(y.between(0, time.Second))
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
	for i, j := range y.jobs {
		id := w.add(fmt.Sprintf("job%02d", i), j.Settings)
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
	y := newYear(t, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), 2000, periodJobs())
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
			synctest.Test(t, func(t *testing.T) { y.pass(t, open(t)) })
		})
	}
}

// TestYear_Expressions is the same for cron and OnCalendar. What a store keeps
// is not the question: one is enough.
func TestYear_Expressions(t *testing.T) {
	t.Parallel()
	y := newYear(t, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), 2001, expressionJobs())
	synctest.Test(t, func(t *testing.T) { y.pass(t, memory.New()) })
}

// pass lets the year pass and compares what was told with what the oracle says.
func (y *year) pass(t *testing.T, store heartbeat.Store) {
	second := newChannel()
	w := &world{
		T: t, store: store, every: 12 * time.Hour, slack: newChannel(),
		more: []notify.Channel{{ID: "webhook", Notifier: second}},
	}
	ids := y.live(w)
	w.stop()
	if err := w.store.Close(); err != nil {
		t.Error(err)
	}
	y.check(t, ids, w.slack.all(), y.outages)
	y.check(t, ids, second.all(), nil)
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
	for i, j := range y.jobs {
		o := oracle{
			period: j.Period, grace: j.Grace, calendar: y.calendars[i],
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
