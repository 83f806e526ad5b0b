package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"heartbeat"
)

const (
	flushAfter = 5 * time.Second // how long a state row may lag behind the log
	flushMost  = 1024            // rows that one background commit writes
)

// lagging is a slot whose state row is older than log row "row".
type lagging struct {
	slot  uint32
	row   int64
	since time.Time
}

// backlog are the lagging slots in the order in which they fell behind. A slot
// whose state was written meanwhile may still stand in it.
type backlog struct {
	entries []lagging
	head    int // entries before it are done with
}

type backlogMark struct{ length, head int }

func (b *backlog) mark() backlogMark { return backlogMark{len(b.entries), b.head} }

func (b *backlog) reset(m backlogMark) {
	b.entries, b.head = b.entries[:m.length], m.head
}

// tidy gives back the space of entries that are done with.
func (b *backlog) tidy() {
	if b.head > len(b.entries)/2 {
		b.entries = b.entries[:copy(b.entries, b.entries[b.head:])]
		b.head = 0
	}
}

// touch notes that slot's state row lags behind since the newest log row.
func (w *writer) touch(slot uint32) {
	if r := w.table.at(slot); !r.dirty {
		r.dirty = true
		w.dirty.entries = append(w.dirty.entries, lagging{slot: slot, row: w.row, since: time.Now()})
	}
}

// flush writes at most most state rows that have lagged for at least age.
func (w *writer) flush(most int, age time.Duration) error {
	before := w.dirty.head
	oldest := time.Now().Add(-age)
	for n := 0; n < most && w.dirty.head < len(w.dirty.entries); w.dirty.head++ {
		e := w.dirty.entries[w.dirty.head]
		if e.since.After(oldest) {
			break
		}
		if r := w.table.at(e.slot); r.live && r.dirty {
			w.keep(e.slot)
			w.putState(e.slot)
			n++
		}
	}
	if w.dirty.head == before {
		return nil
	}
	bound := w.row
	if w.dirty.head < len(w.dirty.entries) {
		bound = w.dirty.entries[w.dirty.head].row - 1
	}
	return w.exec("UPDATE flushed SET row = ?", bound)
}

// putState makes slot's state row part of the transaction.
func (w *writer) putState(slot uint32) {
	r := w.table.at(slot)
	r.dirty = false
	w.stmts.states.add(
		int64(slot), r.rev, string(statuses[r.status]), r.since, r.lastPing, r.lastStart,
		string(w.table.runs[slot]), r.duration, r.pings, r.lastRow,
	)
}

func (w *writer) exec(query string, args ...any) error {
	_, err := w.conn.ExecContext(w.ctx, query, args...)
	return err
}

// background flushes and trims a bite while nobody waits.
func (w *writer) background() {
	_ = w.transact(func() error { // transact reports; the next round tries again
		if err := w.flush(flushMost, flushAfter); err != nil {
			return err
		}
		return w.trimBite()
	})
	w.schedule()
}

// schedule makes the timer run if there is background work, and only then: an
// idle store does not wake.
func (w *writer) schedule() {
	w.dirty.tidy()
	w.trim.begin(len(w.table.slots), w.row)
	switch {
	case w.trim.active:
		w.timer.Reset(50 * time.Millisecond)
	case w.dirty.head < len(w.dirty.entries):
		w.timer.Reset(max(flushAfter-time.Since(w.dirty.entries[w.dirty.head].since), 50*time.Millisecond))
	default:
		w.timer.Stop()
	}
}

// finish writes all states, so that the next start has nothing to repeat.
func (w *writer) finish() {
	for w.dirty.head < len(w.dirty.entries) {
		if err := w.transact(func() error { return w.flush(flushMost, 0) }); err != nil {
			return // reported; the log has it all
		}
	}
}

// load reads every check into the table and repeats the log rows that the
// state rows do not contain yet.
func (w *writer) load(ctx context.Context, db *sql.DB) error {
	if err := w.loadChecks(ctx, db); err != nil {
		return fmt.Errorf("load checks: %w", err)
	}
	if err := w.repeat(ctx, db); err != nil {
		return fmt.Errorf("repeat the log: %w", err)
	}
	return w.trim.count(ctx, db)
}

func (w *writer) loadChecks(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, `SELECT no, `+checkColumns+`, rev, status, since, last_ping, last_start,
		start_run, duration, pings, last_row FROM checks JOIN states USING (no) ORDER BY no`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	t := w.table
	for rows.Next() {
		var slot uint32
		var c checkRow
		var r record
		var status, run string
		if err := rows.Scan(append(append([]any{&slot}, c.fields()...), &r.rev, &status, &r.since, &r.lastPing,
			&r.lastStart, &run, &r.duration, &r.pings, &r.lastRow)...); err != nil {
			return err
		}
		for free := t.next; free < slot; free++ {
			t.grow(free)
			t.free = append(t.free, free)
		}
		t.grow(slot)
		check := c.check()
		r.id, r.names, r.terms = check.ID, t.hash(check), t.term(check.Settings)
		r.status, r.live = statusCode(heartbeat.Status(status)), true
		t.put(slot, r)
		if run != "" {
			t.runs[slot] = heartbeat.RunID(run)
		}
	}
	return rows.Err()
}

func (w *writer) repeat(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, `SELECT row, no, at, kind, run FROM pings
		WHERE row > (SELECT row FROM flushed) ORDER BY row`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var row, at int64
		var slot uint32
		var kind string
		var run sql.NullString
		if err := rows.Scan(&row, &slot, &at, &kind, &run); err != nil {
			return err
		}
		w.row = row
		if slot >= w.table.next {
			continue
		}
		r := w.table.at(slot)
		if !r.live || row <= r.lastRow {
			continue
		}
		state, _ := w.table.state(slot).Ping(heartbeat.Ping{
			At: moment(at), Kind: heartbeat.Kind(kind), Run: heartbeat.RunID(run.String),
		})
		w.table.setState(slot, state)
		r.rev++
		r.lastRow = row
		w.touch(slot)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	// Row numbers at or below flushed.row must not be given out again, even if
	// their rows are gone.
	return db.QueryRowContext(ctx, `SELECT max((SELECT coalesce(max(row), 0) FROM pings), row) FROM flushed`).Scan(&w.row)
}
