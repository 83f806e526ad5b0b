package transfer

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"heartbeat"
	"heartbeat/internal/schedule"
	"heartbeat/internal/service"
)

// ahead is by how much two clocks may differ: nothing that lies further in the
// future can have happened.
const ahead = 2 * time.Minute

// How many bytes the ID of a project may have, and the list of channels.
const (
	maxID       = 200
	maxChannels = 10_000
)

// The times that every store keeps to the nanosecond.
var (
	dawn    = time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC)
	horizon = time.Date(2250, 1, 1, 0, 0, 0, 0, time.UTC)
)

// valid says what is wrong with a check. It brings project and settings into the
// form that is stored.
func (c *Check) valid(now time.Time) error {
	c.Project = cmp.Or(c.Project, heartbeat.DefaultProject)
	if c.ID == (heartbeat.CheckID{}) {
		return errors.New("id is missing")
	}
	if err := validNames(c.Names); err != nil {
		return err
	}
	if err := c.validLabels(); err != nil {
		return err
	}
	settings, err := schedule.CanonicalSettings(c.Settings)
	if err != nil {
		return err
	}
	c.Settings = settings
	stored := []heartbeat.Status{
		heartbeat.StatusNew, heartbeat.StatusUp, heartbeat.StatusDown, heartbeat.StatusPaused,
	}
	if !slices.Contains(stored, c.Status) {
		return fmt.Errorf("status %q is none of %v", c.Status, stored)
	}
	if c.Check.Pings < 0 || c.LastDuration < 0 {
		return errors.New("pings and last_duration must not be negative")
	}
	if err := c.validTimes(now); err != nil {
		return err
	}
	return c.validHistory()
}

// validNames allows for a name to be missing, and for control characters in the
// last one: not every check was made by a pulse, and the management API takes
// names as Healthchecks does.
func validNames(n heartbeat.Names) error {
	n.Name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, n.Name)
	for _, name := range []*string{&n.Host, &n.Category, &n.Type, &n.Name} {
		if *name == "" {
			*name = "-"
		}
	}
	return n.Validate()
}

// validLabels bounds what people have written beside the names, and the project.
func (c *Check) validLabels() error {
	if c.Slug != "" {
		if err := service.ValidSlug(c.Slug); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		name, text string
		most       int
	}{
		{"project", string(c.Project), maxID},
		{"tags", c.Tags, heartbeat.MaxTags},
		{"desc", c.Desc, heartbeat.MaxDesc},
		{"channels", c.Channels, maxChannels},
		// Words are counted in characters of up to four bytes where they are written.
		{"failure_words", c.Rules.FailureWords, 4 * heartbeat.MaxWords},
		{"success_words", c.Rules.SuccessWords, 4 * heartbeat.MaxWords},
		{"start_words", c.Rules.StartWords, 4 * heartbeat.MaxWords},
	} {
		if len(f.text) > f.most {
			return fmt.Errorf("%s has %d bytes, and the most is %d", f.name, len(f.text), f.most)
		}
	}
	return nil
}

func (c *Check) validTimes(now time.Time) error {
	for name, t := range map[string]time.Time{
		"created": c.Created, "since": c.Since, "last_ping": c.LastPing, "last_start": c.LastStart,
	} {
		if t.IsZero() {
			continue
		}
		if t.Before(dawn) || t.After(now.Add(ahead)) {
			return fmt.Errorf("%s is %s, and now is %s: a check with a time ahead would not be missed; "+
				"is the clock right, here and where it was exported?", name, t.Format(time.RFC3339), now.Format(time.RFC3339))
		}
	}
	if c.Status == heartbeat.StatusUp && c.LastPing.IsZero() {
		return errors.New("status is up, but last_ping is missing")
	}
	return nil
}

func (c *Check) validHistory() error {
	for _, p := range c.Pings {
		switch {
		case !p.Kind.Valid():
			return fmt.Errorf("ping %d is of an unknown kind %q", p.N, p.Kind)
		case len(p.Body) > heartbeat.MaxBody:
			return fmt.Errorf("ping %d has a body of %d bytes, and the most is %d", p.N, len(p.Body), heartbeat.MaxBody)
		case !keeps(p.At):
			return fmt.Errorf("ping %d came at %v, which no store keeps", p.N, p.At)
		}
	}
	for _, f := range c.Flips {
		if !keeps(f.At) || !keeps(f.Since) || !keeps(f.LastPing) {
			return fmt.Errorf("a flip at %v has a time that no store keeps", f.At)
		}
	}
	return nil
}

// keeps tells whether stores keep the time.
func keeps(t time.Time) bool {
	return t.IsZero() || t.After(dawn) && t.Before(horizon)
}
