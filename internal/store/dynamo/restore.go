package dynamo

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"heartbeat"
)

// restoring is how many rows of one check are written at once.
const restoring = 16

// Restore implements [heartbeat.Store]. The history is written first and the
// check last: what a crash leaves in between lies below the birth of the check
// that a second try makes, and is not seen.
func (s *Store) Restore(ctx context.Context, c heartbeat.Check, pings []heartbeat.Ping, flips []heartbeat.Flip) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	defer s.lock(c.ID)()
	switch it, err := s.item(ctx, c.ID); {
	case err != nil:
		return err
	case it != nil:
		return heartbeat.ErrExists
	}
	r := restored{check: c, birth: s.stamp()}
	r.rev = r.birth + int64(max(len(pings), len(flips)))
	if r.texts, err = s.placeTexts(ctx, &c); err != nil {
		return err
	}
	born := r.item()
	if err := fits(c, size(born)); err != nil {
		return err
	}
	if s.noPingLog {
		pings = nil
	}
	rows := r.rows(pings, flips)
	if err := s.putAll(ctx, rows); err != nil {
		return afterwards("the check is not restored", err)
	}
	made, err := s.revive(ctx, r, born)
	if err != nil || made {
		return err
	}
	s.dropTexts(ctx, c.ID, r.texts)
	// Somebody was faster, maybe with an earlier birth, under which our rows
	// would be seen.
	s.dropRows(ctx, rows)
	return heartbeat.ErrExists
}

// restored is a check on its way back. Its history takes the revisions from its
// birth on.
type restored struct {
	check      heartbeat.Check
	birth, rev int64
	texts      int64 // where its texts are if not in the item
}

// item is the check as the state table is to have it.
func (r restored) item() row {
	born := birthRow(r.check, r.texts, r.rev, newMark(), nil)
	born[attrBirth] = num(r.birth)
	return born
}

// rows is the history, which comes with the newest first.
func (r restored) rows(pings []heartbeat.Ping, flips []heartbeat.Flip) []row {
	rows := make([]row, 0, len(pings)+len(flips))
	at := r.birth
	for _, p := range slices.Backward(pings) {
		rows = append(rows, pingRow(r.check.ID, at, r.check.Period, p))
		at++
	}
	at = r.birth
	for _, f := range slices.Backward(flips) {
		rows = append(rows, loggedFlip(r.check.ID, at, f))
		at++
	}
	return rows
}

// putAll writes rows of the log, many at once.
func (s *Store) putAll(ctx context.Context, rows []row) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(restoring)
	for _, r := range rows {
		group.Go(func() error {
			_, err := s.put(ctx, s.logTable, r, "", nil)
			return err
		})
	}
	return group.Wait()
}

// dropRows makes rows expire, and with that unseen, at once.
func (s *Store) dropRows(ctx context.Context, rows []row) {
	past := num(time.Now().Add(-time.Hour).Unix())
	expired := make([]row, len(rows))
	for i, r := range rows {
		expired[i] = row{keyRow: r[keyRow], keyAt: r[keyAt], attrExpires: past}
	}
	if err := s.putAll(ctx, expired); err != nil {
		s.log.WarnContext(ctx, "the history of a check that was there already may show twice", "error", err)
	}
}

// revive makes the check whose history is there, unless there is one. Whoever
// makes it learns so even if the answer was lost.
func (s *Store) revive(ctx context.Context, r restored, born row) (made bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	err = s.announce(ctx, r.check.ID)
	if err == nil {
		err = s.pointSlug(ctx, r.check, r.rev)
	}
	if err != nil {
		return false, afterwards("the check is not restored", err)
	}
	res, err := s.put(ctx, s.stateTable, born, condNew, nil)
	if err != nil || !res.refused {
		return err == nil, err
	}
	if !res.doubt {
		return false, nil
	}
	it, err := s.item(ctx, r.check.ID)
	if err == nil && it == nil {
		err = errDoubt
	}
	return err == nil && it.birth == r.birth, err
}
