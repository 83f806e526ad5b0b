package app

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"heartbeat"
	"heartbeat/internal/auth"
	"heartbeat/internal/web/badge"
	"heartbeat/internal/web/gauge"
	"heartbeat/internal/web/hcapi"
)

// programs answer those who speak Healthchecks' language. They are nil where only
// the dashboard can be reached.
type programs struct {
	api    *hcapi.Handler
	badges *badges
	gauge  *gauge.Handler
	// pingRoot is what ping URLs begin with, if they have a host of their own.
	pingRoot string
}

// links makes the addresses of badges; nil if there are none.
func (p programs) links() func(context.Context) (badge.Links, error) {
	if p.badges == nil {
		return nil
	}
	return p.badges.links
}

// programs makes them for requests that come in at public, if it has a host.
func (a *App) programs(guard *auth.Auth, public *url.URL) programs {
	if a.cfg.Bare {
		return programs{}
	}
	root := public
	if root.Host == "" {
		root = a.cfg.Base
	}
	pingRoot, own := root.JoinPath("ping/").String(), ""
	if a.cfg.PingHost != "" {
		host := a.cfg.PingHost
		if port := root.Port(); port != "" {
			host = net.JoinHostPort(host, port) // one server, one port
		}
		own = (&url.URL{Scheme: root.Scheme, Host: host, Path: "/"}).String()
		pingRoot = own
	}
	b := &badges{app: a, root: strings.TrimRight(root.String(), "/")}
	return programs{
		api: hcapi.New(hcapi.Config{
			Service:  a.Checks,
			Auth:     guard,
			Root:     b.root,
			PingRoot: pingRoot,
			Badges:   b.links,
		}),
		badges:   b,
		gauge:    gauge.New(gauge.Config{Project: reader(guard), Checks: a.gauged}),
		pingRoot: own,
	}
}

// badgeSecret is what badges are signed with, once somebody has asked for it.
type badgeSecret struct {
	mu    sync.Mutex
	known bool
	links badge.Links // without their base
}

// badges makes and answers the addresses of badges. A start, of which the cloud
// has many, does not wait for their secret.
type badges struct {
	app  *App
	root string
}

func (b *badges) links(ctx context.Context) (badge.Links, error) {
	s := &b.app.badges
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known {
		secret, err := b.app.cfg.Auth.BadgeSecret(ctx)
		if err != nil {
			return badge.Links{}, err
		}
		s.known = true
		s.links.Signer.Secret = hex.EncodeToString(secret[:16])
		s.links.IDs = badge.NewIDs([16]byte(secret[16:]))
	}
	links := s.links
	links.Base = b.root
	return links, nil
}

// Tag implements [web.Badges].
func (b *badges) Tag(w http.ResponseWriter, r *http.Request) error {
	h, err := b.handler(r.Context())
	if err != nil {
		return err
	}
	return h.Tag(w, r)
}

// Check implements [web.Badges].
func (b *badges) Check(w http.ResponseWriter, r *http.Request) error {
	h, err := b.handler(r.Context())
	if err != nil {
		return err
	}
	return h.Check(w, r)
}

func (b *badges) handler(ctx context.Context) (*badge.Handler, error) {
	links, err := b.links(ctx)
	if err != nil {
		return nil, err
	}
	return badge.New(badge.Config{Signer: links.Signer, IDs: links.IDs, Project: b.app.badgeOfTag, Check: b.app.badgeOfCheck}), nil
}

// tallyAge is how old the counts on badges may be. Anybody may look at badges, so
// that their number must not decide how often all checks are read.
const tallyAge = time.Second

// tallies are the badges of projects' tags that were counted last.
type tallies struct {
	mu sync.Mutex
	by map[heartbeat.ProjectID]tally
}

type tally struct {
	at   time.Time
	tags badge.Tags
}

// badgeOfTag counts the checks of a project that carry a tag. A project's badge
// key is its ID.
func (a *App) badgeOfTag(ctx context.Context, key, tag string) (badge.View, error) {
	t := &a.tallies
	t.mu.Lock()
	defer t.mu.Unlock()
	now, project := time.Now(), heartbeat.ProjectID(key)
	if known, ok := t.by[project]; ok && now.Sub(known.at) < tallyAge {
		return known.tags[tag], nil
	}
	tags, err := a.tally(ctx, now, project)
	if err != nil {
		return badge.View{}, err
	}
	if t.by == nil {
		t.by = map[heartbeat.ProjectID]tally{}
	}
	t.by[project] = tally{now, tags}
	return tags[tag], nil
}

func (a *App) tally(ctx context.Context, now time.Time, id heartbeat.ProjectID) (badge.Tags, error) {
	projects, err := a.Checks.Projects(ctx)
	if err != nil {
		return nil, err
	}
	if _, ok := projects.Find(id); !ok {
		return nil, heartbeat.ErrNotFound
	}
	rows, err := a.Checks.ProjectChecks(ctx, now, id)
	if err != nil {
		return nil, err
	}
	tags := badge.Tags{}
	for i := range rows {
		tags.Add(rows[i].Labels, rows[i].Shown)
	}
	return tags, nil
}

func (a *App) badgeOfCheck(ctx context.Context, id heartbeat.CheckID) (badge.View, error) {
	row, err := a.Checks.Look(ctx, time.Now(), id)
	if err != nil {
		return badge.View{}, err
	}
	return badge.OfCheck(&row.Check, row.Shown), nil
}

// reader returns a function that finds the project of a key that may only read.
func reader(guard *auth.Auth) func(context.Context, string) (heartbeat.ProjectID, error) {
	return func(ctx context.Context, key string) (heartbeat.ProjectID, error) {
		access, ok, err := guard.API(ctx, key)
		switch {
		case err != nil:
			return "", err
		case !ok:
			return "", fmt.Errorf("%w: nobody has this key", heartbeat.ErrForbidden)
		case access.Write:
			return "", fmt.Errorf("%w: this key may write; give out one that may not", heartbeat.ErrForbidden)
		}
		return access.Project, nil
	}
}

// gauged returns the checks of a project as Prometheus is told of them.
func (a *App) gauged(ctx context.Context, project heartbeat.ProjectID) ([]gauge.Check, error) {
	rows, err := a.Checks.ProjectChecks(ctx, time.Now(), project)
	checks := make([]gauge.Check, len(rows))
	for i, row := range rows {
		checks[i] = gauge.Check{
			ID: row.ID, Name: row.Names.String(), Tags: row.Tags, Shown: row.Shown, Started: row.Started(),
		}
	}
	return checks, err
}
