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
	"heartbeat/internal/schedule/cron"
	"heartbeat/internal/schedule/oncalendar"
)

// occurring is a schedule of moments on the clock, rather than of time between
// two pulses.
type occurring interface {
	Next(after time.Time, zone *time.Location) time.Time
}

// occurrences is what --cron and --oncalendar are answered with.
type occurrences struct {
	text  string // the schedule in words
	zone  *time.Location
	last  time.Time
	due   time.Time // zero: never
	grace time.Duration
	next  []time.Time
}

// runOccurrences shows when a cron or OnCalendar schedule is due.
func (c nextCmd) runOccurrences(out io.Writer) error {
	if c.Worktime != "" || c.Holidays != "" {
		return usageError{errors.New("--worktime and --holidays go with --every: they say what of a threshold counts")}
	}
	if time.Duration(c.Grace) > heartbeat.MaxGrace {
		return usageError{errors.New("--grace must be between 0 and a year")}
	}
	s, text, err := c.occurring()
	if err != nil {
		return flagError(err)
	}
	zone, err := schedule.Zone(c.TZ)
	if err != nil {
		return flagError(err)
	}
	last, err := parseMoment(c.Last, zone)
	if err != nil {
		return usageError{fmt.Errorf("--last %w", err)}
	}
	o := occurrences{text: text, zone: zone, last: last.In(zone), grace: time.Duration(c.Grace)}
	o.due = s.Next(last, zone)
	for at := o.due; len(o.next) < c.Count && !at.IsZero(); {
		if at = s.Next(at, zone); !at.IsZero() {
			o.next = append(o.next, at)
		}
	}
	if c.JSON {
		return o.writeJSON(out)
	}
	o.write(out)
	return nil
}

func (c nextCmd) occurring() (occurring, string, error) {
	if c.Cron != "" {
		s, err := cron.Parse(c.Cron)
		return s, s.String(), err
	}
	text := strings.Join(c.OnCalendar, "\n")
	s, err := oncalendar.Parse(text)
	return s, strings.Join(c.OnCalendar, "; "), err
}

// down is when the check goes down; zero if never.
func (o occurrences) down() time.Time {
	if o.due.IsZero() {
		return time.Time{}
	}
	return o.due.Add(o.grace)
}

func (o occurrences) write(out io.Writer) {
	fmt.Fprintf(out, "%s, %s", o.text, o.zone)
	if o.grace > 0 {
		fmt.Fprintf(out, ", grace %s", schedule.FormatSpan(o.grace))
	}
	fmt.Fprint(out, "\n\n")
	fmt.Fprintf(out, "  last  %s\n", moment(o.last))
	fmt.Fprintf(out, "  due   %s\n", moment(o.due))
	fmt.Fprintf(out, "  down  %s\n", moment(o.down()))
	writeFollowing(out, o.next)
}

func (o occurrences) writeJSON(out io.Writer) error {
	return encodeJSON(out, struct {
		Schedule string       `json:"schedule"`
		Zone     string       `json:"tz"`
		Grace    json.Number  `json:"grace_hours"`
		Last     time.Time    `json:"last"`
		Due      *time.Time   `json:"due"`
		Down     *time.Time   `json:"down"`
		Next     []*time.Time `json:"next"`
	}{o.text, o.zone.String(), hours(o.grace), o.last, orNull(o.due), orNull(o.down()), orNulls(o.next)})
}

// writeFollowing lists the due times after the first one.
func writeFollowing(out io.Writer, following []time.Time) {
	if len(following) == 0 {
		return
	}
	fmt.Fprint(out, "\nThen due, if each pulse comes exactly when due:\n\n")
	for i, at := range following {
		fmt.Fprintf(out, "  %*d  %s\n", len(strconv.Itoa(len(following))), i+1, moment(at))
	}
}

func encodeJSON(out io.Writer, v any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

func orNulls(times []time.Time) []*time.Time {
	all := make([]*time.Time, 0, len(times))
	for _, t := range times {
		all = append(all, orNull(t))
	}
	return all
}
