package main

import (
	"encoding/json"
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
	Cron       string   `required:"" xor:"schedule" placeholder:"EXPRESSION" help:"A crontab's five fields instead of a threshold: \"0 3 * * 1-5\"."`
	OnCalendar []string `name:"oncalendar" sep:"none" required:"" xor:"schedule" placeholder:"EXPRESSION" help:"A systemd timer's OnCalendar instead of a threshold: \"Mon..Fri 03:00\". Repeat the flag for more lines."`
	Worktime   string   `placeholder:"DAYS [HOURS]" help:"What of a threshold counts: mon-fri, mon-sat, always, sun-thu, \"mon-fri 09:00-17:30\". Default: mon-fri."`
	TZ         string   `name:"tz" default:"UTC" placeholder:"ZONE" help:"IANA time zone of days and hours. Default: ${default}."`
	Holidays   string   `placeholder:"SETS,DATES" help:"Days that do not count: sets such as de-by or us, dates such as 2026-12-24, or 12-24 for every year."`
	Grace      span     `placeholder:"1h" help:"How long after the due time the check still waits."`
	Last       string   `placeholder:"TIME" help:"When the last pulse came, such as 2026-11-20T18:00:00+01:00; without an offset it is read in --tz. Default: now."`
	Count      int      `short:"n" placeholder:"N" help:"Show this many due times more, if each pulse comes exactly when due."`
	JSON       bool     `name:"json" help:"Write JSON: times in RFC 3339, durations in hours."`
}

// Help shows examples.
func (nextCmd) Help() string {
	return `It shows when the pulse after the last one is due, when the check goes down, and how the time was counted, day by day.

  heartbeat next --every 24h --tz Europe/Berlin --last 2026-11-20T18:00
  heartbeat next --every 1d --worktime mon-sat --holidays de-by,12-24 --grace 1h -n 5
  heartbeat next --every 90m --worktime "mon-fri 09:00-17:30" --tz America/New_York --json
  heartbeat next --cron "0 3 * * 1-5" --tz Europe/Berlin -n 5
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
	if c.Cron != "" || len(c.OnCalendar) > 0 {
		return c.runOccurrences(out)
	}
	spec, err := schedule.Canonical(heartbeat.Spec{
		Period: time.Duration(c.Every), Worktime: c.Worktime, Zone: c.TZ, Holidays: c.Holidays,
	})
	if err != nil {
		return flagError(err)
	}
	zone, err := schedule.Zone(spec.Zone)
	if err != nil {
		return flagError(err)
	}
	last, err := parseMoment(c.Last, zone)
	if err != nil {
		return usageError{fmt.Errorf("--last %w", err)}
	}
	e, err := schedule.Explain(spec, last, time.Duration(c.Grace))
	if err != nil {
		return flagError(err)
	}
	following, err := c.following(e)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeNextJSON(out, e, following)
	}
	writeNext(out, e, following)
	return nil
}

// following are the due times after the first one.
func (c nextCmd) following(e schedule.Explanation) ([]time.Time, error) {
	s, err := schedule.Compile(e.Spec)
	if err != nil {
		return nil, err
	}
	var times []time.Time
	for at := e.Due; len(times) < c.Count; times = append(times, at) {
		if at = s.Due(at); at.IsZero() {
			break
		}
	}
	return times, nil
}

// flagError names the flag that an invalid setting came from.
func flagError(err error) error {
	invalid := new(heartbeat.Invalid)
	if !errors.As(err, &invalid) {
		return err
	}
	flag := map[string]string{"threshold": "every"}[invalid.Field]
	if flag == "" {
		flag = invalid.Field
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

const momentLayout = "Mon 2006-01-02 15:04:05 -07:00"

func moment(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Format(momentLayout)
}

// writeNext writes the explanation for people.
func writeNext(out io.Writer, e schedule.Explanation, following []time.Time) {
	fmt.Fprintf(out, "Every %s", schedule.Describe(e.Spec))
	if e.Grace > 0 {
		fmt.Fprintf(out, ", grace %s", schedule.FormatSpan(e.Grace))
	}
	fmt.Fprint(out, "\n\n")
	fmt.Fprintf(out, "  last  %s\n", moment(e.Last))
	fmt.Fprintf(out, "  due   %s\n", moment(e.Due))
	fmt.Fprintf(out, "  down  %s\n", moment(e.Deadline))
	writeDays(out, e.Days)
	writeFollowing(out, following)
}

func writeDays(out io.Writer, days []schedule.Day) {
	rows := [][3]string{{"day", "counted", "total"}}
	for _, d := range days {
		counted := "–"
		if d.Counted > 0 {
			counted = schedule.FormatSpan(d.Counted)
		}
		rows = append(rows, [3]string{d.String(), counted, schedule.FormatSpan(d.Total)})
	}
	var widths [3]int
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	fmt.Fprintln(out)
	for i, row := range rows {
		line := fmt.Sprintf("  %-*s  %*s  %*s", widths[0], row[0], widths[1], row[1], widths[2], row[2])
		if i > 0 && days[i-1].Note != "" {
			line += "  " + days[i-1].Note
		}
		fmt.Fprintln(out, line)
	}
}

// nextAnswer is what --json writes. Times are in RFC 3339 and null if never.
type nextAnswer struct {
	Every    json.Number  `json:"every_hours"`
	Grace    json.Number  `json:"grace_hours"`
	Worktime string       `json:"worktime"`
	Zone     string       `json:"tz"`
	Holidays string       `json:"holidays"`
	Last     time.Time    `json:"last"`
	Due      *time.Time   `json:"due"`
	Down     *time.Time   `json:"down"` // due plus grace
	Days     []nextDay    `json:"days"` // from last to down
	Next     []*time.Time `json:"next"` // as many due times as -n asked for
}

// nextDay is a day of the count, or several that long answers fold into one.
type nextDay struct {
	Date    string      `json:"date"` // of the first day
	Days    int         `json:"days"` // 1, or how many were folded
	Counted json.Number `json:"counted_hours"`
	Total   json.Number `json:"total_hours"` // since last
	Note    string      `json:"note"`        // why nothing or less was counted, and what happens
}

func writeNextJSON(out io.Writer, e schedule.Explanation, following []time.Time) error {
	answer := nextAnswer{
		Every: hours(e.Spec.Period), Grace: hours(e.Grace),
		Worktime: e.Spec.Worktime, Zone: e.Spec.Zone, Holidays: e.Spec.Holidays,
		Last: e.Last, Due: orNull(e.Due), Down: orNull(e.Deadline),
		Days: []nextDay{}, Next: orNulls(following),
	}
	for _, d := range e.Days {
		answer.Days = append(answer.Days, nextDay{
			Date: d.Date.Format(time.DateOnly), Days: d.Folded,
			Counted: hours(d.Counted), Total: hours(d.Total), Note: d.Note,
		})
	}
	return encodeJSON(out, answer)
}

func hours(d time.Duration) json.Number { return json.Number(schedule.FormatHours(d)) }

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
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
