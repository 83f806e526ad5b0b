package heartbeat

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of channels. All of them stand in one value of the store.
const (
	MaxChannelName = 100 // characters, as in Healthchecks
	MaxChannels    = 150 // of all projects together
)

// ChannelID names a way to reach people: a UUID, or a word such as "slack" for one
// that the settings give. It is stored with deliveries and shown; it never holds
// a secret.
type ChannelID string

// Made tells whether people have made the channel, so that it is gone for good if
// it is not among the projects' any more. One that the settings give may come back.
func (id ChannelID) Made() bool {
	_, err := ParseCheckID(string(id))
	return err == nil
}

// ChannelKind says by what service people are told, such as "slack".
type ChannelKind string

// Channel is a way to reach people. It belongs to a project.
type Channel struct {
	ID   ChannelID   `json:"id"`
	Kind ChannelKind `json:"kind"`
	// Name is of people's choice; several channels may have one.
	Name string `json:"name"`
	// Sealed is where its messages go, which is a secret, so that nobody can read it
	// here; empty for a channel that the settings give.
	Sealed  []byte    `json:"sealed,omitempty"`
	Created time.Time `json:"created,omitzero"`
}

// Channel returns one of the project's channels; false if it is none of them.
func (p Project) Channel(id ChannelID) (Channel, bool) {
	if i := p.channel(id); i >= 0 {
		return p.Channels[i], true
	}
	return Channel{}, false
}

func (p Project) channel(id ChannelID) int {
	return slices.IndexFunc(p.Channels, func(c Channel) bool { return c.ID == id })
}

// PutChannel returns the project with a channel added, or changed if its ID is
// known. Errors are *Invalid with Field "name".
func (p Project) PutChannel(c Channel) (Project, error) {
	var err error
	if c.Name, err = tidyName(c.Name, MaxChannelName, "the channel"); err != nil {
		return p, err
	}
	p.Channels = slices.Clone(p.Channels)
	if i := p.channel(c.ID); i >= 0 {
		p.Channels[i] = c
	} else {
		p.Channels = append(p.Channels, c)
	}
	return p, nil
}

// RemoveChannel returns the project without one of its channels; ErrNotFound if it
// is none of them.
func (p Project) RemoveChannel(id ChannelID) (Project, error) {
	i := p.channel(id)
	if i < 0 {
		return p, ErrNotFound
	}
	p.Channels = slices.Delete(slices.Clone(p.Channels), i, i+1)
	return p, nil
}

// Tellers returns the channels by which people are told of a project's checks: its
// own, or the default project's if it has none, so that a new project is not
// silent, and nobody's alarm is lost with the last channel of a project.
func (p Projects) Tellers(id ProjectID) []Channel {
	if one, _ := p.Find(id); len(one.Channels) > 0 {
		return one.Channels
	}
	one, _ := p.Find(DefaultProject)
	return one.Channels
}

// Told returns the channels that are told of a check of the project: those that its
// labels name, else the tellers. One that is named is among them even if it is gone:
// that its message cannot be delivered must be seen. If all that are named are gone,
// the tellers are told beside them: better one too many than nobody.
func (p Projects) Told(id ProjectID, l Labels) []ChannelID {
	if l.Channels == NoChannels {
		return nil
	}
	var told []ChannelID
	found := false
	for word := range strings.SplitSeq(l.Channels, ",") {
		if word != "" && !slices.Contains(told, ChannelID(word)) {
			told = append(told, ChannelID(word))
			found = found || p.has(ChannelID(word))
		}
	}
	if !found {
		for _, c := range p.Tellers(id) {
			told = append(told, c.ID)
		}
	}
	return told
}

// has tells whether the channel is any project's.
func (p Projects) has(id ChannelID) bool {
	return slices.ContainsFunc(p, func(one Project) bool { return one.channel(id) >= 0 })
}

// Give returns the projects with the channels that the settings give, which are
// the default project's, before its others.
func (p Projects) Give(channels []Channel) Projects {
	i := p.index(DefaultProject)
	if i < 0 || len(channels) == 0 {
		return p
	}
	next := slices.Clone(p)
	next[i].Channels = slices.Concat(channels, next[i].Channels)
	return next
}

// tidyName returns a name without blanks around it. Errors are *Invalid with Field
// "name".
func tidyName(name string, most int, of string) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return name, &Invalid{Field: "name", Problem: "is missing: give " + of + " one"}
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return name, &Invalid{Field: "name", Problem: "must be text without line breaks"}
	case utf8.RuneCountInString(name) > most:
		return name, &Invalid{Field: "name", Problem: "must not be longer than " + strconv.Itoa(most) + " characters"}
	}
	return name, nil
}
