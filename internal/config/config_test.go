package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	_ "time/tzdata" // machines without a time zone database run tests too

	"github.com/alecthomas/kong"

	"heartbeat/internal/config"
)

// load reads a command line and an environment as the program does.
func load(t *testing.T, environ []string, args ...string) (config.Config, error) {
	t.Helper()
	var flags config.Flags
	parser, err := kong.New(&flags,
		kong.Resolvers(config.NewEnvironment(environ)),
		kong.ValueFormatter(config.HelpWithVariable),
		kong.ExplicitGroups(config.Groups()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		return config.Config{}, err
	}
	return flags.Check()
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheck_Defaults(t *testing.T) {
	t.Parallel()
	got, err := load(t, []string{"PATH=/bin", "HOME=/"})
	if err != nil {
		t.Fatal(err)
	}
	if got.Listen != "127.0.0.1:8080" || got.Store.String() != "sqlite:heartbeat.db" || got.BaseURL != nil ||
		got.Secret != "" || got.PingKey != "" || got.OpenPulse || got.AllowPrivateTargets ||
		got.Timezone != "UTC" || got.LogLevel != slog.LevelInfo || got.LogJSON ||
		len(got.SlackWebhooks)+len(got.Webhooks)+len(got.TrustedProxies) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestCheck_EverySettingFromEnvironment(t *testing.T) {
	t.Parallel()
	got, err := load(t, []string{
		"HEARTBEAT_LISTEN=:9000",
		"HEARTBEAT_STORE=memory:",
		"HEARTBEAT_BASE_URL=https://example.org/tools/",
		"HEARTBEAT_SECRET=correct horse",
		"HEARTBEAT_PING_KEY=abc-DEF_123",
		"HEARTBEAT_OPEN_PULSE=1",
		"HEARTBEAT_SLACK_WEBHOOK=https://example.org/a, https://example.org/b\nhttps://example.org/c",
		"HEARTBEAT_WEBHOOK=https://example.org/hook",
		"HEARTBEAT_ALLOW_PRIVATE_TARGETS=true",
		"HEARTBEAT_TIMEZONE=Europe/Berlin",
		"HEARTBEAT_TRUSTED_PROXIES=10.1.2.3/8,::1",
		"HEARTBEAT_LOG_LEVEL=warn",
		"HEARTBEAT_LOG_FORMAT=json",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Listen != ":9000" || got.Store.Kind != "memory" || got.BaseURL.String() != "https://example.org/tools" ||
		got.Secret.Reveal() != "correct horse" || got.PingKey.Reveal() != "abc-DEF_123" || !got.OpenPulse ||
		len(got.SlackWebhooks) != 3 || got.SlackWebhooks[1].Reveal() != "https://example.org/b" ||
		len(got.Webhooks) != 1 || !got.AllowPrivateTargets || got.Timezone != "Europe/Berlin" ||
		fmt.Sprint(got.TrustedProxies) != "[10.0.0.0/8 ::1/128]" || got.LogLevel != slog.LevelWarn || !got.LogJSON {
		t.Errorf("got %+v", got)
	}
}

func TestCheck_FlagBeforeEnvironmentBeforeDefault(t *testing.T) {
	t.Parallel()
	environ := []string{"HEARTBEAT_LISTEN=:1111", "HEARTBEAT_TIMEZONE=Asia/Tokyo"}
	got, err := load(t, environ, "--listen", ":2222")
	if err != nil {
		t.Fatal(err)
	}
	if got.Listen != ":2222" || got.Timezone != "Asia/Tokyo" || got.Store.Kind != "sqlite" {
		t.Errorf("got %+v", got)
	}
}

func TestCheck_SecretsFromFiles(t *testing.T) {
	t.Parallel()
	got, err := load(t, []string{"HEARTBEAT_SECRET_FILE=" + file(t, "open sesame\r\n")},
		"--ping-key-file", file(t, "key-12345"),
		"--slack-webhook-file", file(t, "https://example.org/a\nhttps://example.org/b\n\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Secret.Reveal() != "open sesame" || got.PingKey.Reveal() != "key-12345" || len(got.SlackWebhooks) != 2 {
		t.Errorf("got %q, %q, %d webhooks", got.Secret.Reveal(), got.PingKey.Reveal(), len(got.SlackWebhooks))
	}
}

func TestCheck_BadValuesSayWhatToType(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tests := []struct {
		arg, env string
		want     string
	}{
		{arg: "--listen=8080", want: `--listen "8080" has no colon: type :8080`},
		{arg: "--listen=localhost", want: "must be host:port, such as 127.0.0.1:8080"},
		{arg: "--listen=:99999", want: "a number up to 65535"},
		{arg: "--listen=http://localhost:80", want: "host:port"},
		{arg: "--store=heartbeat.db", want: "type sqlite:heartbeat.db"},
		{arg: "--store=sqlite:", want: "has no file"},
		{arg: "--store=memory", want: "type memory:"},
		{arg: "--store=sqlite::memory:", want: "type memory:"},
		{arg: "--store=memory:x", want: "nothing after the colon"},
		{arg: "--store=dynamodb:", want: "type dynamodb:heartbeat?region=eu-central-1"},
		{arg: "--store=dynamodb:a b", want: "a prefix of letters, digits"},
		{arg: "--store=dynamodb:hb?zone=x", want: `no option "zone", only region, endpoint, create and log`},
		{arg: "--store=dynamodb:hb?log=maybe", want: "log must be on, or off"},
		{arg: "--store=dynamodb:hb?endpoint=localhost:8000", want: "such as http://127.0.0.1:8000"},
		{arg: "--store=dynamodb:hb?create=maybe", want: "create must be true or false"},
		{arg: "--store=postgres://x", want: `no store "postgres"`},
		{arg: "--store=", want: "--store is empty"},
		{arg: "--base-url=example.org", want: "must be absolute, such as https://example.org"},
		{arg: "--base-url=ftp://example.org", want: "must be absolute"},
		{arg: "--base-url=https://u:p@example.org", want: "must not hold a user"},
		{arg: "--base-url=https://example.org/?x=1", want: "leave out what begins with ?"},
		{arg: "--secret=", want: "--secret is set but empty: leave it out to have one made"},
		{arg: "--secret=short", want: "at least 8 characters"},
		{arg: "--secret= leading space", want: "begin or end with spaces"},
		{arg: "--secret-file=" + dir, want: "is a directory"},
		{arg: "--secret-file=" + filepath.Join(dir, "none"), want: "does not exist"},
		{arg: "--secret-file=", want: "is set but empty"},
		{arg: "--secret-file=" + file(t, ""), want: "--secret is set but empty"},
		{arg: "--secret-file=" + file(t, "one line\nanother\n"), want: "has 2 lines"},
		{arg: "--secret-file=" + file(t, strings.Repeat("x", 70_000)), want: "is it the right file?"},
		{arg: "--ping-key=with/slash", want: "letters (A-Z, a-z), digits, - and _ only"},
		{arg: "--ping-key=abc", want: "at least 8 characters"},
		{arg: "--webhook=ftp://hooks.example.org/x", want: "begins with https:// or http://"},
		{arg: "--slack-webhook=hooks.example.org", want: "number 1 must be an absolute URL"},
		{arg: "--webhook-file=" + file(t, "https://example.org/a\nhttps://example.org/a\n"), want: "number 2 is there already"},
		{arg: "--timezone=Berlin", want: "such as Europe/Berlin"},
		{arg: "--timezone=Local", want: "such as Europe/Berlin"},
		{arg: "--timezone=right/Europe/Berlin", want: "such as Europe/Berlin"}, // checks refuse it
		{arg: "--timezone=europe/berlin", want: "did you mean Europe/Berlin?"},
		{arg: "--timezone=", want: "such as Europe/Berlin"},
		{arg: "--trusted-proxies=proxy.example.org", want: "such as 10.0.0.7"},
		{arg: "--log-level=loud", want: "must be debug, info, warn or error"},
		{arg: "--log-format=xml", want: "must be text or json"},
		{arg: "--listne=:80", want: `did you mean "--listen"?`},
		{env: "HEARTBEAT_LISTNE=:80", want: "did you mean HEARTBEAT_LISTEN?"},
		{env: "HEARTBEAT_PINGKEY=abcdefgh", want: "did you mean HEARTBEAT_PING_KEY?"},
		{env: "HEARTBEAT_COLOUR_OF_THE_SKY=blue", want: "heartbeat serve --help lists all"},
		{env: "HEARTBEAT_SECRET=", want: "HEARTBEAT_SECRET is set but empty"},
		{env: "HEARTBEAT_LISTEN=", want: "HEARTBEAT_LISTEN is set but empty"},
		{env: "HEARTBEAT_SLACK_WEBHOOK= , ", want: "nothing but separators"},
		{env: "HEARTBEAT_OPEN_PULSE=maybe", want: "--open-pulse"},
	}
	for _, test := range tests {
		t.Run(test.arg+test.env, func(t *testing.T) {
			t.Parallel()
			var args, environ []string
			if test.arg != "" {
				args = append(args, test.arg)
			}
			if test.env != "" {
				environ = append(environ, test.env)
			}
			if _, err := load(t, environ, args...); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want …%s…", err, test.want)
			}
		})
	}
}

func TestCheck_PlainAndFileAtOnceIsRefused(t *testing.T) {
	t.Parallel()
	path := file(t, "open sesame")
	for _, test := range []struct{ env, arg string }{
		{"HEARTBEAT_SECRET=open sesame", "--secret-file=" + path},
		{"HEARTBEAT_SECRET_FILE=" + path, "--secret=open sesame"},
		{"HEARTBEAT_PING_KEY=key-12345", "--ping-key-file=" + path},
		{"HEARTBEAT_SLACK_WEBHOOK=https://example.org/", "--slack-webhook-file=" + path},
	} {
		_, err := load(t, []string{test.env}, test.arg)
		if err == nil || !strings.Contains(err.Error(), "are both set") {
			t.Errorf("%s with %s: got %v", test.env, test.arg, err)
		}
	}
}

func TestCheck_ReportsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	_, err := load(t, nil, "--listen=x", "--store=x", "--timezone=x", "--secret=x")
	if err == nil || strings.Count(err.Error(), "\n") != 3 {
		t.Errorf("got %v, want four lines", err)
	}
}

func TestCheck_PasswordMustNotBeThePingKey(t *testing.T) {
	t.Parallel()
	if _, err := load(t, nil, "--secret=the-same-word", "--ping-key=the-same-word"); err == nil {
		t.Error("got no error")
	}
}

func TestEnvironment_PassesOverWhatOrchestratorsSet(t *testing.T) {
	t.Parallel()
	_, err := load(t, []string{
		"HEARTBEAT_SERVICE_HOST=10.0.0.1", "HEARTBEAT_SERVICE_PORT=80", "HEARTBEAT_SERVICE_PORT_HTTP=80",
		"HEARTBEAT_PORT=tcp://10.0.0.1:80", "HEARTBEAT_PORT_80_TCP=tcp://10.0.0.1:80",
		"HEARTBEAT_PORT_80_TCP_ADDR=10.0.0.1", "HEARTBEAT_WEB_SERVICE_HOST=10.0.0.2",
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := load(t, []string{"HEARTBEAT_PORT=8080"}); err == nil {
		t.Error("HEARTBEAT_PORT=8080 was taken for a setting")
	}
}

func TestConfig_SecretsNeverShow(t *testing.T) {
	t.Parallel()
	cfg, err := load(t, nil, "--secret=needle-one", "--ping-key=needle-two",
		"--slack-webhook=https://example.org/needle", "--webhook=https://example.org/needle")
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("settings", "config", cfg)
	for _, got := range []string{
		fmt.Sprint(cfg), fmt.Sprintf("%+v", cfg), fmt.Sprintf("%#v", cfg), string(asJSON), log.String(),
	} {
		if strings.Contains(got, "needle") {
			t.Errorf("a secret shows in %s", got)
		}
	}
	if !strings.Contains(log.String(), "[hidden]") {
		t.Errorf("the log does not tell that a secret is set: %s", log.String())
	}
}

func TestCheck_ErrorsShowNoSecret(t *testing.T) {
	t.Parallel()
	_, err := load(t, nil, "--secret=\tneedle one", "--ping-key=needle/two", "--slack-webhook=needle", "--webhook=needle")
	if err == nil || strings.Contains(err.Error(), "needle") {
		t.Errorf("got %v", err)
	}
}

func TestBase_FollowsTheAddressUnlessSet(t *testing.T) {
	t.Parallel()
	cfg, err := load(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	for ip, want := range map[string]string{
		"127.0.0.1": "http://127.0.0.1:81",
		"0.0.0.0":   "http://localhost:81",
		"::":        "http://localhost:81",
		"::1":       "http://[::1]:81",
	} {
		if got := cfg.Base(&net.TCPAddr{IP: net.ParseIP(ip), Port: 81}).String(); got != want {
			t.Errorf("%s: got %s, want %s", ip, got, want)
		}
	}
	if cfg, err = load(t, nil, "--base-url=https://example.org/x/"); err != nil {
		t.Fatal(err)
	}
	if got := cfg.Base(&net.TCPAddr{Port: 81}).String(); got != "https://example.org/x" {
		t.Errorf("got %s", got)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	words := []string{"serve", "next", "backup", "version"}
	for s, want := range map[string]string{
		"serv": "serve", "sevre": "serve", "bakcup": "backup", "verzion": "version",
		"deploy": "", "": "", "x": "",
	} {
		if got := config.Nearest(s, words); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}

func TestParseStore_ReadsWhatStringWrites(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"memory:", "sqlite:/var/lib/heartbeat/heartbeat.db", "dynamodb:heartbeat", "dynamodb:hb?region=eu-central-1",
		"dynamodb:hb?create=true&endpoint=http%3A%2F%2F127.0.0.1%3A8000&region=local",
		"dynamodb:hb?log=off",
	} {
		store, err := config.ParseStore(s)
		if err != nil {
			t.Error(err)
		}
		if got := store.String(); got != s {
			t.Errorf("got %s, want %s", got, s)
		}
	}
}
