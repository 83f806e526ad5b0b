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
	UUID string `json:"id"`
	Name string `json:"name"`
	Kind string `json:"kind"`
}

// channelsOf gives each channel a UUID that follows from its ID, so that it stays
// the same and need not be stored.
func channelsOf(ids []heartbeat.ChannelID) []channel {
	channels := make([]channel, 0, len(ids))
	for _, id := range ids {
		kind, _, _ := strings.Cut(string(id), "-") // the second of a kind is kind-2
		channels = append(channels, channel{id: id, UUID: channelUUID(id), Name: string(id), Kind: kind})
	}
	return channels
}

func channelUUID(id heartbeat.ChannelID) string {
	sum := sha256.Sum256([]byte("heartbeat channel 1 " + id))
	uuid := heartbeat.CheckID(sum[:16])
	uuid[6] = uuid[6]&0x0f | 0x80 // version 8: derived in a way of our own (RFC 9562, 5.8)
	uuid[8] = uuid[8]&0x3f | 0x80
	return uuid.String()
}

func (c *call) listChannels() error {
	return c.json(http.StatusOK, struct {
		Channels []channel `json:"channels"`
	}{c.channels})
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

// identify finds the channel that a UUID or name means.
func (c *call) identify(word string) (string, error) {
	if word == "" {
		return "", &refusal{http.StatusBadRequest, "empty channel identifier"}
	}
	for _, ch := range c.channels {
		if word == ch.UUID || word == ch.Name {
			return string(ch.id), nil
		}
	}
	return "", &refusal{http.StatusBadRequest, "invalid channel identifier: " + word}
}
