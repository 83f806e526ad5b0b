// Package service is what people and jobs cause: it validates what they ask for,
// runs load → core → save, and retries lost races. It reads no clock: now is
// always an argument. It is the sibling of internal/monitor, which is what
// time causes; neither imports the other.
package service

import (
	"context"
	"time"

	"heartbeat"
)

// Config is what a Service needs.
type Config struct {
	Store heartbeat.Store
	// Zone is the IANA zone of checks that do not name one.
	Zone string
	// Changed is called, after the write is durable, with every check whose
	// deadline may have come nearer. It must not block. May be nil.
	Changed func(heartbeat.CheckID)
	// Owed is called after a write that added a notice. It must not block. May be nil.
	Owed func()
}

// Service acts on checks.
type Service struct{ cfg Config }

// New returns a service.
func New(cfg Config) *Service { return &Service{cfg: cfg} }

// Pulse is a ping in the original's manner: it names its check by four words
// and brings the settings that the check gets if this pulse creates it.
type Pulse struct {
	heartbeat.Names
	// Threshold (hours), Saturday ("0" or "1"), Worktime and Zone are as typed;
	// empty means the default. They are checked always and used at creation only.
	Threshold, Saturday, Worktime, Zone string
	// Ping is what to record. Its At must be set.
	Ping heartbeat.Ping
}

// Pulse records p, creating its check if need be. Errors: *heartbeat.Invalid
// (nothing stored) and those of heartbeat.Store.Ping.
func (s *Service) Pulse(ctx context.Context, p Pulse) (heartbeat.Pinged, error) {
	panic("to be written")
}

// Row is a check with everything that a page shows of it at one moment.
type Row struct {
	heartbeat.Check
	heartbeat.Outlook
	// Shown is the status to show: may be grace.
	Shown heartbeat.Status
	// Counted is the schedule's own time since the last ping; Delta is Counted minus
	// the period: negative while on time. Both are 0 before the first ping.
	Counted, Delta time.Duration
}

// SortKey names a column to sort by.
type SortKey string

// The columns. SortDelta, descending, is the default: late first.
const (
	SortDelta    SortKey = "delta"
	SortHost     SortKey = "host"
	SortCategory SortKey = "category"
	SortType     SortKey = "type"
	SortName     SortKey = "name"
	SortLast     SortKey = "last"
	SortCounted  SortKey = "counted"
	SortStatus   SortKey = "status"
)

// Query selects, orders and pages the table of checks.
type Query struct {
	// Filter holds words that must all occur in a check's names, whatever their
	// case; empty selects all.
	Filter string
	// Status selects checks that are shown with this status; empty selects all.
	Status heartbeat.Status
	Sort   SortKey
	Desc   bool
	// Page counts from 1; PerPage is how many rows a page has.
	Page, PerPage int
}

// List is one page of the table.
type List struct {
	Rows []Row
	// Total counts all checks, Matched those that the filters select.
	Total, Matched int
	// ByStatus counts all checks by the status they are shown with.
	ByStatus map[heartbeat.Status]int
	// Page is the page that was returned: the nearest that exists.
	Page, Pages int
}

// List returns one page of the table at now. Down checks come first when sorted
// by status or delta (descending); ties are broken by names.
func (s *Service) List(ctx context.Context, now time.Time, q Query) (List, error) {
	panic("to be written")
}

// Look returns one check at now; heartbeat.ErrNotFound.
func (s *Service) Look(ctx context.Context, now time.Time, id heartbeat.CheckID) (Row, error) {
	panic("to be written")
}

// History returns a check's most recent pings and flips, newest first.
func (s *Service) History(ctx context.Context, id heartbeat.CheckID, limit int) ([]heartbeat.Ping, []heartbeat.Flip, error) {
	panic("to be written")
}

// Edit is a change of settings as typed; a nil field leaves the setting alone.
type Edit struct {
	// Threshold and Grace are hours; Saturday is the original's "0" or "1" and
	// adds or removes that day in Worktime.
	Threshold, Grace, Saturday, Worktime, Zone, Holidays *string
}

// Edit changes a check's settings at now. Errors: heartbeat.ErrNotFound, and an
// Invalids listing every field that is wrong; then nothing is stored.
func (s *Service) Edit(ctx context.Context, now time.Time, id heartbeat.CheckID, e Edit) error {
	panic("to be written")
}

// Invalids are all the fields of a form that are wrong.
type Invalids []*heartbeat.Invalid

func (e Invalids) Error() string { panic("to be written") }

// Pause stops watching a check until its next ping or Resume.
func (s *Service) Pause(ctx context.Context, now time.Time, id heartbeat.CheckID) error {
	panic("to be written")
}

// Resume makes a paused check wait for its next ping as if new.
func (s *Service) Resume(ctx context.Context, now time.Time, id heartbeat.CheckID) error {
	panic("to be written")
}

// Delete removes a check and all that belongs to it.
func (s *Service) Delete(ctx context.Context, id heartbeat.CheckID) error {
	panic("to be written")
}

// Notices returns the most recent outbox entries, newest first, for the page of
// channels and deliveries.
func (s *Service) Notices(ctx context.Context, limit int) ([]heartbeat.Notice, error) {
	panic("to be written")
}

// Watch returns the monitor's memory of its own life.
func (s *Service) Watch(ctx context.Context) (heartbeat.Watch, error) {
	panic("to be written")
}
