package service

import (
	"cmp"
	"context"
	"strings"

	"heartbeat"
)

// Pulse is a ping in the original's manner: it names its check by four words
// and brings the settings that the check gets if this pulse creates it.
type Pulse struct {
	heartbeat.Names
	Initial
	// Project is where the check belongs; empty for the default one.
	Project heartbeat.ProjectID
	// Ping is what to record. Its At must be set.
	Ping heartbeat.Ping
}

// Settings are those of the check that p creates, in a zone of p's own or
// defaultZone. Errors are *heartbeat.Invalid.
func (p Pulse) Settings(defaultZone string) (heartbeat.Settings, error) {
	return p.settings(pulseSettings(defaultZone))
}

// Pulse records p, creating its check if need be, unless its project is gone:
// heartbeat.ErrNotFound. Errors: *heartbeat.Invalid (nothing stored) and those of
// heartbeat.Store.Ping.
func (s *Service) Pulse(ctx context.Context, p Pulse) (heartbeat.Pinged, error) {
	if err := p.Validate(); err != nil {
		return heartbeat.Pinged{}, err
	}
	settings, err := s.pulses.settings(p.Initial)
	if err != nil {
		return heartbeat.Pinged{}, err
	}
	if err := validPing(p.Ping); err != nil {
		return heartbeat.Pinged{}, err
	}
	project := cmp.Or(p.Project, heartbeat.DefaultProject)
	id := p.ID(project)
	names, at := p.Names, p.Ping.At
	pinged, err := s.cfg.Store.Ping(ctx, id, p.Ping, func() heartbeat.Check {
		return heartbeat.Check{
			ID:       id,
			Project:  project,
			Names:    cloneNames(names),
			Settings: *settings,
			State:    heartbeat.State{Status: heartbeat.StatusNew, Since: at},
			Created:  at,
		}
	})
	if err == nil {
		err = s.stillThere(ctx, pinged, project)
	}
	if err != nil {
		return heartbeat.Pinged{}, err
	}
	s.pinged(pinged, names.String)
	return pinged, nil
}

// pinged passes on what a durable ping means for the monitor and for people. Few
// pings flip their check: the name is only then asked for.
func (s *Service) pinged(p heartbeat.Pinged, name func() string) {
	s.tell(p.Check, p.Created || p.Sooner, p.Flip)
	if p.Flip != nil {
		s.log(p.Check, name(), p.Flip)
	}
}

// tell passes on what a durable write means for the monitor.
func (s *Service) tell(id heartbeat.CheckID, sooner bool, flip *heartbeat.Flip) {
	if sooner {
		s.cfg.Changed(id)
	}
	if flip != nil && flip.Notifies() {
		s.cfg.Owed()
	}
}

// cloneNames frees the names from the request line that they are cut from, so
// that a check kept in memory does not keep whole URLs with it.
func cloneNames(n heartbeat.Names) heartbeat.Names {
	return heartbeat.Names{
		Host:     strings.Clone(n.Host),
		Category: strings.Clone(n.Category),
		Type:     strings.Clone(n.Type),
		Name:     strings.Clone(n.Name),
	}
}

func validPing(p heartbeat.Ping) error {
	switch {
	case !p.Kind.Valid():
		return &heartbeat.Invalid{Field: "status", Problem: "must be success, start, fail or log"}
	case p.Exit != nil && (*p.Exit < 0 || *p.Exit > 255):
		return &heartbeat.Invalid{Field: "exit", Problem: "must be a whole number from 0 to 255"}
	case len(p.Body) > heartbeat.MaxBody:
		return &heartbeat.Invalid{Field: "body", Problem: "is longer than what is kept of it"}
	}
	return nil
}

// log notes a flip that people hear of, as the monitor does for those that time
// causes.
func (s *Service) log(id heartbeat.CheckID, name string, flip *heartbeat.Flip) {
	if flip == nil || !flip.Notifies() {
		return
	}
	message := "check went down"
	if flip.To == heartbeat.StatusUp {
		message = "check is up again"
	}
	s.cfg.Logger.Info(message, "check", id, "name", name,
		"reason", flip.Reason, "detail", flip.Detail, "was_since", flip.Since)
}
