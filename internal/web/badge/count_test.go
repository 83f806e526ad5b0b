package badge_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"heartbeat"
	"heartbeat/internal/web/badge"
)

func TestOfCheck_NamesItButNeverByItsID(t *testing.T) {
	t.Parallel()
	c := heartbeat.Check{ID: heartbeat.CheckID{1}}
	for _, step := range []struct {
		want   string
		change func()
	}{
		{"check", func() {}},
		{"nightly-dump", func() { c.Slug = "nightly-dump" }},
		{"Dump", func() { c.Name = "Dump" }},
	} {
		step.change()
		if got := badge.OfCheck(&c, heartbeat.StatusDown); got.Label != step.want || got.Down != 1 || got.Total != 1 {
			t.Errorf("got %+v, want it called %q and down", got, step.want)
		}
	}
}

func TestTags_CountEachCheckOncePerTag(t *testing.T) {
	t.Parallel()
	tags := badge.Tags{}
	tags.Add(heartbeat.Labels{Tags: "prod db prod"}, heartbeat.StatusDown)
	tags.Add(heartbeat.Labels{Tags: "prod"}, heartbeat.StatusGrace)
	tags.Add(heartbeat.Labels{}, heartbeat.StatusUp)
	want := badge.Tags{
		badge.All: {Label: "checks", Total: 3, Grace: 1, Down: 1},
		"prod":    {Label: "prod", Total: 2, Grace: 1, Down: 1},
		"db":      {Label: "db", Total: 1, Down: 1},
	}
	if diff := cmp.Diff(want, tags); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}
