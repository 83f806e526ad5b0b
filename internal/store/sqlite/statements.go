package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
)

// statements are those that the hot path runs. They are prepared on the driver
// itself: passing a batch's hundreds of values through database/sql costs more
// than storing them. What is inserted is collected in bulks and reaches the
// file at the end of the transaction, or with flush.
type statements struct {
	control [3]driver.Stmt // begin, commit, rollback
	log     bulk
	states  bulk
	checks  bulk
	flips   bulk
	notices bulk
}

func (s *statements) bulks() []*bulk {
	return []*bulk{&s.log, &s.states, &s.checks, &s.flips, &s.notices}
}

// inserts are the statements of the bulks, in their order, with the number of
// columns. Only a state may be there already.
var inserts = []struct {
	insert  string
	columns int
}{
	{`INSERT INTO pings (row, no, prev, n, at, kind, exit, run, duration, method, addr, agent, body, scheme)`, 14},
	{`INSERT OR REPLACE INTO states (no, rev, status, since, last_ping, last_start, start_run, duration, pings, last_row)`, 10},
	{`INSERT INTO checks (no, ` + checkColumns + `)`, 17},
	{`INSERT INTO flips (no, at, from_status, to_status, reason, since, last_ping, detail)`, 8},
	{`INSERT INTO notices (id, flip, blind, created, next, deliveries, rev)`, 7},
}

func (s *statements) prepare(ctx context.Context, conn *sql.Conn) error {
	return conn.Raw(func(raw any) error {
		c, ok := raw.(driver.ConnPrepareContext)
		if !ok {
			return errors.New("the driver cannot prepare statements")
		}
		for i, q := range []string{"BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"} {
			stmt, err := c.PrepareContext(ctx, q)
			if err != nil {
				return fmt.Errorf("prepare %s: %w", q, err)
			}
			s.control[i] = stmt
		}
		for i, b := range s.bulks() {
			if err := b.prepare(ctx, c, inserts[i].insert, inserts[i].columns); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *statements) begin(ctx context.Context) error  { return exec(ctx, s.control[0], nil) }
func (s *statements) commit(ctx context.Context) error { return exec(ctx, s.control[1], nil) }

func (s *statements) rollback(ctx context.Context) error {
	for _, b := range s.bulks() {
		b.reset()
	}
	return exec(ctx, s.control[2], nil)
}

// flush inserts what the bulks have collected.
func (s *statements) flush(ctx context.Context) error {
	for _, b := range s.bulks() {
		if err := b.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *statements) close() error {
	var errs []error
	for _, b := range s.bulks() {
		errs = append(errs, b.close())
	}
	for _, stmt := range s.control {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}

// bulkSizes are how many rows one prepared statement of a bulk takes.
var bulkSizes = [...]int{64, 16, 4, 1}

// bulk collects rows for one table and inserts many of them with one statement.
type bulk struct {
	columns int
	stmts   [len(bulkSizes)]driver.Stmt
	args    []driver.NamedValue
}

func (b *bulk) prepare(ctx context.Context, c driver.ConnPrepareContext, insert string, columns int) error {
	b.columns = columns
	insert += " VALUES "
	row := "(" + strings.Repeat("?,", columns-1) + "?)"
	for i, size := range bulkSizes {
		stmt, err := c.PrepareContext(ctx, insert+strings.Repeat(row+",", size-1)+row)
		if err != nil {
			return fmt.Errorf("prepare %q: %w", insert, err)
		}
		b.stmts[i] = stmt
	}
	return nil
}

func (b *bulk) add(values ...any) {
	for _, v := range values {
		b.args = append(b.args, driver.NamedValue{Value: v})
	}
}

// flush inserts what was added.
func (b *bulk) flush(ctx context.Context) error {
	args := b.args
	for i, size := range bulkSizes {
		for n := size * b.columns; len(args) >= n; args = args[n:] {
			if err := exec(ctx, b.stmts[i], args[:n]); err != nil {
				return err
			}
		}
	}
	b.reset()
	return nil
}

// reset forgets what was added and lets go of what it pointed to.
func (b *bulk) reset() {
	clear(b.args)
	b.args = b.args[:0]
}

func (b *bulk) close() error {
	var errs []error
	for _, stmt := range b.stmts {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}

// exec runs a prepared statement.
func exec(ctx context.Context, stmt driver.Stmt, args []driver.NamedValue) error {
	for i := range args {
		args[i].Ordinal = i + 1
	}
	e, ok := stmt.(driver.StmtExecContext)
	if !ok {
		return errors.New("the driver cannot execute with named values")
	}
	_, err := e.ExecContext(ctx, args)
	return err
}
