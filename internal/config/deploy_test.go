package config_test

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"heartbeat/internal/config"
)

func loadDeploy(t *testing.T, environ []string, args ...string) (config.Deploy, error) {
	t.Helper()
	var flags config.DeployFlags
	parser, err := kong.New(&flags, kong.Resolvers(config.NewEnvironment(environ)), kong.ExplicitGroups(config.Groups()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		return config.Deploy{}, err
	}
	return flags.Check()
}

func TestDeploy_NothingSaidIsNothingSet(t *testing.T) {
	t.Parallel()
	got, err := loadDeploy(t, nil)
	if err != nil || got.Secret != "" || got.PingKey != "" || got.SlackWebhooks != nil || got.Webhooks != nil || got.Timezone != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestDeploy_SecretsNeedNotStandOnTheCommandLine(t *testing.T) {
	t.Parallel()
	got, err := loadDeploy(t, []string{"HEARTBEAT_WEBHOOK=https://example.org/a"},
		"--slack-webhook-file", file(t, "https://example.org/b\n"), "--ping-key-file", file(t, "key-12345"), "--timezone=Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Webhooks) != 1 || len(got.SlackWebhooks) != 1 || got.PingKey.Reveal() != "key-12345" || *got.Timezone != "Europe/Berlin" {
		t.Errorf("got %+v", got)
	}
}

func TestDeploy_BadValuesSayWhatToType(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ arg, want string }{
		{"--timezone=Berlin", "such as Europe/Berlin"},
		{"--slack-webhook=hooks.example.org", "number 1 must be an absolute URL"},
		{"--secret=short", "at least 8 characters"},
		{"--ping-key=a/b/c/d/e", "letters (A-Z, a-z), digits"},
	} {
		if _, err := loadDeploy(t, nil, test.arg); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v", test.arg, err)
		}
	}
	if _, err := loadDeploy(t, nil, "--secret=the-same-word", "--ping-key=the-same-word"); err == nil {
		t.Error("the password may be the ping key")
	}
}
