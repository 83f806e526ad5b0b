package service

import (
	"slices"
	"strings"

	"heartbeat"
)

// saturday is that day's place in week.
const saturday = 5

func week() []string { return []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} }

// hasSaturday tells whether Saturday is among the days of a canonical worktime.
func hasSaturday(worktime string) bool {
	days, _ := cutDays(worktime)
	return days[saturday]
}

// withSaturday returns a canonical worktime with Saturday added to its days or
// taken from them. Its hours stay.
func withSaturday(worktime string, on bool) (string, error) {
	days, hours := cutDays(worktime)
	if days[saturday] == on {
		return worktime, nil
	}
	days[saturday] = on
	var words []string
	for i, name := range week() {
		if days[i] {
			words = append(words, name)
		}
	}
	if words == nil {
		return "", &heartbeat.Invalid{
			Field:   "saturday",
			Problem: "must stay 1: the check's worktime has no other day; change worktime instead",
		}
	}
	spec, err := alone(heartbeat.Spec{Worktime: strings.TrimSpace(strings.Join(words, ",") + " " + hours)})
	return spec.Worktime, err
}

// cutDays splits a canonical worktime such as "mon-fri,sun 09:00-17:00" into
// its days, Monday first, and its hours.
func cutDays(worktime string) (days [7]bool, hours string) {
	text, hours, _ := strings.Cut(worktime, " ")
	if text == "always" {
		text = "mon-sun"
	}
	for part := range strings.SplitSeq(text, ",") {
		from, to, ranged := strings.Cut(part, "-")
		if !ranged {
			to = from
		}
		first, last := slices.Index(week(), from), slices.Index(week(), to)
		if first < 0 || last < 0 {
			continue
		}
		for day := first; ; day = (day + 1) % 7 {
			days[day] = true
			if day == last {
				break
			}
		}
	}
	return days, hours
}
