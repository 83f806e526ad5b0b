package webhook_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heartbeat"
	"heartbeat/internal/notify"
	"heartbeat/internal/notify/notifytest"
	"heartbeat/internal/notify/webhook"
)

var update = flag.Bool("update", false, "write the golden files")

func TestNotifier(t *testing.T) {
	t.Parallel()
	notifytest.Run(t, func(url string, client *notify.Client) notify.Notifier {
		return webhook.New(webhook.Config{URL: url, Client: client})
	})
}

// sent returns the request that m becomes.
func sent(t *testing.T, m notify.Message) notifytest.Request {
	t.Helper()
	r := notifytest.NewReceiver(t)
	client := notify.NewClient(notify.ClientConfig{AllowPrivate: true})
	if err := webhook.New(webhook.Config{URL: r.URL(), Client: client}).Notify(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return r.Wait(t, 1)[0]
}

func TestNotify_Golden(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	if err := json.Indent(&got, sent(t, notifytest.Message()).Body, "", "  "); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "message.json")
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got; -update writes it):\n%s", path, diff)
	}
}

func TestNotify_ScheduleInThePlaceOfThreshold(t *testing.T) {
	t.Parallel()
	m := notifytest.Message()
	m.Events = m.Events[:1]
	c := &m.Events[0].Check
	c.Slug, c.Kind, c.Expression = "nightly-backup", heartbeat.ScheduleCron, "0 3 * * *"
	var got webhook.Payload
	if err := json.Unmarshal(sent(t, m).Body, &got); err != nil {
		t.Fatal(err)
	}
	if f := got.Events[0].Flip; f.Slug != "nightly-backup" || f.Schedule != "0 3 * * *" || f.ThresholdSeconds != 0 {
		t.Errorf("got slug %q, schedule %q, threshold %v", f.Slug, f.Schedule, f.ThresholdSeconds)
	}
}

func TestNotify_EventsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	m := notifytest.Message()
	var p webhook.Payload
	if err := json.Unmarshal(sent(t, m).Body, &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Events) != len(m.Events) {
		t.Fatalf("%d events, want %d", len(p.Events), len(m.Events))
	}
	for i, e := range p.Events {
		if e.Notice != string(m.Events[i].Notice) {
			t.Errorf("event %d is %s, want %s", i, e.Notice, m.Events[i].Notice)
		}
		if (e.Flip == nil) == (e.Blind == nil) {
			t.Errorf("event %d has both or neither of flip and blind", i)
		}
	}
}

func TestNotify_IdempotencyKeyIsThatOfTheNotices(t *testing.T) {
	t.Parallel()
	key := func(m notify.Message) string { return sent(t, m).Header.Get("Idempotency-Key") }
	m := notifytest.Message()
	first := key(m)
	if len(first) != 64 {
		t.Errorf("key is %q, want 64 digits", first)
	}
	m.Events[0].Check.Name = "renamed"
	if got := key(m); got != first {
		t.Error("the same notices have another key")
	}
	m.Events[0].Notice, m.Events[1].Notice = "n1n", "2"
	if got := key(m); got == first {
		t.Error("other notices have the same key")
	}
	m.Events = m.Events[:2]
	joined := key(m)
	m.Events[0].Notice, m.Events[1].Notice = "n1", "n2"
	if got := key(m); got == joined {
		t.Error("notice IDs are joined without a boundary")
	}
}

func TestChannel(t *testing.T) {
	t.Parallel()
	client := notify.NewClient(notify.ClientConfig{})
	c := webhook.New(webhook.Config{URL: "https://user:secret@hooks.example.org/secret", Client: client}).Channel("webhook")
	if c.ID != "webhook" || c.Target != "hooks.example.org/…" || c.Problem != "" || c.Notifier == nil {
		t.Errorf("channel is %+v", c)
	}
	if c := webhook.New(webhook.Config{URL: "hooks.example.org", Client: client}).Channel("webhook"); c.Problem == "" {
		t.Error("a URL without a scheme is no problem")
	}
}
