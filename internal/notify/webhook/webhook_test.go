package webhook_test

import (
	"testing"

	"heartbeat/internal/notify"
	"heartbeat/internal/notify/notifytest"
	"heartbeat/internal/notify/webhook"
)

func TestNotifier(t *testing.T) {
	t.Parallel()
	notifytest.Run(t, func(url string, client *notify.Client) notify.Notifier {
		return webhook.New(webhook.Config{URL: url, Client: client})
	})
}
