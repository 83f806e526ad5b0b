package main

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"heartbeat/internal/app"
	"heartbeat/internal/config"
)

type serveCmd struct {
	config.Flags
}

// Help shows examples.
func (serveCmd) Help() string {
	return `At the first start it makes the database and, unless they are set, a secret for the dashboard and a ping key for jobs, and shows both once. Every flag can be an environment variable too; a flag goes first.

  heartbeat serve
  heartbeat serve --listen :8080 --base-url https://heartbeat.example.org
  heartbeat serve --store sqlite:/var/lib/heartbeat/heartbeat.db
  HEARTBEAT_SLACK_WEBHOOK_FILE=/run/secrets/slack heartbeat serve --timezone Europe/Berlin`
}

// Run serves until ctx ends.
func (c serveCmd) Run(ctx context.Context, out streams) error {
	cfg, err := c.Check()
	if err != nil {
		return usageError{err}
	}
	s, err := newServer(ctx, cfg, newLogger(cfg, out.stderr))
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return nil // the end was asked for before the beginning was over
	}
	if err != nil {
		return err
	}
	s.greet(out.stdout)
	return s.Run(ctx)
}

func newLogger(cfg config.Config, w io.Writer) *slog.Logger {
	options := app.LogOptions(cfg.LogLevel)
	if cfg.LogJSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
