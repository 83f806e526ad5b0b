package dynamo

import (
	"cmp"
	"context"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"heartbeat"
)

func keyOf(id heartbeat.CheckID) row { return row{keyCheck: text(id.String())} }

// item reads a check's item afresh; nil if there is none.
func (s *Store) item(ctx context.Context, id heartbeat.CheckID) (*item, error) {
	r, err := s.get(ctx, s.stateTable, keyOf(id))
	if err != nil || r == nil {
		return nil, err
	}
	return readItem(r)
}

// Check implements [heartbeat.Store].
func (s *Store) Check(ctx context.Context, id heartbeat.CheckID) (heartbeat.Check, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return heartbeat.Check{}, err
	}
	defer end()
	for range races {
		it, err := s.item(ctx, id)
		if err != nil {
			return heartbeat.Check{}, err
		}
		if it == nil {
			return heartbeat.Check{}, heartbeat.ErrNotFound
		}
		// Texts that are gone were replaced since: then the item was, too.
		missing, err := s.addTexts(ctx, []*item{it})
		if err != nil || len(missing) == 0 {
			return it.check, cmp.Or(err, it.broken)
		}
	}
	return heartbeat.Check{}, unreadable(id.String(), fmt.Errorf("its texts are missing in %s", s.logTable))
}

// addTexts completes items whose texts are elsewhere, or says in broken why it
// cannot. It returns those whose texts it did not find.
func (s *Store) addTexts(ctx context.Context, items []*item) (map[string]*item, error) {
	var keys []row
	apart := map[string]*item{}
	for _, it := range items {
		if it.texts != 0 {
			part := textsOf(it.check.ID)
			keys = append(keys, row{keyRow: text(part), keyAt: num(it.texts)})
			apart[part] = it
		}
	}
	rows, err := s.batchGet(ctx, keys)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		row := scan{row: r}
		it := apart[row.text(keyRow)]
		if it == nil {
			continue
		}
		readTexts(&row, &it.check)
		if row.err != nil {
			it.broken = unreadable(it.check.ID.String(), row.err)
		}
		delete(apart, textsOf(it.check.ID))
	}
	return apart, nil
}

// placeTexts writes the texts of c into the log if its item has no room for
// them, and returns where they are.
func (s *Store) placeTexts(ctx context.Context, c *heartbeat.Check) (int64, error) {
	texts := textRow(c)
	if size(texts) <= maxTexts {
		return 0, nil
	}
	at := s.stamp()
	texts[keyRow], texts[keyAt] = text(textsOf(c.ID)), num(at)
	_, err := s.put(ctx, s.logTable, texts, "", nil)
	return at, err
}

// dropTexts lets texts expire that no item refers to any more. A reader that
// has just seen the old item still finds them for a day.
func (s *Store) dropTexts(ctx context.Context, id heartbeat.CheckID, at int64) {
	if at == 0 {
		return
	}
	key := row{keyRow: text(textsOf(id)), keyAt: num(at)}
	_, _, err := s.update(ctx, s.logTable, key, exprExpire, "", row{attrExpires: num(expiry(textsStay))})
	if err != nil {
		s.log.WarnContext(ctx, "old texts of a check stay in the log table", "check", id, "error", err)
	}
}

// Checks implements [heartbeat.Store].
func (s *Store) Checks(ctx context.Context) ([]heartbeat.Check, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var all []heartbeat.Check
	for p := range s.scan(ctx, whole) {
		if p.err != nil {
			return nil, p.err
		}
		all = append(all, p.checks...)
	}
	return all, nil
}

// Timers implements [heartbeat.Store]. Its scan is not consistent, at half the
// price, and leaves names out that are kept apart.
func (s *Store) Timers(ctx context.Context) iter.Seq2[heartbeat.Check, error] {
	return func(yield func(heartbeat.Check, error) bool) {
		end, err := s.begin(ctx)
		if err != nil {
			yield(heartbeat.Check{}, err)
			return
		}
		defer end()
		for p := range s.scan(ctx, lean) {
			if err := cmp.Or(p.err, ctx.Err()); err != nil {
				yield(heartbeat.Check{}, err)
				return
			}
			for _, c := range p.checks {
				if !yield(c, nil) {
					return
				}
			}
		}
	}
}

// Add implements [heartbeat.Store].
func (s *Store) Add(ctx context.Context, c heartbeat.Check) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	made, err := s.bear(ctx, c, s.stamp(), nil)
	if err == nil && !made {
		return heartbeat.ErrExists
	}
	return err
}

// bear makes a check with its first revision, unless there is one. Whoever makes
// it learns so even if the answer was lost.
func (s *Store) bear(ctx context.Context, c heartbeat.Check, rev int64, pending *entry) (bool, error) {
	texts, err := s.placeTexts(ctx, &c)
	if err != nil {
		return false, err
	}
	mark := newMark()
	birth := birthRow(c, texts, rev, mark, pending)
	if err := fits(c, size(birth)); err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	if err := s.announce(ctx, c.ID); err != nil {
		return false, err
	}
	if err := s.pointSlug(ctx, c, rev); err != nil {
		return false, err
	}
	r, err := s.put(ctx, s.stateTable, birth, condNew, nil)
	if err != nil || !r.refused {
		return err == nil, err
	}
	if r.doubt {
		it, err := s.item(ctx, c.ID)
		if err != nil {
			return false, err
		}
		if it == nil {
			return false, errDoubt
		}
		if it.birth == rev {
			return true, nil
		}
	}
	s.dropTexts(ctx, c.ID, texts)
	return false, nil
}

// Save implements [heartbeat.Store].
func (s *Store) Save(ctx context.Context, c heartbeat.Check, flip *heartbeat.Flip) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	defer s.lock(c.ID)()
	texts, err := s.placeTexts(ctx, &c)
	if err != nil {
		return err
	}
	var old item
	if err = s.pointSlug(ctx, c, c.Rev); err == nil {
		old, err = s.write(ctx, change{check: c, texts: texts, set: exprCheck, flip: flip, sooner: true})
	}
	if err != nil {
		s.dropTexts(ctx, c.ID, texts)
		return err
	}
	s.dropTexts(ctx, c.ID, old.texts)
	if old.check.SlugRef() != c.SlugRef() {
		s.unpointSlug(ctx, old.check)
	}
	return nil
}

// Delete implements [heartbeat.Store]. Its pings and flips are out of sight at
// once, and expire.
func (s *Store) Delete(ctx context.Context, id heartbeat.CheckID, rev int64) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	condition := condRev
	in := &dynamodb.DeleteItemInput{
		TableName: &s.stateTable, Key: keyOf(id), ConditionExpression: &condition,
		ExpressionAttributeNames:  namesIn(condition),
		ExpressionAttributeValues: row{":" + attrRev: num(rev)},
		ReturnValues:              types.ReturnValueAllOld,
	}
	var old row
	r, err := s.attempt(ctx, func(ctx context.Context) error {
		out, err := s.client.DeleteItem(ctx, in)
		if err == nil {
			old = out.Attributes
		}
		return err
	})
	if err != nil {
		return err
	}
	if r.refused {
		it, err := s.item(ctx, id)
		switch {
		case err != nil:
			return err
		case it != nil:
			return heartbeat.ErrConflict
		case !r.doubt:
			return heartbeat.ErrNotFound
		}
	}
	if old != nil {
		s.dropTexts(ctx, id, (&scan{row: old}).int(attrTexts))
		if it, err := readItem(old); err == nil {
			s.unpointSlug(ctx, it.check)
		}
	}
	if err := s.dropOwed(ctx, id); err != nil {
		return afterwards("the check is deleted, but notices of it may stay", err)
	}
	return nil
}
