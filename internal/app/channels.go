package app

import (
	"context"
	"log/slog"
	"strconv"

	"heartbeat"
	"heartbeat/internal/notify"
	"heartbeat/internal/notify/slack"
	"heartbeat/internal/notify/webhook"
)

// Targets are where messages go.
type Targets struct {
	// Slack and Webhooks are absolute URLs.
	Slack, Webhooks []string
	// AllowPrivate permits URLs that lead into this machine or its network.
	AllowPrivate bool
	// Version of Heartbeat, sent along.
	Version string
	// Delivery hears of every attempt, with the channel's kind. May be nil.
	Delivery func(kind string, sent bool)
}

// Channels makes a channel of every target. Their names count up, "slack",
// "slack-2", because a name must not tell anything of the URL.
func Channels(t Targets, logger *slog.Logger) []notify.Channel {
	client := notify.NewClient(notify.ClientConfig{AllowPrivate: t.AllowPrivate, Version: t.Version})
	var channels []notify.Channel
	add := func(kind string, c notify.Channel) {
		if t.Delivery != nil {
			c.Notifier = counted{c.Notifier, kind, t.Delivery}
		}
		if c.Problem != "" {
			logger.Warn("channel will not work", "channel", c.ID, "target", c.Target, "problem", c.Problem)
		}
		channels = append(channels, c)
	}
	for i, u := range t.Slack {
		add("slack", slack.New(slack.Config{URL: u, Client: client}).Channel(channelID("slack", i)))
	}
	for i, u := range t.Webhooks {
		add("webhook", webhook.New(webhook.Config{URL: u, Client: client}).Channel(channelID("webhook", i)))
	}
	if len(channels) == 0 {
		logger.Warn("no channel is set up: nobody will be told of late checks")
	}
	return channels
}

func channelID(kind string, i int) heartbeat.ChannelID {
	if i == 0 {
		return heartbeat.ChannelID(kind)
	}
	return heartbeat.ChannelID(kind + "-" + strconv.Itoa(i+1))
}

// counted is a notifier whose attempts are counted under its kind.
type counted struct {
	notify.Notifier
	kind  string
	count func(kind string, sent bool)
}

// Notify implements [notify.Notifier].
func (c counted) Notify(ctx context.Context, m notify.Message) error {
	err := c.Notifier.Notify(ctx, m)
	c.count(c.kind, err == nil)
	return err
}
