package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"heartbeat/internal/config"
	"heartbeat/internal/store/sqlite"
)

type backupCmd struct {
	File  string `arg:"" help:"File to write the copy to. It must not exist yet."`
	Store string `default:"sqlite:heartbeat.db" placeholder:"STORE" setting:"HEARTBEAT_STORE" help:"The store to copy. Default: ${default}."`
}

// Help shows examples.
func (backupCmd) Help() string {
	return `The server may go on meanwhile. The copy is a whole database: to restore it, stop the server and put it in the place of the old one, or start the server with --store sqlite:COPY.

  heartbeat backup heartbeat-backup.db
  heartbeat backup --store sqlite:/var/lib/heartbeat/heartbeat.db /backup/heartbeat.db`
}

// Run copies the database.
func (c backupCmd) Run(ctx context.Context, stdout io.Writer) error {
	store, err := config.ParseStore(c.Store)
	if err != nil {
		return usageError{err}
	}
	if store.Kind == "dynamodb" {
		return usageError{fmt.Errorf("--store %s cannot be copied into a file: use DynamoDB's own backups", store)}
	}
	if store.Kind != "sqlite" {
		return usageError{fmt.Errorf("--store %s cannot be copied: it lives in the server's memory only", store)}
	}
	if _, err := os.Stat(store.Path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database %s: name it with --store sqlite:PATH", store.Path)
	}
	if err := writable(c.File); err != nil {
		return err
	}
	if err := sqlite.Backup(ctx, store.Path, c.File); err != nil {
		return err
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s copied to %s (%d kB)\n", store.Path, c.File, (info.Size()+1023)/1024)
	return nil
}

// writable says what keeps the copy from being written to file, as far as that
// can be told before.
func writable(file string) error {
	if file == "" {
		return usageError{errors.New("the name of the file to write is empty: type heartbeat backup heartbeat-backup.db")}
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder: name a file in it, such as %s", file, filepath.Join(file, "heartbeat-backup.db"))
	} else if err == nil {
		return fmt.Errorf("%s exists already: name another file, or move that one away", file)
	}
	if dir := filepath.Dir(file); !isFolder(dir) {
		return fmt.Errorf("there is no folder %s for the copy: make it first (mkdir -p %s), or name another file", dir, dir)
	}
	return nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
