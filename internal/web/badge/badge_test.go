package badge_test

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"heartbeat"
	"heartbeat/internal/web/badge"
)

func TestView_CountsAndWorstWins(t *testing.T) {
	t.Parallel()
	statuses := []heartbeat.Status{
		heartbeat.StatusNew, heartbeat.StatusUp, heartbeat.StatusGrace, heartbeat.StatusDown, heartbeat.StatusPaused,
	}
	rapid.Check(t, func(t *rapid.T) {
		counts := map[heartbeat.Status]int{}
		var v badge.View
		for _, s := range rapid.SliceOf(rapid.SampledFrom(statuses)).Draw(t, "statuses") {
			counts[s]++
			v.Add(s)
		}
		want := map[badge.States]string{badge.TwoStates: "up", badge.ThreeStates: "up"}
		if counts[heartbeat.StatusGrace] > 0 {
			want[badge.ThreeStates] = "late"
		}
		if counts[heartbeat.StatusDown] > 0 {
			want[badge.TwoStates], want[badge.ThreeStates] = "down", "down"
		}
		for states, status := range want {
			if got := decode(t, v, states); got.Status != status ||
				got.Grace != counts[heartbeat.StatusGrace] || got.Down != counts[heartbeat.StatusDown] {
				t.Errorf("%d states of %v: got %+v, want %s", states, counts, got, status)
			}
		}
	})
}

type wire struct {
	Status             string
	Total, Grace, Down int
}

func decode(t rapid.TB, v badge.View, states badge.States) wire {
	text, err := v.JSON(states)
	if err != nil {
		t.Fatal(err)
	}
	var got wire
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return got
}
