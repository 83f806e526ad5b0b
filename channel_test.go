package heartbeat_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heartbeat"
)

const pager = heartbeat.ChannelID("7c9e6679-7425-40de-944b-e07fc1f90ae7")

func TestPutChannel_AddsChangesAndSaysWhatIsWrongWithTheName(t *testing.T) {
	t.Parallel()
	empty := heartbeat.Project{ID: "p", Name: "P"}
	one, err := empty.PutChannel(heartbeat.Channel{ID: pager, Kind: "slack", Name: "  Night shift "})
	if got, ok := one.Channel(pager); err != nil || !ok || got.Name != "Night shift" {
		t.Fatalf("%+v, %v, %v", got, ok, err)
	}
	other, err := one.PutChannel(heartbeat.Channel{ID: pager, Kind: "slack", Name: "Day shift"})
	if got, _ := other.Channel(pager); err != nil || got.Name != "Day shift" || len(other.Channels) != 1 {
		t.Errorf("%+v, %v", other, err)
	}
	if got, _ := one.Channel(pager); got.Name != "Night shift" || len(empty.Channels) != 0 {
		t.Error("the project that was there before has changed, too")
	}
	for _, name := range []string{"", " \t", "a\nb", "\xff", strings.Repeat("ü", heartbeat.MaxChannelName+1)} {
		var invalid *heartbeat.Invalid
		if _, err := one.PutChannel(heartbeat.Channel{ID: pager, Name: name}); !errors.As(err, &invalid) || invalid.Field != "name" {
			t.Errorf("%q: %v", name, err)
		}
	}
	if got, err := other.RemoveChannel(pager); err != nil || len(got.Channels) != 0 || len(other.Channels) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := empty.RemoveChannel(pager); !errors.Is(err, heartbeat.ErrNotFound) {
		t.Errorf("a channel that is not there: %v", err)
	}
}

func TestPut_BoundsTheChannelsOfAllProjectsTogether(t *testing.T) {
	t.Parallel()
	projects := heartbeat.Default()
	for n, id := range []heartbeat.ProjectID{"a", "b"} {
		p := heartbeat.Project{ID: id, Name: string(id)}
		for i := range heartbeat.MaxChannels/2 + n {
			p.Channels = append(p.Channels, heartbeat.Channel{ID: heartbeat.ChannelID(fmt.Sprint(id, i)), Name: "c"})
		}
		next, err := projects.Put(p)
		if n == 0 && err != nil {
			t.Fatal(err)
		}
		var invalid *heartbeat.Invalid
		if n == 1 && (!errors.As(err, &invalid) || invalid.Field != "channel") {
			t.Errorf("more than %d: %v", heartbeat.MaxChannels, err)
		}
		projects = next
	}
}

func TestTellers_AreTheProjectsOwnAndElseTheDefaultProjects(t *testing.T) {
	t.Parallel()
	projects := heartbeat.Projects{
		{ID: heartbeat.DefaultProject, Channels: []heartbeat.Channel{{ID: pager}}},
		{ID: "silent"},
		{ID: "own", Channels: []heartbeat.Channel{{ID: "theirs"}}},
	}
	given := projects.Give([]heartbeat.Channel{{ID: "slack"}})
	for id, want := range map[heartbeat.ProjectID][]heartbeat.ChannelID{
		heartbeat.DefaultProject: {"slack", pager},
		"silent":                 {"slack", pager},
		"removed":                {"slack", pager},
		"own":                    {"theirs"},
	} {
		var got []heartbeat.ChannelID
		for _, c := range given.Tellers(id) {
			got = append(got, c.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
	if len(projects[0].Channels) != 1 {
		t.Error("what the settings give was added to what is stored")
	}
	if got := heartbeat.Default().Tellers("any"); len(got) != 0 {
		t.Errorf("nobody has set up a channel: %v", got)
	}
}

func TestTold_NamedChannelsAreToldEvenIfTheyAreGoneAndIfAllAreSoIsEverybody(t *testing.T) {
	t.Parallel()
	projects := heartbeat.Projects{
		{ID: heartbeat.DefaultProject, Channels: []heartbeat.Channel{{ID: "slack"}, {ID: "webhook"}}},
		{ID: "other", Channels: []heartbeat.Channel{{ID: "theirs"}}},
	}
	for channels, want := range map[string][]heartbeat.ChannelID{
		"":                   {"slack", "webhook"},
		heartbeat.NoChannels: nil,
		"webhook":            {"webhook"},
		"slack,slack-2":      {"slack", "slack-2"},
		"webhook,webhook":    {"webhook"},
		"theirs":             {"theirs"},
		"slack-2,slack-3":    {"slack-2", "slack-3", "slack", "webhook"},
	} {
		if diff := cmp.Diff(want, projects.Told(heartbeat.DefaultProject, heartbeat.Labels{Channels: channels})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", channels, diff)
		}
	}
}

func TestWithout_ForgetsOneChannelAndTellsEverybodyAfterTheLast(t *testing.T) {
	t.Parallel()
	for before, after := range map[string]string{
		"":                           "",
		heartbeat.NoChannels:         heartbeat.NoChannels,
		string(pager):                "",
		"slack," + string(pager):     "slack",
		string(pager) + ",slack,a":   "slack,a",
		"slack-" + string(pager[:4]): "slack-" + string(pager[:4]),
	} {
		if got := (heartbeat.Labels{Channels: before}).Without(pager).Channels; got != after {
			t.Errorf("%q became %q, want %q", before, got, after)
		}
	}
}

func TestMade_ToldByTheFormOfTheID(t *testing.T) {
	t.Parallel()
	if !pager.Made() || heartbeat.ChannelID("slack-2").Made() || heartbeat.ChannelID("").Made() {
		t.Error("a UUID is made by people, a word is given by the settings")
	}
}
