package deploy_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"heartbeat/internal/deploy"
)

func TestStatus_SaysWhetherItWorks(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "ca-central-1")
	d, out := c.deployer(t, "heartbeat")
	if err := d.Status(t.Context(), deploy.StatusOptions{}); err == nil || !strings.Contains(err.Error(), `"heartbeat deploy" makes one`) {
		t.Errorf("without a stack: got %v", err)
	}
	mustDeploy(t, d, options(t, c))
	out.take()

	answer, pulses := http.StatusOK, http.StatusForbidden
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/readyz":
			http.Error(w, "the monitor is silent", answer)
		case "/heartbeat/pulse":
			http.Error(w, "a pulse needs its key", pulses)
		default:
			t.Errorf("asked for %s", r.URL)
		}
	}))
	t.Cleanup(page.Close)
	c.edit = func(_ url.Values, xml string) string {
		return strings.ReplaceAll(xml, c.URL+"/heartbeat", page.URL+"/heartbeat")
	}
	if err := d.Status(t.Context(), deploy.StatusOptions{}); err != nil {
		t.Error(err)
	}
	out.shows("create complete, since", "v1.0.0, tables heartbeat-state and heartbeat-log of schema 1", page.URL+"/heartbeat/dashboard", "Works      yes")

	err := d.Status(t.Context(), deploy.StatusOptions{
		Keys:  true,
		Login: func(context.Context, deploy.Stack) (string, error) { return "one-time", nil },
	})
	if err != nil {
		t.Error(err)
	}
	secrets, err := d.ReadSecrets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out.shows("/heartbeat/dashboard?secret=one-time", "Secret     "+secrets.Secret, "Ping key   "+secrets.PingKey)

	answer = http.StatusServiceUnavailable
	err = d.Status(t.Context(), deploy.StatusOptions{})
	if err == nil || !strings.Contains(err.Error(), "503") || !strings.Contains(err.Error(), "the monitor is silent") ||
		!strings.Contains(err.Error(), "heartbeat logs --region ca-central-1") {
		t.Errorf("got %v", err)
	}

	answer, pulses = http.StatusOK, http.StatusBadGateway
	err = d.Status(t.Context(), deploy.StatusOptions{})
	if err == nil || !strings.Contains(err.Error(), "no pulse is taken") || strings.Contains(err.Error(), "silent") {
		t.Errorf("the function of pulses fails: got %v", err)
	}
}

func TestLogs_OfAllFunctionsInOrderOfTime(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "sa-east-1")
	d, out := c.deployer(t, "heartbeat")
	if err := d.Logs(t.Context(), deploy.LogOptions{Since: time.Minute}); err == nil || !strings.Contains(err.Error(), "there is no stack") {
		t.Errorf("without a stack: got %v", err)
	}
	mustDeploy(t, d, options(t, c))
	out.take()
	if err := d.Logs(t.Context(), deploy.LogOptions{Since: time.Minute}); err != nil {
		t.Fatal(err)
	}
	out.shows("nothing was logged in the last 1m0s")

	now := time.Now()
	c.log(t, "web", now.Add(-20*time.Second), `{"level":"INFO","msg":"second"}`)
	c.log(t, "monitor", now.Add(-30*time.Second), `{"level":"WARN","msg":"first","tries":2}`)
	c.log(t, "pulse", now.Add(-time.Hour), "long ago")
	if err := d.Logs(t.Context(), deploy.LogOptions{Since: 10 * time.Minute}); err != nil {
		t.Fatal(err)
	}
	text := out.take()
	first, second := strings.Index(text, "monitor  WARN first tries=2\n"), strings.Index(text, "web      INFO second\n")
	if first < 0 || second < first || strings.Contains(text, "long ago") {
		t.Errorf("got\n%s", text)
	}
	if err := d.Logs(t.Context(), deploy.LogOptions{Since: 2 * time.Hour, Function: "pulse"}); err != nil {
		t.Fatal(err)
	}
	if text := out.take(); !strings.Contains(text, "long ago") || strings.Contains(text, "first") {
		t.Errorf("of one function:\n%s", text)
	}
}

func TestLogs_FollowShowsEachLineOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "eu-south-1")
	d, out := c.deployer(t, "heartbeat")
	mustDeploy(t, d, options(t, c))
	out.take()
	c.log(t, "web", time.Now().Add(-time.Second), "one")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- d.Logs(ctx, deploy.LogOptions{Since: time.Minute, Follow: true}) }()
	until := func(word string) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if out.has(word) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%q never came", word)
			}
		}
	}
	until("one")
	c.log(t, "web", time.Now(), "two")
	until("two")
	time.Sleep(100 * time.Millisecond) // some more looks
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the end of following is no error: %v", err)
	}
	if text := out.take(); strings.Count(text, "one") != 1 || strings.Count(text, "two") != 1 {
		t.Errorf("got\n%s", text)
	}
}

// log makes a function of the stack heartbeat have logged a line.
func (c *cloud) log(t *testing.T, function string, at time.Time, line string) {
	t.Helper()
	client := cloudwatchlogs.NewFromConfig(c.config())
	group, stream := aws.String("/heartbeat/heartbeat/"+function), aws.String(at.Format("150405.000000000"))
	_, err := client.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: group, LogStreamName: stream})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{
		LogGroupName: group, LogStreamName: stream,
		LogEvents: []types.InputLogEvent{{Message: &line, Timestamp: aws.Int64(at.UnixMilli())}},
	})
	if err != nil {
		t.Fatal(err)
	}
}
