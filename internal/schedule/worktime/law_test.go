package worktime_test

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata" // the machine may have none

	"pgregory.net/rapid"

	"heartbeat/internal/schedule/worktime"
)

// zoneNames are all zones of the tz database that Go 1.26 comes with.
//
//go:embed testdata/zones.txt
var zoneNames string

var zones = sync.OnceValues(func() ([]*worktime.Zone, error) {
	var all []*worktime.Zone
	for name := range strings.FieldsSeq(zoneNames) {
		loc, err := time.LoadLocation(name)
		if err != nil {
			return nil, err
		}
		all = append(all, worktime.NewZone(loc))
	}
	return all, nil
})

func allZones(t testing.TB) []*worktime.Zone {
	t.Helper()
	all, err := zones()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 400 {
		t.Fatalf("only %d zones", len(all))
	}
	return all
}

func drawWeek() *rapid.Generator[worktime.Week] {
	return rapid.Custom(func(t *rapid.T) worktime.Week {
		w := worktime.WholeDays(worktime.Days(rapid.IntRange(1, 127).Draw(t, "days")))
		if rapid.Bool().Draw(t, "hours") {
			from := rapid.IntRange(0, 24*60-1).Draw(t, "from")
			to := rapid.IntRange(from+1, 24*60).Draw(t, "to")
			w.From, w.To = time.Duration(from)*time.Minute, time.Duration(to)*time.Minute
		}
		return w
	})
}

func drawDays() *rapid.Generator[[]worktime.Day] {
	return rapid.Custom(func(t *rapid.T) []worktime.Day {
		first := worktime.DateDay(1970, 1, 1)
		days := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 80_000), func(n int) worktime.Day {
			return first + worktime.Day(n)
		}), 0, 400).Draw(t, "holidays")
		slices.Sort(days)
		return slices.Compact(days)
	})
}

func drawTime() *rapid.Generator[time.Time] {
	from, to := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2150, 1, 1, 0, 0, 0, 0, time.UTC)
	return rapid.Map(rapid.Int64Range(from.UnixNano(), to.UnixNano()), func(n int64) time.Time {
		return time.Unix(0, n).UTC()
	})
}

// TestCalendar_Laws draws calendars in all zones and holds the laws against them.
func TestCalendar_Laws(t *testing.T) {
	t.Parallel()
	all := allZones(t)
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(all).Draw(t, "zone")
		c := worktime.New(worktime.Config{
			Week: drawWeek().Draw(t, "week"), Zone: zone, Holidays: drawDays().Draw(t, "holidays"),
		})
		a, d := drawTime().Draw(t, "a"), rapid.Int64Range(1, int64(1000*time.Hour)).Draw(t, "d")
		checkLaws(t, c, a, drawTime().Draw(t, "b"), drawTime().Draw(t, "c"), time.Duration(d))
		near := a.Add(time.Duration(rapid.Int64Range(0, int64(72*time.Hour)).Draw(t, "near")))
		checkLaws(t, c, a, near, near.Add(time.Minute), time.Duration(d)%(48*time.Hour)+1)
	})
}

// TestCalendar_LawsInEveryZone leaves no zone out.
func TestCalendar_LawsInEveryZone(t *testing.T) {
	t.Parallel()
	week, err := worktime.ParseWeek("mon-fri 00:30-23:30")
	if err != nil {
		t.Fatal(err)
	}
	for _, zone := range allZones(t) {
		c := worktime.New(worktime.Config{Week: week, Zone: zone})
		for month := range 24 {
			a := time.Date(2026, time.Month(month), 28, 3, 4, 5, 6, time.UTC)
			checkLaws(t, c, a, a.AddDate(0, 0, 9), a.AddDate(9, 0, 0), time.Duration(month+1)*7*time.Hour)
		}
	}
}

type failer interface {
	Errorf(format string, args ...any)
}

func checkLaws(t failer, c *worktime.Calendar, a, b, e time.Time, d time.Duration) {
	times := []time.Time{a, b, e}
	slices.SortFunc(times, time.Time.Compare)
	a, b, e = times[0], times[1], times[2]
	if ab, be, ae := c.Elapsed(a, b), c.Elapsed(b, e), c.Elapsed(a, e); ab+be != ae || ab < 0 || be < 0 {
		t.Errorf("not additive: %s + %s is not %s", ab, be, ae)
	}
	if plain := b.Sub(a); c.Elapsed(a, b) > plain {
		t.Errorf("%s counted in %s", c.Elapsed(a, b), plain)
	}
	due := c.Deadline(a, d)
	if due.IsZero() {
		return // beyond the table, with very short weeks
	}
	if got := c.Elapsed(a, due); got != d {
		t.Errorf("not inverse: %s counted from %s to %s, want %s", got, a, due, d)
	}
	if !c.Working(due) {
		t.Errorf("deadline %s is no working time", due)
	}
	if !due.After(a) || due.Before(a.Add(d)) {
		t.Errorf("deadline %s is less than %s after %s", due, d, a)
	}
	if later := c.Deadline(b, d); !later.IsZero() && later.Before(due) {
		t.Errorf("not monotone: a later pulse brings %s forward to %s", due, later)
	}
	if longer := c.Deadline(a, d+1); !longer.IsZero() && !longer.After(due) {
		t.Errorf("not monotone: a longer threshold brings %s forward to %s", due, longer)
	}
}

// TestCalendar_AgreesWithReadingTheClock compares with an oracle that reads the
// clock minute by minute. Offsets and hours are whole minutes in these years.
func TestCalendar_AgreesWithReadingTheClock(t *testing.T) {
	t.Parallel()
	all := allZones(t)
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(all).Draw(t, "zone")
		week := drawWeek().Draw(t, "week")
		start := rapid.Custom(drawNearChange(zone)).Draw(t, "start")
		holiday := worktime.DayOf(start.In(zone.Location())) + worktime.Day(rapid.IntRange(0, 3).Draw(t, "holiday"))
		c := worktime.New(worktime.Config{Week: week, Zone: zone, Holidays: []worktime.Day{holiday}})
		counted := time.Duration(0)
		for at := start; at.Before(start.Add(72 * time.Hour)); at = at.Add(time.Minute) {
			if got := c.Elapsed(start, at); got != counted {
				t.Fatalf("%s counted from %s to %s, want %s", got, start, at, counted)
			}
			is := readClock(week, zone, holiday, at)
			if c.Working(at) != is {
				t.Fatalf("working at %s is %t, want %t", at.In(zone.Location()), !is, is)
			}
			if is {
				counted += time.Minute
			}
		}
	})
}

// drawNearChange draws a minute, half of them shortly before a clock change.
func drawNearChange(zone *worktime.Zone) func(*rapid.T) time.Time {
	return func(t *rapid.T) time.Time {
		year := rapid.IntRange(1973, 2140).Draw(t, "year")
		at := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 365*24*60).Draw(t, "minute")) * time.Minute)
		if _, end := at.In(zone.Location()).ZoneBounds(); rapid.Bool().Draw(t, "near") && !end.IsZero() && end.Year() < 2150 {
			return end.Add(-36 * time.Hour).Truncate(time.Minute)
		}
		return at
	}
}

func readClock(w worktime.Week, zone *worktime.Zone, holiday worktime.Day, at time.Time) bool {
	local := at.In(zone.Location())
	hour, minute, _ := local.Clock()
	clock := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
	return w.Days.Has(local.Weekday()) && clock >= w.From && clock < w.To && worktime.DayOf(local) != holiday
}

// TestZone_MissesNoChange compares the cut zones with reading the clock.
func TestZone_MissesNoChange(t *testing.T) {
	t.Parallel()
	for _, zone := range allZones(t) {
		loc := zone.Location()
		c := worktime.New(worktime.Config{Week: worktime.Week{Days: worktime.EveryDay, From: 12 * time.Hour, To: 13 * time.Hour}, Zone: zone})
		for year := 1975; year < 2190; year += 3 {
			for _, month := range []time.Month{1, 4, 7, 10} {
				noon := time.Date(year, month, 17, 12, 0, 0, 0, loc)
				if !c.Working(noon) || c.Working(noon.Add(-time.Nanosecond)) || c.Working(noon.Add(time.Hour)) {
					t.Errorf("%s: noon is not where the clock shows it, %s", loc, noon)
				}
			}
		}
	}
}
