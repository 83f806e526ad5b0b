package slack_test

import (
	"testing"

	"heartbeat/internal/notify"
	"heartbeat/internal/notify/notifytest"
	"heartbeat/internal/notify/slack"
)

func TestNotifier(t *testing.T) {
	t.Parallel()
	notifytest.Run(t, func(url string, client *notify.Client) notify.Notifier {
		return slack.New(slack.Config{URL: url, Client: client})
	})
}
