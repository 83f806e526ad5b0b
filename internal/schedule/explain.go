package schedule

import (
	"fmt"
	"strings"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule/worktime"
)

// Describe writes a spec for people, such as
// "24 h, mon-fri, Europe/Berlin, holidays de-by".
func Describe(spec heartbeat.Spec) string {
	text := FormatSpan(spec.Period) + ", " + spec.Worktime + ", " + spec.Zone
	if spec.Holidays != "" {
		text += ", holidays " + spec.Holidays
	}
	return text
}

// Explanation says when a ping is due and how that was counted. Its times are in
// the zone of its spec.
type Explanation struct {
	// Spec is canonical.
	Spec  heartbeat.Spec
	Grace time.Duration
	Last  time.Time
	// Due and Deadline are when the next ping is expected and when the check goes
	// down without one. Zero: never.
	Due, Deadline time.Time
	// Days are the days from Last to Deadline, in order.
	Days []Day
}

// Day is what a date adds to the count, or several dates in a row.
type Day struct {
	// Date is the day as midnight UTC, the first one if there are several.
	Date time.Time
	// Folded is how many dates the entry stands for, 1 or more.
	Folded int
	// Counted is the working time on this day, Total that from the last ping to
	// the day's end.
	Counted, Total time.Duration
	// Note says what is special, above all why nothing or less was counted.
	Note string
}

// Long explanations show only so many days at their beginning and end.
const (
	mostDays  = 31
	shownDays = 7
)

// Explain counts day by day from a ping at last to the deadline. The days in the
// middle of a long time are folded into one entry. Errors are those of
// [CanonicalSettings].
func Explain(spec heartbeat.Spec, last time.Time, grace time.Duration) (Explanation, error) {
	settings, err := CanonicalSettings(heartbeat.Settings{Spec: spec, Grace: grace})
	if err != nil {
		return Explanation{}, err
	}
	w, err := compile(settings.Spec)
	if err != nil {
		return Explanation{}, err
	}
	local := w.zone.Location()
	e := Explanation{Spec: w.spec, Grace: grace, Last: last.In(local), Due: w.Due(last)}
	if e.Due.IsZero() {
		return e, nil
	}
	e.Due = e.Due.In(local)
	if e.Deadline = w.Add(e.Due, grace); e.Deadline.IsZero() {
		return e, nil
	}
	w.explainDays(&e)
	return e, nil
}

func (w *working) explainDays(e *Explanation) {
	first, last := worktime.DayOf(e.Last), worktime.DayOf(e.Deadline)
	fold := int(last-first)+1 > mostDays
	for d := first; d <= last; d++ {
		if !fold || d < first+shownDays || d > last-shownDays {
			e.Days = append(e.Days, w.explainDay(e, d, d))
			continue
		}
		e.Days = append(e.Days, w.explainDay(e, d, last-shownDays))
		d = last - shownDays
	}
}

// explainDay makes the entry of the dates from d to end.
func (w *working) explainDay(e *Explanation, d, end worktime.Day) Day {
	from, to := later(w.zone.StartOf(d), e.Last), earlier(w.zone.StartOf(end+1), e.Deadline)
	day := Day{
		Date:    d.Time(),
		Folded:  int(end-d) + 1,
		Counted: w.Elapsed(from, to),
		Total:   w.Elapsed(e.Last, to),
	}
	if day.Folded == 1 {
		day.Note = strings.Join(w.notes(e, d, day.Counted), ", ")
	}
	return day
}

func (w *working) notes(e *Explanation, d worktime.Day, counted time.Duration) []string {
	start, next := w.zone.StartOf(d), w.zone.StartOf(d+1)
	var notes []string
	if why := w.dayOff(d); why != "" {
		notes = append(notes, why)
	} else if length := next.Sub(start); length == 0 {
		notes = append(notes, "the clocks skip this date")
	} else if length != 24*time.Hour {
		notes = append(notes, "clock change: "+FormatSpan(length)+" day")
	}
	if d == worktime.DayOf(e.Last) {
		notes = append(notes, "ping at "+clock(e.Last))
	}
	if d == worktime.DayOf(e.Due) {
		notes = append(notes, "due at "+clock(e.Due))
	}
	if d == worktime.DayOf(e.Deadline) && e.Grace > 0 {
		notes = append(notes, "down at "+clock(e.Deadline))
	}
	if counted == 0 && len(notes) > 0 && w.dayOff(d) == "" && d == worktime.DayOf(e.Last) {
		notes = append(notes, "after the working time")
	}
	return notes
}

// dayOff tells why nothing of a date counts, or "".
func (w *working) dayOff(d worktime.Day) string {
	weekday := d.Time().Weekday()
	if name := w.holidays.Name(d); name != "" {
		return name
	}
	switch {
	case w.week.Days.Has(weekday):
		return ""
	case weekday == time.Saturday || weekday == time.Sunday:
		return "weekend"
	}
	return "no working day"
}

// clock shows a time of day, without seconds where there are none.
func clock(t time.Time) string {
	if t.Second() == 0 {
		return t.Format("15:04")
	}
	return t.Format(time.TimeOnly)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// String names the day, such as "Fri 2026-11-20", or says how many days the
// entry stands for.
func (d Day) String() string {
	if d.Folded > 1 {
		return fmt.Sprintf("… %d days", d.Folded)
	}
	return d.Date.Format("Mon 2006-01-02")
}
