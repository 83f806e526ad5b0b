package schedule

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule/worktime"
)

// Describe writes a spec for people, such as
// "24 h, mon-fri, Europe/Berlin, holidays de-by" or
// "cron 0 3 * * 1-5, Europe/Berlin".
func Describe(spec heartbeat.Spec) string {
	parts := []string{FormatSpan(spec.Period), spec.Worktime, spec.Zone}
	if spec.Kind != heartbeat.SchedulePeriod {
		parts[0] = string(spec.Kind) + " " + spec.ExpressionLine()
		if spec.Worktime == worktime.EveryDay.String() {
			parts = slices.Delete(parts, 1, 2) // goes without saying
		}
	}
	if spec.Holidays != "" {
		parts = append(parts, "holidays "+spec.Holidays)
	}
	return strings.Join(parts, ", ")
}

// Explanation says when a ping is due and how that was counted. Its times are in
// the zone of its spec.
type Explanation struct {
	// Spec is canonical.
	Spec  heartbeat.Spec
	Grace time.Duration
	Last  time.Time
	// Occurrence is when the next ping is expected.
	Occurrence
	// Deadline is when the check goes down without it. Zero: never.
	Deadline time.Time
	// Days are the days of the count until Deadline, in order. It begins at Last;
	// with an expression, where only the grace is counted, at the moment named.
	Days  []Day
	begin time.Time
}

// Day is what a date adds to the count, or several dates in a row.
type Day struct {
	// Date is the day as midnight UTC, the first one if there are several.
	Date time.Time
	// Folded is how many dates the entry stands for, 1 or more.
	Folded int
	// Counted is the working time on this day, Total that from the beginning to the
	// day's end.
	Counted, Total time.Duration
	// Off says why nothing of the date counts, such as "weekend"; empty if some of
	// it may, or if there are several dates.
	Off string
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
	last = last.In(w.zone.Location())
	e := Explanation{Spec: w.spec, Grace: grace, Last: last, Occurrence: w.next(w.heard(last)), begin: last}
	if e.Due.IsZero() {
		return e, nil
	}
	if w.moments != nil {
		e.begin = e.Named()
	}
	if e.Deadline = w.Add(e.Due, grace); e.Deadline.IsZero() {
		return e, nil
	}
	w.explainDays(&e)
	return e, nil
}

func (w *working) explainDays(e *Explanation) {
	first, last := worktime.DayOf(e.begin), worktime.DayOf(e.Deadline)
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
	from, to := later(w.zone.StartOf(d), e.begin), earlier(w.zone.StartOf(end+1), e.Deadline)
	day := Day{
		Date:    d.Time(),
		Folded:  int(end-d) + 1,
		Counted: w.Elapsed(from, to),
		Total:   w.Elapsed(e.begin, to),
	}
	if day.Folded == 1 {
		day.Off = w.dayOff(d)
		day.Note = strings.Join(w.notes(e, d, day.Counted), ", ")
	}
	return day
}

func (w *working) notes(e *Explanation, d worktime.Day, counted time.Duration) []string {
	start, next := w.zone.StartOf(d), w.zone.StartOf(d+1)
	var notes []string
	off := w.dayOff(d)
	if off != "" {
		notes = append(notes, off)
	} else if length := next.Sub(start); length == 0 {
		notes = append(notes, "the clocks skip this date")
	} else if length != 24*time.Hour {
		notes = append(notes, "clock change: "+FormatSpan(length)+" day")
	}
	if d == worktime.DayOf(e.begin) {
		notes = append(notes, w.beginning(e, off == "" && counted == 0)...)
	}
	if d == worktime.DayOf(e.Due) {
		notes = append(notes, "due at "+clock(e.Due))
	}
	if d == worktime.DayOf(e.Deadline) && e.Grace > 0 {
		notes = append(notes, "down at "+clock(e.Deadline))
	}
	return notes
}

// beginning says how the count begins, perhaps on a working day of which nothing
// is left.
func (w *working) beginning(e *Explanation, over bool) []string {
	var notes []string
	switch {
	case w.moments == nil:
		notes = append(notes, "ping at "+clock(e.begin))
	case e.Moved():
		notes = append(notes, "occurs at "+clock(e.begin))
	default:
		return nil
	}
	if over && worktime.DayOf(e.Due) > worktime.DayOf(e.begin) {
		notes = append(notes, "after the working time")
	}
	return notes
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
