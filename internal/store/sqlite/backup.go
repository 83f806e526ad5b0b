package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup writes a consistent copy of the database file at path to dest, which
// must not exist. It can run while a server uses the file: pings go on, and
// everything that was acknowledged before Backup began is in the copy. The
// copy is a complete database file without side files.
func Backup(ctx context.Context, path, dest string) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("sqlite: back up %s: %w", path, err)
	}
	if _, err := os.Lstat(dest); err == nil {
		return fmt.Errorf("sqlite: back up to %s: the file exists already: remove it or choose another name", dest)
	}
	part := dest + ".part"
	if err := errors.Join(removeIfThere(part), makePrivate(part)); err != nil {
		return fmt.Errorf("sqlite: back up: %w", err)
	}
	if err := copyInto(ctx, path, part); err != nil {
		return errors.Join(fmt.Errorf("sqlite: back up %s: %w", path, err), removeIfThere(part))
	}
	return publish(part, dest)
}

func copyInto(ctx context.Context, path, part string) error {
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", uri(part)); err != nil {
		return err
	}
	copied, err := sql.Open("sqlite", uri(part)+"?_pragma=query_only(1)")
	if err != nil {
		return err
	}
	defer func() { _ = copied.Close() }()
	var verdict string
	if err := copied.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("the copy is damaged: %s", verdict)
	}
	return nil
}

// publish makes part durable under the name dest.
func publish(part, dest string) error {
	for _, step := range []func() error{
		func() error { return syncFile(part) },
		func() error { return os.Rename(part, dest) },
		func() error { return syncFile(filepath.Dir(dest)) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("sqlite: back up: %w", err)
		}
	}
	return nil
}

func syncFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func removeIfThere(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
