package heartbeat

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxProjectName is the longest a project's name may be, in characters.
const MaxProjectName = 60

// Project owns checks, channels, keys and badges.
type Project struct {
	ID      ProjectID `json:"id"`
	Name    string    `json:"name"`
	Created time.Time `json:"created,omitzero"`
	// PingKey lets jobs ping, APIKey lets programs read and write, ReadOnlyKey lets
	// them read. Each is HashKey of the key; empty if there is none.
	PingKey     string `json:"ping_key,omitempty"`
	APIKey      string `json:"api_key,omitempty"`
	ReadOnlyKey string `json:"read_only_key,omitempty"`
	// Channels tell people of the project's checks; see Tellers.
	Channels []Channel `json:"channels,omitempty"`
}

// HashKey is the form in which a key is stored: its SHA-256 in hex. Keys are random
// words, which nobody finds by trying.
func HashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// KeyChars tells whether s holds nothing but what may stand in a key: letters,
// digits, - and _, because keys stand in URLs.
func KeyChars(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// KeyProjects is the key of the value that holds all [Projects] as JSON.
const KeyProjects = "projects"

// Projects are all projects of an installation, the default one first.
type Projects []Project

// ReadProjects returns the projects that the value of KeyProjects holds, or Default
// if it was never set: nil. ErrUnreadable if it is damaged.
func ReadProjects(value []byte) (Projects, error) {
	if value == nil {
		return Default(), nil
	}
	var projects Projects
	if err := json.Unmarshal(value, &projects); err != nil {
		return nil, fmt.Errorf("%w: the store's value %s is damaged: %w", ErrUnreadable, KeyProjects, err)
	}
	if projects.index(DefaultProject) < 0 {
		return nil, fmt.Errorf("%w: the store's value %s lacks the default project", ErrUnreadable, KeyProjects)
	}
	return projects, nil
}

// Default is what an installation has that never made a project.
func Default() Projects { return Projects{{ID: DefaultProject, Name: "Default"}} }

// Find returns the project; false if there is none.
func (p Projects) Find(id ProjectID) (Project, bool) {
	if i := p.index(id); i >= 0 {
		return p[i], true
	}
	return Project{}, false
}

func (p Projects) index(id ProjectID) int {
	return slices.IndexFunc(p, func(one Project) bool { return one.ID == id })
}

// Put returns the projects with one added, or changed if its ID is known. Errors
// are *Invalid with Field "name" or "channel".
func (p Projects) Put(one Project) (Projects, error) {
	var err error
	if one.Name, err = tidyName(one.Name, MaxProjectName, "the project"); err != nil {
		return p, err
	}
	channels := len(one.Channels)
	for _, other := range p {
		if other.ID != one.ID && strings.EqualFold(other.Name, one.Name) {
			return p, &Invalid{Field: "name", Problem: "is another project's: choose one that differs"}
		}
		if other.ID != one.ID {
			channels += len(other.Channels)
		}
	}
	if channels > MaxChannels {
		return p, &Invalid{Field: "channel", Problem: "is one too many: all projects together can have " + strconv.Itoa(MaxChannels)}
	}
	next := slices.Clone(p)
	if i := next.index(one.ID); i >= 0 {
		next[i] = one
		return next, nil
	}
	return append(next, one), nil
}

// errDefaultStays says that the default project cannot be removed.
var errDefaultStays = errors.New("the default project stays: pulses without a project of their own go there")

// Remove returns the projects without one; ErrNotFound if there is none.
func (p Projects) Remove(id ProjectID) (Projects, error) {
	i := p.index(id)
	switch {
	case id == DefaultProject:
		return p, errDefaultStays
	case i < 0:
		return p, ErrNotFound
	}
	return slices.Delete(slices.Clone(p), i, i+1), nil
}
