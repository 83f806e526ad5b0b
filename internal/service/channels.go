package service

import (
	"cmp"
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
	c := heartbeat.Channel{ID: heartbeat.ChannelID(NewID().String()), Kind: asked.Kind, Name: asked.Name, Created: now}
	if strings.TrimSpace(c.Name) == "" {
		c.Name = cmp.Or(string(c.Kind), "channel")
		c.Name = strings.ToUpper(c.Name[:1]) + c.Name[1:]
	}
	sealed, err := s.seal(ctx, c, asked.Target)
	if err != nil {
		return heartbeat.Channel{}, err
	}
	c.Sealed = sealed
	if err := s.putChannel(ctx, project, func(heartbeat.Project) (heartbeat.Channel, error) { return c, nil }); err != nil {
		return heartbeat.Channel{}, err
	}
	return c, nil
}

// EditChannel gives a channel that somebody has made another name and, unless
// target is empty, another place where its messages go: those that wait go there,
// too. Errors: as MakeChannel.
func (s *Service) EditChannel(ctx context.Context, project heartbeat.ProjectID, id heartbeat.ChannelID, name, target string) error {
	c, err := s.channel(ctx, project, id)
	if err != nil {
		return err
	}
	c.Name = name
	var sealed []byte
	if strings.TrimSpace(target) != "" {
		if sealed, err = s.seal(ctx, c, target); err != nil {
			return err
		}
	}
	return s.putChannel(ctx, project, func(p heartbeat.Project) (heartbeat.Channel, error) {
		c, ok := p.Channel(id)
		if !ok { // it was removed meanwhile
			return c, heartbeat.ErrNotFound
		}
		c.Name = name
		if sealed != nil {
			c.Sealed = sealed
		}
		return c, nil
	})
}

// channel returns a channel that somebody has made; heartbeat.ErrNotFound.
func (s *Service) channel(ctx context.Context, project heartbeat.ProjectID, id heartbeat.ChannelID) (heartbeat.Channel, error) {
	projects, _, err := s.projects(ctx)
	if err != nil {
		return heartbeat.Channel{}, err
	}
	p, _ := projects.Find(project)
	c, ok := p.Channel(id)
	if !ok {
		return c, heartbeat.ErrNotFound
	}
	return c, nil
}

// seal returns the channel's target sealed, or Invalids with all that is wrong with
// target and name: nothing is sealed for a channel that is not made.
func (s *Service) seal(ctx context.Context, c heartbeat.Channel, target string) ([]byte, error) {
	if s.cfg.Targets == nil {
		return nil, errors.New("channels cannot be made here")
	}
	target = strings.TrimSpace(target)
	var bad Invalids
	if invalid := s.cfg.Targets.Check(c.Kind, target); invalid != nil {
		bad = append(bad, invalid)
	}
	_, err := heartbeat.Project{}.PutChannel(c)
	if invalid, ok := errors.AsType[*heartbeat.Invalid](err); ok {
		bad = append(bad, invalid)
	}
	if bad != nil {
		return nil, bad
	}
	return s.cfg.Targets.Seal(ctx, c.ID, target)
}

// putChannel adds or changes the channel that build returns.
func (s *Service) putChannel(ctx context.Context, project heartbeat.ProjectID, build func(heartbeat.Project) (heartbeat.Channel, error)) error {
	err := s.changeProject(ctx, project, func(p heartbeat.Project) (heartbeat.Project, error) {
		c, err := build(p)
		if err != nil {
			return p, err
		}
		return p.PutChannel(c)
	})
	if invalid, ok := errors.AsType[*heartbeat.Invalid](err); ok {
		return Invalids{invalid}
	}
	if err == nil {
		s.cfg.Owed()
	}
	return err
}

// RemoveChannel removes a channel that somebody has made, first from the checks
// that name it; a check that names no other tells all from then on. What waits to
// be sent by it goes to the channels that remain, unless others were told or it is
// over. Errors: heartbeat.ErrNotFound.
func (s *Service) RemoveChannel(ctx context.Context, project heartbeat.ProjectID, id heartbeat.ChannelID) error {
	if _, err := s.channel(ctx, project, id); err != nil {
		return err
	}
	naming, err := s.checksWhere(ctx, func(c *heartbeat.Check) bool { return names(c.Labels, id) })
	if err != nil {
		return err
	}
	for _, c := range naming {
		err := s.change(ctx, c, func(c *heartbeat.Check) (*heartbeat.Flip, error) {
			c.Labels = c.Without(id)
			return nil, nil
		})
		if err != nil && !errors.Is(err, heartbeat.ErrNotFound) {
			return fmt.Errorf("the channel stays, but some checks do not name it any more: %w", err)
		}
	}
	err = s.changeProject(ctx, project, func(p heartbeat.Project) (heartbeat.Project, error) { return p.RemoveChannel(id) })
	if err == nil {
		s.cfg.Owed()
	}
	return err
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
