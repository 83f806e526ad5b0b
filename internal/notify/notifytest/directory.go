package notifytest

import (
	"context"

	"heartbeat"
	"heartbeat/internal/notify"
)

// Given returns a directory that never changes: the channels are the default
// project's, as if the settings gave them.
func Given(channels ...notify.Channel) func(context.Context) (notify.Directory, error) {
	given := make([]heartbeat.Channel, len(channels))
	for i, c := range channels {
		given[i] = heartbeat.Channel{ID: c.ID, Kind: heartbeat.ChannelKind(c.ID), Name: string(c.ID)}
	}
	directory := notify.Directory{Projects: heartbeat.Default().Give(given), Channels: channels}
	return func(context.Context) (notify.Directory, error) { return directory, nil }
}
