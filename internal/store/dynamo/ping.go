package dynamo

import (
	"context"
	"errors"
	"fmt"

	"heartbeat"
)

// Ping implements [heartbeat.Store].
func (s *Store) Ping(ctx context.Context, id heartbeat.CheckID, p heartbeat.Ping, create func() heartbeat.Check) (heartbeat.Pinged, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return heartbeat.Pinged{}, err
	}
	defer end()
	p.At = plain(p.At)
	t, err := s.take(ctx, id, heartbeat.SlugRef{}, p, create)
	if err != nil {
		return heartbeat.Pinged{}, err
	}
	return s.logged(ctx, p, t)
}

// logged adds the ping to the log, if there is one, and answers it.
func (s *Store) logged(ctx context.Context, p heartbeat.Ping, t taken) (heartbeat.Pinged, error) {
	t.pinged.Check, p.Kind = t.after.ID, t.kind
	if s.noPingLog {
		return t.pinged, nil
	}
	if err := s.logPing(ctx, t.after.ID, p, t); err != nil {
		return heartbeat.Pinged{}, afterwards("the ping is counted, but not in the log", err)
	}
	return t.pinged, nil
}

// taken is a ping that changed its check.
type taken struct {
	pinged heartbeat.Pinged
	kind   heartbeat.Kind  // what the ping counts as
	after  heartbeat.Check // its texts may be missing
	rev    int64           // of the check after the ping
}

// take applies the ping to the check, which must have the slug if one is named:
// it is errMoved otherwise, and nothing was written.
func (s *Store) take(ctx context.Context, id heartbeat.CheckID, named heartbeat.SlugRef, p heartbeat.Ping, create func() heartbeat.Check) (taken, error) {
	var seen *item
	if p.Kind == heartbeat.KindSuccess {
		t, it, err := s.pulse(ctx, id, named, p)
		if !errors.Is(err, errNotUp) {
			return t, err
		}
		seen = it
	}
	defer s.lock(id)()
	for i := range races {
		t, err := s.apply(ctx, seen, id, named, p, create)
		seen = nil
		if !errors.Is(err, heartbeat.ErrConflict) {
			return t, err
		}
		if err := pause(ctx, i); err != nil {
			return taken{}, err
		}
	}
	return taken{}, fmt.Errorf("dynamo: too many write to check %v at once: %w", id, heartbeat.ErrBusy)
}

// errNotUp says that a pulse wrote nothing, as its check is not simply up.
var errNotUp = errors.New("the check is not simply up")

// pulse is a success without a read. With [errNotUp] it returns the check as it
// is, if that is known.
func (s *Store) pulse(ctx context.Context, id heartbeat.CheckID, named heartbeat.SlugRef, p heartbeat.Ping) (taken, *item, error) {
	t := taken{kind: p.Kind}
	mark, condition := newMark(), condPulse
	if named != (heartbeat.SlugRef{}) {
		condition += withSlug
	}
	old, r, err := s.update(ctx, s.stateTable, keyOf(id), exprPulse, condition, row{
		attrSlug: text(named.Slug), attrProject: text(string(named.Project)), attrLastPing: nano(p.At), attrStatus: text(string(heartbeat.StatusUp)), attrMark0: blob(mark),
		"never": num(never), "zero": num(0), "one": num(1),
	})
	if err != nil {
		return t, nil, err
	}
	if !r.refused {
		it, err := readItem(old)
		if err != nil {
			return t, nil, err
		}
		t.after, t.rev = it.check, it.check.Rev+1
		t.after.State, t.pinged.Flip = it.check.State.Ping(p)
		t.pinged.N = t.after.Pings
		return t, nil, nil
	}
	if !r.doubt && r.old == nil {
		return t, nil, errNotUp
	}
	it, err := s.refused(ctx, r, id)
	if err != nil {
		return t, nil, err
	}
	if !r.doubt || it == nil {
		return t, it, errNotUp
	}
	if i := it.wrote(mark); i >= 0 {
		t.after, t.rev = it.check, it.check.Rev-int64(i)
		t.after.LastDuration = 0
		t.pinged.N = it.counts[i]
		return t, nil, nil
	}
	if !it.check.LastPing.Before(p.At) {
		return t, nil, errDoubt
	}
	return t, it, errNotUp // its time would be there: no call was carried out
}

// refused is the item whose condition did not hold; nil if there is none.
func (s *Store) refused(ctx context.Context, r result, id heartbeat.CheckID) (*item, error) {
	if r.old != nil {
		return readItem(r.old)
	}
	return s.item(ctx, id)
}

// apply reads the check unless it was just seen, applies the ping and writes the
// new state. A lost race is [heartbeat.ErrConflict].
func (s *Store) apply(ctx context.Context, it *item, id heartbeat.CheckID, named heartbeat.SlugRef, p heartbeat.Ping, create func() heartbeat.Check) (taken, error) {
	var err error
	if it == nil {
		it, err = s.item(ctx, id)
	}
	if err != nil {
		return taken{}, err
	}
	if it == nil {
		return s.firstPing(ctx, id, p, create)
	}
	if named != (heartbeat.SlugRef{}) && it.check.SlugRef() != named {
		return taken{}, errMoved
	}
	if it.ruled && it.texts != 0 {
		missing, err := s.addTexts(ctx, []*item{it})
		if err != nil {
			return taken{}, err
		}
		if len(missing) > 0 {
			return taken{}, heartbeat.ErrConflict // saved between the two reads
		}
	}
	p.Kind = it.check.Rules.Judge(p, it.check.Status)
	t := taken{after: it.check, rev: it.check.Rev + 1, kind: p.Kind}
	t.after.State, t.pinged.Flip = it.check.State.Ping(p)
	t.pinged.N, t.pinged.Sooner = t.after.Pings, it.check.State.Sooner(t.after.State)
	_, err = s.write(ctx, change{
		check: t.after, texts: it.texts, set: exprState, flip: t.pinged.Flip, sooner: t.pinged.Sooner,
	})
	if errors.Is(err, heartbeat.ErrNotFound) {
		return t, heartbeat.ErrConflict // deleted between: the next try makes it again
	}
	return t, err
}

func (s *Store) firstPing(ctx context.Context, id heartbeat.CheckID, p heartbeat.Ping, create func() heartbeat.Check) (taken, error) {
	if create == nil {
		return taken{}, heartbeat.ErrNotFound
	}
	c := create()
	if c.ID != id {
		return taken{}, fmt.Errorf("create made check %v instead of %v", c.ID, id)
	}
	p.Kind = c.Rules.Judge(p, c.Status)
	t := taken{after: c, rev: s.stamp(), kind: p.Kind, pinged: heartbeat.Pinged{Created: true, Sooner: true}}
	t.after.State, t.pinged.Flip = c.State.Ping(p)
	t.pinged.N = t.after.Pings
	pending, err := s.prepare(ctx, id, t.rev, t.pinged.Flip)
	if err != nil {
		return t, err
	}
	made, err := s.bear(ctx, t.after, t.rev, pending)
	if err != nil {
		return t, err
	}
	if !made {
		s.forget(ctx, pending)
		return t, heartbeat.ErrConflict
	}
	s.settle(ctx, id, pending)
	return t, nil
}

// change is a new state of a check, to be written if its revision still is
// check.Rev.
type change struct {
	check heartbeat.Check
	texts int64
	set   string // exprState or exprCheck
	flip  *heartbeat.Flip
	// sooner says that the check's deadline may come nearer.
	sooner bool
}

// draft writes what must be there before a change is made, and returns the
// change's values and the entry of its flip.
func (s *Store) draft(ctx context.Context, c change, mark []byte) (row, *entry, error) {
	values := checkRow(c.check, c.texts)
	values[attrRev], values[attrMark0], values["one"] = num(c.check.Rev), blob(mark), num(1)
	pending, err := s.prepare(ctx, c.check.ID, c.check.Rev+1, c.flip)
	if err != nil {
		return nil, nil, err
	}
	if pending != nil {
		values[attrPending] = pendingRow(pending)
	}
	err = fits(c.check, size(values)+overhead)
	if err == nil && c.sooner {
		err = s.announce(ctx, c.check.ID)
	}
	if err != nil {
		s.forget(ctx, pending)
	}
	return values, pending, err
}

// write makes a change with its flip, and returns the item as it was if that is
// known.
func (s *Store) write(ctx context.Context, c change) (item, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	id, rev, mark := c.check.ID, c.check.Rev, newMark()
	values, pending, err := s.draft(ctx, c, mark)
	if err != nil {
		return item{}, err
	}
	set, condition := c.set, condRev
	if c.flip != nil {
		set, condition = set+withPending, condRevFlip
	}
	inDoubt := false
	for range attempts {
		old, r, err := s.update(ctx, s.stateTable, keyOf(id), set, condition, values)
		if err != nil && inDoubt {
			err = afterwards("the write may have been made", err)
		}
		if err != nil {
			return item{}, err
		}
		if !r.refused {
			s.settle(ctx, id, pending)
			it, err := readItem(old)
			if err != nil {
				return item{}, nil //nolint:nilerr // the write was made
			}
			return *it, nil
		}
		inDoubt = inDoubt || r.doubt
		again, err := s.refusal(ctx, r, id, rev, mark, inDoubt)
		if err != nil {
			gone := errors.Is(err, heartbeat.ErrConflict) || errors.Is(err, heartbeat.ErrNotFound)
			if gone || !inDoubt { // no call that is still under way can be carried out
				s.forget(ctx, pending)
			}
			if inDoubt && errors.Is(err, heartbeat.ErrBusy) {
				err = afterwards("the write may have been made", err)
			}
			return item{}, err
		}
		if !again {
			s.settle(ctx, id, pending)
			return item{}, nil
		}
	}
	return item{}, fmt.Errorf("dynamo: a flip of check %v is in the way of the next: %w", id, heartbeat.ErrBusy)
}

// refusal says why a change was refused. Without an error it was made before, or
// may be tried again.
func (s *Store) refusal(ctx context.Context, r result, id heartbeat.CheckID, rev int64, mark []byte, inDoubt bool) (again bool, err error) {
	it, err := s.refused(ctx, r, id)
	switch {
	case err != nil:
		return false, err
	case it == nil:
		return false, heartbeat.ErrNotFound
	case inDoubt && it.wrote(mark) >= 0:
		return false, nil
	case inDoubt && it.check.Rev > rev+int64(len(it.marks)):
		return false, errDoubt
	case it.check.Rev != rev:
		return false, heartbeat.ErrConflict
	case it.pending == nil:
		return true, nil // cleared meanwhile
	}
	if err := s.spill(ctx, id, it.pending); err != nil {
		return false, fmt.Errorf("the flip before is not filed yet: %w", err)
	}
	return true, nil
}
