package sqlite

import "heartbeat"

const (
	trimRows  = 512     // log rows that one commit looks at
	trimSpare = 100_000 // log rows beyond the promised ones that make a pass worth while
)

// trimmer forgets old pings: those with heartbeat.KeepPings newer ones of the
// same check. It passes over the log from its beginning in bites, rows side by
// side, so that a page is written once for many rows. It leaves alone what a
// start would have to repeat.
type trimmer struct {
	active bool
	cursor int64 // looked at so far in this pass
	end    int64 // where this pass, or the last one, ends
}

// start begins a pass if the log has grown enough since the last one.
func (t *trimmer) start(checks int, row int64) {
	if !t.active && row-t.end > int64(checks)*heartbeat.KeepPings+trimSpare {
		t.active, t.cursor, t.end = true, 0, row
	}
}

// trimBite goes on with a pass, if there is one.
func (w *writer) trimBite() error {
	t := &w.trim
	until := min(t.end, w.contained())
	if !t.active || t.cursor >= until {
		return nil
	}
	spans, err := w.obsolete(until)
	if err != nil {
		return err
	}
	for _, s := range spans {
		if err := w.exec("DELETE FROM pings WHERE row BETWEEN ? AND ?", s.first, s.last); err != nil {
			return err
		}
	}
	t.active = t.cursor < t.end
	return nil
}

// span is a stretch of log rows that can all go.
type span struct{ first, last int64 }

// obsolete looks at the next rows of the log and moves the cursor.
func (w *writer) obsolete(until int64) ([]span, error) {
	t := &w.trim
	rows, err := w.conn.QueryContext(w.ctx,
		"SELECT row, no, n FROM pings WHERE row > ? AND row <= ? ORDER BY row LIMIT ?", t.cursor, until, trimRows)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var spans []span
	t.cursor = until // if nothing is found
	kept := true
	for rows.Next() {
		var row, n int64
		var slot uint32
		if err := rows.Scan(&row, &slot, &n); err != nil {
			return nil, err
		}
		t.cursor = row
		if w.needed(slot, n) {
			kept = true
			continue
		}
		if kept {
			spans, kept = append(spans, span{first: row}), false
		}
		spans[len(spans)-1].last = row
	}
	return spans, rows.Err()
}

// needed tells whether ping n of the check in slot must be kept.
func (w *writer) needed(slot uint32, n int64) bool {
	return slot < w.table.next && w.table.at(slot).live && n > w.table.at(slot).pings-heartbeat.KeepPings
}
