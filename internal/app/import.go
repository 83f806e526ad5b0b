package app

import (
	"context"
	"io"
	"time"

	"heartbeat/internal/transfer"
)

// load takes in a piece of a file that was made by another installation. Its
// keys stay here as they are.
func (a *App) load(ctx context.Context, file io.Reader, dryRun bool) (any, error) {
	src, err := transfer.Read(file)
	if err != nil {
		return nil, err
	}
	report, err := transfer.Load(ctx, a.cfg.Store, src, transfer.Options{
		Now: time.Now, DryRun: dryRun, Changed: a.Monitor.Changed, Owed: a.Monitor.Wake,
	})
	if !dryRun {
		a.cfg.Logger.InfoContext(ctx, "imported", "checks", report.Checks, "messages", report.Notices,
			"same", report.Same, "kept", len(report.Kept), "wrong", len(report.Wrong), "err", err)
	}
	return report, err
}
