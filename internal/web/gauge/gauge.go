// Package gauge shows the checks of one project to Prometheus, as Healthchecks
// does; README.md says where it differs. What the program tells of itself is
// package metrics.
package gauge

import (
	"slices"
	"strings"

	"heartbeat"
	"heartbeat/internal/uniquekey"
)

// Check is what is told of one check.
type Check struct {
	ID   heartbeat.CheckID
	Name string
	// Tags are separated by spaces, and told as they are.
	Tags string
	// Shown is the status as heartbeat.Check.Shown gives it.
	Shown heartbeat.Status
	// Started says that a run is going.
	Started bool
}

func (c Check) down() bool { return c.Shown == heartbeat.StatusDown }

// Text returns the checks, in the order given, in Prometheus' text format
// (version 0.0.4), encoded in UTF-8.
func Text(checks []Check) []byte {
	var t text
	t.perCheck("up", "up", checks, func(c Check) bool { return !c.down() })
	t.perCheck("started", "started", checks, func(c Check) bool { return c.Started })
	t.perCheck("grace", "in the grace period", checks,
		func(c Check) bool { return c.Shown == heartbeat.StatusGrace })
	t.perCheck("paused", "paused", checks,
		func(c Check) bool { return c.Shown == heartbeat.StatusPaused })
	t.perTag(checks)

	downs := 0
	for _, c := range checks {
		downs += number(c.down())
	}
	t.begin("hc_checks_total", "The total number of checks.")
	t.sample("hc_checks_total", len(checks))
	t.begin("hc_checks_down_total", "The number of checks currently down.")
	t.sample("hc_checks_down_total", downs)
	return t.b
}

// perCheck writes a gauge that is 1 for the checks of which is holds.
func (t *text) perCheck(name, condition string, checks []Check, is func(Check) bool) {
	name = "hc_check_" + name
	t.begin(name, "Whether the check is currently "+condition+" (1 for yes, 0 for no).")
	for _, c := range checks {
		t.sample(name, number(is(c)),
			label{"name", c.Name}, label{"tags", c.Tags}, label{"unique_key", uniquekey.Of(c.ID)})
	}
}

// perTag writes a gauge that is 1 for the tags of which no check is down.
func (t *text) perTag(checks []Check) {
	well := map[string]bool{}
	for _, c := range checks {
		// What cannot be told apart in the text must not be told twice.
		for _, tag := range strings.Fields(strings.ToValidUTF8(c.Tags, replacement)) {
			others, seen := well[tag]
			well[tag] = !c.down() && (others || !seen)
		}
	}
	tags := make([]string, 0, len(well))
	for tag := range well {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	t.begin("hc_tag_up", "Whether all checks with this tag are up (1 for yes, 0 for no).")
	for _, tag := range tags {
		t.sample("hc_tag_up", number(well[tag]), label{"tag", tag})
	}
}

func number(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
