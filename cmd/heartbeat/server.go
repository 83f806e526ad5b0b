package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"heartbeat"
	"heartbeat/internal/app"
	"heartbeat/internal/auth"
	"heartbeat/internal/awsenv"
	"heartbeat/internal/config"
	"heartbeat/internal/mailin"
	"heartbeat/internal/metrics"
	"heartbeat/internal/notify"
	"heartbeat/internal/store/dynamo"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/store/sqlite"
)

const (
	// drain is how long requests in hand may take after the end was asked for.
	drain = 10 * time.Second
	// Limits of one request. A pulse is small, and a page is quick; whoever is
	// slower holds a connection that others need.
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 60 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 32 << 10
)

// server is the whole program as a value: everything is open and listens, and
// Run makes it live.
type server struct {
	cfg      config.Config
	logger   *slog.Logger
	listener net.Listener
	smtp     net.Listener // nil if no mail is taken
	base     *url.URL
	store    heartbeat.Store
	auth     *auth.Auth
	made     auth.Generated
	metrics  *metrics.Metrics
	channels *notify.Directory // as they are at the start; nil if they cannot be read
	app      *app.App
	http     *http.Server
	mail     *mailin.Server
}

// newServer opens the store and the ports. What it opened is closed by Run, or
// by itself if it fails. The ports come first: while the store is read, jobs'
// connections wait rather than fail.
func newServer(ctx context.Context, cfg config.Config, logger *slog.Logger) (*server, error) {
	s := &server{cfg: cfg, logger: logger}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *server) open(ctx context.Context) error {
	cfg := s.cfg
	var err error
	if s.listener, err = listen(ctx, httpPort, cfg.Listen); err != nil {
		return err
	}
	if cfg.SMTPListen != "" {
		if s.smtp, err = listen(ctx, smtpPort, cfg.SMTPListen); err != nil {
			return err
		}
	}
	s.base = cfg.Base(s.listener.Addr())
	store, err := openStore(ctx, cfg.Store, s.logger)
	if err != nil {
		return err
	}
	s.store = store
	s.auth, s.made, err = auth.Open(ctx, s.store, auth.Config{
		Secret:         cfg.Secret.Reveal(),
		PingKey:        cfg.PingKey.Reveal(),
		APIKey:         cfg.APIKey.Reveal(),
		ReadOnlyKey:    cfg.ReadKey.Reveal(),
		OpenPulse:      cfg.OpenPulse,
		BaseURL:        s.base.String(),
		TrustedProxies: cfg.TrustedProxies,
	})
	if err != nil {
		return err
	}
	return s.join(ctx)
}

// close closes what open has opened.
func (s *server) close() error {
	var errs []error
	for _, l := range []net.Listener{s.listener, s.smtp} {
		if l != nil {
			errs = append(errs, l.Close())
		}
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	return errors.Join(errs...)
}

// join makes one program of the parts.
func (s *server) join(ctx context.Context) error {
	s.metrics = s.newMetrics()
	s.app = app.New(app.Config{
		Store: s.store,
		Auth:  s.auth,
		Targets: app.Targets{
			Slack:        reveal(s.cfg.SlackWebhooks),
			Webhooks:     reveal(s.cfg.Webhooks),
			AllowPrivate: s.cfg.AllowPrivateTargets,
			Version:      app.Version(),
			Delivery:     s.metrics.Delivery,
		},
		Base:     s.base,
		Zone:     s.cfg.Timezone,
		PingHost: s.cfg.PingHost,
		Metrics:  s.metrics,
		Logger:   s.logger,
	})
	s.lookAtChannels(ctx)
	s.mail = mailin.New(mailin.Config{
		Service: s.app.Checks,
		Auth:    s.auth,
		Domain:  s.cfg.SMTPDomain,
		Drain:   drain,
		Logger:  s.logger,
	})
	public := "" // the address listened on may not be what browsers see
	if s.cfg.BaseURL != nil {
		public = s.cfg.BaseURL.String()
	}
	handler, err := s.app.Handler(public)
	if err != nil {
		return err
	}
	s.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		// Little comes here; that no connection can be accepted must be seen.
		ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelWarn),
	}
	return nil
}

// lookAtChannels says in the log of whose checks nobody will be told. Whatever is
// wrong with channels, pings must be taken in.
func (s *server) lookAtChannels(ctx context.Context) {
	channels, err := s.app.Directory(ctx)
	if err != nil {
		s.logger.Error("channels cannot be read: nobody will be told of late checks", "err", err)
		return
	}
	s.channels = &channels
	for _, p := range channels.Projects {
		if len(channels.Tellers(p.ID)) == 0 {
			s.logger.Warn("no channel is set up: nobody will be told of late checks", "project", p.Name)
		}
	}
}

func reveal(secrets []config.Secret) []string {
	var words []string
	for _, s := range secrets {
		words = append(words, s.Reveal())
	}
	return words
}

func openStore(ctx context.Context, cfg config.Store, logger *slog.Logger) (heartbeat.Store, error) {
	switch cfg.Kind {
	case "memory":
		return memory.New(), nil
	case "dynamodb":
		return openDynamo(ctx, cfg, logger)
	}
	folder := filepath.Dir(cfg.Path)
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no folder %s for the database: make it first (mkdir -p %s), "+
			"or name another one with --store sqlite:PATH", folder, folder)
	}
	if info, err := os.Stat(cfg.Path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder: name a file in it, such as --store sqlite:%s",
			cfg.Path, filepath.Join(cfg.Path, "heartbeat.db"))
	}
	return sqlite.Open(ctx, sqlite.Config{Path: cfg.Path, Logger: logger})
}

// openDynamo opens tables, and makes them first if that is asked for.
func openDynamo(ctx context.Context, store config.Store, logger *slog.Logger) (heartbeat.Store, error) {
	cfg := dynamo.Config{
		Prefix: store.Prefix, Region: store.Region, Endpoint: store.Endpoint, NoPingLog: store.NoPingLog, Logger: logger,
	}
	env, err := awsenv.Load(ctx, awsenv.Config{Region: store.Region})
	if errors.Is(err, awsenv.ErrNoRegion) {
		return nil, fmt.Errorf("%s names no region: type dynamodb:%s?region=eu-central-1, or set AWS_REGION",
			store, store.Prefix)
	}
	if err != nil {
		return nil, err
	}
	cfg.Region = env.Region()
	if cfg.Endpoint == "" { // an emulator takes any credentials
		cfg.Endpoint, cfg.Credentials = env.Endpoint(), env.AWS.Credentials
	}
	if store.Create {
		if err := dynamo.CreateTables(ctx, cfg); err != nil {
			return nil, env.Explain(err)
		}
	}
	opened, err := dynamo.Open(ctx, cfg)
	if err != nil {
		return nil, env.Explain(err)
	}
	return opened, nil
}

// Run serves, watches and sends until ctx ends, then lets go of everything in
// order. It returns nil if nothing went wrong.
func (s *server) Run(ctx context.Context) error {
	s.logger.Info("serving", "version", app.Version(), "address", s.listener.Addr().String(), "settings", s.cfg)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	if s.smtp != nil {
		group.Go(func() error { return s.mail.Serve(ctx, s.smtp) })
	}
	// The monitor ends at the same moment as the intake: it must not judge a
	// check whose ping can no longer come in, and its watermark says from when on
	// nobody watched.
	group.Go(func() error { s.app.Monitor.Run(ctx); return nil })
	group.Go(func() error { <-ctx.Done(); return s.stopIntake(ctx) })
	err := group.Wait()
	if closeErr := s.store.Close(); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("close store: %w", closeErr))
	}
	s.logger.Info("stopped", "clean", err == nil)
	return err
}

// stopIntake closes the port, and lets the requests in hand finish.
func (s *server) stopIntake(ctx context.Context) error {
	s.logger.Info("stopping", "drain", drain.String())
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		s.logger.Warn("requests were cut off: they took too long", "drain", drain.String())
		return s.http.Close()
	}
	return err
}
