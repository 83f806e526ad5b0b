package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"heartbeat"
	"heartbeat/internal/app"
	"heartbeat/internal/auth"
	"heartbeat/internal/lambda"
	"heartbeat/internal/parameters"
	"heartbeat/internal/store/dynamo"
)

const (
	// parametersLast is how long parameters are believed: a new webhook is used
	// after that at the latest.
	parametersLast = 5 * time.Minute
	// parametersWait is how long a call waits for them. A ping must not time out
	// because of what only messages need.
	parametersWait = 3 * time.Second
)

// house is the parts of one function.
type house struct {
	settings
	logger *slog.Logger
	store  heartbeat.Store
	auth   *auth.Auth
	params *parameters.Reader // nil if there are none, or none are needed

	mu      sync.Mutex
	targets app.Targets
	read    time.Time // when targets were read
	app     *app.App  // made of the targets
}

// newFunction opens what the function needs, so that its first call finds open
// connections.
func newFunction(ctx context.Context, s settings, logger *slog.Logger) (*lambda.Function, error) {
	h := &house{settings: s, logger: logger.With("function", string(s.role))}
	if s.parameters != "" && s.tells() {
		h.params = parameters.New(parameters.Config{Region: s.region, Endpoint: s.ssmEndpoint})
	}
	group, opening := errgroup.WithContext(ctx)
	group.Go(func() error { return h.open(opening) })
	var targets app.Targets
	group.Go(func() (err error) { targets, err = h.readTargets(opening); return err })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	h.join(targets, time.Now())
	f := &lambda.Function{
		Handler: func(base string) http.Handler { return &site{house: h, base: base} },
		Place:   lambda.RolePlace(string(s.role)),
		Logger:  h.logger,
	}
	if s.base != nil {
		f.Base = strings.TrimRight(s.base.String(), "/")
	}
	if s.role == roleMonitor {
		f.Tick = h.tick
	}
	return f, nil
}

// open opens the store, and reads who may do what.
func (h *house) open(ctx context.Context) (err error) {
	h.store, err = dynamo.Open(ctx, dynamo.Config{
		Prefix: h.tables, Region: h.region, Endpoint: h.dynamoEndpoint, NoPingLog: h.noPingLog, Logger: h.logger,
		Unchecked: true, // what follows opens the connection
	})
	if err != nil {
		return err
	}
	h.auth, _, err = auth.Open(ctx, h.store, auth.Config{
		Secret: h.secret, PingKey: h.pingKey, OpenPulse: h.openPulse, Seeded: true,
		Late:           h.role == roleMonitor, // its schedule may begin before heartbeat deploy has stored them
		TrustedProxies: []netip.Prefix{},      // the event itself says who called
	})
	return err
}

// tells tells whether the function sends messages or shows where they go.
func (s settings) tells() bool {
	return s.role == roleMonitor || s.role == roleWeb || s.role == roleDashboard
}

// readTargets returns where messages go, by the settings and the parameters.
func (h *house) readTargets(ctx context.Context) (app.Targets, error) {
	targets := app.Targets{
		Slack: h.slack, Webhooks: h.webhooks, AllowPrivate: h.allowPrivate, Version: app.Version(),
	}
	if h.params == nil {
		return targets, nil
	}
	found, err := h.params.Read(ctx, h.parameters, "slack-webhook", "webhook")
	targets.Slack = append(strings.Fields(found["slack-webhook"]), targets.Slack...)
	targets.Webhooks = append(strings.Fields(found["webhook"]), targets.Webhooks...)
	return targets, err
}

// join joins the parts anew if the targets, read at now, have changed. The caller
// holds mu, or is alone.
func (h *house) join(targets app.Targets, now time.Time) {
	h.read = now
	same := slices.Equal(targets.Slack, h.targets.Slack) && slices.Equal(targets.Webhooks, h.targets.Webhooks)
	if h.app != nil && same {
		return
	}
	h.targets = targets
	if !h.tells() {
		targets = app.Targets{}
	}
	h.app = app.New(app.Config{
		Store:     h.store,
		Auth:      h.auth,
		Targets:   targets,
		Base:      cmp.Or(h.base, new(url.URL)),
		Zone:      h.zone,
		Called:    true,
		Bare:      h.role == roleDashboard || h.role == roleEditGet || h.role == roleEditPost,
		ArrivedAt: lambda.ArrivedAt,
		Logger:    h.logger,
	})
}

// current is the joined parts, with targets that are fresh. If they cannot be
// read, those known before go on.
func (h *house) current(ctx context.Context) *app.App {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := time.Now(); h.params != nil && now.Sub(h.read) > parametersLast {
		h.read = now // whatever comes of it: not every call must wait for what fails
		reading, cancel := context.WithTimeout(ctx, parametersWait)
		defer cancel()
		targets, err := h.readTargets(reading)
		if err != nil {
			h.logger.ErrorContext(ctx, "channels cannot be read again; going on with those known", "err", err)
		} else {
			h.join(targets, now)
		}
	}
	return h.app
}

// tick is the monitor's minute.
func (h *house) tick(ctx context.Context) (string, error) {
	swept, err := h.current(ctx).Tick(ctx, time.Now())
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d checks looked at, %d went down", swept.Judged, len(swept.Flips)), nil
}

// site is the function as it is seen at one base.
type site struct {
	house *house
	base  string

	mu      sync.Mutex
	app     *app.App // that handler was made of
	handler http.Handler
}

// ServeHTTP implements [http.Handler].
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if role := s.house.role; !role.answers(r) {
		http.Error(w, "the function "+string(role)+" does not answer this address", http.StatusNotFound)
		return
	}
	handler, err := s.current(r.Context())
	if err != nil {
		http.Error(w, "the address of this request cannot be read: "+err.Error(), http.StatusBadRequest)
		return
	}
	handler.ServeHTTP(w, r)
}

func (s *site) current(ctx context.Context) (http.Handler, error) {
	a := s.house.current(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.app == a {
		return s.handler, nil
	}
	handler, err := a.Handler(s.base)
	if err == nil {
		s.app, s.handler = a, handler
	}
	return handler, err
}

// answers tells whether the request is for the role. What it is not for, its
// function may not be permitted to do.
func (r role) answers(req *http.Request) bool {
	page, below := strings.CutPrefix(req.URL.Path, "/heartbeat/")
	posted := req.Method == http.MethodPost
	isPulse := below && (page == "pulse" || strings.HasSuffix(page, "/pulse")) || strings.HasPrefix(req.URL.Path, "/ping/")
	switch r {
	case rolePulse:
		return isPulse || req.URL.Path == "/healthz"
	case roleMonitor:
		return below && page == "monitor"
	case roleEditGet:
		return below && page == "edit" && !posted
	case roleEditPost:
		return below && page == "edit" && posted
	case roleDashboard:
		return !isPulse && page != "monitor"
	}
	return true
}
