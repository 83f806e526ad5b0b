package notify

import "heartbeat"

// Directory is all that people can be told by at some moment, and who is told by
// what.
type Directory struct {
	// Projects are all projects with their channels; Channels are the same ones, ready
	// to be used.
	Projects heartbeat.Projects
	Channels []Channel
	// Partial tells that the channels which people have made could not be read: one
	// that is missing may still be there.
	Partial bool
}

// Tellers returns the channels by which people are told of a project's checks.
func (d Directory) Tellers(project heartbeat.ProjectID) []heartbeat.ChannelID {
	var ids []heartbeat.ChannelID
	for _, c := range d.Projects.Tellers(project) {
		ids = append(ids, c.ID)
	}
	return ids
}

// All returns the channels of all projects.
func (d Directory) All() []heartbeat.ChannelID {
	ids := make([]heartbeat.ChannelID, len(d.Channels))
	for i, c := range d.Channels {
		ids[i] = c.ID
	}
	return ids
}

// Find returns the channel ready to be used; false if there is none.
func (d Directory) Find(id heartbeat.ChannelID) (Channel, bool) {
	for _, c := range d.Channels {
		if c.ID == id {
			return c, true
		}
	}
	return Channel{}, false
}
