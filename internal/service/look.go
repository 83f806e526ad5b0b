package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule"
)

// Row is a check with everything that a page shows of it at one moment.
type Row struct {
	heartbeat.Check
	heartbeat.Outlook
	// Shown is the status to show: may be grace.
	Shown heartbeat.Status
	// Counted is the schedule's own time since the last ping, Allowed how much of it
	// may pass until the next is due: the period, or what lies between the last ping
	// and the moment that an expression names; Counted if none is due any more. Delta
	// is Counted minus Allowed: negative while on time. All are 0 before the first ping.
	Counted, Allowed, Delta time.Duration
	// Problem says why the check cannot be judged, such as a time zone that this
	// machine does not know any more; empty if all is well. Then Shown is the stored
	// status, nothing else above is set, and an edit can mend it.
	Problem string
}

// Look returns one check at now; heartbeat.ErrNotFound.
func (s *Service) Look(ctx context.Context, now time.Time, id heartbeat.CheckID) (Row, error) {
	check, err := s.cfg.Store.Check(ctx, id)
	if err != nil {
		return Row{}, err
	}
	watch, err := s.recentWatch(ctx, now)
	if err != nil {
		return Row{}, err
	}
	var row Row
	judge(&row, &check, now, watch.Blinds)
	return row, nil
}

// judge fills row with check as it stands at now.
func judge(row *Row, check *heartbeat.Check, now time.Time, blinds []heartbeat.Blind) {
	row.Check, row.Shown = *check, check.Status
	sched, err := schedule.Compile(check.Spec)
	if err != nil {
		row.Problem = err.Error()
		return
	}
	row.Outlook = check.Outlook(sched, blinds)
	row.Shown = check.Shown(row.Outlook, now)
	if !check.LastPing.IsZero() {
		row.Counted, row.Allowed = sched.Elapsed(check.LastPing, now), check.Period
		if check.Kind != heartbeat.SchedulePeriod {
			due := sched.Due(check.LastPing)
			if due.IsZero() {
				row.Allowed = row.Counted // nothing more is due: never late
			} else {
				row.Allowed = sched.Elapsed(check.LastPing, due)
			}
		}
		row.Delta = row.Counted - row.Allowed
	}
}

// History returns a check's most recent pings and flips, newest first.
func (s *Service) History(ctx context.Context, id heartbeat.CheckID, limit int) ([]heartbeat.Ping, []heartbeat.Flip, error) {
	pings, err := s.cfg.Store.Pings(ctx, id, limit)
	if err != nil {
		return nil, nil, err
	}
	flips, err := s.cfg.Store.Flips(ctx, id, limit)
	return pings, flips, err
}

// Notices returns the most recent outbox entries, newest first, for the page of
// channels and deliveries.
func (s *Service) Notices(ctx context.Context, limit int) ([]heartbeat.Notice, error) {
	return s.cfg.Store.NoticeLog(ctx, limit)
}

// Watch returns the monitor's memory of its own life; its zero value before the
// monitor's first sweep.
func (s *Service) Watch(ctx context.Context) (heartbeat.Watch, error) {
	var watch heartbeat.Watch
	value, err := s.cfg.Store.Value(ctx, heartbeat.KeyWatch)
	if errors.Is(err, heartbeat.ErrNotFound) {
		return watch, nil
	}
	if err != nil {
		return watch, err
	}
	if err := json.Unmarshal(value, &watch); err != nil {
		return heartbeat.Watch{}, fmt.Errorf("read the monitor's memory: %w", err)
	}
	return watch, nil
}

// watchAge is how old a watch that pages show may be. Alerts never come from
// it: the monitor reads its own.
const watchAge = time.Second

// watchCache keeps the watch that was read last.
type watchCache struct {
	mu    sync.Mutex
	read  bool
	at    time.Time
	watch heartbeat.Watch
}

func (s *Service) recentWatch(ctx context.Context, now time.Time) (heartbeat.Watch, error) {
	c := &s.watch
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.read && now.Sub(c.at).Abs() < watchAge {
		return c.watch, nil
	}
	watch, err := s.Watch(ctx)
	if err != nil {
		return heartbeat.Watch{}, err
	}
	c.read, c.at, c.watch = true, now, watch
	return watch, nil
}
