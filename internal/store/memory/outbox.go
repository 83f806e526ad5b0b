package memory

import (
	"context"
	"slices"
	"strconv"
	"time"

	"heartbeat"
)

// keepNotices is how many finished notices are kept at least.
const keepNotices = 1000

// outbox holds notices, the oldest first.
type outbox struct {
	last    int64 // the number in the last ID
	notices []heartbeat.Notice
	trimAt  int // look for finished notices to forget when there are so many
}

func (o *outbox) add(n heartbeat.Notice, rev int64) {
	o.trim()
	o.last++
	n = copyNotice(n)
	n.ID, n.Rev = heartbeat.NoticeID(strconv.FormatInt(o.last, 10)), rev
	o.notices = append(o.notices, n)
}

// trim forgets the oldest finished notices beyond keepNotices. It does so
// rarely enough that adding stays cheap.
func (o *outbox) trim() {
	if len(o.notices) < max(o.trimAt, 2*keepNotices) {
		return
	}
	surplus := -keepNotices
	for _, n := range o.notices {
		if n.Next.IsZero() {
			surplus++
		}
	}
	o.notices = slices.DeleteFunc(o.notices, func(n heartbeat.Notice) bool {
		if surplus <= 0 || !n.Next.IsZero() {
			return false
		}
		surplus--
		return true
	})
	o.trimAt = len(o.notices) + keepNotices
}

func (o *outbox) dropUnfinished(id heartbeat.CheckID) {
	o.notices = slices.DeleteFunc(o.notices, func(n heartbeat.Notice) bool {
		return n.Check == id && !n.Next.IsZero()
	})
}

func (o *outbox) find(id heartbeat.NoticeID) *heartbeat.Notice {
	i := slices.IndexFunc(o.notices, func(n heartbeat.Notice) bool { return n.ID == id })
	if i < 0 {
		return nil
	}
	return &o.notices[i]
}

// Notices implements [heartbeat.Store].
func (s *Store) Notices(ctx context.Context, due time.Time, limit int) ([]heartbeat.Notice, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var owed []heartbeat.Notice
	for _, n := range s.outbox.notices {
		if !n.Next.IsZero() && !n.Next.After(due) {
			owed = append(owed, n)
		}
	}
	slices.SortStableFunc(owed, func(a, b heartbeat.Notice) int { return a.Next.Compare(b.Next) })
	owed = owed[:min(len(owed), max(0, limit))]
	return copyNotices(owed), nil
}

// NoticeLog implements [heartbeat.Store].
func (s *Store) NoticeLog(ctx context.Context, limit int) ([]heartbeat.Notice, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return copyNotices(newest(s.outbox.notices, limit)), nil
}

// AddNotice implements [heartbeat.Store].
func (s *Store) AddNotice(ctx context.Context, n heartbeat.Notice) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	s.outbox.add(n, s.nextRev())
	return nil
}

// SaveNotice implements [heartbeat.Store].
func (s *Store) SaveNotice(ctx context.Context, n heartbeat.Notice) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	stored := s.outbox.find(n.ID)
	switch {
	case stored == nil:
		return heartbeat.ErrNotFound
	case stored.Rev != n.Rev:
		return heartbeat.ErrConflict
	}
	*stored = copyNotice(n)
	stored.Rev = s.nextRev()
	return nil
}
