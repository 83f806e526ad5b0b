package dynamo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"heartbeat"
)

// orphanAge is how old a pointer that leads nowhere must be to be removed:
// longer than any write of what it should lead to may take.
const orphanAge = 10 * time.Minute

// A notice's ID is the nanosecond in which it was made and a random tail: a
// number, so that notices sort by it.
const (
	idTail  = 1_000_000
	idNano  = 19 // digits
	idWidth = idNano + 6
)

func (s *Store) newNoticeID() (string, error) {
	tail, err := rand.Int(rand.Reader, big.NewInt(idTail))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%019d%06d", s.stamp(), tail.Int64()), nil
}

// place is where a notice with this ID stands; nil if none can have it.
func place(id string) types.AttributeValue {
	if len(id) != idWidth {
		return nil
	}
	for _, c := range id {
		if c < '0' || c > '9' {
			return nil
		}
	}
	return &types.AttributeValueMemberN{Value: id}
}

// prepare makes the entry of a flip, nil if there is none, and writes the
// pointer to the notice that it will owe.
func (s *Store) prepare(ctx context.Context, id heartbeat.CheckID, rev int64, flip *heartbeat.Flip) (*entry, error) {
	if flip == nil {
		return nil, nil //nolint:nilnil // no flip makes no entry
	}
	e := &entry{rev: rev, flip: *flip}
	if heartbeat.NoticeFor(id, flip) == nil {
		return e, nil
	}
	var err error
	if e.notice, err = s.newNoticeID(); err != nil {
		return nil, err
	}
	return e, s.point(ctx, e.notice, id, 1)
}

// point writes the pointer to an unfinished notice of revision rev.
func (s *Store) point(ctx context.Context, notice string, id heartbeat.CheckID, rev int64) error {
	_, err := s.put(ctx, s.logTable, row{
		keyRow: text(partOwed), keyAt: place(notice), attrCheck: text(id.String()), attrNoticeRev: num(rev),
	}, "", nil)
	return err
}

// unpoint removes the pointer to a notice that is finished or gone, unless it is
// owed again in a later revision.
func (s *Store) unpoint(ctx context.Context, notice string, rev int64) error {
	return s.remove(ctx, partOwed, place(notice), condPointer, row{attrNoticeRev: num(rev)})
}

// forget removes the pointer of an entry that was not written.
func (s *Store) forget(ctx context.Context, e *entry) {
	if e == nil || e.notice == "" {
		return
	}
	if err := s.unpoint(ctx, e.notice, 1); err != nil {
		s.log.DebugContext(ctx, "a pointer that leads nowhere stays for a while", "error", err)
	}
}

// settle copies an entry that was just written to the log. If it cannot, the
// entry is found later by its pointer.
func (s *Store) settle(ctx context.Context, id heartbeat.CheckID, e *entry) {
	if e == nil {
		return
	}
	if err := s.spill(ctx, id, e); err != nil {
		s.log.WarnContext(ctx, "a flip waits in its check to be filed", "check", id, "error", err)
	}
}

// spill copies the pending entry of a check to the log and clears it. It may be
// done twice, and by several at once.
func (s *Store) spill(ctx context.Context, id heartbeat.CheckID, e *entry) error {
	_, err := s.put(ctx, s.logTable, loggedFlip(id, e.rev, e.flip), "", nil)
	if err != nil {
		return err
	}
	if e.notice != "" {
		n := heartbeat.NoticeFor(id, &e.flip)
		n.ID, n.Rev = heartbeat.NoticeID(e.notice), 1
		r, err := noticeRow(*n, newMark())
		if err != nil {
			return err
		}
		if _, err := s.put(ctx, s.logTable, r, condNewRow, nil); err != nil {
			return err
		}
	}
	_, _, err = s.update(ctx, s.stateTable, keyOf(id), exprClear, condClear, row{attrRev: num(e.rev)})
	return err
}

// loggedFlip is the row of a flip that made the check's revision rev.
func loggedFlip(id heartbeat.CheckID, rev int64, f heartbeat.Flip) row {
	return row{
		keyRow: text(flipsOf(id)), keyAt: num(rev), attrExpires: num(expiry(flipsStay)),
		attrFlip: &types.AttributeValueMemberM{Value: flipRow(f)},
	}
}

func noticeRow(n heartbeat.Notice, mark []byte) (row, error) {
	r := row{
		keyRow: text(partNotices), keyAt: place(string(n.ID)), attrCheck: text(n.Check.String()),
		attrFlip:    &types.AttributeValueMemberM{Value: flipRow(n.Flip)},
		attrCreated: nano(n.Created), attrNext: nano(n.Next), attrNoticeRev: num(n.Rev), attrMark0: blob(mark),
	}
	if n.Next.IsZero() {
		r[attrExpires] = num(expiry(noticesStay))
	}
	var err error
	if n.Blind != nil {
		blind := *n.Blind
		blind.From, blind.To = plain(blind.From), plain(blind.To)
		if r[attrBlind], err = jsonText(blind); err != nil {
			return nil, err
		}
	}
	if len(n.Deliveries) > 0 {
		deliveries := slices.Clone(n.Deliveries)
		for i := range deliveries {
			d := &deliveries[i]
			d.Next, d.Done = plain(d.Next), plain(d.Done)
		}
		r[attrDeliveries], err = jsonText(deliveries)
	}
	return r, err
}

func readNotice(r row) (heartbeat.Notice, error) {
	s := scan{row: r}
	n := heartbeat.Notice{
		Created: s.time(attrCreated), Next: s.time(attrNext), Rev: s.int(attrNoticeRev), ID: noticeAt(&s),
	}
	var err error
	if n.Check, err = heartbeat.ParseCheckID(s.text(attrCheck)); err != nil {
		return n, err
	}
	if n.Flip, err = readFlip(s.part(attrFlip)); err != nil {
		return n, err
	}
	if s.has(attrBlind) {
		n.Blind = new(heartbeat.BlindReport)
		s.json(attrBlind, n.Blind)
	}
	if s.has(attrDeliveries) {
		s.json(attrDeliveries, &n.Deliveries)
	}
	return n, s.err
}

// noticeAt returns the ID of the notice that stands here or is pointed to.
func noticeAt(s *scan) heartbeat.NoticeID {
	v, ok := s.row[keyAt].(*types.AttributeValueMemberN)
	if !ok {
		s.wrong(keyAt)
		return ""
	}
	return heartbeat.NoticeID(v.Value)
}

// pointer leads to a notice.
type pointer struct {
	notice heartbeat.NoticeID
	check  heartbeat.CheckID
	rev    int64
}

// orphaned tells whether the notice can no longer be about to come.
func (p pointer) orphaned() bool {
	made, err := strconv.ParseInt(string(p.notice[:idNano]), 10, 64)
	return err == nil && time.Since(time.Unix(0, made)) > orphanAge
}

// pointers reads all pointers.
func (s *Store) pointers(ctx context.Context) ([]pointer, error) {
	var all []pointer
	for r, err := range s.query(ctx, new(dynamodb.QueryInput), partOwed, 0) {
		if err != nil {
			return nil, err
		}
		row := scan{row: r}
		p := pointer{notice: noticeAt(&row), rev: row.int(attrNoticeRev)}
		if p.check, err = heartbeat.ParseCheckID(row.text(attrCheck)); err != nil {
			return nil, err
		}
		if row.err != nil {
			return nil, row.err
		}
		all = append(all, p)
	}
	return all, nil
}

// Notices implements [heartbeat.Store]. It also puts right what crashes left.
func (s *Store) Notices(ctx context.Context, due time.Time, limit int) ([]heartbeat.Notice, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	pointers, err := s.pointers(ctx)
	if err != nil {
		return nil, err
	}
	found, err := s.notices(ctx, pointers)
	if err != nil {
		return nil, err
	}
	var owed []heartbeat.Notice
	for _, p := range pointers {
		n, ok := found[p.notice]
		if !ok {
			if n, ok, err = s.missing(ctx, p); err != nil {
				return nil, err
			}
		} else if n.Next.IsZero() {
			if err := s.unpoint(ctx, string(n.ID), n.Rev); err != nil {
				return nil, err
			}
		}
		if ok && !n.Next.IsZero() && !n.Next.After(due) {
			owed = append(owed, n)
		}
	}
	slices.SortStableFunc(owed, func(a, b heartbeat.Notice) int { return a.Next.Compare(b.Next) })
	return owed[:min(len(owed), max(0, limit))], nil
}

// notices reads what the pointers lead to.
func (s *Store) notices(ctx context.Context, pointers []pointer) (map[heartbeat.NoticeID]heartbeat.Notice, error) {
	var keys []row
	for _, p := range pointers {
		keys = append(keys, row{keyRow: text(partNotices), keyAt: place(string(p.notice))})
	}
	rows, err := s.batchGet(ctx, keys)
	if err != nil {
		return nil, err
	}
	found := map[heartbeat.NoticeID]heartbeat.Notice{}
	for _, r := range rows {
		n, err := readNotice(r)
		if err != nil {
			return nil, err
		}
		found[n.ID] = n
	}
	return found, nil
}

// missing looks for a notice that is not where its pointer leads: in the check
// whose flip owes it. A pointer that leads nowhere is removed in time.
func (s *Store) missing(ctx context.Context, p pointer) (n heartbeat.Notice, ok bool, err error) {
	if p.check != (heartbeat.CheckID{}) {
		it, err := s.item(ctx, p.check)
		if errors.Is(err, heartbeat.ErrUnreadable) {
			s.leaveOut(ctx, err) // and the pointer stays, until it can be read
			return n, false, nil
		}
		if err != nil {
			return n, false, err
		}
		if it != nil && it.pending != nil && it.pending.notice == string(p.notice) {
			n = *heartbeat.NoticeFor(p.check, &it.pending.flip)
			n.ID, n.Rev = p.notice, 1
			return n, true, s.spill(ctx, p.check, it.pending)
		}
	}
	if p.orphaned() {
		return n, false, s.unpoint(ctx, string(p.notice), p.rev)
	}
	return n, false, nil
}

// NoticeLog implements [heartbeat.Store].
func (s *Store) NoticeLog(ctx context.Context, limit int) ([]heartbeat.Notice, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var log []heartbeat.Notice
	for r, err := range s.newest(ctx, partNotices, 0, limit) {
		if err != nil {
			return nil, err
		}
		n, err := readNotice(r)
		if err != nil {
			return nil, err
		}
		log = append(log, n)
	}
	return log, nil
}

// AddNotice implements [heartbeat.Store].
func (s *Store) AddNotice(ctx context.Context, n heartbeat.Notice) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	id, err := s.newNoticeID()
	if err != nil {
		return err
	}
	n.ID, n.Rev = heartbeat.NoticeID(id), 1
	if !n.Next.IsZero() {
		if err := s.point(ctx, id, n.Check, n.Rev); err != nil {
			return err
		}
	}
	r, err := noticeRow(n, newMark())
	if err != nil {
		return err
	}
	_, err = s.put(ctx, s.logTable, r, condNewRow, nil) // refused only if it is there already
	return err
}

// SaveNotice implements [heartbeat.Store].
func (s *Store) SaveNotice(ctx context.Context, n heartbeat.Notice) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	if place(string(n.ID)) == nil {
		return heartbeat.ErrNotFound
	}
	condition := condOwed
	if n.Next.IsZero() {
		condition = condNotice
	}
	err = s.saveNotice(ctx, n, condition)
	if errors.Is(err, errFinished) {
		// It is owed again: the pointer goes first.
		if err := s.point(ctx, string(n.ID), n.Check, n.Rev+1); err != nil {
			return err
		}
		err = s.saveNotice(ctx, n, condNotice)
	}
	if err == nil && n.Next.IsZero() {
		if err := s.unpoint(ctx, string(n.ID), n.Rev+1); err != nil {
			s.log.DebugContext(ctx, "the pointer to a finished notice stays for a while", "error", err)
		}
	}
	return err
}

// errFinished says that the stored notice is finished, and has no pointer.
var errFinished = errors.New("the notice is finished")

func (s *Store) saveNotice(ctx context.Context, n heartbeat.Notice, condition string) error {
	rev, mark := n.Rev, newMark()
	n.Rev++
	r, err := noticeRow(n, mark)
	if err != nil {
		return err
	}
	res, err := s.put(ctx, s.logTable, r, condition, row{attrNoticeRev: num(rev), "never": num(never)})
	if err != nil || !res.refused {
		return err
	}
	stored, err := s.row(ctx, partNotices, place(string(n.ID)))
	if err != nil {
		return err
	}
	if stored == nil {
		return heartbeat.ErrNotFound
	}
	row := scan{row: stored}
	is, last := row.int(attrNoticeRev), row.bytes(attrMark0)
	switch {
	case row.err != nil:
		return row.err
	case is == rev:
		return errFinished
	case res.doubt && is == n.Rev && string(last) == string(mark):
		return nil
	case res.doubt && is > n.Rev:
		return errDoubt
	}
	return heartbeat.ErrConflict
}

// dropOwed removes the unfinished notices of a check that was deleted.
func (s *Store) dropOwed(ctx context.Context, id heartbeat.CheckID) error {
	pointers, err := s.pointers(ctx)
	if err != nil {
		return err
	}
	for _, p := range pointers {
		if p.check != id {
			continue
		}
		if err := s.remove(ctx, partNotices, place(string(p.notice)), condUnsent, row{"never": num(never)}); err != nil {
			return err
		}
		if err := s.unpoint(ctx, string(p.notice), p.rev); err != nil {
			return err
		}
	}
	return nil
}
