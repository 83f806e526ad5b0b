package service_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"heartbeat"
	"heartbeat/internal/service"
)

func TestPulse_CreatesTheCheckWithDefaults(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	if got := b.pulse(t, pulse("nightly", monday)); !got.Created || got.N != 1 {
		t.Errorf("first pulse: %+v, want created, number 1", got)
	}
	check := b.check(t, "nightly")
	want := heartbeat.Settings{Spec: heartbeat.Spec{Period: 24 * time.Hour, Worktime: "mon-fri", Zone: "UTC"}}
	if check.Settings != want || check.Names != names("nightly") {
		t.Errorf("got %v %+v, want %+v", check.Names, check.Settings, want)
	}
	if check.Status != heartbeat.StatusUp || !check.Created.Equal(monday) || !check.LastPing.Equal(monday) {
		t.Errorf("got %s, created %v, last ping %v", check.Status, check.Created, check.LastPing)
	}
	if !slices.Equal(b.changed, []heartbeat.CheckID{id("nightly")}) || b.owed != 0 {
		t.Errorf("told: changed %v, owed %d; want the new check, nothing owed", b.changed, b.owed)
	}
}

func TestPulse_SettingsCountAtCreationOnly(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	first := pulse("nightly", monday)
	first.Threshold, first.Worktime, first.Zone = "0.5", "mon-fri 09:00-17:30", "Europe/Berlin"
	b.pulse(t, first)
	want := b.check(t, "nightly").Settings
	second := pulse("nightly", monday.Add(time.Hour))
	second.Threshold, second.Saturday = "72", "1"
	b.pulse(t, second)
	if got := b.check(t, "nightly").Settings; got != want || got.Period != 30*time.Minute {
		t.Errorf("settings became %+v, want %+v", got, want)
	}
}

func TestPulse_Saturday(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ saturday, worktime, want string }{
		{"", "", "mon-fri"},
		{"0", "", "mon-fri"},
		{"1", "", "mon-sat"},
		{"1", "mon-sat", "mon-sat"},
		{"0", "mon-fri 09:00-17:00", "mon-fri 09:00-17:00"},
		{"1", "always", "always"},
		{"1", "mon-fri", "refused"},
		{"0", "always", "refused"},
		{"2", "", "refused"},
		{"yes", "mon-sat", "refused"},
	} {
		b := setUp(t)
		p := pulse("nightly", monday)
		p.Saturday, p.Worktime = c.saturday, c.worktime
		_, err := b.Pulse(t.Context(), p)
		if c.want == "refused" {
			if got := fields(err); !slices.Equal(got, []string{"saturday"}) {
				t.Errorf("saturday=%s worktime=%s: %v, want saturday refused", c.saturday, c.worktime, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("saturday=%s worktime=%s: %v", c.saturday, c.worktime, err)
		} else if got := b.check(t, "nightly").Worktime; got != c.want {
			t.Errorf("saturday=%s worktime=%s: %s, want %s", c.saturday, c.worktime, got, c.want)
		}
	}
}

func TestPulse_RefusesBadInputEveryTimeAndStoresNothing(t *testing.T) {
	t.Parallel()
	exit := 256
	for field, spoil := range map[string]func(*service.Pulse){
		"host":      func(p *service.Pulse) { p.Host = "" },
		"category":  func(p *service.Pulse) { p.Category = "a\nb" },
		"type":      func(p *service.Pulse) { p.Type = "\xff" },
		"name":      func(p *service.Pulse) { p.Name = strings.Repeat("ä", 201) },
		"threshold": func(p *service.Pulse) { p.Threshold = "-1" },
		"grace":     func(p *service.Pulse) { p.Grace = "an hour" },
		"cron":      func(p *service.Pulse) { p.Cron = "0 25 * * *" },
		"worktime":  func(p *service.Pulse) { p.Worktime = "sometimes" },
		"tz":        func(p *service.Pulse) { p.Zone = "Europe/Atlantis" },
		"status":    func(p *service.Pulse) { p.Ping.Kind = "well" },
		"exit":      func(p *service.Pulse) { p.Ping.Exit = &exit },
		"body":      func(p *service.Pulse) { p.Ping.Body = make([]byte, heartbeat.MaxBody+1) },
	} {
		b := setUp(t)
		bad := pulse("nightly", monday)
		spoil(&bad)
		for range 2 {
			if _, err := b.Pulse(t.Context(), bad); !slices.Equal(fields(err), []string{field}) {
				t.Errorf("bad %s: %v", field, err)
			}
		}
		if checks, err := b.store.Checks(t.Context()); err != nil || len(checks) != 0 {
			t.Errorf("bad %s: %d checks stored, %v", field, len(checks), err)
		}
	}
}

func TestPulse_TellsWhenPeopleAreOwedNews(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	b.pulse(t, pulse("nightly", monday))
	b.changed = nil
	b.pulse(t, pulse("nightly", monday.Add(time.Minute)))
	if b.changed != nil {
		t.Error("a success of an up check cannot bring the deadline nearer, but changed was told")
	}
	fail := pulse("nightly", monday.Add(2*time.Minute))
	fail.Ping.Kind = heartbeat.KindFail
	b.pulse(t, fail)
	b.pulse(t, pulse("nightly", monday.Add(3*time.Minute)))
	if b.owed != 2 || len(b.changed) != 2 {
		t.Errorf("failure and recovery: owed %d, changed %d; want 2, 2", b.owed, len(b.changed))
	}
}

func TestPulse_FirstPulsesAtOnceMakeOneCheck(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	var group sync.WaitGroup
	var mu sync.Mutex
	created := 0
	quiet := service.New(service.Config{Store: b.store})
	for range 16 {
		group.Go(func() {
			pinged, err := quiet.Pulse(t.Context(), pulse("nightly", monday))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if pinged.Created {
				created++
			}
		})
	}
	group.Wait()
	if check := b.check(t, "nightly"); created != 1 || check.Pings != 16 {
		t.Errorf("created %d times, %d pings; want once, 16", created, check.Pings)
	}
}

// Whatever settings come, and however often: the answer is the one that a
// service without a memory gives.
func TestPulse_RememberedSettingsAreTheSame(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		p := pulse("", monday)
		p.Threshold = rapid.SampledFrom([]string{"", "24", "0.5", "1e3", "x"}).Draw(rt, "threshold")
		p.Grace = rapid.SampledFrom([]string{"", "0", "0.5", "-1"}).Draw(rt, "grace")
		p.Cron = rapid.SampledFrom([]string{"", "0 3 * * *", "* * *"}).Draw(rt, "cron")
		p.OnCalendar = rapid.SampledFrom([]string{"", "12:34", "25:00"}).Draw(rt, "oncalendar")
		p.Saturday = rapid.SampledFrom([]string{"", "0", "1", "2"}).Draw(rt, "saturday")
		p.Worktime = rapid.SampledFrom([]string{"", "mon-fri", "mon-sat", "always", "sun"}).Draw(rt, "worktime")
		p.Zone = rapid.SampledFrom([]string{"", "UTC", "Asia/Tokyo", "Mars"}).Draw(rt, "zone")
		n++
		p.Name = fmt.Sprint("job", n)
		_, err := b.Pulse(t.Context(), p)
		fresh := setUp(t)
		_, freshErr := fresh.Pulse(t.Context(), p)
		if fmt.Sprint(err) != fmt.Sprint(freshErr) {
			rt.Fatalf("%v, but without a memory %v", err, freshErr)
		}
		if err != nil {
			if _, err := b.store.Check(t.Context(), id(p.Name)); !errors.Is(err, heartbeat.ErrNotFound) {
				rt.Fatalf("refused, but stored: %v", err)
			}
			return
		}
		if got, want := b.check(t, p.Name).Settings, fresh.check(t, p.Name).Settings; got != want {
			rt.Fatalf("settings %+v, but without a memory %+v", got, want)
		}
	})
}

func BenchmarkPulse(b *testing.B) {
	s := setUp(b)
	pulses := make([]service.Pulse, 10_000)
	for i := range pulses {
		pulses[i] = pulse(fmt.Sprint("job", i), monday)
		pulses[i].Threshold, pulses[i].Worktime = "24", "mon-fri 09:00-17:30"
		s.pulse(b, pulses[i])
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		p := pulses[i%len(pulses)]
		p.Ping.At = monday.Add(time.Duration(i))
		s.pulse(b, p)
		i++
	}
}

func TestPulse_LogsTheFlipsThatPeopleHearOf(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := service.New(service.Config{Store: setUp(t).store, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for i, kind := range []heartbeat.Kind{heartbeat.KindSuccess, heartbeat.KindSuccess, heartbeat.KindFail, heartbeat.KindFail, heartbeat.KindSuccess} {
		p := pulse("nightly", monday.Add(time.Duration(i)*time.Minute))
		p.Ping.Kind = kind
		if _, err := s.Pulse(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	got := log.String()
	if strings.Count(got, "\n") != 2 || !strings.Contains(got, "check went down") || !strings.Contains(got, "check is up again") {
		t.Errorf("got\n%s\nwant a line for the failure and one for the recovery", got)
	}
}
