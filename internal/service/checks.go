package service

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"heartbeat"
	"heartbeat/internal/schedule"
)

// Details are what a program chooses of a check.
type Details struct {
	heartbeat.Names
	heartbeat.Labels
	heartbeat.Settings
}

// newDetails are those of a check of which nothing is said: Healthchecks'
// defaults, and nobody is told.
func newDetails() Details {
	return Details{
		Labels:   heartbeat.Labels{Channels: heartbeat.NoChannels},
		Settings: plainSettings("UTC"),
	}
}

// ProjectChecks returns the checks of a project as they stand at now, the oldest
// first.
func (s *Service) ProjectChecks(ctx context.Context, now time.Time, project heartbeat.ProjectID) ([]Row, error) {
	checks, err := s.projectChecks(ctx, project)
	if err != nil {
		return nil, err
	}
	watch, err := s.recentWatch(ctx, now)
	if err != nil {
		return nil, err
	}
	rows := make([]Row, len(checks))
	for i := range checks {
		judge(&rows[i], &checks[i], now, watch.Blinds)
	}
	return rows, nil
}

func (s *Service) projectChecks(ctx context.Context, project heartbeat.ProjectID) ([]heartbeat.Check, error) {
	checks, err := s.cfg.Store.Checks(ctx)
	if err != nil {
		return nil, err
	}
	checks = slices.DeleteFunc(checks, func(c heartbeat.Check) bool { return c.Project != project })
	slices.SortFunc(checks, func(a, b heartbeat.Check) int {
		return cmp.Or(a.Created.Compare(b.Created), bytes.Compare(a.ID[:], b.ID[:]))
	})
	return checks, nil
}

// AddCheck makes a check of a project. It gets what change makes of the defaults,
// and a random ID; or, if it has all four names, that by which pulses with them
// find it, unless another has it. Errors: heartbeat.ErrNotFound if there is no such
// project, those of change, *heartbeat.Invalid.
func (s *Service) AddCheck(ctx context.Context, now time.Time, project heartbeat.ProjectID, change func(*Details) error) (heartbeat.CheckID, error) {
	projects, err := s.Projects(ctx)
	if err != nil {
		return heartbeat.CheckID{}, err
	}
	if _, ok := projects.Find(project); !ok { // it was removed; its key may still be known
		return heartbeat.CheckID{}, heartbeat.ErrNotFound
	}
	details := newDetails()
	if err := details.change(change); err != nil {
		return heartbeat.CheckID{}, err
	}
	check := heartbeat.Check{
		ID: NewID(), Project: project,
		Names: details.Names, Labels: details.Labels, Settings: details.Settings,
		State: heartbeat.State{Status: heartbeat.StatusNew, Since: now}, Created: now,
	}
	if details.Validate() == nil {
		check.ID = details.ID(project)
	}
	err = s.cfg.Store.Add(ctx, check)
	if errors.Is(err, heartbeat.ErrExists) {
		check.ID = NewID()
		err = s.cfg.Store.Add(ctx, check)
	}
	if err != nil {
		return heartbeat.CheckID{}, err
	}
	s.tell(check.ID, true, nil)
	return check.ID, nil
}

// ChangeCheck lets change have its way with a check; change may be called more
// than once. If the new deadline has passed already, the monitor takes the check
// down. Errors: heartbeat.ErrNotFound, those of change, *heartbeat.Invalid.
func (s *Service) ChangeCheck(ctx context.Context, id heartbeat.CheckID, change func(*Details) error) error {
	err := s.change(ctx, id, func(c *heartbeat.Check) (*heartbeat.Flip, error) {
		details := Details{c.Names, c.Labels, c.Settings}
		if err := details.change(change); err != nil {
			return nil, err
		}
		if details.Names != c.Names && NamedByPulses(*c) {
			return nil, &heartbeat.Invalid{Field: "name", Problem: "is how pulses find the check, as are host, category and type; they cannot change"}
		}
		c.Names, c.Labels, c.Settings = details.Names, details.Labels, details.Settings
		return nil, nil
	})
	if err != nil {
		return err
	}
	s.cfg.Changed(id)
	return nil
}

// PutCheck is ChangeCheck for the oldest check of the project that matches, and
// AddCheck if none does. Of two calls at once in one process, the second finds
// what the first has made.
func (s *Service) PutCheck(ctx context.Context, now time.Time, project heartbeat.ProjectID,
	match func(heartbeat.Check) bool, change func(*Details) error,
) (id heartbeat.CheckID, made bool, err error) {
	s.puts.Lock()
	defer s.puts.Unlock()
	checks, err := s.projectChecks(ctx, project)
	if err != nil {
		return heartbeat.CheckID{}, false, err
	}
	if i := slices.IndexFunc(checks, match); i >= 0 {
		return checks[i].ID, false, s.ChangeCheck(ctx, checks[i].ID, change)
	}
	id, err = s.AddCheck(ctx, now, project, change)
	return id, true, err
}

// change lets f have its way, and makes the result canonical.
func (d *Details) change(f func(*Details) error) error {
	if err := f(d); err != nil {
		return err
	}
	if err := d.valid(); err != nil {
		return err
	}
	settings, err := schedule.CanonicalSettings(d.Settings)
	d.Settings = settings
	return err
}

// valid returns what no check can have.
func (d *Details) valid() error {
	for _, f := range []struct{ field, text string }{
		{"host", d.Host}, {"category", d.Category}, {"type", d.Type}, {"name", d.Name},
	} {
		switch {
		case !utf8.ValidString(f.text):
			return &heartbeat.Invalid{Field: f.field, Problem: "must be UTF-8"}
		case utf8.RuneCountInString(f.text) > heartbeat.MaxName:
			return &heartbeat.Invalid{Field: f.field, Problem: "must not be longer than 200 characters"}
		case f.field != "name" && strings.ContainsFunc(f.text, unicode.IsControl):
			return &heartbeat.Invalid{Field: f.field, Problem: "must not contain control characters such as line breaks"}
		}
	}
	switch {
	case len(d.Tags) > heartbeat.MaxTags:
		return &heartbeat.Invalid{Field: "tags", Problem: "must not be longer than 500 bytes together"}
	case len(d.Desc) > heartbeat.MaxDesc:
		return &heartbeat.Invalid{Field: "desc", Problem: "must not be longer than 10,000 bytes"}
	case d.Slug != "":
		return ValidSlug(d.Slug)
	}
	return nil
}

// Running tells whether a run goes on at now that has not used up its grace.
func (r *Row) Running(now time.Time) bool {
	if !r.Started() || r.Grace == 0 {
		return r.Started()
	}
	sched, err := schedule.Compile(r.Spec)
	if err != nil {
		return true
	}
	end := sched.Add(r.LastStart, r.Grace)
	return end.IsZero() || now.Before(end)
}

// Pings returns a check's most recent pings, newest first, at most limit.
func (s *Service) Pings(ctx context.Context, id heartbeat.CheckID, limit int) ([]heartbeat.Ping, error) {
	return s.cfg.Store.Pings(ctx, id, limit)
}

// Flips returns a check's most recent flips, newest first, at most limit.
func (s *Service) Flips(ctx context.Context, id heartbeat.CheckID, limit int) ([]heartbeat.Flip, error) {
	return s.cfg.Store.Flips(ctx, id, limit)
}
