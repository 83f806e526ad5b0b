package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"heartbeat"
)

const (
	roundTime = 5 * time.Second // how long a round of flushing takes, about
	groupSize = 512             // slots whose state rows one commit writes at most
)

// rounds order the flushing of state rows. A round passes over all slots in
// the order of their numbers and writes the rows that lag behind the log, one
// group of slots a commit. Neighbours share pages of the file, so a page is
// written once for many rows. When a round is complete, the state rows contain
// every log row from before it began.
type rounds struct {
	lags   []bool // by group: it may hold slots whose state row lags
	count  int    // groups that lag
	active bool
	begin  int64         // the newest log row when the round began
	done   int64         // begin of the last complete round
	group  int           // the next group to look at
	pause  time.Duration // between two groups
	next   time.Time     // when to go on
}

// mark notes that the group of slot may lag.
func (r *rounds) mark(slot uint32) {
	group := int(slot / groupSize)
	for group >= len(r.lags) {
		r.lags = append(r.lags, false)
	}
	if r.lags[group] {
		return
	}
	if r.lags[group] = true; r.count == 0 && !r.active {
		r.next = time.Now().Add(roundTime)
	}
	r.count++
}

// take returns the next group that lags and takes it as written; false if the
// round is complete.
func (r *rounds) take() (int, bool) {
	for ; r.group < len(r.lags); r.group++ {
		if r.lags[r.group] {
			r.lags[r.group] = false
			r.count--
			r.group++
			return r.group - 1, true
		}
	}
	return 0, false
}

// undo takes back a step that was not committed. The groups that it took are
// marked again by rewind, and the time of the next step stays.
func (r *rounds) undo(before rounds) {
	r.active, r.group, r.begin, r.done = before.active, before.group, before.begin, before.done
}

// left tells whether the round has groups left.
func (r *rounds) left() bool {
	return r.group < len(r.lags) && slices.Contains(r.lags[r.group:], true)
}

// touch notes that slot's state row lags behind the log.
func (w *writer) touch(slot uint32) {
	w.table.at(slot).dirty = true
	w.rounds.mark(slot)
}

// flush takes the next step of a round if it is time for one, beginning a round
// if rows lag.
func (w *writer) flush(now time.Time) error {
	r := &w.rounds
	if now.Before(r.next) || !r.active && r.count == 0 {
		return nil
	}
	if !r.active {
		r.active, r.group, r.begin = true, 0, w.row
		r.pause = roundTime / time.Duration(r.count+1)
	}
	if group, ok := r.take(); ok {
		w.flushGroup(group)
	}
	r.next = now.Add(r.pause)
	if r.left() {
		return nil
	}
	r.active, r.done = false, r.begin
	return w.exec("UPDATE flushed SET row = ?", r.begin)
}

// contained is the log row up to which a start has nothing to repeat.
func (w *writer) contained() int64 {
	if r := &w.rounds; r.active || r.count > 0 {
		return r.done
	}
	return w.row
}

// flushGroup writes the rows of a group that lag.
func (w *writer) flushGroup(group int) {
	end := min(uint32(group+1)*groupSize, w.table.next)
	for slot := uint32(group) * groupSize; slot < end; slot++ {
		if r := w.table.at(slot); r.live && r.dirty {
			w.keep(slot)
			w.putState(slot)
		}
	}
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
	_ = w.transact(w.backgroundStep) // transact reports; the next round tries again
	w.schedule()
}

func (w *writer) backgroundStep() error {
	if err := w.flush(time.Now()); err != nil {
		return err
	}
	return w.trimBite()
}

// schedule makes the timer run if there is background work, and only then: an
// idle store does not wake.
func (w *writer) schedule() {
	const soonest = 50 * time.Millisecond
	w.trim.start(len(w.table.slots), w.row)
	switch r := &w.rounds; {
	case w.trim.active && w.trim.cursor < w.contained():
		w.timer.Reset(soonest)
	case r.active || r.count > 0:
		w.timer.Reset(max(time.Until(r.next), soonest))
	default:
		w.timer.Stop()
	}
}

// finish writes all states, so that the next start has nothing to repeat.
func (w *writer) finish() {
	for w.rounds.active = false; w.rounds.active || w.rounds.count > 0; {
		w.rounds.next = time.Time{}
		if err := w.transact(func() error { return w.flush(time.Now()) }); err != nil {
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
	// Nobody knows how many rows the log has: count(*) would read all of it.
	return db.QueryRowContext(ctx, "SELECT coalesce(min(row), 1) - 1 FROM pings").Scan(&w.trim.end)
}

func (w *writer) loadChecks(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, `SELECT no, `+checkColumns+`, rev, status, since, last_ping, last_start,
		start_run, duration, pings, last_row FROM checks LEFT JOIN states USING (no) ORDER BY no`)
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
		check, err := c.check()
		if err != nil {
			return err
		}
		r.id, r.about, r.terms = check.ID, t.hash(check), t.term(check.Settings)
		r.status, r.live = statusCode(heartbeat.Status(status)), true
		t.put(slot, r)
		t.setSlug(slot, check.SlugRef())
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
	// Row numbers at or below flushed.row or a last_row must not be given out
	// again, even if their rows are gone.
	return db.QueryRowContext(ctx, `SELECT row, max(row, (SELECT coalesce(max(row), 0) FROM pings),
		(SELECT coalesce(max(last_row), 0) FROM states)) FROM flushed`).Scan(&w.rounds.done, &w.row)
}
