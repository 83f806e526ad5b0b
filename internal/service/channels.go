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
	if err := s.putChannel(ctx, "channel made", project, func(heartbeat.Project) (heartbeat.Channel, error) { return c, nil }); err != nil {
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
	return s.putChannel(ctx, "channel changed", project, func(p heartbeat.Project) (heartbeat.Channel, error) {
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
func (s *Service) putChannel(ctx context.Context, what string, project heartbeat.ProjectID, build func(heartbeat.Project) (heartbeat.Channel, error)) error {
	var put heartbeat.Channel
	err := s.changeProject(ctx, project, func(p heartbeat.Project) (_ heartbeat.Project, err error) {
		if put, err = build(p); err != nil {
			return p, err
		}
		return p.PutChannel(put)
	})
	if invalid, ok := errors.AsType[*heartbeat.Invalid](err); ok {
		return Invalids{invalid}
	}
	if err == nil {
		s.note(ctx, what, project, put)
	}
	return err
}

// RemoveChannel removes a channel that somebody has made, first from the checks
// that name it; a check that names no other tells all from then on. What waits to
// be sent by it goes to the channels that remain, unless others were told or it is
// over. Errors: heartbeat.ErrNotFound.
func (s *Service) RemoveChannel(ctx context.Context, project heartbeat.ProjectID, id heartbeat.ChannelID) error {
	gone, err := s.channel(ctx, project, id)
	if err != nil {
		return err
	}
	checks, err := s.cfg.Store.Checks(ctx)
	if err != nil {
		return err
	}
	for i := range checks {
		if err := s.unname(ctx, &checks[i], gone); err != nil && !errors.Is(err, heartbeat.ErrNotFound) {
			return fmt.Errorf("the channel stays, but some checks do not name it any more: %w", err)
		}
	}
	err = s.changeProject(ctx, project, func(p heartbeat.Project) (heartbeat.Project, error) { return p.RemoveChannel(id) })
	if err == nil {
		s.note(ctx, "channel removed", project, gone)
	}
	return err
}

// unname takes channels that are to go from the labels of a check that was read.
func (s *Service) unname(ctx context.Context, read *heartbeat.Check, gone ...heartbeat.Channel) error {
	without := func(l heartbeat.Labels) heartbeat.Labels {
		for _, c := range gone {
			l = l.Without(c.ID)
		}
		return l
	}
	if without(read.Labels) == read.Labels {
		return nil
	}
	return s.change(ctx, read.ID, func(c *heartbeat.Check) (*heartbeat.Flip, error) {
		c.Labels = without(c.Labels)
		return nil, nil
	})
}

// note writes into the log what became of a channel, and lets the outbox look at it.
func (s *Service) note(ctx context.Context, what string, project heartbeat.ProjectID, c heartbeat.Channel) {
	s.cfg.Logger.InfoContext(ctx, what, "channel", c.ID, "name", c.Name, "kind", c.Kind, "project", project)
	s.cfg.Owed()
}

// OnlyTold counts the checks that tell this channel and no other.
func (s *Service) OnlyTold(ctx context.Context, id heartbeat.ChannelID) (n int, err error) {
	checks, err := s.cfg.Store.Checks(ctx)
	for i := range checks {
		if checks[i].Channels == string(id) {
			n++
		}
	}
	return n, err
}

// ownChannels refuses labels that name a channel which somebody has made unless it
// tells of the check's project, or was named before. Which channels the settings
// give may not be known here.
func (s *Service) ownChannels(ctx context.Context, c heartbeat.Check, before heartbeat.Labels) error {
	if c.Channels == before.Channels {
		return nil
	}
	projects, err := s.Projects(ctx)
	if err != nil {
		return err
	}
	known := strings.Split(before.Channels, ",")
	for _, teller := range projects.Tellers(c.Project) {
		known = append(known, string(teller.ID))
	}
	for word := range strings.SplitSeq(c.Channels, ",") {
		if heartbeat.ChannelID(word).Made() && !slices.Contains(known, word) {
			return Invalids{{Field: "channels", Problem: "must be of the check's project: untick the others"}}
		}
	}
	return nil
}
