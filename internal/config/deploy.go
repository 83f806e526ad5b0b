package config

import "errors"

// DeployFlags are the settings as typed that a deployment to AWS shares with the
// server, in the same form. What is not set stays as it is deployed.
type DeployFlags struct {
	SlackWebhook     []Secret `sep:"none" placeholder:"URL" setting:"HEARTBEAT_SLACK_WEBHOOK" group:"channels" help:"Slack's incoming webhook to post to, in the place of those set before. Repeat the flag for more."`
	SlackWebhookFile *string  `placeholder:"FILE" setting:"HEARTBEAT_SLACK_WEBHOOK_FILE" group:"channels" help:"File with Slack webhooks, one a line; /dev/stdin to type them."`
	Webhook          []Secret `sep:"none" placeholder:"URL" setting:"HEARTBEAT_WEBHOOK" group:"channels" help:"URL to post JSON to, in the place of those set before. Repeat the flag for more."`
	WebhookFile      *string  `placeholder:"FILE" setting:"HEARTBEAT_WEBHOOK_FILE" group:"channels" help:"File with webhooks, one a line."`

	Secret      *Secret `placeholder:"SECRET" setting:"HEARTBEAT_SECRET" group:"keys" help:"Password of the dashboard. Default: made at the first deployment."`
	SecretFile  *string `placeholder:"FILE" setting:"HEARTBEAT_SECRET_FILE" group:"keys" help:"File that holds the password."`
	PingKey     *Secret `placeholder:"KEY" setting:"HEARTBEAT_PING_KEY" group:"keys" help:"Key in the URL of every pulse. Default: made at the first deployment."`
	PingKeyFile *string `placeholder:"FILE" setting:"HEARTBEAT_PING_KEY_FILE" group:"keys" help:"File that holds the ping key."`

	Timezone *string `placeholder:"ZONE" setting:"HEARTBEAT_TIMEZONE" help:"Time zone of new checks, such as Europe/Berlin. Default: UTC."`
}

// Deploy is what was made of [DeployFlags].
type Deploy struct {
	// Secret and PingKey are empty if they stay as they are.
	Secret, PingKey Secret
	// SlackWebhooks and Webhooks are absolute http or https URLs; none if they stay
	// as they are.
	SlackWebhooks, Webhooks []Secret
	// Timezone is an IANA name, nil if it stays as it is.
	Timezone *string
}

// Check makes a Deploy of the flags. The error joins everything that is wrong,
// one line each.
func (f DeployFlags) Check() (Deploy, error) {
	c := checker{}
	d := Deploy{
		Secret:        c.secret(f.Secret, f.SecretFile),
		PingKey:       c.pingKey(f.PingKey, f.PingKeyFile),
		SlackWebhooks: c.urls("slack-webhook", f.SlackWebhook, f.SlackWebhookFile),
		Webhooks:      c.urls("webhook", f.Webhook, f.WebhookFile),
		Timezone:      f.Timezone,
	}
	if f.Timezone != nil {
		c.timezone(*f.Timezone)
	}
	c.differ(d.Secret, d.PingKey)
	return d, errors.Join(c.errs...)
}

// differ holds the password apart from what every job knows.
func (c *checker) differ(secret, pingKey Secret) {
	if secret != "" && secret == pingKey {
		c.fail("ping-key", "must differ from --secret: every job knows the ping key, and must not know the password")
	}
}
