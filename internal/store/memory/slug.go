package memory

import (
	"context"
	"fmt"

	"heartbeat"
)

// PingSlug implements [heartbeat.Store].
func (s *Store) PingSlug(ctx context.Context, project heartbeat.ProjectID, slug string, p heartbeat.Ping, create func() heartbeat.Check) (heartbeat.Pinged, error) {
	if err := s.lock(ctx); err != nil {
		return heartbeat.Pinged{}, err
	}
	defer s.mu.Unlock()
	named := heartbeat.SlugRef{Project: project, Slug: slug}
	var found *record
	for _, r := range s.checks {
		if r.check.SlugRef() != named {
			continue
		}
		if found != nil {
			return heartbeat.Pinged{}, heartbeat.ErrAmbiguous
		}
		found = r
	}
	if found != nil {
		return s.ping(found, true, p), nil
	}
	if create == nil {
		return heartbeat.Pinged{}, heartbeat.ErrNotFound
	}
	c := plainCheck(create())
	for s.checks[c.ID] != nil {
		c = plainCheck(create())
	}
	if c.SlugRef() != named {
		return heartbeat.Pinged{}, fmt.Errorf("create made a check with slug %q of %s", c.Slug, c.Project)
	}
	r := &record{check: c}
	s.checks[c.ID] = r
	return s.ping(r, false, p), nil
}
