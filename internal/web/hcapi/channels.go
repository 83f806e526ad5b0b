package hcapi

import (
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"

	"heartbeat"
)

// channel is a channel as the API knows it.
type channel struct {
	id   heartbeat.ChannelID
	UUID string                `json:"id"`
	Name string                `json:"name"`
	Kind heartbeat.ChannelKind `json:"kind"`
}

// readChannels reads the channels by which people are told of the project's checks,
// unless that was done. It comes before all that uses them.
func (c *call) readChannels() (err error) {
	if c.channels != nil {
		return nil
	}
	if c.projects, err = c.cfg.Service.Projects(c.Context()); err != nil {
		return err
	}
	c.channels = []channel{}
	for _, ch := range c.projects.Tellers(c.project) {
		c.channels = append(c.channels, channel{id: ch.ID, UUID: channelUUID(ch.ID), Name: ch.Name, Kind: ch.Kind})
	}
	return nil
}

// channelUUID is the channel's ID. One that the settings give has none; its UUID
// follows from its name, so that it stays the same and need not be stored.
func channelUUID(id heartbeat.ChannelID) string {
	if id.Made() {
		return string(id)
	}
	sum := sha256.Sum256([]byte("heartbeat channel 1 " + id))
	uuid := heartbeat.CheckID(sum[:16])
	uuid[6] = uuid[6]&0x0f | 0x80 // version 8: derived in a way of our own (RFC 9562, 5.8)
	uuid[8] = uuid[8]&0x3f | 0x80
	return uuid.String()
}

func (c *call) listChannels() error {
	if err := c.readChannels(); err != nil {
		return err
	}
	return c.json(http.StatusOK, struct {
		Channels []channel `json:"channels"`
	}{c.channels})
}

// channelList is the channels that are told of a check.
func (c *call) channelList(l heartbeat.Labels) string {
	told := c.projects.Told(c.project, l)
	var uuids []string
	for _, ch := range c.channels {
		if slices.Contains(told, ch.id) {
			uuids = append(uuids, ch.UUID)
		}
	}
	slices.Sort(uuids)
	return strings.Join(uuids, ",")
}

// assignment returns what heartbeat.Labels is to say for what is asked; nil if
// nothing is.
func (c *call) assignment(asked *string) (*string, error) {
	var stored string
	switch {
	case asked == nil:
		return nil, nil
	case *asked == "":
		stored = heartbeat.NoChannels
	case *asked != "*":
		var ids []string
		for word := range strings.SplitSeq(*asked, ",") {
			id, err := c.identify(word)
			if err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
		slices.Sort(ids)
		stored = strings.Join(slices.Compact(ids), ",")
	}
	return &stored, nil
}

// identify finds the one channel that a UUID or name means.
func (c *call) identify(word string) (string, error) {
	if word == "" {
		return "", &refusal{http.StatusBadRequest, "empty channel identifier"}
	}
	var found []heartbeat.ChannelID
	for _, ch := range c.channels {
		if word == ch.UUID || word == ch.Name {
			found = append(found, ch.id)
		}
	}
	switch len(found) {
	case 0:
		return "", &refusal{http.StatusBadRequest, "invalid channel identifier: " + word}
	case 1:
		return string(found[0]), nil
	}
	return "", &refusal{http.StatusBadRequest, "non-unique channel identifier: " + word}
}
