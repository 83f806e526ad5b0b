package storetest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"heartbeat"
)

// everything is a limit that nothing reaches.
const everything = 1_000_000

// farFuture is after every time that the suite writes.
var farFuture = time.Date(2250, 1, 1, 0, 0, 0, 0, time.UTC)

// subject is a store under test, with calls that end the test when they fail.
type subject struct {
	*testing.T
	ctx     context.Context
	store   heartbeat.Store
	harness Harness
}

func newSubject(t *testing.T, h Harness) *subject {
	t.Helper()
	s := &subject{T: t, store: h.Open(t), harness: h}
	// A store that hangs must fail by its rule, not by the time limit of all tests.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	s.ctx = ctx
	t.Cleanup(func() {
		cancel()
		if err := s.store.Close(); err != nil && !errors.Is(err, heartbeat.ErrClosed) {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// reopens tells whether the store can be closed and opened again.
func (s *subject) reopens() bool { return s.harness.Reopen != nil }

// lasting checks what must be true now, and again once the store was reopened.
func (s *subject) lasting(check func()) {
	s.Helper()
	check()
	if !s.reopens() {
		return
	}
	s.store = s.harness.Reopen(s.T, s.store)
	s.Log("the store was reopened")
	check()
}

func (s *subject) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("got error: %v", err)
	}
}

// wantErr checks that an operation ended with the error want.
func (s *subject) wantErr(operation string, got, want error) {
	s.Helper()
	if !errors.Is(got, want) {
		s.Errorf("%s: got error %v, want %v", operation, got, want)
	}
}

// same returns how values differ, or nothing; an empty slice is as good as none.
func same(got, want any) string {
	if reflect.DeepEqual(got, want) { // which is much faster
		return ""
	}
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}

func (s *subject) equal(what string, got, want any) {
	s.Helper()
	if diff := same(got, want); diff != "" {
		s.Errorf("%s differs (-want +got):\n%s", what, diff)
	}
}

func (s *subject) check(id heartbeat.CheckID) heartbeat.Check {
	s.Helper()
	c, err := s.store.Check(s.ctx, id)
	s.ok(err)
	return c
}

func (s *subject) checks() []heartbeat.Check {
	s.Helper()
	all, err := s.store.Checks(s.ctx)
	s.ok(err)
	return all
}

// add stores c and returns it as the store now has it.
func (s *subject) add(c heartbeat.Check) heartbeat.Check {
	s.Helper()
	s.ok(s.store.Add(s.ctx, c))
	return s.check(c.ID)
}

func (s *subject) ping(id heartbeat.CheckID, p heartbeat.Ping) heartbeat.Pinged {
	s.Helper()
	pinged, err := s.store.Ping(s.ctx, id, p, nil)
	s.ok(err)
	return pinged
}

func (s *subject) pings(id heartbeat.CheckID) []heartbeat.Ping {
	s.Helper()
	pings, err := s.store.Pings(s.ctx, id, everything)
	s.ok(err)
	return pings
}

func (s *subject) flips(id heartbeat.CheckID) []heartbeat.Flip {
	s.Helper()
	flips, err := s.store.Flips(s.ctx, id, everything)
	s.ok(err)
	return flips
}

// unfinished returns the unfinished notices, the earliest Next first.
func (s *subject) unfinished() []heartbeat.Notice {
	s.Helper()
	notices, err := s.store.Notices(s.ctx, farFuture, everything)
	s.ok(err)
	return notices
}

func (s *subject) noticeLog() []heartbeat.Notice {
	s.Helper()
	notices, err := s.store.NoticeLog(s.ctx, everything)
	s.ok(err)
	return notices
}

// addNotice stores n and returns it as the store now has it.
func (s *subject) addNotice(n heartbeat.Notice) heartbeat.Notice {
	s.Helper()
	s.ok(s.store.AddNotice(s.ctx, n))
	log := s.noticeLog()
	if len(log) == 0 {
		s.Fatal("the notice is not in the log")
	}
	return log[0]
}

// wantCheck compares a stored check with want, but for its revision.
func (s *subject) wantCheck(want heartbeat.Check) {
	s.Helper()
	got := s.check(want.ID)
	s.equal("check", bare(got), bare(want))
}

func (s *subject) wantFlips(id heartbeat.CheckID, newestFirst ...heartbeat.Flip) {
	s.Helper()
	s.equal("flips", s.flips(id), newestFirst)
}

// wantNotices compares the whole notice log, the newest first, but for what is
// the store's: IDs and revisions.
func (s *subject) wantNotices(newestFirst ...heartbeat.Notice) {
	s.Helper()
	s.equal("notice log", bareNotices(s.noticeLog()), bareNotices(newestFirst))
}

func bare(c heartbeat.Check) heartbeat.Check {
	c.Rev = 0
	return c
}

func bareNotices(notices []heartbeat.Notice) []heartbeat.Notice {
	notices = slices.Clone(notices)
	for i := range notices {
		notices[i].ID, notices[i].Rev = "", 0
	}
	return notices
}
