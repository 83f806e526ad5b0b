package schedule_test

import (
	"errors"
	"testing"
	"time"
	"unicode/utf8"

	"heartbeat"
	"heartbeat/internal/schedule"
)

// FuzzCanonical holds that whatever is typed is refused or comes out as typed,
// and is then due after the last ping.
func FuzzCanonical(f *testing.F) {
	for _, expression := range []string{
		"0 3 * * 1-5", "*/7 * L * 5#2", "Mon..Fri 03:00", "daily Asia/Tokyo\n*:0/30", "*-*~1", "2026-11-20", "@daily", "", "\x00", "99 * * * *", "\xff",
	} {
		f.Add("cron", expression, "mon-fri", "Europe/Berlin", "de-by,12-24", int64(1_795_000_000))
		f.Add("oncalendar", expression, "always", "", "", int64(1_774_746_000))
	}
	f.Add("", "", "sun-thu 09:00-17:30", "Pacific/Apia", "01-01", int64(0))
	f.Add("other", "", "mon", "utc", "xx", int64(-1))
	f.Fuzz(func(t *testing.T, kind, expression, worktime, zone, holidays string, at int64) {
		spec := heartbeat.Spec{
			Kind: heartbeat.ScheduleKind(kind), Expression: expression, Period: hour, Worktime: worktime, Zone: zone, Holidays: holidays,
		}
		canonical, err := schedule.Canonical(spec)
		if err != nil {
			invalid := new(heartbeat.Invalid)
			if !errors.As(err, &invalid) || len(err.Error()) > 1000 || !utf8.ValidString(err.Error()) {
				t.Errorf("error %q of %d bytes", err, len(err.Error()))
			}
			return
		}
		if again, err := schedule.Canonical(canonical); err != nil || again != canonical {
			t.Errorf("%+v becomes %+v, %v", canonical, again, err)
		}
		if canonical.Kind != "" && canonical.Expression != expression {
			t.Errorf("%q becomes %q", expression, canonical.Expression)
		}
		s, err := schedule.Compile(canonical)
		if err != nil {
			t.Fatal(err)
		}
		last := time.Unix(at%(1<<33), 0)
		due := s.Due(last)
		if !due.IsZero() && !due.After(last) {
			t.Errorf("%+v: %v is due after %v", canonical, due, last)
		}
		e, err := schedule.Explain(canonical, last, hour)
		if err != nil || !e.Due.Equal(due) {
			t.Errorf("%+v: explained as %+v, %v", canonical, e, err)
		}
	})
}
