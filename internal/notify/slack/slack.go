// Package slack tells a Slack channel, through an incoming webhook, what has
// happened to checks. Services that understand Slack's webhooks take the same
// message; those without Block Kit show its plain text.
package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/slack-go/slack"

	"heartbeat"
	"heartbeat/internal/notify"
)

// Config is what a Notifier needs.
type Config struct {
	// URL is the incoming webhook's URL. All of it but the host is secret.
	URL string
	// Client does the sending.
	Client *notify.Client
}

// Notifier posts messages to one incoming webhook.
type Notifier struct{ cfg Config }

// New returns a notifier.
func New(cfg Config) *Notifier { return &Notifier{cfg: cfg} }

// Channel returns the notifier as a channel under id.
func (n *Notifier) Channel(id heartbeat.ChannelID) notify.Channel {
	return n.cfg.Client.Channel(id, n.cfg.URL, n)
}

// Notify posts m. If Slack refuses the blocks as such, it posts the plain text
// alone: an ugly alert is better than none.
func (n *Notifier) Notify(ctx context.Context, m notify.Message) error {
	msg := render(m)
	err := n.post(ctx, msg)
	if f := new(notify.Failure); errors.As(err, &f) && refusedBlocks(f) {
		msg.Blocks = nil
		return n.post(ctx, msg)
	}
	return err
}

// refusedBlocks tells whether Slack's answer is invalid_blocks,
// invalid_blocks_format or msg_blocks_too_long.
func refusedBlocks(f *notify.Failure) bool {
	return f.Status == http.StatusBadRequest && strings.Contains(f.Reason, "_blocks")
}

func (n *Notifier) post(ctx context.Context, msg *slack.WebhookMessage) error {
	body, err := json.Marshal(msg)
	if err != nil {
		return fmt.Errorf("slack: encode message: %w", err)
	}
	return n.cfg.Client.Post(ctx, n.cfg.URL, nil, body)
}
