package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"heartbeat"
	"heartbeat/internal/auth"
	"heartbeat/internal/config"
	"heartbeat/internal/store/sqlite"
	"heartbeat/internal/transfer"
)

type exportCmd struct {
	File  string `arg:"" optional:"" help:"File to write. It must not exist yet. Default: standard output."`
	Store string `default:"sqlite:heartbeat.db" placeholder:"STORE" setting:"HEARTBEAT_STORE" help:"The store to export: sqlite:PATH or dynamodb:PREFIX?region=REGION. Default: ${default}."`
}

// Help shows examples.
func (exportCmd) Help() string {
	return `One JSON object a line: every check with its last 1,000 pings and flips, messages that are still owed and the last 1,000 others, and the hashes of password and ping key. Keep the file to yourself: it holds what jobs have written, the key that signs sessions, and the URLs of channels with the key that opens them. "heartbeat import" reads it, into either kind of store. See docs/migration.md.

  heartbeat export heartbeat.jsonl
  heartbeat export --store dynamodb:heartbeat?region=eu-central-1 heartbeat.jsonl`
}

// Run writes the file.
func (c exportCmd) Run(ctx context.Context, out streams) error {
	store, err := config.ParseStore(c.Store)
	if err != nil {
		return usageError{err}
	}
	store.Create = false
	opened, err := openThere(ctx, store, out.stderr)
	if errors.Is(err, sqlite.ErrInUse) {
		return fmt.Errorf("a running server uses %s: stop it first, or export a copy:\n"+
			"  heartbeat backup --store %s copy.db && heartbeat export --store sqlite:copy.db", store.Path, store)
	}
	if err != nil {
		return err
	}
	err = c.write(ctx, opened, out)
	return errors.Join(err, opened.Close())
}

// openThere opens a store that must exist.
func openThere(ctx context.Context, store config.Store, log io.Writer) (heartbeat.Store, error) {
	switch store.Kind {
	case "memory":
		return nil, usageError{fmt.Errorf("--store %s lives in the server's memory only", store)}
	case "sqlite":
		if _, err := os.Stat(store.Path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no database %s: name it with --store sqlite:PATH", store.Path)
		}
	}
	return openStore(ctx, store, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn})))
}

func (c exportCmd) write(ctx context.Context, store heartbeat.Store, out streams) error {
	src, err := transfer.Export(ctx, store, movedKeys(), time.Now())
	if err != nil {
		return err
	}
	sum := follow(&src, out.stderr)
	if c.File == "" || c.File == "-" {
		err = transfer.Write(out.stdout, src)
	} else {
		err = writeNew(c.File, func(w io.Writer) error { return transfer.Write(w, src) })
	}
	if err == nil {
		fmt.Fprintf(out.stderr, "exported %s, %s and %s\n",
			plural(sum.checks, "check"), plural(sum.notices, "message"), plural(sum.values, "key"))
	}
	return err
}

// movedKeys are the keys of the values that move along, in the order in which they
// are read: the projects first, so that no channel comes without the key that it was
// sealed with.
func movedKeys() []string { return append([]string{heartbeat.KeyProjects}, auth.Keys()...) }

// writeNew writes a file that is there as a whole or not at all, for its owner
// alone.
func writeNew(file string, write func(io.Writer) error) (err error) {
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s exists already: name another file, or move that one away", file)
	}
	if dir := filepath.Dir(file); !isFolder(dir) {
		return fmt.Errorf("there is no folder %s: make it first (mkdir -p %s), or name another file", dir, dir)
	}
	part := file + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(part, file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return nil
}

// moved counts what has passed.
type moved struct{ checks, notices, values int }

// progressEvery is how often people who wait are told how far it is.
const progressEvery = 5 * time.Second

// follow makes the source tell how far it has been read.
func follow(src *transfer.Source, w io.Writer) *moved {
	sum, items, next := new(moved), src.Items, time.Now().Add(progressEvery)
	src.Items = func(yield func(transfer.Item, error) bool) {
		for item, err := range items {
			switch {
			case item.Check != nil:
				sum.checks++
			case item.Notice != nil:
				sum.notices++
			case item.Value != nil:
				sum.values++
			}
			if now := time.Now(); now.After(next) {
				next = now.Add(progressEvery)
				fmt.Fprintf(w, "%s so far\n", plural(sum.checks, "check"))
			}
			if !yield(item, err) {
				return
			}
		}
	}
	return sum
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
