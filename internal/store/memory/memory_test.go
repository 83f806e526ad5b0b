package memory_test

import (
	"testing"

	"heartbeat"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) heartbeat.Store { return memory.New() })
}
