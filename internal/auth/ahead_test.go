package auth_test

import (
	"context"
	"testing"

	"heartbeat/internal/auth"
	"heartbeat/internal/store/memory"
)

// counted values can be read several at once, and count how often they are read.
type counted struct {
	store auth.Values
	reads int
}

func (c *counted) Value(ctx context.Context, key string) ([]byte, error) {
	c.reads++
	return c.store.Value(ctx, key)
}

func (c *counted) SetValue(ctx context.Context, key string, old, value []byte) error {
	return c.store.SetValue(ctx, key, old, value)
}

func (c *counted) Values(ctx context.Context, keys ...string) (map[string][]byte, error) {
	c.reads++
	found := map[string][]byte{}
	for _, key := range keys {
		if value, err := c.store.Value(ctx, key); err == nil {
			found[key] = value
		}
	}
	return found, nil
}

func TestOpen_ReadsAllAtOnceWhereThatIsPossible(t *testing.T) {
	t.Parallel()
	values := &counted{store: memory.New()}
	_, made := open(t, values, auth.Config{})
	values.reads = 0
	guard, again := open(t, values, auth.Config{Seeded: true})
	if values.reads != 1 || again != (auth.Generated{}) || !mayPulse(t, guard, made.PingKey) {
		t.Errorf("%d reads, want 1; the key that was made before is right: %v", values.reads, mayPulse(t, guard, made.PingKey))
	}
}
