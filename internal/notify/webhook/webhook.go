// Package webhook posts what has happened as JSON to a URL of the user's own.
//
// The body is a [Payload]; its fields keep their names and meanings as long as
// its version is 1, and new ones may be added. An answer of 2xx means that it
// was taken. A message can come twice, when an answer is lost on its way or
// Heartbeat is stopped before it could record the answer: every event carries
// the ID of its notice, which is the same each time, and the header
// Idempotency-Key is the same for the same events in the same order.
package webhook

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"

	"heartbeat"
	"heartbeat/internal/notify"
)

// Config is what a Notifier needs.
type Config struct {
	// URL is where to post to. All of it but the host counts as secret. A user name
	// and password in it are sent as basic authentication.
	URL string
	// Client does the sending.
	Client *notify.Client
}

// Notifier posts messages to one URL.
type Notifier struct{ cfg Config }

// New returns a notifier.
func New(cfg Config) *Notifier { return &Notifier{cfg: cfg} }

// Channel returns the notifier as a channel under id.
func (n *Notifier) Channel(id heartbeat.ChannelID) notify.Channel {
	return n.cfg.Client.Channel(id, n.cfg.URL, n)
}

// Notify posts m.
func (n *Notifier) Notify(ctx context.Context, m notify.Message) error {
	body, err := json.Marshal(payload(m))
	if err != nil {
		return fmt.Errorf("webhook: encode message: %w", err)
	}
	header := http.Header{"Idempotency-Key": {key(m)}}
	return n.cfg.Client.Post(ctx, n.cfg.URL, header, body)
}

// key is a hash of the notices' IDs, each with its length before it. Every test is
// a message of its own.
func key(m notify.Message) string {
	if m.Test {
		return rand.Text()
	}
	var buf []byte
	for _, e := range m.Events {
		buf = binary.AppendUvarint(buf, uint64(len(e.Notice)))
		buf = append(buf, e.Notice...)
	}
	sum := sha256.Sum256(buf)
	return hex.EncodeToString(sum[:])
}
