// Package badge shows whether checks are well in a small picture for web pages,
// or in JSON: for one check, for all of a project that carry a tag, or for all.
// Its addresses and formats are Healthchecks'; README.md says where it differs.
//
// badge.go is what a badge says, svg.go how it is drawn, sign.go and ids.go who
// may see it, links.go its addresses, handler.go answers them.
package badge

import (
	"encoding/json"

	"heartbeat"
)

// All is the tag that stands for every check of a project.
const All = "*"

// View is what a badge shows. Its zero value is that of no checks.
type View struct {
	// Label stands on the left of the badge.
	Label string
	// Total counts the checks, Grace and Down those with such a status.
	Total, Grace, Down int
}

// Add counts one more check, by its status as shown (heartbeat.Check.Shown).
// One that is new or paused, or has a run going, counts as up.
func (v *View) Add(shown heartbeat.Status) {
	v.Total++
	switch shown {
	case heartbeat.StatusGrace:
		v.Grace++
	case heartbeat.StatusDown:
		v.Down++
	case heartbeat.StatusNew, heartbeat.StatusUp, heartbeat.StatusPaused:
	}
}

// States is how many states a badge tells apart.
type States int

// With two states, late checks count as up.
const (
	TwoStates   States = 2 // up, down
	ThreeStates States = 3 // up, late, down
)

// The words for the states.
const (
	up   = "up"
	late = "late"
	down = "down"
	// none is told to people only: a green badge for a tag that is mistyped, or
	// whose checks are gone, would be a lie. Programs look at the total.
	none = "no checks"
)

func (v View) state(n States) string {
	switch {
	case v.Down > 0:
		return down
	case v.Grace > 0 && n == ThreeStates:
		return late
	}
	return up
}

func (v View) message(n States) string {
	if v.Total == 0 {
		return none
	}
	return v.state(n)
}

// JSON returns the badge for programs. Grace counts late checks with two states
// as well.
func (v View) JSON(n States) ([]byte, error) {
	return json.Marshal(struct {
		Status string `json:"status"`
		Total  int    `json:"total"`
		Grace  int    `json:"grace"`
		Down   int    `json:"down"`
	}{v.state(n), v.Total, v.Grace, v.Down})
}

// Shields returns the badge for shields.io, which draws it in styles of its own.
func (v View) Shields(n States) ([]byte, error) {
	message := v.message(n)
	return json.Marshal(struct {
		SchemaVersion int    `json:"schemaVersion"`
		Label         string `json:"label"`
		Message       string `json:"message"`
		Color         string `json:"color"`
	}{1, v.Label, message, shieldsColor(message)})
}

func shieldsColor(message string) string {
	switch message {
	case up:
		return "success"
	case late:
		return "important"
	case down:
		return "critical"
	}
	return "inactive"
}
