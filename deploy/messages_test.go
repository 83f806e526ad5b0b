package deploy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/monitor"
	"heartbeat/internal/notify"
	"heartbeat/internal/store/memory"
)

// dead is a channel that takes nothing.
type dead struct{ again bool }

func (d dead) Notify(context.Context, notify.Message) error {
	return &notify.Failure{Again: d.again, Reason: "example.org answered"}
}

// messagesOf returns what a run of the monitor says in its log, as the function
// writes it, if its channel takes nothing.
func messagesOf(t *testing.T, channel notify.Notifier) map[string]bool {
	t.Helper()
	store, now := memory.New(), time.Now()
	ok(t, store.Add(t.Context(), check("late")))
	c, err := store.Check(t.Context(), check("late").ID)
	ok(t, err)
	ok(t, fall(t.Context(), store, c))
	var log bytes.Buffer
	m := monitor.New(monitor.Config{
		Store: store, Every: time.Minute, Logger: slog.New(slog.NewJSONHandler(&log, nil)),
		Channels: []notify.Channel{{ID: "slack", Notifier: channel}},
		Link:     func(heartbeat.CheckID) string { return "" },
	})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err = m.Once(ctx, now)
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
// once; each by what the monitor's log says.
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
	for again, counts := range map[bool]map[string]bool{
		true:  {"MessageRefused": true},
		false: {"MessageRefused": true, "MessageGivenUp": true},
	} {
		said := messagesOf(t, dead{again})
		for id, value := range map[string]string{"MessageRefused": "1", "MessageGivenUp": "3"} {
			const to = "Properties/MetricTransformations/0/"
			s.is(id, map[string]any{
				"Properties/LogGroupName": "<MonitorLogs>",
				to + "MetricNamespace":    "heartbeat/beat",
				to + "MetricName":         "MessagesNotTaken",
				to + "MetricValue":        value,
				to + "DefaultValue":       nil, // it would be paid for in quiet hours, too
			})
			var text string
			pattern := at(s.resources[id], "Properties/FilterPattern").(string)
			if _, err := fmt.Sscanf(pattern, "{ $.msg = %q }", &text); err != nil {
				t.Fatalf("%s: pattern %s: %v", id, pattern, err)
			}
			if said[text] != counts[id] {
				t.Errorf("again %v: %s looks for %q, the log says %v", again, id, text, said)
			}
		}
	}
}
