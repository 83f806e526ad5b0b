package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule"
)

// nextCmd shows how a schedule counts, without a server.
type nextCmd struct {
	Every      span     `required:"" xor:"schedule" placeholder:"24h" help:"Threshold: how long after a pulse the next one must come. Go durations, also days of 24 hours (1d) and weeks (1w)."`
	Cron       *string  `required:"" xor:"schedule" placeholder:"EXPRESSION" help:"A crontab's five fields instead of a threshold: \"0 3 * * 1-5\"."`
	OnCalendar []string `name:"oncalendar" sep:"none" required:"" xor:"schedule" placeholder:"EXPRESSION" help:"A systemd timer's OnCalendar instead of a threshold: \"Mon..Fri 03:00\". Repeat the flag for more lines."`
	Worktime   string   `placeholder:"DAYS [HOURS]" help:"When time counts: mon-fri, mon-sat, always, sun-thu, \"mon-fri 09:00-17:30\". Default: mon-fri; always with --cron and --oncalendar."`
	TZ         string   `name:"tz" default:"UTC" placeholder:"ZONE" help:"IANA time zone of days and hours. Default: ${default}."`
	Holidays   string   `placeholder:"SETS,DATES" help:"Days that do not count: sets such as de-by or us, dates such as 2026-12-24, or 12-24 for every year."`
	Grace      span     `placeholder:"1h" help:"How long after the due time the check still waits."`
	Last       string   `placeholder:"TIME" help:"When the last pulse came, such as 2026-11-20T18:00:00+01:00; without an offset it is read in --tz. Default: now."`
	Count      int      `short:"n" placeholder:"N" help:"Show this many due times more, if each pulse comes exactly when due."`
	JSON       bool     `name:"json" help:"Write JSON: times in RFC 3339, durations in hours."`
}

// Help shows examples.
func (nextCmd) Help() string {
	return `It shows when the pulse after the last one is due, when the check goes down, and how the time was counted, day by day. What an expression names while no time counts is due when time counts again.

  heartbeat next --every 24h --tz Europe/Berlin --last 2026-11-20T18:00
  heartbeat next --every 1d --worktime mon-sat --holidays de-by,12-24 --grace 1h -n 5
  heartbeat next --every 90m --worktime "mon-fri 09:00-17:30" --tz America/New_York --json
  heartbeat next --cron "0 3 * * 1-5" --tz Europe/Berlin -n 5
  heartbeat next --cron "30 6 * * *" --worktime mon-fri --holidays de-by --tz Europe/Berlin -n 5
  heartbeat next --oncalendar "Mon..Fri 03:00" --oncalendar "Sat 06:00" --grace 30m`
}

const (
	// mostNext bounds -n.
	mostNext = 1000
	// firstYear and lastYear bound --last to times that a check can have, with room
	// for a deadline that takes long to come.
	firstYear, lastYear = 1971, 2150
)

// Run prints the explanation.
func (c nextCmd) Run(out io.Writer) error {
	if c.Count < 0 || c.Count > mostNext {
		return usageError{fmt.Errorf("-n must be between 0 and %d", mostNext)}
	}
	spec, err := schedule.Canonical(c.spec())
	if err != nil {
		return c.flagError(err)
	}
	zone, err := schedule.Zone(spec.Zone)
	if err != nil {
		return c.flagError(err)
	}
	last, err := parseMoment(c.Last, zone)
	if err != nil {
		return usageError{fmt.Errorf("--last %w", err)}
	}
	e, err := schedule.Explain(spec, last, time.Duration(c.Grace))
	if err != nil {
		return c.flagError(err)
	}
	var following []schedule.Occurrence
	if !e.Due.IsZero() {
		if following, err = schedule.Occurrences(spec, e.Due, c.Count); err != nil {
			return c.flagError(err)
		}
	}
	if c.JSON {
		return writeNextJSON(out, e, following)
	}
	writeNext(out, e, following)
	return nil
}

// spec is what the flags ask for.
func (c nextCmd) spec() heartbeat.Spec {
	spec := heartbeat.Spec{Period: time.Duration(c.Every), Worktime: c.Worktime, Zone: c.TZ, Holidays: c.Holidays}
	switch {
	case c.Cron != nil:
		spec.Kind, spec.Expression = heartbeat.ScheduleCron, *c.Cron
	case len(c.OnCalendar) > 0:
		spec.Kind, spec.Expression = heartbeat.ScheduleOnCalendar, strings.Join(c.OnCalendar, "\n")
	default:
		return spec
	}
	if spec.Worktime == "" {
		spec.Worktime = "always"
	}
	return spec
}

// flagError names the flag that an invalid setting came from.
func (c nextCmd) flagError(err error) error {
	invalid := new(heartbeat.Invalid)
	if !errors.As(err, &invalid) {
		return err
	}
	flag := invalid.Field
	switch flag {
	case "threshold":
		flag = "every"
	case "schedule":
		flag = string(c.spec().Kind)
	}
	return usageError{fmt.Errorf("--%s %s", flag, invalid.Problem)}
}

// parseMoment reads a time with offset, or one of the zone's clock; now if empty.
func parseMoment(s string, zone *time.Location) (time.Time, error) {
	if s == "" {
		return time.Now().Truncate(time.Second), nil // fractions would fill the table
	}
	// Both separators are in use: the one of RFC 3339 and the one that people type.
	typed := strings.Replace(s, " ", "T", 1)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		t, err := time.ParseInLocation(layout, typed, zone)
		if err != nil {
			continue
		}
		if year := t.UTC().Year(); year < firstYear || year > lastYear {
			return time.Time{}, fmt.Errorf("must be between the years %d and %d, not %q", firstYear, lastYear, s)
		}
		return t, nil
	}
	return time.Time{}, fmt.Errorf("must be a time such as 2026-11-20T18:00:00+01:00 or 2026-11-20T18:00, not %q", s)
}

// span is a duration on the command line: Go's, and days of 24 hours and weeks
// before it, as in 1w2d12h.
type span time.Duration

// UnmarshalText reads a span.
func (s *span) UnmarshalText(text []byte) error {
	total, rest := time.Duration(0), string(text)
	for _, unit := range []struct {
		name   string
		length time.Duration
	}{{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}} {
		number, after, ok := strings.Cut(rest, unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(number, 10, 12)
		if err != nil {
			return badSpan(text)
		}
		total, rest = total+time.Duration(n)*unit.length, after
	}
	if rest != "" {
		d, err := time.ParseDuration(rest)
		if err != nil || d < 0 || d > heartbeat.MaxPeriod {
			return badSpan(text)
		}
		total += d
	} else if len(text) == 0 {
		return badSpan(text)
	}
	*s = span(total)
	return nil
}

func badSpan(text []byte) error {
	return fmt.Errorf("%q is no duration; type one such as 90m, 24h, 1d or 1w, up to ten years", text)
}
