package service

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"heartbeat"
)

// KeyKind is one of the keys that a project can have.
type KeyKind string

// The kinds of keys. API keys have 32 characters, as Healthchecks' have.
const (
	KeyPing     KeyKind = "ping"      // lets jobs ping
	KeyAPI      KeyKind = "api"       // lets programs read and write
	KeyReadOnly KeyKind = "read-only" // lets programs read
)

// Projects returns all projects, the default one first, with the channels that the
// settings give. It is heartbeat.ErrUnreadable if what is stored is damaged.
func (s *Service) Projects(ctx context.Context) (heartbeat.Projects, error) {
	projects, _, err := s.projects(ctx)
	return projects.Give(s.cfg.Channels), err
}

// projects returns what is stored, and the value as it was read; nil if there is
// none.
func (s *Service) projects(ctx context.Context) (heartbeat.Projects, []byte, error) {
	text, err := s.cfg.Store.Value(ctx, heartbeat.KeyProjects)
	if err != nil && !errors.Is(err, heartbeat.ErrNotFound) {
		return nil, nil, err
	}
	projects, err := heartbeat.ReadProjects(text)
	return projects, text, err
}

// changeProjects saves what change makes of the projects; again when somebody
// else was faster.
func (s *Service) changeProjects(ctx context.Context, change func(heartbeat.Projects) (heartbeat.Projects, error)) error {
	return retry(func() error {
		projects, old, err := s.projects(ctx)
		if err != nil {
			return err
		}
		if projects, err = change(projects); err != nil {
			return err
		}
		text, err := json.Marshal(projects)
		if err != nil {
			return err
		}
		return s.cfg.Store.SetValue(ctx, heartbeat.KeyProjects, old, text)
	})
}

// MakeProject makes a project. Errors: *heartbeat.Invalid.
func (s *Service) MakeProject(ctx context.Context, now time.Time, name string) (heartbeat.Project, error) {
	made := heartbeat.Project{ID: heartbeat.ProjectID(NewID().String()), Name: name, Created: now}
	err := s.changeProjects(ctx, func(p heartbeat.Projects) (heartbeat.Projects, error) { return p.Put(made) })
	return made, err
}

// RenameProject gives a project another name. Errors: heartbeat.ErrNotFound,
// *heartbeat.Invalid.
func (s *Service) RenameProject(ctx context.Context, id heartbeat.ProjectID, name string) error {
	return s.changeProject(ctx, id, func(p heartbeat.Project) (heartbeat.Project, error) {
		p.Name = name
		return p, nil
	})
}

func (s *Service) changeProject(ctx context.Context, id heartbeat.ProjectID, change func(heartbeat.Project) (heartbeat.Project, error)) error {
	return s.changeProjects(ctx, func(projects heartbeat.Projects) (heartbeat.Projects, error) {
		p, ok := projects.Find(id)
		if !ok {
			return nil, heartbeat.ErrNotFound
		}
		p, err := change(p)
		if err != nil {
			return nil, err
		}
		return projects.Put(p)
	})
}

// RemoveProject removes a project with its keys, its channels and all its checks. If
// it fails before all known checks are gone, the project stays and can be removed
// again. Errors: heartbeat.ErrNotFound; and the default project stays.
func (s *Service) RemoveProject(ctx context.Context, id heartbeat.ProjectID) error {
	projects, _, err := s.projects(ctx)
	if err != nil {
		return err
	}
	if _, err := projects.Remove(id); err != nil {
		return err
	}
	// Its keys go first: a job must not bring a check back meanwhile.
	err = s.changeProject(ctx, id, func(p heartbeat.Project) (heartbeat.Project, error) {
		p.PingKey, p.APIKey, p.ReadOnlyKey = "", "", ""
		return p, nil
	})
	if err != nil {
		return err
	}
	s.cfg.KeysChanged()
	p, _ := projects.Find(id)
	if err := s.clear(ctx, p); err != nil {
		return fmt.Errorf("the project stays, without its keys and some of its checks: %w", err)
	}
	err = s.changeProjects(ctx, func(p heartbeat.Projects) (heartbeat.Projects, error) { return p.Remove(id) })
	if err != nil {
		return fmt.Errorf("the project stays, without its keys and its checks: %w", err)
	}
	s.cfg.Logger.InfoContext(ctx, "project removed", "project", id, "name", p.Name)
	s.cfg.Owed()
	// Another process may have let a ping in by a key that it still knew.
	if err := s.clear(ctx, p); err != nil {
		return fmt.Errorf("the project is removed, but a check may be left that came in meanwhile: %w", err)
	}
	return nil
}

// clear removes the checks of a project, and takes its channels from all others.
func (s *Service) clear(ctx context.Context, p heartbeat.Project) error {
	checks, err := s.cfg.Store.Checks(ctx)
	if err != nil {
		return err
	}
	for i := range checks {
		if checks[i].Project == p.ID {
			err = s.Delete(ctx, checks[i].ID)
		} else {
			err = s.unname(ctx, &checks[i], p.Channels...)
		}
		if err != nil && !errors.Is(err, heartbeat.ErrNotFound) {
			return err
		}
	}
	return nil
}

// stillThere is heartbeat.ErrNotFound, and the check that the ping has made is
// gone again, if its project was removed meanwhile: keys are believed for a while
// wherever they were read. Nobody would ping that check any more, and it would go
// down. Where the projects cannot be read, it stays.
func (s *Service) stillThere(ctx context.Context, p heartbeat.Pinged, project heartbeat.ProjectID) error {
	if !p.Created || project == heartbeat.DefaultProject {
		return nil
	}
	projects, err := s.Projects(ctx)
	if err != nil {
		return nil //nolint:nilerr // the ping is recorded
	}
	if _, ok := projects.Find(project); ok {
		return nil
	}
	if err := s.Delete(ctx, p.Check); err != nil {
		return err
	}
	return errProjectGone
}

var errProjectGone = fmt.Errorf("%w: the project of this ping key was removed", heartbeat.ErrNotFound)

// MakeKey gives the project a new key in the place of the one it had, and returns
// it: only its hash is kept. The ping key that the settings or the first start
// gave the default project goes on to work beside it. Errors:
// heartbeat.ErrNotFound.
func (s *Service) MakeKey(ctx context.Context, id heartbeat.ProjectID, kind KeyKind) (string, error) {
	var key string
	switch word := strings.ToLower(rand.Text() + rand.Text()); kind {
	case KeyPing:
		key = word[:22]
	case KeyAPI:
		key = "hcw_" + word[:28]
	case KeyReadOnly:
		key = "hcr_" + word[:28]
	default:
		return "", &heartbeat.Invalid{Field: "key", Problem: "must be ping, api or read-only"}
	}
	return key, s.setKey(ctx, id, kind, heartbeat.HashKey(key))
}

// RevokeKey takes the project's key away. Errors: heartbeat.ErrNotFound.
func (s *Service) RevokeKey(ctx context.Context, id heartbeat.ProjectID, kind KeyKind) error {
	return s.setKey(ctx, id, kind, "")
}

func (s *Service) setKey(ctx context.Context, id heartbeat.ProjectID, kind KeyKind, hash string) error {
	err := s.changeProject(ctx, id, func(p heartbeat.Project) (heartbeat.Project, error) {
		switch kind {
		case KeyPing:
			p.PingKey = hash
		case KeyAPI:
			p.APIKey = hash
		case KeyReadOnly:
			p.ReadOnlyKey = hash
		}
		return p, nil
	})
	if err == nil {
		s.cfg.KeysChanged()
	}
	return err
}

// NewID makes a random identity: a UUID of version 4.
func NewID() heartbeat.CheckID {
	var id heartbeat.CheckID
	rand.Read(id[:]) // never fails: it ends the program instead
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}
