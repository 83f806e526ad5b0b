package deploy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/monitor"
	"heartbeat/internal/notify"
	"heartbeat/internal/notify/notifytest"
	"heartbeat/internal/store/memory"
)

// dead is a channel that takes nothing.
type dead struct{ again bool }

func (d dead) Notify(context.Context, notify.Message) error {
	return &notify.Failure{Again: d.again, Reason: "example.org answered"}
}

// loses adds a check whose way down is owed to all channels.
func loses(t *testing.T, store heartbeat.Store) {
	t.Helper()
	ok(t, store.Add(t.Context(), check("late")))
	c, err := store.Check(t.Context(), check("late").ID)
	ok(t, err)
	ok(t, fall(t.Context(), store, c))
}

// owes adds a notice of before yesterday, and returns when it was owed.
func owes(t *testing.T, store heartbeat.Store, deliveries ...heartbeat.Delivery) time.Time {
	t.Helper()
	before := time.Now().Add(-25 * time.Hour)
	flip := heartbeat.Flip{At: before, From: heartbeat.StatusUp, To: heartbeat.StatusDown, Reason: heartbeat.ReasonLate}
	n := *heartbeat.NoticeFor(check("gone").ID, &flip)
	n.Created, n.Next, n.Deliveries = before, before, deliveries
	ok(t, store.AddNotice(t.Context(), n))
	return before
}

// messagesOf returns what a run of the monitor says in its log, as the function
// writes it, with one channel at most.
func messagesOf(t *testing.T, store heartbeat.Store, channel notify.Notifier) map[string]bool {
	t.Helper()
	var log bytes.Buffer
	var channels []notify.Channel
	if channel != nil {
		channels = append(channels, notify.Channel{ID: "slack", Notifier: channel})
	}
	m := monitor.New(monitor.Config{
		Store: store, Every: time.Minute, Logger: slog.New(slog.NewJSONHandler(&log, nil)),
		Channels: notifytest.Given(channels...),
		Link:     func(heartbeat.CheckID) string { return "" },
	})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err := m.Once(ctx, time.Now())
	ok(t, err)
	said := map[string]bool{}
	for line := range strings.Lines(log.String()) {
		var is struct{ Msg string }
		ok(t, json.Unmarshal([]byte(line), &is))
		said[is.Msg] = true
	}
	return said
}

// A channel that is away rings after some attempts, a message that is lost at
// once, and one that nobody needs any more not at all: each by what the monitor's
// log says.
func TestAlarm_MessagesDoNotArrive(t *testing.T) {
	t.Parallel()
	s := newStack(t, withHTTPAPI)
	s.is("MessagesNotTaken", map[string]any{
		"Properties/Namespace":  "heartbeat/beat",
		"Properties/MetricName": "MessagesNotTaken",
		"Properties/Statistic":  "Sum",
		"Properties/Period":     "3600",
	})
	same(t, "filters", s.of("AWS::Logs::MetricFilter"), []string{"MessageGivenUp", "MessageRefused"})
	text := map[string]string{} // that a filter looks for
	for id, value := range map[string]string{"MessageRefused": "1", "MessageGivenUp": "3"} {
		const to = "Properties/MetricTransformations/0/"
		s.is(id, map[string]any{
			"Properties/LogGroupName": "<MonitorLogs>",
			to + "MetricNamespace":    "heartbeat/beat",
			to + "MetricName":         "MessagesNotTaken",
			to + "MetricValue":        value,
			to + "DefaultValue":       nil, // it would be paid for in quiet hours, too
		})
		var words string
		pattern := at(s.resources[id], "Properties/FilterPattern").(string)
		if _, err := fmt.Sscanf(pattern, "{ $.msg = %q }", &words); err != nil {
			t.Fatalf("%s: pattern %s: %v", id, pattern, err)
		}
		text[id] = words
	}
	for _, c := range []struct {
		name    string
		prepare func(heartbeat.Store)
		channel notify.Notifier // nil: there is none
		counts  []string        // the filters that find something
	}{
		{"away", func(s heartbeat.Store) { loses(t, s) }, dead{again: true}, []string{"MessageRefused"}},
		{"refused for good", func(s heartbeat.Store) { loses(t, s) }, dead{}, []string{"MessageRefused", "MessageGivenUp"}},
		{"no longer set up", func(s heartbeat.Store) {
			c := check("gone")
			c.Status, c.Since = heartbeat.StatusDown, owes(t, s, heartbeat.Delivery{Channel: "old", State: heartbeat.DeliveryWaiting, Next: moment})
			ok(t, s.Add(t.Context(), c))
		}, nil, []string{"MessageGivenUp"}},
		{"check deleted", func(s heartbeat.Store) { owes(t, s) }, dead{}, nil},
	} {
		store := memory.New()
		c.prepare(store)
		said := messagesOf(t, store, c.channel)
		for id, words := range text {
			if said[words] != slices.Contains(c.counts, id) {
				t.Errorf("%s: %s looks for %q, the log says %v", c.name, id, words, said)
			}
		}
		if len(said) == 0 {
			t.Errorf("%s: the log says nothing", c.name)
		}
	}
}
