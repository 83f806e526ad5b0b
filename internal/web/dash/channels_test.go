package dash_test

import (
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/notify"
	"heartbeat/internal/notify/notifytest"
	"heartbeat/internal/web/dash"
)

func TestChannels_SayAProblemOnce(t *testing.T) {
	t.Parallel()
	const problem = "127.0.0.1 is a loopback address"
	w := newWorld(t, func(c *dash.Config) {
		c.Channels = notifytest.Given(notify.Channel{ID: "slack", Target: "127.0.0.1:9", Problem: problem})
	})
	w.pulse("web1/backup/cron/nightly", time.Hour, kind(heartbeat.KindFail))
	w.deliver(func(int, heartbeat.Notice) heartbeat.Delivery {
		return heartbeat.Delivery{State: heartbeat.DeliveryWaiting, Attempts: 1, Next: noon.Add(time.Minute), Error: problem}
	})
	if got := texts(w.get("/heartbeat/channels").all(".channel .problem")); len(got) != 1 || got[0] != problem {
		t.Errorf("the channel's problems are %q, want one: %q", got, problem)
	}
}
