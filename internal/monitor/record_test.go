package monitor_test

import (
	"context"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/store/storetest"
)

// forgetful is a store that does not take down that a way down was told.
type forgetful struct{ heartbeat.Store }

func (s forgetful) SaveNotice(ctx context.Context, n heartbeat.Notice) error {
	if n.Flip.To == heartbeat.StatusDown && len(n.Deliveries) > 0 && n.Deliveries[0].State == heartbeat.DeliverySent {
		return storetest.ErrFault
	}
	return s.Store.SaveNotice(ctx, n)
}

// A message told of a way down and of the way back. Only that the older one was
// told cannot be recorded: repeated alone it would say that the check is down.
func TestRecord_ACrashLeavesNoOlderNoticeAlone(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.open = func(s heartbeat.Store) heartbeat.Store { return forgetful{s} }
		id := w.check("nightly", time.Hour, 0)
		w.ping(id, up)
		w.ping(id, fail)
		w.ping(id, up)
		w.start()
		time.Sleep(time.Second)
		w.stop()
		w.wantSaid(w.slack, "nightly down fail", "nightly up ping")
		w.open = nil
		w.start()
		time.Sleep(time.Minute)
		w.wantSaid(w.slack, "nightly down fail", "nightly up ping", "nightly down fail", "nightly up ping")
		w.nothingWaits()
	})
}
