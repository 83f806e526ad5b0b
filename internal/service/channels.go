package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"heartbeat"
)

// NewChannel is a channel as somebody asks for it.
type NewChannel struct {
	Kind heartbeat.ChannelKind
	// Name is what people call it; left empty, it is called as its kind.
	Name string
	// Target is where its messages go, such as the URL of a webhook. It is a secret.
	Target string
}

// MakeChannel makes a channel of a project. The project's checks that tell all
// channels tell it from then on. Errors: heartbeat.ErrNotFound if there is no such
// project, Invalids with the fields kind, name, target and channel.
func (s *Service) MakeChannel(ctx context.Context, now time.Time, project heartbeat.ProjectID, asked NewChannel) (heartbeat.Channel, error) {
	made := heartbeat.Channel{ID: heartbeat.ChannelID(NewID().String()), Kind: asked.Kind, Name: asked.Name, Created: now}
	if strings.TrimSpace(made.Name) == "" && made.Kind != "" {
		made.Name = strings.ToUpper(string(made.Kind[:1])) + string(made.Kind[1:])
	}
	sealed, wrong := s.cfg.Seal(ctx, made, strings.TrimSpace(asked.Target))
	made.Sealed = sealed
	return made, s.putChannel(ctx, project, wrong, func(heartbeat.Project) (heartbeat.Channel, error) { return made, nil })
}

// EditChannel gives a channel that somebody has made another name and, unless
// target is empty, another place where its messages go: those that wait go there,
// too. Errors: as MakeChannel.
func (s *Service) EditChannel(ctx context.Context, project heartbeat.ProjectID, id heartbeat.ChannelID, name, target string) error {
	projects, _, err := s.projects(ctx)
	if err != nil {
		return err
	}
	p, _ := projects.Find(project)
	known, ok := p.Channel(id)
	if !ok {
		return heartbeat.ErrNotFound
	}
	sealed, wrong := known.Sealed, error(nil)
	if target = strings.TrimSpace(target); target != "" {
		sealed, wrong = s.cfg.Seal(ctx, known, target)
	}
	return s.putChannel(ctx, project, wrong, func(p heartbeat.Project) (heartbeat.Channel, error) {
		c, ok := p.Channel(id)
		if !ok { // it was removed meanwhile
			return c, heartbeat.ErrNotFound
		}
		c.Name, c.Sealed = name, sealed
		return c, nil
	})
}

// putChannel adds or changes the channel that build returns, unless its target is
// wrong. Then its name is tried all the same, so that all that is wrong is said at
// once.
func (s *Service) putChannel(ctx context.Context, project heartbeat.ProjectID, wrong error, build func(heartbeat.Project) (heartbeat.Channel, error)) error {
	var bad Invalids
	if invalid, ok := errors.AsType[*heartbeat.Invalid](wrong); ok {
		bad = Invalids{invalid}
	} else if wrong != nil {
		return wrong
	}
	err := s.changeProject(ctx, project, func(p heartbeat.Project) (heartbeat.Project, error) {
		c, err := build(p)
		if err != nil {
			return p, err
		}
		p, err = p.PutChannel(c)
		if invalid, ok := errors.AsType[*heartbeat.Invalid](err); ok {
			return p, append(bad, invalid)
		}
		if bad != nil {
			return p, bad
		}
		return p, err
	})
	if err == nil {
		s.cfg.Owed()
	}
	return err
}

// RemoveChannel removes a channel that somebody has made, also from the checks
// that name it; a check that names no other tells all from then on. What waits to
// be sent by it goes to the channels that remain, unless others were told. Errors:
// heartbeat.ErrNotFound.
func (s *Service) RemoveChannel(ctx context.Context, project heartbeat.ProjectID, id heartbeat.ChannelID) error {
	err := s.changeProject(ctx, project, func(p heartbeat.Project) (heartbeat.Project, error) { return p.RemoveChannel(id) })
	if err != nil {
		return err
	}
	s.cfg.Owed()
	naming, err := s.checksWhere(ctx, func(c *heartbeat.Check) bool { return names(c.Labels, id) })
	if err != nil {
		return fmt.Errorf("the channel is removed, but checks go on to name it: %w", err)
	}
	for _, c := range naming {
		err := s.change(ctx, c, func(c *heartbeat.Check) (*heartbeat.Flip, error) {
			c.Labels = c.Without(id)
			return nil, nil
		})
		if err != nil && !errors.Is(err, heartbeat.ErrNotFound) {
			return fmt.Errorf("the channel is removed, but some checks go on to name it: %w", err)
		}
	}
	return nil
}

// OnlyTold counts the checks that tell this channel and no other.
func (s *Service) OnlyTold(ctx context.Context, id heartbeat.ChannelID) (int, error) {
	found, err := s.checksWhere(ctx, func(c *heartbeat.Check) bool { return c.Channels == string(id) })
	return len(found), err
}

// checksWhere returns the checks, of all projects, that are as wanted.
func (s *Service) checksWhere(ctx context.Context, wanted func(*heartbeat.Check) bool) ([]heartbeat.CheckID, error) {
	checks, err := s.cfg.Store.Checks(ctx)
	if err != nil {
		return nil, err
	}
	var found []heartbeat.CheckID
	for i := range checks {
		if wanted(&checks[i]) {
			found = append(found, checks[i].ID)
		}
	}
	return found, nil
}

// names tells whether the labels name the channel.
func names(l heartbeat.Labels, id heartbeat.ChannelID) bool {
	return slices.Contains(strings.Split(l.Channels, ","), string(id))
}
