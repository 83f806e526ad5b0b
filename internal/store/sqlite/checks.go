package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"time"

	"heartbeat"
)

// checkColumns are the columns that checkRow.fields reads, in its order.
const checkColumns = `id, host, category, type, name, period, worktime, zone, holidays, grace, created, ` +
	`project, schedule, expression, slug, more`

// checkRow is a row of the checks table.
type checkRow struct {
	id                         []byte
	host, category, kind, name string
	period, grace, created     int64
	worktime, zone, holidays   string
	project, schedule          string
	expression, slug, more     string
}

// more is what few checks have, as JSON: all labels but the slug, and rules.
type more struct {
	heartbeat.Labels
	heartbeat.Rules
}

// encodeMore writes it; empty for a check that has none of it.
func encodeMore(c heartbeat.Check) string {
	m := more{c.Labels, c.Rules}
	if m.Slug = ""; m == (more{}) {
		return ""
	}
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings and booleans can be encoded
	}
	return string(text)
}

func (c *checkRow) fields() []any {
	return []any{
		&c.id, &c.host, &c.category, &c.kind, &c.name,
		&c.period, &c.worktime, &c.zone, &c.holidays, &c.grace, &c.created,
		&c.project, &c.schedule, &c.expression, &c.slug, &c.more,
	}
}

// check is the check without its state; heartbeat.ErrUnreadable.
func (c *checkRow) check() (heartbeat.Check, error) {
	check := heartbeat.Check{
		Project: heartbeat.ProjectID(c.project),
		Names:   heartbeat.Names{Host: c.host, Category: c.category, Type: c.kind, Name: c.name},
		Settings: heartbeat.Settings{
			Spec: heartbeat.Spec{
				Period: duration(c.period), Kind: heartbeat.ScheduleKind(c.schedule), Expression: c.expression,
				Worktime: c.worktime, Zone: c.zone, Holidays: c.holidays,
			},
			Grace: duration(c.grace),
		},
		Created: moment(c.created),
	}
	copy(check.ID[:], c.id)
	if c.more != "" {
		var m more
		if err := json.Unmarshal([]byte(c.more), &m); err != nil {
			return check, fmt.Errorf("check %s %w: labels and rules: %w", check.ID, heartbeat.ErrUnreadable, err)
		}
		check.Labels, check.Rules = m.Labels, m.Rules
	}
	check.Slug = c.slug
	return check, nil
}

func duration(n int64) time.Duration { return time.Duration(n) }

// Check implements [heartbeat.Store].
func (s *Store) Check(ctx context.Context, id heartbeat.CheckID) (heartbeat.Check, error) {
	if err := s.open(ctx); err != nil {
		return heartbeat.Check{}, err
	}
	s.table.mu.RLock() // no commit comes between the table and the file
	defer s.table.mu.RUnlock()
	slot, ok := s.table.slots[id]
	if !ok {
		return heartbeat.Check{}, heartbeat.ErrNotFound
	}
	var row checkRow
	err := s.readCheck.QueryRowContext(context.WithoutCancel(ctx), slot).Scan(row.fields()...)
	if err != nil {
		return heartbeat.Check{}, fmt.Errorf("sqlite: read check %s: %w", id, err)
	}
	c, err := row.check()
	if err != nil {
		return heartbeat.Check{}, fmt.Errorf("sqlite: %w", err)
	}
	return s.whole(slot, c), nil
}

// whole completes a check read from the file with its state from the table.
func (s *Store) whole(slot uint32, c heartbeat.Check) heartbeat.Check {
	c.State, c.Rev = s.table.state(slot), s.table.at(slot).rev
	return c
}

// Checks implements [heartbeat.Store].
func (s *Store) Checks(ctx context.Context) ([]heartbeat.Check, error) {
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	rows, err := s.read.QueryContext(ctx, `SELECT `+checkColumns+` FROM checks`)
	if err != nil {
		return nil, fmt.Errorf("sqlite: read checks: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var checks []heartbeat.Check
	for rows.Next() {
		var row checkRow
		if err := rows.Scan(row.fields()...); err != nil {
			return nil, fmt.Errorf("sqlite: read checks: %w", err)
		}
		c, err := row.check()
		if err != nil {
			s.writer.log.Error("a check is left out", "err", err)
			continue
		}
		checks = append(checks, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("sqlite: read checks: %w", err)
	}
	return s.complete(ctx, checks)
}

// complete adds the states; a check that is gone or broken by now is left out, and
// one that was edited is read again. The table is let go now and then, so that
// no ping waits for a long list.
func (s *Store) complete(ctx context.Context, checks []heartbeat.Check) ([]heartbeat.Check, error) {
	var edited []heartbeat.CheckID
	kept := checks[:0]
	for start := 0; start < len(checks); start += chunkSize {
		s.table.mu.RLock()
		for _, c := range checks[start:min(start+chunkSize, len(checks))] {
			slot, ok := s.table.slots[c.ID]
			switch {
			case !ok:
			case s.table.says(slot, c):
				kept = append(kept, s.whole(slot, c))
			default:
				edited = append(edited, c.ID)
			}
		}
		s.table.mu.RUnlock()
	}
	for _, id := range edited {
		c, err := s.Check(ctx, id)
		if errors.Is(err, heartbeat.ErrNotFound) || errors.Is(err, heartbeat.ErrUnreadable) {
			continue
		}
		if err != nil {
			return nil, err
		}
		kept = append(kept, c)
	}
	return kept, nil
}

// Timers implements [heartbeat.Store]. It reads memory only.
func (s *Store) Timers(ctx context.Context) iter.Seq2[heartbeat.Check, error] {
	return func(yield func(heartbeat.Check, error) bool) {
		buf := make([]heartbeat.Check, 0, chunkSize)
		for chunk := 0; ; chunk++ {
			if err := s.open(ctx); err != nil {
				yield(heartbeat.Check{}, err)
				return
			}
			var more bool
			if buf, more = s.leanChunk(chunk, buf[:0]); !more {
				return
			}
			for _, c := range buf {
				if !yield(c, nil) {
					return
				}
			}
		}
	}
}

// leanChunk appends the checks of one chunk to buf; false if there is none.
func (s *Store) leanChunk(chunk int, buf []heartbeat.Check) ([]heartbeat.Check, bool) {
	t := s.table
	t.mu.RLock()
	defer t.mu.RUnlock()
	if chunk >= len(t.chunks) {
		return buf, false
	}
	for i := range t.chunks[chunk] {
		if t.chunks[chunk][i].live {
			buf = append(buf, t.lean(uint32(chunk*chunkSize+i)))
		}
	}
	return buf, true
}

// Add implements [heartbeat.Store].
func (s *Store) Add(ctx context.Context, c heartbeat.Check) error {
	return s.change(ctx, func(w *writer) error {
		if _, ok := w.table.slots[c.ID]; ok {
			return heartbeat.ErrExists
		}
		w.putState(w.add(c))
		return nil
	})
}

// add makes room for a check and makes its row part of the transaction.
func (w *writer) add(c heartbeat.Check) (slot uint32) {
	t := w.table
	slot = t.take()
	w.keep(slot)
	t.put(slot, record{id: c.ID, about: t.hash(c), terms: t.term(c.Settings), live: true, rev: firstRev()})
	t.setState(slot, c.State)
	t.setSlug(slot, c.SlugRef())
	w.stmts.checks.add(int64(slot), c.ID[:], c.Host, c.Category, c.Type, c.Name,
		int64(c.Period), c.Worktime, c.Zone, c.Holidays, int64(c.Grace), nano(c.Created),
		string(c.Project), string(c.Kind), c.Expression, c.Slug, encodeMore(c))
	return slot
}

// firstRev is the revision of a new check: a random one, so that what was read
// of a check deleted before cannot be saved over this one.
func firstRev() int64 { return 1 + rand.Int64N(math.MaxInt64/2) }

// Save implements [heartbeat.Store].
func (s *Store) Save(ctx context.Context, c heartbeat.Check, flip *heartbeat.Flip) error {
	if flip != nil {
		flip = new(*flip)
	}
	return s.change(ctx, func(w *writer) error {
		slot, err := w.find(c.ID, c.Rev)
		if err != nil {
			return err
		}
		w.keep(slot)
		if err := w.saveSettings(slot, c); err != nil {
			return err
		}
		w.table.setState(slot, c.State)
		w.table.at(slot).rev++
		if flip != nil {
			return w.flipped(slot, flip)
		}
		w.putState(slot)
		return nil
	})
}

// find returns the slot of a check whose revision is still rev.
func (w *writer) find(id heartbeat.CheckID, rev int64) (uint32, error) {
	slot, ok := w.table.slots[id]
	switch {
	case !ok:
		return 0, heartbeat.ErrNotFound
	case w.table.at(slot).rev != rev:
		return 0, heartbeat.ErrConflict
	}
	return slot, nil
}

// saveSettings writes the check's row unless it already says what c says, as
// it does when the monitor saves a flip.
func (w *writer) saveSettings(slot uint32, c heartbeat.Check) error {
	t := w.table
	if t.says(slot, c) {
		return nil
	}
	r := t.at(slot)
	r.about, r.terms = t.hash(c), t.term(c.Settings)
	t.setSlug(slot, c.SlugRef())
	if err := w.stmts.flush(w.ctx); err != nil {
		return err
	}
	return w.exec(`UPDATE checks SET host = ?, category = ?, type = ?, name = ?, period = ?, worktime = ?,
		zone = ?, holidays = ?, grace = ?, created = ?,
		project = ?, schedule = ?, expression = ?, slug = ?, more = ? WHERE no = ?`,
		c.Host, c.Category, c.Type, c.Name, int64(c.Period), c.Worktime,
		c.Zone, c.Holidays, int64(c.Grace), nano(c.Created),
		string(c.Project), string(c.Kind), c.Expression, c.Slug, encodeMore(c), slot)
}

// Delete implements [heartbeat.Store].
func (s *Store) Delete(ctx context.Context, id heartbeat.CheckID, rev int64) error {
	return s.change(ctx, func(w *writer) error {
		slot, err := w.find(id, rev)
		if err != nil {
			return err
		}
		w.keep(slot)
		last := w.table.at(slot).lastRow
		w.table.drop(slot)
		return w.erase(slot, id, last)
	})
}

// erase deletes the rows of a check. It ends at the first failure: SQLite may
// have rolled back by itself, and what came then would be a commit of its own.
func (w *writer) erase(slot uint32, id heartbeat.CheckID, lastRow int64) error {
	if err := w.stmts.flush(w.ctx); err != nil {
		return err
	}
	if err := w.exec(`DELETE FROM pings WHERE row IN (SELECT row FROM (`+chain+`))`, lastRow, -1); err != nil {
		return err
	}
	for _, table := range []string{"checks", "states", "flips"} {
		if err := w.exec(`DELETE FROM `+table+` WHERE no = ?`, slot); err != nil {
			return err
		}
	}
	return w.exec(`DELETE FROM notices WHERE next > 0 AND id = ?`, id[:])
}

// lastRow returns the newest row of a check's log; 0 if there is none.
func (s *Store) lastRow(id heartbeat.CheckID) int64 {
	s.table.mu.RLock()
	defer s.table.mu.RUnlock()
	if slot, ok := s.table.slots[id]; ok {
		return s.table.at(slot).lastRow
	}
	return 0
}

// noRows turns the driver's "no rows" into ErrNotFound.
func noRows(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return heartbeat.ErrNotFound
	}
	return err
}
