package memory_test

import (
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) heartbeat.Store { return memory.New() })
}

func TestNoticeLog_ForgetsOnlyOldFinishedNotices(t *testing.T) {
	t.Parallel()
	s := memory.New()
	owed := heartbeat.Notice{Check: heartbeat.CheckID{1}, Next: time.Unix(1, 0)}
	if err := s.AddNotice(t.Context(), owed); err != nil {
		t.Fatal(err)
	}
	const sent = 10_000
	for i := range sent {
		if err := s.AddNotice(t.Context(), heartbeat.Notice{Created: time.Unix(int64(i), 0)}); err != nil {
			t.Fatal(err)
		}
	}
	log, err := s.NoticeLog(t.Context(), sent+1)
	if err != nil {
		t.Fatal(err)
	}
	if len(log) < 1001 || len(log) > 3001 {
		t.Errorf("the log holds %d notices of %d, want between 1001 and 3001", len(log), sent)
	}
	for i, n := range log[:1000] {
		if want := time.Unix(int64(sent-1-i), 0); !n.Created.Equal(want) {
			t.Fatalf("notice %d of the log was created at %v, want %v", i, n.Created, want)
		}
	}
	if last := log[len(log)-1]; last.Check != owed.Check {
		t.Errorf("the oldest notice is %+v, want the unfinished one", last)
	}
}
