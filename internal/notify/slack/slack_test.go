package slack_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat"
	"heartbeat/internal/notify"
	"heartbeat/internal/notify/notifytest"
	"heartbeat/internal/notify/slack"
)

var update = flag.Bool("update", false, "write the golden files")

func TestNotifier(t *testing.T) {
	t.Parallel()
	notifytest.Run(t, func(url string, client *notify.Client) notify.Notifier {
		return slack.New(slack.Config{URL: url, Client: client})
	})
}

// sent returns the bodies of the requests that m becomes.
func sent(t testing.TB, m notify.Message, answers ...notifytest.Answer) ([][]byte, error) {
	t.Helper()
	r := notifytest.NewReceiver(t)
	r.Next(answers...)
	client := notify.NewClient(notify.ClientConfig{AllowPrivate: true})
	err := slack.New(slack.Config{URL: r.URL(), Client: client}).Notify(t.Context(), m)
	var bodies [][]byte
	for _, req := range r.Requests() {
		bodies = append(bodies, req.Body)
	}
	return bodies, err
}

func TestNotify_Golden(t *testing.T) {
	t.Parallel()
	all := notifytest.Message()
	one := func(i int) notify.Message {
		return notify.Message{Events: all.Events[i : i+1], Dashboard: all.Dashboard}
	}
	many := notify.Message{Dashboard: all.Dashboard}
	for range 30 {
		many.Events = append(many.Events, all.Events[:4]...)
	}
	for name, m := range map[string]notify.Message{
		"all": all, "late": one(0), "overrun": one(1), "fail": one(2), "up": one(3), "blind": one(4), "many": many,
		"test": {Test: true, Dashboard: all.Dashboard},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bodies, err := sent(t, m)
			if err != nil || len(bodies) != 1 {
				t.Fatalf("%d requests, %v", len(bodies), err)
			}
			golden(t, name+".json", indent(t, bodies[0]))
		})
	}
}

// indent makes a message legible; it does not escape what JSON need not.
func indent(t *testing.T, body []byte) []byte {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestNotify_WithoutNamesAndWithExpression(t *testing.T) {
	t.Parallel()
	m := notifytest.Message()
	m.Events = m.Events[:1]
	c := &m.Events[0].Check
	c.Names, c.Slug = heartbeat.Names{}, "nightly-backup"
	c.Spec = heartbeat.Spec{Kind: heartbeat.ScheduleCron, Expression: "0 3 * * *", Period: 24 * time.Hour, Worktime: "always", Zone: "UTC"}
	bodies, err := sent(t, m)
	if err != nil || len(bodies) != 1 {
		t.Fatal(len(bodies), err)
	}
	body := string(bodies[0])
	for _, want := range []string{"nightly-backup is down", "`nightly-backup` *is down*", "cron 0 3 * * * (UTC)"} {
		if !strings.Contains(body, want) {
			t.Errorf("the message lacks %q: %s", want, body)
		}
	}
	if strings.Contains(body, "threshold") {
		t.Errorf("a threshold is told of a check with an expression: %s", body)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got; -update writes it):\n%s", path, diff)
	}
}

func TestNotify_PlainTextWhenBlocksAreRefused(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"} {
		bodies, err := sent(t, notifytest.Message(), notifytest.Answer{Status: 400, Body: answer})
		if err != nil || len(bodies) != 2 {
			t.Fatalf("%s: %d requests, %v; want 2 and no error", answer, len(bodies), err)
		}
		if bytes.Contains(bodies[1], []byte(`"blocks"`)) || !bytes.Contains(bodies[1], []byte("report")) {
			t.Errorf("%s: second message is %s", answer, bodies[1])
		}
	}
}

func TestNotify_AgainUnlessSlackRefusesTheMessage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status int
		answer string
		again  bool
	}{
		{400, "invalid_payload", false},
		{403, "action_prohibited", true}, // these a person can undo within the day
		{404, "no_service", true},
		{410, "channel_is_archived", true},
	} {
		bodies, err := sent(t, notifytest.Message(), notifytest.Answer{Status: tt.status, Body: tt.answer})
		f := new(notify.Failure)
		if !errors.As(err, &f) || f.Again != tt.again || !strings.Contains(f.Reason, tt.answer) || len(bodies) != 1 {
			t.Errorf("%d %s: %d requests, %v", tt.status, tt.answer, len(bodies), err)
		}
	}
}

func TestChannel(t *testing.T) {
	t.Parallel()
	c := slack.New(slack.Config{
		URL: "https://hooks.slack.com/services/T0/B0/secret", Client: notify.NewClient(notify.ClientConfig{}),
	}).Channel("slack")
	if c.ID != "slack" || c.Target != "hooks.slack.com/services/…" || c.Problem != "" || c.Notifier == nil {
		t.Errorf("channel is %+v", c)
	}
	c = slack.New(slack.Config{URL: "http://127.0.0.1/x", Client: notify.NewClient(notify.ClientConfig{})}).Channel("slack")
	if !strings.Contains(c.Problem, "--allow-private-targets") {
		t.Errorf("problem is %q", c.Problem)
	}
}

func message(names heartbeat.Names, detail string, count int) notify.Message {
	m := notifytest.Message()
	events := m.Events
	m.Events = nil
	for i := range max(count, 1) {
		e := events[i%len(events)]
		e.Check.Names, e.Flip.Detail = names, detail
		e.Check.Holidays, e.Check.Desc, e.Project = detail, detail, detail
		m.Events = append(m.Events, e)
	}
	return m
}
