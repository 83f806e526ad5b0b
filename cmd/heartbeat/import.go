package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"heartbeat"
	"heartbeat/internal/app"
	"heartbeat/internal/config"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/store/sqlite"
	"heartbeat/internal/transfer"
)

// statusLeftOut is the exit status if all went well but something could not be
// imported.
const statusLeftOut = exitStatus(3)

type importCmd struct {
	File         importFileCmd `cmd:"" default:"withargs" help:"Import what \"heartbeat export\" has written."`
	AWSHeartbeat importAWSCmd  `cmd:"" name:"aws-heartbeat" help:"Import the pulses of the original, AWS Heartbeat, from its table."`
}

// Help shows examples.
func (importCmd) Help() string {
	return `"heartbeat import file --help" and "heartbeat import aws-heartbeat --help" say more. The word "file" may be left out.

  heartbeat import --to dynamodb:heartbeat?region=eu-central-1 heartbeat.jsonl
  heartbeat import aws-heartbeat --table Heartbeat --dry-run --to sqlite:heartbeat.db`
}

// destination is where an import goes.
type destination struct {
	To     string `required:"" placeholder:"STORE|URL" help:"Where to: sqlite:PATH, dynamodb:PREFIX?region=REGION, or the address of a running server, such as https://example.org/heartbeat."`
	DryRun bool   `help:"Change nothing, and show what would be imported."`
	config.Password
}

type importFileCmd struct {
	File string `arg:"" optional:"" help:"File to read. Default: standard input."`
	destination
}

// Help shows examples.
func (importFileCmd) Help() string {
	return `What is there already stays as it is; what differs is listed. So an import that was broken off is simply run again. A running server's database is locked: name the server's address instead of the file. The exit status is 0 if everything is there now, and 3 if some of it is wrong and was left out. See docs/migration.md.

  heartbeat import --to sqlite:/var/lib/heartbeat/heartbeat.db heartbeat.jsonl
  heartbeat import --to dynamodb:heartbeat?region=eu-central-1 heartbeat.jsonl
  HEARTBEAT_SECRET=… heartbeat import --to https://example.org/heartbeat heartbeat.jsonl`
}

// Run imports the file.
func (c importFileCmd) Run(ctx context.Context, out streams) error {
	file := io.ReadCloser(os.Stdin)
	if c.File != "" && c.File != "-" {
		opened, err := os.Open(c.File)
		if err != nil {
			return err
		}
		file = opened
	}
	defer func() { _ = file.Close() }() // it was only read
	src, err := transfer.Read(file)
	if err != nil {
		return c.damaged(err)
	}
	report, err := c.load(ctx, src, out)
	c.show(report, err != nil, out)
	switch {
	case err != nil:
		return c.damaged(err)
	case len(report.Wrong) > 0:
		return statusLeftOut
	}
	return nil
}

// damaged says of a file that cannot be read which one it is.
func (c importFileCmd) damaged(err error) error {
	var invalid *heartbeat.Invalid
	if errors.As(err, &invalid) {
		name := c.File
		if name == "" {
			name = "standard input"
		}
		return fmt.Errorf("%s: %w", name, err)
	}
	return err
}

// load brings src where it is to go.
func (d destination) load(ctx context.Context, src transfer.Source, out streams) (transfer.Report, error) {
	follow(&src, out.stderr)
	if strings.HasPrefix(d.To, "http:") || strings.HasPrefix(d.To, "https:") {
		return d.post(ctx, src, out.stderr)
	}
	store, err := d.open(ctx, out.stderr)
	if err != nil {
		return transfer.Report{}, err
	}
	report, err := transfer.Load(ctx, store, src, transfer.Options{Now: time.Now, Keys: movedKeys(), DryRun: d.DryRun})
	return report, errors.Join(err, store.Close())
}

func (d destination) post(ctx context.Context, src transfer.Source, log io.Writer) (transfer.Report, error) {
	address, err := transfer.Endpoint(d.To)
	if err != nil {
		return transfer.Report{}, usageError{fmt.Errorf("--to %w", err)}
	}
	secret, err := d.Password.Check()
	if err != nil {
		return transfer.Report{}, usageError{err}
	}
	return transfer.Post(ctx, src, transfer.Target{
		URL: address, Secret: secret.Reveal(), DryRun: d.DryRun, Version: app.Version(),
		Waiting: func(err error, wait time.Duration) { fmt.Fprintf(log, "trying again in %v: %v\n", wait, err) },
	})
}

// open opens the store. A dry run makes none.
func (d destination) open(ctx context.Context, log io.Writer) (heartbeat.Store, error) {
	store, err := config.ParseStore(d.To)
	if err != nil {
		return nil, usageError{fmt.Errorf("--to%s", strings.TrimPrefix(err.Error(), "--store"))}
	}
	if store.Kind == "memory" {
		return nil, usageError{errors.New("--to memory: would be forgotten at once: name a file, such as sqlite:heartbeat.db, or a server")}
	}
	if d.DryRun {
		store.Create = false
		if _, err := os.Stat(store.Path); store.Kind == "sqlite" && errors.Is(err, fs.ErrNotExist) {
			return memory.New(), nil
		}
	}
	opened, err := openStore(ctx, store, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if errors.Is(err, sqlite.ErrInUse) {
		return nil, fmt.Errorf("a running server uses %s: stop it first, or name the server: --to http://127.0.0.1:8080", store.Path)
	}
	return opened, err
}

// show lists what people should look at, and says what was done, if only in part.
func (d destination) show(r transfer.Report, brokenOff bool, out streams) {
	for _, k := range r.Kept {
		fmt.Fprintf(out.stderr, "kept as it is here: %s: %s\n", k.What, k.Why)
	}
	for _, w := range r.Wrong {
		fmt.Fprintf(out.stderr, "LEFT OUT: %s %s: %s\n", w.What, w.ID, w.Why)
	}
	done := "imported"
	switch {
	case d.DryRun:
		done = "would be imported"
	case brokenOff && r.Checks+r.Notices+r.Values == 0:
		return
	case brokenOff:
		done = "broken off; imported so far"
	}
	fmt.Fprintf(out.stdout, "%s: %s with %s and %s, %s, %s\n", done, plural(r.Checks, "check"),
		plural(r.Pings, "ping"), plural(r.Flips, "flip"), plural(r.Notices, "message"), plural(r.Values, "key"))
	for _, line := range []struct {
		n    int
		text string
	}{
		{r.Same, "here already"},
		{len(r.Kept), "here already and different: kept as they are here, and listed above"},
		{r.NotSent, "not sent: a running server keeps its own keys, so jobs need its ping key"},
		{r.Homeless, "of projects that are not here: listed under All projects only, without a key, and told to the channels of Default"},
		{r.LeftOut, "old pings and flips left out: they have no room in a request; import into the store itself to have them"},
		{len(r.Wrong), "WRONG AND LEFT OUT: listed above"},
	} {
		if line.n > 0 {
			fmt.Fprintf(out.stdout, "%d %s\n", line.n, line.text)
		}
	}
}
