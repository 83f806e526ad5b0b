package app_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/app"
)

func TestLogOptions_JSONNamesChecksAsTextDoes(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&b, app.LogOptions(slog.LevelInfo)))
	log.Debug("below the level")
	log.Info("check went down", "check", heartbeat.SlugID("p", "nightly"), "reason", heartbeat.ReasonLate,
		"addr", netip.MustParseAddr("192.0.2.1"), "err", errors.New("no route"), "since", time.Unix(0, 0).UTC(), "n", 3)
	_, got, _ := strings.Cut(b.String(), `"level"`)
	want := `:"INFO","msg":"check went down","check":"` + heartbeat.SlugID("p", "nightly").String() +
		`","reason":"late","addr":"192.0.2.1","err":"no route","since":"1970-01-01T00:00:00Z","n":3}` + "\n"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
