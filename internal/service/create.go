package service

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"heartbeat"
	"heartbeat/internal/slug"
)

// Blank is a check of the project of which nobody has typed anything yet: a ping
// a day with an hour of grace, whatever the day.
func (s *Service) Blank(project heartbeat.ProjectID) heartbeat.Check {
	return heartbeat.Check{Project: project, Settings: plainSettings(s.cfg.Zone)}
}

// Try returns the check as the edit would leave it, and stores nothing. Errors
// are an Invalids listing every field that is wrong.
func (s *Service) Try(c heartbeat.Check, e Edit) (heartbeat.Check, error) {
	next := c
	bad := e.label(&next)
	if e.Rules != nil {
		next.Rules = *e.Rules
		bad = append(bad, ruleProblems(next.Rules)...)
	}
	settings, wrong := e.apply(next.Settings, s.cfg.Zone)
	if bad = append(bad, wrong...); bad != nil {
		return c, bad
	}
	next.Settings = settings
	return next, nil
}

// Create makes a check of the project: a blank one with the edit made, which
// must name it. Without a slug it gets one that is made from its name, and
// calls at once, in one process, get different ones. Errors: heartbeat.ErrNotFound
// if there is no such project, and an Invalids.
func (s *Service) Create(ctx context.Context, now time.Time, project heartbeat.ProjectID, e Edit) (heartbeat.Check, error) {
	projects, err := s.Projects(ctx)
	if err != nil {
		return heartbeat.Check{}, err
	}
	if _, ok := projects.Find(project); !ok {
		return heartbeat.Check{}, heartbeat.ErrNotFound
	}
	c, err := s.Try(s.Blank(project), e)
	if e.Name == nil || strings.TrimSpace(*e.Name) == "" {
		var others Invalids
		errors.As(err, &others)
		err = append(Invalids{{Field: "name", Problem: nameProblem("")}}, others...)
	}
	if err != nil {
		return heartbeat.Check{}, err
	}
	if err := s.ownChannels(ctx, c, heartbeat.Labels{}); err != nil {
		return heartbeat.Check{}, err
	}
	s.puts.Lock()
	defer s.puts.Unlock()
	if err := s.giveSlug(ctx, &c); err != nil {
		return heartbeat.Check{}, err
	}
	c.ID, c.Created = NewID(), now
	c.State = heartbeat.State{Status: heartbeat.StatusNew, Since: now}
	return c, s.cfg.Store.Add(ctx, c)
}

// giveSlug gives the new check a slug if it has none, and refuses one that is
// taken.
func (s *Service) giveSlug(ctx context.Context, c *heartbeat.Check) error {
	if c.Slug != "" {
		return s.slugFree(ctx, *c)
	}
	taken, err := s.slugs(ctx, *c)
	if err != nil {
		return err
	}
	base := slug.Of(c.Name)
	c.Slug = base
	for n := 2; c.Slug != "" && taken[c.Slug]; n++ {
		end := "-" + strconv.Itoa(n)
		c.Slug = base[:min(len(base), heartbeat.MaxSlug-len(end))] + end
	}
	return nil
}

// slugFree refuses a slug that another check of the project has: neither could
// be pinged by it.
func (s *Service) slugFree(ctx context.Context, c heartbeat.Check) error {
	if c.Slug == "" {
		return nil
	}
	taken, err := s.slugs(ctx, c)
	if err == nil && taken[c.Slug] {
		problem := fmt.Sprintf("%q is another check's: pings by it would reach neither", c.Slug)
		err = Invalids{{Field: "slug", Problem: problem}}
	}
	return err
}

// slugs are those of the other checks of the check's project.
func (s *Service) slugs(ctx context.Context, c heartbeat.Check) (map[string]bool, error) {
	checks, err := s.cfg.Store.Checks(ctx)
	if err != nil {
		return nil, err
	}
	taken := make(map[string]bool)
	for _, other := range checks {
		if other.Project == c.Project && other.ID != c.ID && other.Slug != "" {
			taken[other.Slug] = true
		}
	}
	return taken, nil
}
