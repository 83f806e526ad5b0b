package schedule_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"heartbeat"
	"heartbeat/internal/schedule"
)

func TestParseHours(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]time.Duration{
		"24":                     24 * hour,
		" 24 ":                   24 * hour,
		"24.0":                   24 * hour,
		"024":                    24 * hour,
		"0.5":                    30 * time.Minute,
		".5":                     30 * time.Minute,
		"5.":                     5 * hour,
		"1.25":                   75 * time.Minute,
		"0.3333333":              20 * time.Minute,
		"0.33333333333333333333": 20 * time.Minute,
		"0.00028":                1008 * time.Millisecond,
		"0.000277778":            time.Second,
		"87600":                  heartbeat.MaxPeriod,
		"00000000000000000001":   hour,
	} {
		if got, err := schedule.ParseHours("threshold", s); err != nil || got != want {
			t.Errorf("%q is %s, %v; want %s", s, got, err, want)
		}
	}
	if got, err := schedule.ParseHours("grace", "0"); err != nil || got != 0 {
		t.Errorf("no grace is %s, %v", got, err)
	}
}

func TestParseHours_SaysWhatToType(t *testing.T) {
	t.Parallel()
	tests := []struct{ field, s, want string }{
		{"threshold", "", "threshold must be a number of hours, for example 24 or 0.5"},
		{"threshold", ".", "must be a number of hours"},
		{"threshold", "1,5", "with a point: 1.5"},
		{"threshold", "90m", "90m is 1.5"},
		{"threshold", "24h", "24h is 24"},
		{"threshold", "a day", `not "a day"`},
		{"threshold", "NaN", "must be a number of hours"},
		{"threshold", "Inf", "must be a number of hours"},
		{"threshold", "1e3", "must be a number of hours"},
		{"threshold", "1e999999999", "must be a number of hours"},
		{"threshold", "0x10", "must be a number of hours"},
		{"threshold", "1_000", "must be a number of hours"},
		{"threshold", "-1", "must be a number of hours"},
		{"threshold", "+1", "must be a number of hours"},
		{"threshold", "1.2.3", "must be a number of hours"},
		{"threshold", "２４", "must be a number of hours"},
		{"threshold", "0", "must be between one second and ten years"},
		{"threshold", "0.0002", "must be between one second and ten years"},
		{"threshold", "87600.001", "must be between one second and ten years"},
		{"threshold", strings.Repeat("9", 1000), "must be between one second and ten years"},
		{"threshold", strings.Repeat("x", 1000), "xxx…"},
		{"grace", "8760.1", "grace must be between 0 and a year"},
	}
	for _, tt := range tests {
		_, err := schedule.ParseHours(tt.field, tt.s)
		invalid := new(heartbeat.Invalid)
		if !errors.As(err, &invalid) || invalid.Field != tt.field || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %.20q: error %v, want one with %q", tt.field, tt.s, err, tt.want)
		}
	}
}

func TestFormatHours(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0:                              "0",
		24 * hour:                      "24",
		30 * time.Minute:               "0.5",
		20 * time.Minute:               "0.3333333",
		time.Second:                    "0.0002778",
		hour - time.Millisecond:        "0.9999997",
		heartbeat.MaxPeriod:            "87600",
		-90 * time.Minute:              "-1.5",
		48*hour + 45*time.Minute:       "48.75",
		hour + 100*time.Microsecond:    "1",
		999_999*hour + time.Nanosecond: "999999",
	} {
		if got := schedule.FormatHours(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}

func TestFormatHours_RoundTrips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(1000, heartbeat.MaxPeriod.Milliseconds()).Draw(t, "ms")) * time.Millisecond
		text := schedule.FormatHours(d)
		if got, err := schedule.ParseHours("threshold", text); err != nil || got != d {
			t.Errorf("%s is %q, which is %s, %v", d, text, got, err)
		}
	})
}

func TestFormatSpan(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0:                               "0 h",
		24 * hour:                       "24 h",
		90 * time.Minute:                "1 h 30 min",
		45 * time.Second:                "45 s",
		1500 * time.Millisecond:         "1.5 s",
		hour + time.Second:              "1 h 1 s",
		-(2*hour + time.Minute):         "-2 h 1 min",
		10 * 365 * 24 * hour:            "87600 h",
		25*time.Minute + 30*time.Second: "25 min 30 s",
	} {
		if got := schedule.FormatSpan(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}

func FuzzParseHours(f *testing.F) {
	for _, s := range []string{"24", "0.5", "1,5", "1e9", "NaN", "-0", ".", "0.0002777", "87600.0000001", "1h", "\x00", "٣"} {
		f.Add("threshold", s)
		f.Add("grace", s)
	}
	f.Fuzz(func(t *testing.T, field, s string) {
		d, err := schedule.ParseHours(field, s)
		if err != nil {
			if len(err.Error()) > len(field)+400 {
				t.Errorf("error of %d bytes", len(err.Error()))
			}
			return
		}
		if d < 0 || d > heartbeat.MaxPeriod || d%time.Millisecond != 0 {
			t.Errorf("%q is %s", s, d)
		}
		text := schedule.FormatHours(d)
		if again, err := schedule.ParseHours(field, text); err != nil || again != d {
			t.Errorf("%q is %s, formatted %q, which is %s, %v", s, d, text, again, err)
		}
	})
}
