package service

import (
	"time"

	"heartbeat"
	"heartbeat/internal/schedule/worktime"
)

// hasSaturday tells whether Saturday is among the days of a canonical worktime.
func hasSaturday(text string) bool {
	week, err := worktime.ParseWeek(text)
	return err == nil && week.Days.Has(time.Saturday)
}

// withSaturday returns a canonical worktime with Saturday added to its days or
// taken from them. Its hours stay.
func withSaturday(text string, on bool) (string, error) {
	week, err := worktime.ParseWeek(text)
	if err != nil {
		return text, &heartbeat.Invalid{Field: "worktime", Problem: err.Error()}
	}
	const saturday = worktime.MonSat &^ worktime.MonFri
	week.Days &^= saturday
	if on {
		week.Days |= saturday
	}
	if week.Days == 0 {
		return text, &heartbeat.Invalid{
			Field:   "saturday",
			Problem: "must stay 1: the check's worktime has no other day; change worktime instead",
		}
	}
	return week.String(), nil
}

func parseSaturday(s string) (bool, error) {
	switch s {
	case "0":
		return false, nil
	case "1":
		return true, nil
	}
	return false, &heartbeat.Invalid{Field: "saturday", Problem: "must be 1 (Saturdays count) or 0 (they do not)"}
}

// agree refuses a Saturday that says the opposite of a worktime beside it.
func agree(on bool, worktime string) error {
	if on == hasSaturday(worktime) {
		return nil
	}
	problem := "is 1, but worktime " + worktime + " leaves Saturday out: send one of the two"
	if !on {
		problem = "is 0, but worktime " + worktime + " has Saturday in it: send one of the two"
	}
	return &heartbeat.Invalid{Field: "saturday", Problem: problem}
}
