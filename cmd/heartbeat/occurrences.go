package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule"
)

// writeNext writes the explanation for people.
func writeNext(out io.Writer, e schedule.Explanation, following []schedule.Occurrence) {
	if e.Spec.Kind == heartbeat.SchedulePeriod {
		fmt.Fprint(out, "Every ")
	}
	fmt.Fprint(out, schedule.Describe(e.Spec))
	if e.Grace > 0 {
		fmt.Fprintf(out, ", grace %s", schedule.FormatSpan(e.Grace))
	}
	fmt.Fprint(out, "\n\n")
	fmt.Fprintf(out, "  last  %s\n", moment(e.Last))
	fmt.Fprintf(out, "  due   %s\n", due(e.Occurrence))
	fmt.Fprintf(out, "  down  %s\n", moment(e.Deadline))
	// An expression's due time within a day needs no count.
	if e.Spec.Kind == heartbeat.SchedulePeriod || len(e.Days) > 1 {
		writeDays(out, e.Days)
	}
	writeFollowing(out, following)
}

const momentLayout = "Mon 2006-01-02 15:04:05 -07:00"

func moment(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Format(momentLayout)
}

// due says when a ping is due, and what moved it.
func due(o schedule.Occurrence) string {
	if !o.Moved() {
		return moment(o.Due)
	}
	return fmt.Sprintf("%s  instead of %s: %s", moment(o.Due), o.MovedFrom.Format("Mon 2006-01-02 15:04"), o.Why)
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

// writeFollowing lists the due times after the first one.
func writeFollowing(out io.Writer, following []schedule.Occurrence) {
	if len(following) == 0 {
		return
	}
	fmt.Fprint(out, "\nThen due, if each pulse comes exactly when due:\n\n")
	for i, o := range following {
		fmt.Fprintf(out, "  %*d  %s\n", len(strconv.Itoa(len(following))), i+1, due(o))
	}
}

// nextAnswer is what --json writes. Times are in RFC 3339 and null if never.
type nextAnswer struct {
	Every    json.Number `json:"every_hours,omitempty"` // or the expression
	Kind     string      `json:"kind,omitempty"`        // cron or oncalendar
	Schedule string      `json:"schedule,omitempty"`
	Grace    json.Number `json:"grace_hours"`
	Worktime string      `json:"worktime"`
	Zone     string      `json:"tz"`
	Holidays string      `json:"holidays"`
	Last     time.Time   `json:"last"`
	nextDue
	Down *time.Time `json:"down"` // due plus grace
	Days []nextDay  `json:"days"` // from last to down; with an expression, from due
	Next []nextDue  `json:"next"` // as many due times as -n asked for
}

// nextDue is a due time, and what moved it.
type nextDue struct {
	Due       *time.Time `json:"due"`
	MovedFrom *time.Time `json:"moved_from,omitempty"`
	MovedBy   string     `json:"moved_by,omitempty"`
}

// nextDay is a day of the count, or several that long answers fold into one.
type nextDay struct {
	Date    string      `json:"date"` // of the first day
	Days    int         `json:"days"` // 1, or how many were folded
	Counted json.Number `json:"counted_hours"`
	Total   json.Number `json:"total_hours"` // since the first of the days
	Note    string      `json:"note"`        // why nothing or less was counted, and what happens
}

func writeNextJSON(out io.Writer, e schedule.Explanation, following []schedule.Occurrence) error {
	answer := nextAnswer{
		Kind: string(e.Spec.Kind), Schedule: e.Spec.Expression, Grace: hours(e.Grace),
		Worktime: e.Spec.Worktime, Zone: e.Spec.Zone, Holidays: e.Spec.Holidays,
		Last: e.Last, nextDue: dueJSON(e.Occurrence), Down: orNull(e.Deadline),
		Days: []nextDay{}, Next: []nextDue{},
	}
	if e.Spec.Kind == heartbeat.SchedulePeriod {
		answer.Every = hours(e.Spec.Period)
	}
	for _, d := range e.Days {
		answer.Days = append(answer.Days, nextDay{
			Date: d.Date.Format(time.DateOnly), Days: d.Folded,
			Counted: hours(d.Counted), Total: hours(d.Total), Note: d.Note,
		})
	}
	for _, o := range following {
		answer.Next = append(answer.Next, dueJSON(o))
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(answer)
}

func dueJSON(o schedule.Occurrence) nextDue {
	return nextDue{Due: orNull(o.Due), MovedFrom: orNull(o.MovedFrom), MovedBy: o.Why}
}

func hours(d time.Duration) json.Number { return json.Number(schedule.FormatHours(d)) }

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
