package app

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
)

// LogOptions are those of the log in both homes. What has a name of its own, such
// as a check's ID, is written by that name in JSON, too, where it would be an
// array of numbers, or nothing.
func LogOptions(level slog.Level) *slog.HandlerOptions {
	return &slog.HandlerOptions{Level: level, ReplaceAttr: byName}
}

func byName(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() != slog.KindAny {
		return a
	}
	switch v := a.Value.Any().(type) {
	case error, json.Marshaler, encoding.TextMarshaler: // they have a form in JSON
	case fmt.Stringer:
		a.Value = slog.StringValue(v.String())
	}
	return a
}
