package oncalendar_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"heartbeat/internal/schedule/oncalendar"
)

// spec is an expression together with what it means, told apart from Parse: the
// readings of the clock that match all parts.
type spec struct {
	text  string
	parts []matcher
}

type matcher func(reading time.Time) bool

func (s spec) matches(reading time.Time) bool {
	if reading.Year() < 1970 || reading.Year() > 2199 {
		return false
	}
	return !slices.ContainsFunc(s.parts, func(m matcher) bool { return !m(reading) })
}

// drawNumbers draws a part of a date or time, and which numbers it means.
func drawNumbers(t *rapid.T, low, high int, stars ...bool) (string, func(int) bool) {
	if rapid.SampledFrom(stars).Draw(t, "star") {
		return "*", func(int) bool { return true }
	}
	var texts []string
	member := map[int]bool{}
	for range rapid.IntRange(1, 3).Draw(t, "terms") {
		from := rapid.IntRange(low, high).Draw(t, "from")
		to := rapid.IntRange(from, high).Draw(t, "to")
		step := rapid.IntRange(1, 9).Draw(t, "step")
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			texts, to = append(texts, fmt.Sprint(from)), from
		case 1:
			texts, step = append(texts, fmt.Sprintf("%d..%d", from, to)), 1
		case 2:
			texts, to = append(texts, fmt.Sprintf("%02d/%d", from, step)), high
		case 3:
			to = min(max(to, from+1), high)
			from = to - 1
			texts, step = append(texts, fmt.Sprintf("%d..%d/2", from, to)), 2
		}
		for n := from; n <= to; n += step {
			member[n] = true
		}
	}
	return strings.Join(texts, ","), func(n int) bool { return member[n] }
}

func drawWeekdays(t *rapid.T) (string, matcher) {
	names := []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
	from := rapid.IntRange(0, 6).Draw(t, "monday is 0")
	to := rapid.IntRange(from, 6).Draw(t, "to")
	also := rapid.IntRange(0, 6).Draw(t, "also")
	return fmt.Sprintf("%s..%s,%s", names[from], names[to], names[also]), func(reading time.Time) bool {
		day := (int(reading.Weekday()) + 6) % 7
		return day == also || from <= day && day <= to
	}
}

func drawDate(t *rapid.T) (string, matcher) {
	month, isMonth := drawNumbers(t, 1, 12, true, true, false)
	year, isYear := drawNumbers(t, 1970, 2199, true, true, false)
	if rapid.Bool().Draw(t, "from the end") {
		from := rapid.IntRange(1, 28).Draw(t, "from")
		to := rapid.IntRange(from, 31).Draw(t, "to")
		return fmt.Sprintf("%s-%s~%d..%d", year, month, from, to), func(reading time.Time) bool {
			left := reading.AddDate(0, 0, 1-reading.Day()).AddDate(0, 1, -1).Day() - reading.Day() + 1
			return isYear(reading.Year()) && isMonth(int(reading.Month())) && from <= left && left <= to
		}
	}
	day, isDay := drawNumbers(t, 1, 31, true, false)
	return fmt.Sprintf("%s-%s-%s", year, month, day), func(reading time.Time) bool {
		return isYear(reading.Year()) && isMonth(int(reading.Month())) && isDay(reading.Day())
	}
}

func drawTime(t *rapid.T) (string, matcher) {
	hour, isHour := drawNumbers(t, 0, 23, true, false)
	minute, isMinute := drawNumbers(t, 0, 59, true, false)
	second, isSecond := drawNumbers(t, 0, 59, true, false)
	return fmt.Sprintf("%s:%s:%s", hour, minute, second), func(reading time.Time) bool {
		return isHour(reading.Hour()) && isMinute(reading.Minute()) && isSecond(reading.Second())
	}
}

// drawSpec draws an expression of any parts.
func drawSpec(t *rapid.T) spec {
	var words []string
	var s spec
	for _, draw := range []func(*rapid.T) (string, matcher){drawWeekdays, drawDate, drawTime} {
		if rapid.Bool().Draw(t, "part") {
			word, m := draw(t)
			words, s.parts = append(words, word), append(s.parts, m)
		}
	}
	if len(words) == 0 {
		words = []string{"Mon..Sun"}
	}
	if !strings.Contains(words[len(words)-1], ":") {
		s.parts = append(s.parts, func(reading time.Time) bool {
			return reading.Hour() == 0 && reading.Minute() == 0 && reading.Second() == 0
		})
	}
	s.text = strings.Join(words, " ")
	return s
}

// drawMoment draws a time, mostly close to one at which a clock is changed.
func drawMoment(t *rapid.T, zone *time.Location) time.Time {
	at := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "at"), 0).In(zone)
	if rapid.IntRange(0, 3).Draw(t, "near") > 0 {
		if _, end := at.ZoneBounds(); !end.IsZero() {
			at = end.Add(time.Duration(rapid.Int64Range(-9000, 9000).Draw(t, "off")) * time.Second)
		}
	}
	return at
}

// reading is what the zone's clock shows, as a time that no clock changes.
func reading(at time.Time, zone *time.Location) time.Time {
	_, offset := at.In(zone).Zone()
	return at.UTC().Add(time.Duration(offset) * time.Second)
}

// firstShowing tells whether the clock did not show the same at most a day before.
func firstShowing(at time.Time, zone *time.Location) bool {
	for back := 15 * time.Minute; back <= 24*time.Hour; back += 15 * time.Minute {
		if reading(at.Add(-back), zone).Equal(reading(at, zone)) {
			return false
		}
	}
	return true
}

func drawZone(t *rapid.T) *time.Location {
	zone, err := time.LoadLocation(rapid.SampledFrom([]string{
		"UTC", "Europe/Riga", "Europe/Dublin", "America/New_York", "America/St_Johns", "America/Havana", "America/Santiago",
		"Africa/Casablanca", "Asia/Tehran", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham",
		"Antarctica/Troll", "Antarctica/Casey", "Pacific/Kwajalein",
	}).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// TestNext_Laws draws expressions: what Next gives is later, matches, and shows
// for the first time; and between the two nothing else does.
func TestNext_Laws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, zone := drawSpec(t), drawZone(t)
		schedule, err := oncalendar.Parse(s.text)
		if err != nil {
			t.Skip(err) // such as a year before 2000
		}
		after := drawMoment(t, zone)
		next := schedule.Next(after, zone)
		if !next.IsZero() {
			switch shown := reading(next, zone); {
			case !next.After(after):
				t.Fatalf("%q: %v is not after %v", s.text, next, after)
			case !s.matches(shown):
				t.Fatalf("%q: %v does not match", s.text, shown)
			case !firstShowing(next, zone):
				t.Fatalf("%q: %v is the second time that the clock shows this", s.text, next)
			}
		}
		// Every second of three hours.
		for i := 1; i < 3*60*60; i++ {
			at := after.Add(time.Duration(i) * time.Second)
			if !next.IsZero() && !at.Before(next) {
				break
			}
			if s.matches(reading(at, zone)) && firstShowing(at, zone) {
				t.Fatalf("%q: after %v comes %v, which skips %v", s.text, after, next, at)
			}
		}
	})
}

// TestNext_SkipsNoDay looks at ten years of days.
func TestNext_SkipsNoDay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		date, m := drawDate(t)
		weekday, isWeekday := drawWeekdays(t)
		s := spec{text: weekday + " " + date + " 12:00", parts: []matcher{m, isWeekday}}
		schedule, err := oncalendar.Parse(s.text)
		if err != nil {
			t.Skip(err)
		}
		noon := time.Date(rapid.IntRange(1970, 2189).Draw(t, "year"), 1, 1, 12, 0, 0, 0, time.UTC)
		next := schedule.Next(noon, time.UTC)
		for range 3652 {
			noon = noon.AddDate(0, 0, 1)
			if is := s.matches(noon); is != noon.Equal(next) {
				t.Fatalf("%q: %v matches: %t, but next is %v", s.text, noon, is, next)
			}
			if noon.Equal(next) {
				next = schedule.Next(noon, time.UTC)
			}
		}
	})
}

// TestNext_Monotone says that who asks later is never told an earlier moment,
// and that of several lines the earliest counts.
func TestNext_Monotone(t *testing.T) {
	t.Parallel()
	never := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	next := func(s oncalendar.Schedule, after time.Time, zone *time.Location) time.Time {
		if at := s.Next(after, zone); !at.IsZero() {
			return at
		}
		return never
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b, zone := drawSpec(t), drawSpec(t), drawZone(t)
		one, err := oncalendar.Parse(a.text)
		if err != nil {
			t.Skip(err)
		}
		other, err := oncalendar.Parse(b.text)
		if err != nil {
			t.Skip(err)
		}
		both, err := oncalendar.Parse(a.text + "\n" + b.text)
		if err != nil {
			t.Fatal(err)
		}
		at := drawMoment(t, zone)
		later := at.Add(time.Duration(rapid.Int64Range(0, 20_000).Draw(t, "later")) * time.Second)
		first := next(both, at, zone)
		if second := next(both, later, zone); second.Before(first) {
			t.Fatalf("after %v comes %v, but after %v comes %v", at, first, later, second)
		}
		if want := slices.MinFunc([]time.Time{next(one, at, zone), next(other, at, zone)}, time.Time.Compare); !first.Equal(want) {
			t.Fatalf("after %v comes %v, want %v", at, first, want)
		}
	})
}
