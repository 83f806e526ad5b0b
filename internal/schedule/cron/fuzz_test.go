package cron_test

import (
	"strings"
	"testing"
	"time"

	"heartbeat/internal/schedule/cron"
)

// FuzzParse holds that Parse never panics, that what it accepts reads the same
// in its canonical form, and that Next comes to an end soon and is later.
func FuzzParse(f *testing.F) {
	for _, expression := range []string{
		"", "* * * * *", "0 3 * * MON-FRI", "*/5 0-23/2 L,15 JAN,6 5L,MON#2", "0 0 29 2 *", "0 0 30 2 *", "0 0 */28 2 MON#5",
		"*/5 2 */100,8-14 3 SUN#2", "0 0 LW/3 */2 7#5", "00 007 01-01/099 12/1 0-7/7", "@daily", "60 24 32 13 8", "* * * * * *",
		"*/99999999999999999999 * * * *", "1-2-3 5//2 L-3 DEC-JAN MONL", "٣ * * * ſun", "0\t0\n1 1\u00a01",
	} {
		f.Add(expression, int64(1616893800), uint8(1))
	}
	f.Add("*/30 0 */28 2 MON#5", int64(3223411200), uint8(3))
	f.Add("* * * * *", int64(-62135596800), uint8(2))
	f.Add("0 0 1 1 *", int64(253402300799), uint8(0))
	f.Fuzz(func(t *testing.T, expression string, seconds int64, clock uint8) {
		s, err := cron.Parse(expression)
		if err != nil {
			if s != (cron.Schedule{}) {
				t.Errorf("%q: %v and %#v", expression, err, s)
			}
			return
		}
		checkCanonical(t, s)
		if len(s.String()) > len(expression) || s.String() != strings.ToUpper(s.String()) {
			t.Errorf("%q: canonical %q", expression, s)
		}
		zone := location(t, clocks[int(clock)%len(clocks)])
		// Of the years 1 to 9999.
		at := time.Unix(-62135596800+int64(uint64(seconds)%(9998*366*86400)), 0)
		for range 3 {
			begin := time.Now()
			next := s.Next(at, zone)
			if took := time.Since(begin); took > time.Second {
				t.Errorf("%q after %v in %v took %v", expression, at, zone, took)
			}
			if next.IsZero() {
				break
			}
			if !next.After(at) || next.Year() > 10000 {
				t.Errorf("%q after %v in %v: %v", expression, at, zone, next)
			}
			at = next
		}
	})
}
