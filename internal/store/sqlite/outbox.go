package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"heartbeat"
)

// flipJSON is a flip as a notice keeps it. Fields may be added, never renamed.
type flipJSON struct {
	At       int64            `json:"at"`
	From     heartbeat.Status `json:"from"`
	To       heartbeat.Status `json:"to"`
	Reason   heartbeat.Reason `json:"reason"`
	Since    int64            `json:"since,omitempty"`
	LastPing int64            `json:"last_ping,omitempty"`
	Detail   string           `json:"detail,omitempty"`
}

// noticeRow is a row of the outbox.
type noticeRow struct {
	row, created, next, rev int64
	id                      []byte
	flip, blind, deliveries sql.NullString
}

const noticeColumns = `row, id, flip, blind, created, next, deliveries, rev`

func (r *noticeRow) fields() []any {
	return []any{&r.row, &r.id, &r.flip, &r.blind, &r.created, &r.next, &r.deliveries, &r.rev}
}

func (r *noticeRow) notice() (heartbeat.Notice, error) {
	n := heartbeat.Notice{
		ID:      heartbeat.NoticeID(strconv.FormatInt(r.row, 10)),
		Created: moment(r.created), Next: moment(r.next), Rev: r.rev,
	}
	copy(n.Check[:], r.id)
	if r.flip.Valid {
		var f flipJSON
		if err := json.Unmarshal([]byte(r.flip.String), &f); err != nil {
			return n, err
		}
		n.Flip = heartbeat.Flip{
			At: moment(f.At), From: f.From, To: f.To, Reason: f.Reason,
			Since: moment(f.Since), LastPing: moment(f.LastPing), Detail: f.Detail,
		}
	}
	if r.blind.Valid {
		if err := json.Unmarshal([]byte(r.blind.String), &n.Blind); err != nil {
			return n, err
		}
	}
	if r.deliveries.Valid {
		if err := json.Unmarshal([]byte(r.deliveries.String), &n.Deliveries); err != nil {
			return n, err
		}
	}
	return n, nil
}

// encode returns v as JSON, or NULL if none.
func encode(v any, none bool) (any, error) {
	if none {
		return nil, nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

// keepNotices is how many finished notices are kept at least.
const keepNotices = 1000

// addNotice makes a new notice, of which these are the noticeValues, part of
// the transaction.
func (w *writer) addNotice(columns []any) error {
	w.stmts.notices.add(append(columns, int64(1))...)
	if rand.IntN(64) != 0 {
		return nil
	}
	return w.exec(`DELETE FROM notices INDEXED BY notices_done WHERE next = 0 AND row <= (SELECT row
		FROM notices INDEXED BY notices_done WHERE next = 0 ORDER BY row DESC LIMIT 1 OFFSET ?)`, keepNotices)
}

// noticeValues are the columns id to deliveries.
func noticeValues(n heartbeat.Notice) ([]any, error) {
	f := n.Flip
	flip, err := encode(flipJSON{
		At: nano(f.At), From: f.From, To: f.To, Reason: f.Reason,
		Since: nano(f.Since), LastPing: nano(f.LastPing), Detail: f.Detail,
	}, n.Flip == heartbeat.Flip{})
	if err != nil {
		return nil, err
	}
	if n.Blind != nil {
		n.Blind = new(*n.Blind)
		n.Blind.From, n.Blind.To = n.Blind.From.UTC(), n.Blind.To.UTC()
	}
	blind, err := encode(n.Blind, n.Blind == nil)
	if err != nil {
		return nil, err
	}
	n.Deliveries = slices.Clone(n.Deliveries)
	for i := range n.Deliveries {
		d := &n.Deliveries[i]
		d.Next, d.Done = d.Next.UTC(), d.Done.UTC()
	}
	deliveries, err := encode(n.Deliveries, len(n.Deliveries) == 0)
	return []any{n.Check[:], flip, blind, nano(n.Created), nano(n.Next), deliveries}, err
}

// AddNotice implements [heartbeat.Store].
func (s *Store) AddNotice(ctx context.Context, n heartbeat.Notice) error {
	columns, err := noticeValues(n)
	if err != nil {
		return fmt.Errorf("sqlite: add notice: %w", err)
	}
	return s.change(ctx, func(w *writer) error { return w.addNotice(columns) })
}

// SaveNotice implements [heartbeat.Store].
func (s *Store) SaveNotice(ctx context.Context, n heartbeat.Notice) error {
	row, err := strconv.ParseInt(string(n.ID), 10, 64)
	if err != nil {
		return heartbeat.ErrNotFound
	}
	columns, err := noticeValues(n)
	if err != nil {
		return fmt.Errorf("sqlite: save notice %s: %w", n.ID, err)
	}
	return s.change(ctx, func(w *writer) error {
		if err := w.stmts.flush(w.ctx); err != nil {
			return err
		}
		var rev int64
		err := w.conn.QueryRowContext(w.ctx, `SELECT rev FROM notices WHERE row = ?`, row).Scan(&rev)
		if err != nil {
			return noRows(err)
		}
		if rev != n.Rev {
			return heartbeat.ErrConflict
		}
		return w.exec(`UPDATE notices SET id = ?, flip = ?, blind = ?, created = ?, next = ?, deliveries = ?,
			rev = rev + 1 WHERE row = ?`, slices.Concat(columns, []any{row})...)
	})
}

// Notices implements [heartbeat.Store].
func (s *Store) Notices(ctx context.Context, due time.Time, limit int) ([]heartbeat.Notice, error) {
	return s.notices(ctx, `WHERE next > 0 AND next <= ? ORDER BY next, row LIMIT ?`, nano(due), max(limit, 0))
}

// NoticeLog implements [heartbeat.Store].
func (s *Store) NoticeLog(ctx context.Context, limit int) ([]heartbeat.Notice, error) {
	return s.notices(ctx, `ORDER BY row DESC LIMIT ?`, max(limit, 0))
}

func (s *Store) notices(ctx context.Context, where string, args ...any) ([]heartbeat.Notice, error) {
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	rows, err := s.read.QueryContext(ctx, `SELECT `+noticeColumns+` FROM notices `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("sqlite: read notices: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var notices []heartbeat.Notice
	for rows.Next() {
		var r noticeRow
		if err := rows.Scan(r.fields()...); err != nil {
			return nil, fmt.Errorf("sqlite: read notices: %w", err)
		}
		n, err := r.notice()
		if err != nil {
			return nil, fmt.Errorf("sqlite: read notice %d: %w", r.row, err)
		}
		notices = append(notices, n)
	}
	return notices, rows.Err()
}
