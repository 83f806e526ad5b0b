package auth_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"heartbeat/internal/auth"
	"heartbeat/internal/store/memory"
)

// troubled is a store whose reads fail while it is in trouble.
type troubled struct {
	auth.Values
	trouble error
	reads   int
}

func (s *troubled) Value(ctx context.Context, key string) ([]byte, error) {
	s.reads++
	if s.trouble != nil {
		return nil, s.trouble
	}
	return s.Values.Value(ctx, key)
}

func TestPinger_AsksAStoreInTroubleOnceASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		values := &troubled{Values: memory.New()}
		a, _ := open(t, values, auth.Config{Secret: "secret", PingKey: "k3y"})
		time.Sleep(time.Hour)
		values.trouble, values.reads = errors.New("on fire"), 0
		for range 5 {
			if _, ok, err := a.Pinger(t.Context(), "unknown"); ok || !errors.Is(err, values.trouble) {
				t.Errorf("%v, %v; want the store's trouble, not a refusal", ok, err)
			}
		}
		once := values.reads
		if !mayPulse(t, a, "k3y") {
			t.Error("the key of the settings needs no store")
		}
		time.Sleep(time.Second)
		_, _, _ = a.Pinger(t.Context(), "unknown")
		if once == 0 || values.reads != 2*once {
			t.Errorf("%d reads by five, %d after a second", once, values.reads)
		}
		values.trouble = nil
		time.Sleep(time.Second)
		if _, ok, err := a.Pinger(t.Context(), "unknown"); ok || err != nil {
			t.Errorf("%v, %v after the trouble", ok, err)
		}
	})
}
