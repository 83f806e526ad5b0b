package monitor_test

import (
	"sort"
	"strings"
	"testing"
	"time"

	"heartbeat"
)

// calendar counts working time in the plainest way: it asks of every single
// minute whether it is one of work, and adds up. It shares nothing with
// internal/schedule but the tz database.
type calendar struct {
	begin time.Time
	// worked[i] is how many minutes of work there are before minute i.
	worked []int32
	// next[i] is the minute in which a ping is due that follows one in minute i; nil
	// if that is a question of the period.
	next []int32
}

// hesse are the holidays of 2000 and 2001 in de-he.
const hesse = "2000-01-01 2000-04-21 2000-04-24 2000-05-01 2000-06-01 2000-06-12 2000-06-22 2000-10-03 " +
	"2000-12-25 2000-12-26 2001-01-01 2001-04-13 2001-04-16 2001-05-01"

func newCalendar(t *testing.T, spec heartbeat.Spec, begin time.Time, days int) *calendar {
	t.Helper()
	loc := location(t, spec.Zone)
	holidays := strings.ReplaceAll(spec.Holidays, "de-he", hesse)
	c := &calendar{begin: begin, worked: make([]int32, days*24*60+1)}
	var day int // of the year, as free says
	var free bool
	for i := range days * 24 * 60 {
		t := begin.Add(time.Duration(i) * time.Minute).In(loc)
		if today := t.YearDay(); today != day {
			day, free = today, dayOff(t, spec.Worktime, holidays)
		}
		c.worked[i+1] = c.worked[i]
		if !free && inHours(t, spec.Worktime) {
			c.worked[i+1]++
		}
	}
	return c
}

func location(t *testing.T, zone string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// dayOff tells whether nobody works on the day of t.
func dayOff(t time.Time, worktime, holidays string) bool {
	if holidays != "" && strings.Contains(holidays, t.Format(time.DateOnly)) {
		return true
	}
	switch t.Weekday() {
	case time.Sunday:
		return worktime != "always"
	case time.Saturday:
		return strings.HasPrefix(worktime, "mon-fri")
	}
	return false
}

// inHours tells whether the minute that begins at t lies in the hours, if there
// are any, of a worktime such as "mon-fri 09:00-17:30".
func inHours(t time.Time, worktime string) bool {
	_, hours, ok := strings.Cut(worktime, " ")
	if !ok {
		return true
	}
	clock := t.Format("15:04")
	return clock >= hours[:5] && clock < hours[6:]
}

// add returns the first moment, not before t, by which d of work was done.
func (c *calendar) add(t time.Time, d time.Duration) time.Time {
	minute := int(t.Sub(c.begin) / time.Minute)
	done := time.Duration(c.worked[minute]) * time.Minute
	if c.worked[minute+1] > c.worked[minute] {
		done += t.Sub(c.begin) % time.Minute
	}
	goal := done + d
	i := sort.Search(len(c.worked), func(i int) bool { return time.Duration(c.worked[i])*time.Minute >= goal })
	if i == len(c.worked) {
		return c.begin.Add(time.Duration(i) * time.Minute)
	}
	spare := time.Duration(c.worked[i])*time.Minute - goal
	at := c.begin.Add(time.Duration(i)*time.Minute - spare)
	if at.Before(t) {
		return t
	}
	return at
}

// schedule asks of every single minute whether the expression names it, and
// remembers what is due when: then or, if nobody works, when somebody does again.
func (c *calendar) schedule(loc *time.Location, names func(local time.Time) bool) {
	c.next = make([]int32, len(c.worked)-1)
	var due, working int32 // 0: after the last minute
	for i := len(c.next) - 1; i >= 0; i-- {
		c.next[i] = due
		if c.worked[i+1] > c.worked[i] {
			working = int32(i)
		}
		if names(c.begin.Add(time.Duration(i) * time.Minute).In(loc)) {
			due = working
		}
	}
}

// due returns when a ping is due that follows one at t.
func (c *calendar) due(t time.Time) time.Time {
	return c.begin.Add(time.Duration(c.next[t.Sub(c.begin)/time.Minute]) * time.Minute)
}
