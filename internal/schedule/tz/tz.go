// Package tz finds time zones of the tz database by name.
//
// A name means the same on every machine. So what the database holds besides its
// zones is not found: the machine's own zone (Local, localtime), and the copies
// in posix/ and right/, whose clocks count leap seconds. A zone is read once and
// shared.
package tz

import (
	"fmt"
	"path"
	"strings"
	"sync"
	"time"
)

// loaded are the zones that were asked for, by name; as many as there are at
// most. They are immutable, so who loaded one cannot be seen from outside.
var loaded sync.Map

// Find returns the zone of that name; "" is UTC.
func Find(name string) (*time.Location, bool) {
	if zone, ok := loaded.Load(name); ok {
		return zone.(*time.Location), true
	}
	if !plain(name) {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, false
	}
	kept, _ := loaded.LoadOrStore(strings.Clone(name), zone)
	return kept.(*time.Location), true
}

// plain tells whether a name can be a zone's. Zones begin with a capital, and
// nothing else in the database does; detours such as Europe//Riga lead to a zone
// but name none.
func plain(name string) bool {
	const most = 64
	return name == "" || len(name) <= most && name[0] >= 'A' && name[0] <= 'Z' &&
		name != "Local" && path.Clean(name) == name
}

// Load is Find with an error that says what to type. It is a clause, to follow
// the name of what was typed.
func Load(name string) (*time.Location, error) {
	if zone, ok := Find(name); ok {
		return zone, nil
	}
	err := fmt.Errorf("must be an IANA time zone such as Europe/Berlin or UTC, not %q", shorten(name))
	for _, guess := range []string{strings.ToUpper(name), titled(name)} {
		if _, ok := Find(guess); ok {
			return nil, fmt.Errorf("%w; did you mean %s?", err, guess)
		}
	}
	return nil, err
}

// Translate returns the name under which Healthchecks keeps a zone that a client
// of its API names: the same, or that of the zone which a legacy name stands
// for, such as Europe/Kyiv for Europe/Kiev. It is false for a name that is not
// accepted: unlike [Find] it takes neither "" nor Factory, the database's zone of
// machines that nobody has set up.
func Translate(name string) (string, bool) {
	if canonical, ok := legacy[name]; ok {
		return canonical, true
	}
	if name == "" || name == "Factory" {
		return "", false
	}
	_, ok := Find(name)
	return name, ok
}

// titled writes europe/berlin as Europe/Berlin.
func titled(s string) string {
	up := true
	return strings.Map(func(r rune) rune {
		if up && r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		up = r == '/' || r == '_' || r == '-'
		return r
	}, strings.ToLower(s))
}

func shorten(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
