package dynamo

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"heartbeat"
)

const (
	// slugsLast is how long it is remembered where a slug leads. A ping that finds
	// another slug there looks again at once; what can be missed for so long is a
	// second check with the same one.
	slugsLast = time.Minute
	// mostSlugs bounds the memory of slugs.
	mostSlugs = 10_000
)

// errMoved says that the check has another slug than the one that led to it.
var errMoved = errors.New("the check has another slug")

// slugs remembers where slugs lead.
type slugs struct {
	mu sync.Mutex
	by map[heartbeat.SlugRef]lead
}

// lead is where a slug led, and until when that is believed.
type lead struct {
	id    heartbeat.CheckID
	until time.Time
}

func (s *slugs) find(named heartbeat.SlugRef) (heartbeat.CheckID, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.by[named]
	return p.id, ok && time.Now().Before(p.until)
}

func (s *slugs) remember(named heartbeat.SlugRef, id heartbeat.CheckID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil || len(s.by) >= mostSlugs {
		s.by = make(map[heartbeat.SlugRef]lead)
	}
	s.by[named] = lead{id, time.Now().Add(slugsLast)}
}

func (s *slugs) forget(named heartbeat.SlugRef) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.by, named)
}

// PingSlug implements [heartbeat.Store]. In the steady state it is a pulse whose
// condition says that the check still has the slug.
func (s *Store) PingSlug(ctx context.Context, project heartbeat.ProjectID, text string, p heartbeat.Ping, create func() heartbeat.Check) (heartbeat.Pinged, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return heartbeat.Pinged{}, err
	}
	defer end()
	p.At = plain(p.At)
	named := heartbeat.SlugRef{Project: project, Slug: text}
	for i := range races {
		t, err := s.takeSlug(ctx, named, p, create)
		switch {
		case err == nil:
			return s.logged(ctx, p, t)
		case errors.Is(err, errMoved), errors.Is(err, heartbeat.ErrConflict):
			s.slugs.forget(named)
		default:
			return heartbeat.Pinged{}, err
		}
		if err := pause(ctx, i); err != nil {
			return heartbeat.Pinged{}, err
		}
	}
	return heartbeat.Pinged{}, fmt.Errorf("dynamo: the slug %s is given to another check again and again: %w", text, heartbeat.ErrBusy)
}

// takeSlug applies the ping to the check with the slug. If that has changed under
// its hands it is errMoved or [heartbeat.ErrConflict].
func (s *Store) takeSlug(ctx context.Context, named heartbeat.SlugRef, p heartbeat.Ping, create func() heartbeat.Check) (taken, error) {
	id, known := s.slugs.find(named)
	if !known {
		ids, err := s.checksWith(ctx, named)
		switch {
		case err != nil:
			return taken{}, err
		case len(ids) > 1:
			return taken{}, heartbeat.ErrAmbiguous
		case len(ids) == 0 && create == nil:
			return taken{}, heartbeat.ErrNotFound
		case len(ids) == 0:
			return s.firstSlugPing(ctx, named, p, create)
		}
		id = ids[0]
		s.slugs.remember(named, id)
	}
	t, err := s.take(ctx, id, named, p, nil)
	if errors.Is(err, heartbeat.ErrNotFound) {
		return taken{}, errMoved
	}
	return t, err
}

// firstSlugPing makes the check, under an ID that is free.
func (s *Store) firstSlugPing(ctx context.Context, named heartbeat.SlugRef, p heartbeat.Ping, create func() heartbeat.Check) (taken, error) {
	for {
		c := create()
		if c.SlugRef() != named {
			return taken{}, fmt.Errorf("create made a check with slug %q instead of %q", c.Slug, named.Slug)
		}
		it, err := s.item(ctx, c.ID)
		switch {
		case err != nil:
			return taken{}, err
		case it == nil:
			return s.firstPing(ctx, c.ID, p, func() heartbeat.Check { return c })
		case it.check.SlugRef() == named:
			return taken{}, errMoved // it was made just now
		}
	}
}

// checksWith returns the checks that have the slug. The rows that lead to them
// are never too few, but may be too many.
func (s *Store) checksWith(ctx context.Context, named heartbeat.SlugRef) ([]heartbeat.CheckID, error) {
	var ids []heartbeat.CheckID
	for r, err := range s.query(ctx, new(dynamodb.QueryInput), slugsOf(named), 0) {
		if err != nil {
			return nil, err
		}
		id, err := pointsTo(r)
		if err != nil {
			return nil, err
		}
		it, err := s.item(ctx, id)
		if err != nil {
			return nil, err
		}
		if it != nil && it.check.SlugRef() == named {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// pointSlug writes the row that leads from the check's slug to it, before the
// check is written that has it. rev is the revision on which that write is based:
// who has taken the slug away before must not remove the row.
func (s *Store) pointSlug(ctx context.Context, c heartbeat.Check, rev int64) error {
	named := c.SlugRef()
	if named == (heartbeat.SlugRef{}) {
		return nil
	}
	_, err := s.put(ctx, s.logTable, row{
		keyRow: text(slugsOf(named)), keyAt: slugPlace(c.ID), attrCheck: text(c.ID.String()), attrNoticeRev: num(rev),
	}, condSlug, row{attrNoticeRev: num(rev)})
	return err // if it is refused, a newer row is there
}

// unpointSlug removes the row of a slug that the check had before a write took
// it away. One that stays does no harm.
func (s *Store) unpointSlug(ctx context.Context, c heartbeat.Check) {
	named := c.SlugRef()
	if named == (heartbeat.SlugRef{}) {
		return
	}
	s.slugs.forget(named)
	err := s.remove(ctx, slugsOf(named), slugPlace(c.ID), condPointer, row{attrNoticeRev: num(c.Rev)})
	if err != nil {
		s.log.DebugContext(ctx, "a slug's row that leads nowhere stays", "error", err)
	}
}

// slugPlace is a check's place among those with one slug.
func slugPlace(id heartbeat.CheckID) types.AttributeValue {
	return num(int64(binary.BigEndian.Uint64(id[8:]) & math.MaxInt64))
}
