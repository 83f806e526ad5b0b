package service

import (
	"context"
	"strconv"
	"time"

	"heartbeat"
)

// Ping records a ping of the check. Errors: *heartbeat.Invalid (nothing stored)
// and those of heartbeat.Store.Ping.
func (s *Service) Ping(ctx context.Context, id heartbeat.CheckID, p heartbeat.Ping) (heartbeat.Pinged, error) {
	if err := validPing(p); err != nil {
		return heartbeat.Pinged{}, err
	}
	pinged, err := s.cfg.Store.Ping(ctx, id, p, nil)
	if err == nil {
		s.pinged(pinged, id.String)
	}
	return pinged, err
}

// PingSlug records a ping of the project's check with the slug, which must not be
// empty. If there is none, the ping makes one with the settings of create; it
// does not if create is nil, nor if the project is gone. Errors: *heartbeat.Invalid
// (nothing stored) and those of heartbeat.Store.PingSlug.
func (s *Service) PingSlug(ctx context.Context, project heartbeat.ProjectID, slug string, p heartbeat.Ping, create *Initial) (heartbeat.Pinged, error) {
	if err := validPing(p); err != nil {
		return heartbeat.Pinged{}, err
	}
	var made func() heartbeat.Check
	if create != nil {
		if err := ValidSlug(slug); err != nil {
			return heartbeat.Pinged{}, err
		}
		settings, err := s.pings.settings(*create)
		if err != nil {
			return heartbeat.Pinged{}, err
		}
		made = firstBySlug(project, slug, p.At, settings)
	}
	pinged, err := s.cfg.Store.PingSlug(ctx, project, slug, p, made)
	if err == nil {
		err = s.stillThere(ctx, pinged, project)
	}
	if err != nil {
		return heartbeat.Pinged{}, err
	}
	s.pinged(pinged, func() string { return slug })
	return pinged, nil
}

// firstBySlug returns a function that makes checks for the slug, each with
// another ID. Others that make them at the same time go through the same IDs.
func firstBySlug(project heartbeat.ProjectID, slug string, at time.Time, settings *heartbeat.Settings) func() heartbeat.Check {
	tried := 0
	return func() heartbeat.Check {
		name := slug
		if tried > 0 { // no slug has a blank in it
			name += " " + strconv.Itoa(tried)
		}
		tried++
		return heartbeat.Check{
			ID:       heartbeat.SlugID(project, name),
			Project:  project,
			Names:    heartbeat.Names{Name: slug},
			Labels:   heartbeat.Labels{Slug: slug},
			Settings: *settings,
			State:    heartbeat.State{Status: heartbeat.StatusNew, Since: at},
			Created:  at,
		}
	}
}

// ValidSlug returns nil if slug can name a check in URLs; else an
// *heartbeat.Invalid.
func ValidSlug(slug string) error {
	if slug == "" || len(slug) > heartbeat.MaxSlug {
		return &heartbeat.Invalid{Field: "slug", Problem: "must have 1 to 100 characters"}
	}
	for _, c := range []byte(slug) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return &heartbeat.Invalid{Field: "slug", Problem: "must consist of a-z, 0-9, - and _"}
		}
	}
	return nil
}
