// Package config is what can be set about the server: each setting as a flag,
// an environment variable and, where it is a secret, a file. A flag goes before
// the environment, that before the file, that before the default.
//
// [Flags] is what people type, [Config] what was made of it once every value
// proved good. All that is wrong is reported at once, and each report says what
// to type instead.
package config

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"

	"github.com/alecthomas/kong"
)

// Flags are the settings as typed, in the form that kong reads. The tag
// "setting" names the environment variable; [Environment] reads it.
type Flags struct {
	Listen  string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" setting:"HEARTBEAT_LISTEN" group:"server" help:"Where to listen. \":8080\" is every address of this machine."`
	Store   string `default:"sqlite:heartbeat.db" placeholder:"STORE" setting:"HEARTBEAT_STORE" group:"server" help:"Where checks are kept: sqlite:PATH, dynamodb:PREFIX?region=REGION, or memory: to forget all at the end."`
	BaseURL string `name:"base-url" placeholder:"URL" setting:"HEARTBEAT_BASE_URL" group:"server" help:"How people and jobs reach this server, for links, such as https://example.org or https://example.org/tools. Default: made from --listen."`

	PingHost   string `name:"ping-host" placeholder:"HOST" setting:"HEARTBEAT_PING_HOST" group:"server" help:"A host name of its own for ping URLs without /ping, such as hc-ping.example.org."`
	SMTPListen string `name:"smtp-listen" placeholder:"HOST:PORT" setting:"HEARTBEAT_SMTP_LISTEN" group:"server" help:"Where to take pings by e-mail, such as :25. Default: nowhere."`
	SMTPDomain string `name:"smtp-domain" placeholder:"DOMAIN" setting:"HEARTBEAT_SMTP_DOMAIN" group:"server" help:"Domain of the addresses that take pings by e-mail. Default: the host of --base-url."`

	Secret      *Secret `placeholder:"SECRET" setting:"HEARTBEAT_SECRET" group:"keys" help:"Password of the dashboard. Default: made at the first start, kept in the store, shown once."`
	SecretFile  *string `placeholder:"FILE" setting:"HEARTBEAT_SECRET_FILE" group:"keys" help:"File that holds the password."`
	PingKey     *Secret `placeholder:"KEY" setting:"HEARTBEAT_PING_KEY" group:"keys" help:"Key in the URL of every pulse. Default: made at the first start, kept in the store, shown once."`
	PingKeyFile *string `placeholder:"FILE" setting:"HEARTBEAT_PING_KEY_FILE" group:"keys" help:"File that holds the ping key."`
	APIKey      *Secret `name:"api-key" placeholder:"KEY" setting:"HEARTBEAT_API_KEY" group:"keys" help:"Key of the management API, 32 characters, for the default project. Default: none; the dashboard makes some."`
	APIKeyFile  *string `name:"api-key-file" placeholder:"FILE" setting:"HEARTBEAT_API_KEY_FILE" group:"keys" help:"File that holds it."`
	ReadKey     *Secret `name:"api-key-read-only" placeholder:"KEY" setting:"HEARTBEAT_API_KEY_READ_ONLY" group:"keys" help:"Key that may only read, 32 characters."`
	ReadKeyFile *string `name:"api-key-read-only-file" placeholder:"FILE" setting:"HEARTBEAT_API_KEY_READ_ONLY_FILE" group:"keys" help:"File that holds it."`
	OpenPulse   bool    `setting:"HEARTBEAT_OPEN_PULSE" group:"keys" help:"Let pulses in without a key, at /heartbeat/pulse."`

	SlackWebhook        []Secret `sep:"none" placeholder:"URL" setting:"HEARTBEAT_SLACK_WEBHOOK" group:"channels" help:"Slack's incoming webhook to post to. Repeat the flag for more; in the variable, put commas between."`
	SlackWebhookFile    *string  `placeholder:"FILE" setting:"HEARTBEAT_SLACK_WEBHOOK_FILE" group:"channels" help:"File with Slack webhooks, one a line."`
	Webhook             []Secret `sep:"none" placeholder:"URL" setting:"HEARTBEAT_WEBHOOK" group:"channels" help:"URL to post JSON to. Repeat the flag for more; in the variable, put commas between."`
	WebhookFile         *string  `placeholder:"FILE" setting:"HEARTBEAT_WEBHOOK_FILE" group:"channels" help:"File with webhooks, one a line."`
	AllowPrivateTargets bool     `setting:"HEARTBEAT_ALLOW_PRIVATE_TARGETS" group:"channels" help:"Let webhooks lead to loopback and private addresses."`

	Timezone       string   `default:"UTC" placeholder:"ZONE" setting:"HEARTBEAT_TIMEZONE" group:"more" help:"Time zone of new checks, such as Europe/Berlin. Default: ${default}."`
	TrustedProxies []string `placeholder:"ADDRESS" setting:"HEARTBEAT_TRUSTED_PROXIES" group:"more" help:"Addresses or networks of proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8. Default: this machine."`
	LogLevel       string   `default:"info" placeholder:"LEVEL" setting:"HEARTBEAT_LOG_LEVEL" group:"more" help:"debug, info, warn or error. Default: ${default}."`
	LogFormat      string   `default:"text" placeholder:"FORMAT" setting:"HEARTBEAT_LOG_FORMAT" group:"more" help:"text or json. Default: ${default}."`
}

// Groups are the headings under which help lists the flags.
func Groups() []kong.Group {
	return []kong.Group{
		{Key: "server", Title: "Server:"},
		{Key: "keys", Title: "Keys:"},
		{Key: "channels", Title: "Channels:"},
		{Key: "more", Title: "More:"},
	}
}

// Config is what the server runs with.
type Config struct {
	// Listen is a host and port for net.Listen; the port may be 0.
	Listen string
	Store  Store
	// BaseURL is nil if it is to be made from the address listened on.
	BaseURL *url.URL
	// Secret and PingKey are empty if they are to be made at the first start.
	Secret, PingKey Secret
	// APIKey and ReadKey open the management API of the default project; each may be
	// empty.
	APIKey, ReadKey Secret
	OpenPulse       bool
	// PingHost is a host name; empty if there is none.
	PingHost string
	// SMTPListen is a host and port for net.Listen, empty if no mail is taken;
	// SMTPDomain is the domain of its addresses.
	SMTPListen, SMTPDomain string
	// SlackWebhooks and Webhooks are absolute http or https URLs.
	SlackWebhooks, Webhooks []Secret
	AllowPrivateTargets     bool
	// Timezone is an IANA name.
	Timezone       string
	TrustedProxies []netip.Prefix
	LogLevel       slog.Level
	// LogJSON asks for one JSON object a line instead of text.
	LogJSON bool
}

// Check makes a Config of the flags. The error joins everything that is wrong,
// one line each.
func (f Flags) Check() (Config, error) {
	c := checker{}
	cfg := Config{
		Listen:              c.listen(f.Listen),
		BaseURL:             c.baseURL(f.BaseURL),
		Secret:              c.secret(f.Secret, f.SecretFile),
		PingKey:             c.pingKey(f.PingKey, f.PingKeyFile),
		APIKey:              c.apiKey("api-key", f.APIKey, f.APIKeyFile),
		ReadKey:             c.apiKey("api-key-read-only", f.ReadKey, f.ReadKeyFile),
		OpenPulse:           f.OpenPulse,
		PingHost:            c.hostName("ping-host", f.PingHost),
		SlackWebhooks:       c.urls("slack-webhook", f.SlackWebhook, f.SlackWebhookFile),
		Webhooks:            c.urls("webhook", f.Webhook, f.WebhookFile),
		AllowPrivateTargets: f.AllowPrivateTargets,
		Timezone:            c.timezone(f.Timezone),
		TrustedProxies:      c.networks(f.TrustedProxies),
		LogLevel:            c.level(f.LogLevel),
		LogJSON:             c.oneOf("log-format", f.LogFormat, "text", "json") == "json",
	}
	var err error
	if cfg.Store, err = ParseStore(f.Store); err != nil {
		c.add(err)
	}
	c.differ(cfg.Secret, cfg.PingKey)
	if cfg.APIKey != "" && cfg.APIKey == cfg.ReadKey {
		c.fail("api-key-read-only", "must not be the same as --api-key, which may do more")
	}
	cfg.SMTPListen, cfg.SMTPDomain = c.smtp(f.SMTPListen, f.SMTPDomain, cfg.BaseURL)
	return cfg, errors.Join(c.errs...)
}

// Base returns the base of links: BaseURL, or one made from the address that
// the server listens on. Its path has no slash at the end.
func (c Config) Base(addr net.Addr) *url.URL {
	if c.BaseURL != nil {
		return c.BaseURL
	}
	host, port := "localhost", 0
	if tcp, ok := addr.(*net.TCPAddr); ok {
		port = tcp.Port
		if !tcp.IP.IsUnspecified() {
			host = tcp.IP.String()
		}
	}
	return &url.URL{Scheme: "http", Host: net.JoinHostPort(host, strconv.Itoa(port))}
}

// LogValue shows the settings without their secrets.
func (c Config) LogValue() slog.Value {
	base := ""
	if c.BaseURL != nil {
		base = c.BaseURL.String()
	}
	return slog.GroupValue(
		slog.String("listen", c.Listen),
		slog.String("store", c.Store.String()),
		slog.String("base_url", base),
		slog.Any("secret", c.Secret),
		slog.Any("ping_key", c.PingKey),
		slog.Any("api_key", c.APIKey),
		slog.Any("api_key_read_only", c.ReadKey),
		slog.Bool("open_pulse", c.OpenPulse),
		slog.String("ping_host", c.PingHost),
		slog.String("smtp_listen", c.SMTPListen),
		slog.String("smtp_domain", c.SMTPDomain),
		slog.Int("slack_webhooks", len(c.SlackWebhooks)),
		slog.Int("webhooks", len(c.Webhooks)),
		slog.Bool("allow_private_targets", c.AllowPrivateTargets),
		slog.String("timezone", c.Timezone),
		slog.Any("trusted_proxies", c.TrustedProxies),
		slog.String("log_level", c.LogLevel.String()),
	)
}
