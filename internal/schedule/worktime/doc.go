// Package worktime counts time inside a working calendar.
//
// An instant is working if, read in the calendar's time zone, its weekday is a
// working day, its time of day lies within the working hours, and its date is no
// holiday. Counted time is the measure of the working instants. The definition
// speaks of instants, so nothing special happens on days of 23 or 25 hours, when
// midnight does not exist, or when a whole date is skipped: an hour that the
// clocks leave out cannot be counted, and an hour that they show twice counts
// twice.
//
// # How it is computed
//
// Between two changes of a zone's offset the local clock runs straight, so there
// the counted time up to a local moment is arithmetic: whole weeks, the days of
// the week begun, the part of the day, less the holidays before (see
// [timeline]). A [Calendar] keeps the counted time at each change, so counting
// between two instants is two searches in a table of a few hundred entries and
// their inverse is one: a day costs what ten years cost. All numbers are whole
// nanoseconds; nothing is rounded.
//
// # Where it ends
//
// The tables reach from 1970 to 2200. Instants outside are taken for the nearest
// end: no time counts there, and a deadline that would lie after 2200 is never.
// A calendar in which all time counts needs no tables and has no such limits.
package worktime
