package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrate brings the schema up to date: every numbered file that the database
// has not seen, in order, each in a transaction of its own, only forward. The
// number of the last one is kept in user_version. (A migration library would
// bring more modules than these lines do work.)
func migrate(ctx context.Context, conn *sql.Conn) error {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return err
	}
	var version int
	if err := conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if err := refuseForeign(ctx, conn, version); err != nil {
		return err
	}
	if version > len(names) {
		return fmt.Errorf("the file has schema version %d, this program knows %d: use the newer Heartbeat that wrote it", version, len(names))
	}
	for i, name := range names[version:] {
		if err := migrateOne(ctx, conn, name, version+i+1); err != nil {
			return fmt.Errorf("migrate with %s: %w", name, err)
		}
	}
	return nil
}

// refuseForeign fails if the file holds the tables of another program.
func refuseForeign(ctx context.Context, conn *sql.Conn, version int) error {
	var tables, ours int
	err := conn.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE name IN ('checks', 'states', 'pings'))
		FROM sqlite_schema WHERE type = 'table'`).Scan(&tables, &ours)
	if err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	if version == 0 && tables > 0 || version > 0 && ours < 3 {
		return errors.New("the file is another program's database: name another file")
	}
	return nil
}

func migrateOne(ctx context.Context, conn *sql.Conn, name string, version int) error {
	script, err := migrationFiles.ReadFile(name)
	if err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit this does nothing
	if _, err := tx.ExecContext(ctx, string(script)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version)); err != nil {
		return err
	}
	return tx.Commit()
}
