package service

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"heartbeat"
)

// Edit is a change of a check as typed; a nil field leaves things alone.
type Edit struct {
	// Name cannot change where it is one of the four by which pulses find their
	// check. Slug, Tags, Desc and Channels are those of heartbeat.Labels.
	Name, Slug, Tags, Desc, Channels *string
	Rules                            *heartbeat.Rules
	// Kind is period, cron or oncalendar. Expression is what the latter two go by.
	Kind, Expression *string
	// Unit and GraceUnit are what Threshold and Grace count: seconds, minutes,
	// hours, days or weeks; nil means hours.
	Unit, GraceUnit *string
	// Saturday is the original's "0" or "1" and adds or removes that day in
	// Worktime. An empty Grace is no grace, an empty Worktime or Zone asks for the
	// default.
	//
	// A form sends Saturday and Worktime both, though its user changed one of them:
	// the one that differs from what is stored is the change. If both differ, they
	// must agree.
	Threshold, Grace, Saturday, Worktime, Zone, Holidays *string
}

// Edit changes a check. Errors: heartbeat.ErrNotFound, and an
// Invalids listing every field that is wrong; then nothing is stored. If the new
// deadline has passed already, the monitor takes the check down, not Edit.
func (s *Service) Edit(ctx context.Context, id heartbeat.CheckID, e Edit) error {
	err := s.change(ctx, id, func(c *heartbeat.Check) (*heartbeat.Flip, error) {
		next, err := s.Try(*c, e)
		if err == nil {
			err = s.ownChannels(ctx, next, c.Labels)
		}
		if err == nil && next.Slug != c.Slug {
			err = s.slugFree(ctx, next)
		}
		*c = next
		return nil, err
	})
	if err != nil {
		return err
	}
	s.cfg.Changed(id)
	return nil
}

// Pause stops watching a check until its next ping or Resume.
func (s *Service) Pause(ctx context.Context, now time.Time, id heartbeat.CheckID) error {
	return s.change(ctx, id, func(c *heartbeat.Check) (flip *heartbeat.Flip, _ error) {
		c.State, flip = c.State.Pause(now)
		return flip, nil
	})
}

// Resume makes a paused check wait for its next ping as if new. A check that is
// not paused stays as it is.
func (s *Service) Resume(ctx context.Context, now time.Time, id heartbeat.CheckID) error {
	return s.change(ctx, id, func(c *heartbeat.Check) (flip *heartbeat.Flip, _ error) {
		c.State, flip = c.State.Resume(now)
		return flip, nil
	})
}

// Delete removes a check and all that belongs to it.
func (s *Service) Delete(ctx context.Context, id heartbeat.CheckID) error {
	return retry(func() error {
		c, err := s.cfg.Store.Check(ctx, id)
		if err != nil {
			return err
		}
		return s.cfg.Store.Delete(ctx, id, c.Rev)
	})
}

// change reads the check, lets f change it, and saves it with the flip that f
// returns; again with a fresh read when somebody else was faster. f may be
// called more than once. A check that f leaves as it was is not written.
func (s *Service) change(ctx context.Context, id heartbeat.CheckID, f func(*heartbeat.Check) (*heartbeat.Flip, error)) error {
	var flip *heartbeat.Flip
	err := retry(func() error {
		check, err := s.cfg.Store.Check(ctx, id)
		if err != nil {
			return err
		}
		read := check
		if flip, err = f(&check); err != nil {
			return err
		}
		if flip == nil && check == read {
			return nil
		}
		return s.cfg.Store.Save(ctx, check, flip)
	})
	if err != nil {
		return err
	}
	s.tell(id, false, flip)
	return nil
}

// attempts bounds how often a lost race is run again. Each loser means that
// somebody else won, so a check that is pinged all the time still gets its turn.
const attempts = 10

func retry(f func() error) error {
	var err error
	for range attempts {
		if err = f(); !errors.Is(err, heartbeat.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("gave up after %d attempts: %w", attempts, err)
}

// Invalids are all the fields of a form that are wrong.
type Invalids []*heartbeat.Invalid

func (e Invalids) Error() string {
	texts := make([]string, len(e))
	for i, invalid := range e {
		texts[i] = invalid.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap makes the single problems found by errors.As.
func (e Invalids) Unwrap() []error {
	errs := make([]error, len(e))
	for i, invalid := range e {
		errs[i] = invalid
	}
	return errs
}
