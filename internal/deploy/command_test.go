package deploy_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"heartbeat/internal/deploy/artefact"
)

// command runs the program as a person would who has credentials in the
// environment, and returns what it prints.
func (c *cloud) command(t *testing.T, program string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = []string{
		"AWS_ENDPOINT_URL=" + c.URL, "AWS_REGION=" + c.region, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_EC2_METADATA_DISABLED=true", "HOME=" + t.TempDir(), "HEARTBEAT_SLACK_WEBHOOK=https://example.org/slack",
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

func TestCommand_FromDeployToDestroy(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	t.Parallel()
	c := newCloud(t, "ap-northeast-1")
	folder := t.TempDir()
	program, zip := filepath.Join(folder, "heartbeat"), filepath.Join(folder, "code.zip")
	if out, err := exec.Command("go", "build", "-o", program, "heartbeat/cmd/heartbeat").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	packed, err := artefact.Pack([]byte("\x7fELF\x02\x01" + strings.Repeat("\x00", 12) + "\xb7\x00"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(zip, packed, 0o600); err != nil {
		t.Fatal(err)
	}

	text, err := c.command(t, program, "deploy", "--zip", zip)
	if err == nil || !strings.Contains(text, "there is no terminal to ask at: add --yes") {
		t.Errorf("without --yes: %v\n%s", err, text)
	}
	text, err = c.command(t, program, "deploy", "--yes", "--zip", zip, "--timezone", "Asia/Tokyo", "--log-days", "7", "--ping-log", "off")
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, want := range []string{
		"Timezone        Asia/Tokyo", "LogDays         7", "PingLog         off", "slack-webhook   will be set",
		"A month with 73,000 pulses of 100 checks costs about", "Heartbeat runs.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not shown in:\n%s", want, text)
		}
	}
	curl := regexp.MustCompile(`curl '` + c.URL + `/heartbeat/([a-z0-9]{32})/pulse\?host=`).FindStringSubmatch(text)
	token := regexp.MustCompile(`/heartbeat/dashboard\?secret=(\S+)`).FindStringSubmatch(text)
	if curl == nil || token == nil {
		t.Fatalf("no curl line or no login link in:\n%s", text)
	}
	c.opens(t, token[1], curl[1])

	// Nothing answers behind the address, which status must notice.
	text, err = c.command(t, program, "status", "--login", "--keys")
	if err == nil || !strings.Contains(text, "Ping key   "+curl[1]) || !strings.Contains(text, "it does not work as it should") {
		t.Errorf("status: %v\n%s", err, text)
	}
	if text, err = c.command(t, program, "logs"); err != nil || !strings.Contains(text, "nothing was logged") {
		t.Errorf("logs: %v\n%s", err, text)
	}
	if text, err = c.command(t, program, "destroy", "--yes", "--delete-tables", "heartbeat"); err != nil {
		t.Errorf("destroy: %v\n%s", err, text)
	}
	c.nothing(t)
}
