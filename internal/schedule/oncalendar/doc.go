// Package oncalendar reads systemd's calendar expressions in the dialect that
// Healthchecks speaks, and finds the moments they mean.
//
// The rules are those of systemd.time(7), section "Calendar Events", as far as
// the Python package oncalendar 1.1 takes them, which is what Healthchecks runs.
// testdata holds its answers, and the script that asked for them.
//
// # Expressions
//
// A schedule is one or more lines; it is due whenever one of them is. A line is
//
//	[weekday] [date] [time] [time zone]
//
// with at least one of the first three, or a shorthand and perhaps a time zone:
// minutely, hourly, daily, weekly (on Monday), monthly, quarterly, semiannually,
// yearly, annually. Case does not matter, except in time zones.
//
//	weekday    Mon or Monday, lists and ranges: Mon..Fri or Mon-Fri, Sat,Sun
//	date       year-month-day or month-day; without one, every day
//	time       hour:minute or hour:minute:second; without one, midnight
//	time zone  a name of the tz database; without one, the zone given to Next
//
// Each part of a date or time is * (any), a number, a range 1..5, a number or
// range with a step, 0/15 (from 0 to the end) or 8..18/2, or a list of those. The
// star stands alone: it is 0/2 and not */2. Years are 1970 to 2199; 0 to 69 and
// 70 to 99 are short for 2000 to 2069 and 1970 to 1999.
//
// A ~ for the last dash counts the days from the month's end: *-*~1 is the last
// day, *-*~1..7 are the last seven. Steps then go towards the end: ~9/3 is the
// ninth, sixth and third last. A number alone is 28 at most.
//
// # Changes of the clock
//
// An expression means readings of the local clock. What the clock leaves out in
// spring does not happen: 03:30 in a zone that goes from 03:00 to 04:00 is next
// due on the day after. What it shows twice in autumn happens once, the first
// time. This holds for every line alike, also for one that is due each minute.
//
// # Where we differ
//
// The Python package has two flaws when summer time ends. Asked from within the
// second showing of an hour, it forgets that it is the second and answers with
// moments that have passed; Healthchecks then takes a healthy check for late.
// And it compares the moments of several lines by what the check's clock reads,
// so of lines in different zones it can answer with the later, or skip one. Here
// Next is the earliest moment of any line after the one it was asked for.
//
// Refused are what the package refuses, schedules that have no moment after
// 1 January 2000 (as Healthchecks does), and, though the package may take them,
// more than 32 lines and zones that depend on the machine (localtime,
// posixrules) or are copies in the tz database (posix/…, right/…).
package oncalendar
