package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"time"

	"heartbeat"
)

// chain selects the log rows of one check, newest first, from a given row on,
// and at most a given number of them (-1: all).
const chain = `WITH RECURSIVE chain AS (
		SELECT * FROM pings WHERE row = ?
		UNION ALL
		SELECT pings.* FROM chain JOIN pings ON pings.row = chain.prev AND pings.no = chain.no
	) SELECT * FROM chain LIMIT ?`

// Pings implements [heartbeat.Store].
func (s *Store) Pings(ctx context.Context, id heartbeat.CheckID, limit int) ([]heartbeat.Ping, error) {
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	last := s.lastRow(id)
	if last == 0 || limit <= 0 {
		return nil, nil
	}
	rows, err := s.read.QueryContext(ctx, `SELECT n, at, kind, exit, run, duration, method, addr, agent, body, scheme
		FROM (`+chain+`)`, last, limit)
	if err != nil {
		return nil, fmt.Errorf("sqlite: read pings of %s: %w", id, err)
	}
	defer func() { _ = rows.Close() }()
	var pings []heartbeat.Ping
	for rows.Next() {
		p, err := scanPing(rows)
		if err != nil {
			return nil, fmt.Errorf("sqlite: read pings of %s: %w", id, err)
		}
		pings = append(pings, p)
	}
	return pings, rows.Err()
}

func scanPing(rows *sql.Rows) (heartbeat.Ping, error) {
	var p heartbeat.Ping
	var at int64
	var exit, took sql.NullInt64
	var run, method, addr, agent, scheme sql.NullString
	if err := rows.Scan(&p.N, &at, &p.Kind, &exit, &run, &took, &method, &addr, &agent, &p.Body, &scheme); err != nil {
		return p, err
	}
	p.At, p.Duration = moment(at), time.Duration(took.Int64)
	p.Run, p.Method, p.Addr, p.Agent = heartbeat.RunID(run.String), method.String, addr.String, agent.String
	p.Scheme = scheme.String
	if exit.Valid {
		status := int(exit.Int64)
		p.Exit = &status
	}
	return p, nil
}

// keepFlips is how many flips of a check are kept at least.
const keepFlips = 500

// flipped makes a flip, the state it led to and the notice it owes part of the
// transaction.
func (w *writer) flipped(slot uint32, f *heartbeat.Flip) error {
	w.putState(slot)
	w.flipRow(slot, *f)
	if n := heartbeat.NoticeFor(w.table.at(slot).id, f); n != nil {
		columns, err := noticeValues(*n)
		if err != nil {
			return err
		}
		if err := w.addNotice(columns); err != nil {
			return err
		}
	}
	if rand.IntN(64) != 0 { // not every 64th, which might always be another check's
		return nil
	}
	return w.exec(`DELETE FROM flips WHERE no = ?1 AND row <= (SELECT row FROM flips WHERE no = ?1
		ORDER BY row DESC LIMIT 1 OFFSET ?2)`, slot, keepFlips)
}

func (w *writer) flipRow(slot uint32, f heartbeat.Flip) {
	w.stmts.flips.add(int64(slot), nano(f.At), string(f.From), string(f.To), string(f.Reason),
		nano(f.Since), nano(f.LastPing), f.Detail)
}

// Flips implements [heartbeat.Store].
func (s *Store) Flips(ctx context.Context, id heartbeat.CheckID, limit int) ([]heartbeat.Flip, error) {
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	rows, err := s.read.QueryContext(ctx, `SELECT at, from_status, to_status, reason, since, last_ping, detail
		FROM flips WHERE no = (SELECT no FROM checks WHERE id = ?) ORDER BY row DESC LIMIT ?`, id[:], max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("sqlite: read flips of %s: %w", id, err)
	}
	defer func() { _ = rows.Close() }()
	var flips []heartbeat.Flip
	for rows.Next() {
		var f heartbeat.Flip
		var at, since, last int64
		if err := rows.Scan(&at, &f.From, &f.To, &f.Reason, &since, &last, &f.Detail); err != nil {
			return nil, fmt.Errorf("sqlite: read flips of %s: %w", id, err)
		}
		f.At, f.Since, f.LastPing = moment(at), moment(since), moment(last)
		flips = append(flips, f)
	}
	return flips, rows.Err()
}
