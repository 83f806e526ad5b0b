package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"heartbeat"
)

// Value implements [heartbeat.Store].
func (s *Store) Value(ctx context.Context, key string) ([]byte, error) {
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	var value []byte
	err := noRows(s.read.QueryRowContext(ctx, `SELECT value FROM "values" WHERE key = ?`, key).Scan(&value))
	if err != nil && !errors.Is(err, heartbeat.ErrNotFound) {
		return nil, fmt.Errorf("sqlite: read value %s: %w", key, err)
	}
	if err == nil && value == nil {
		value = []byte{} // the driver reads an empty blob as nil
	}
	return value, err
}

// SetValue implements [heartbeat.Store].
func (s *Store) SetValue(ctx context.Context, key string, old, value []byte) error {
	old = bytes.Clone(old)
	value = append([]byte{}, value...) // the column holds a blob, never NULL
	return s.change(ctx, func(w *writer) error {
		var stored []byte
		err := noRows(w.conn.QueryRowContext(w.ctx,
			`SELECT value FROM "values" WHERE key = ?`, key).Scan(&stored))
		exists := err == nil
		if err != nil && !errors.Is(err, heartbeat.ErrNotFound) {
			return err
		}
		if exists != (old != nil) || !bytes.Equal(stored, old) {
			return heartbeat.ErrConflict
		}
		return w.exec(`INSERT OR REPLACE INTO "values" (key, value) VALUES (?, ?)`, key, value)
	})
}

// Ready implements [heartbeat.Store].
func (s *Store) Ready(ctx context.Context) error {
	return s.change(ctx, func(w *writer) error {
		return w.exec(`UPDATE flushed SET ready = ?`, time.Now().UnixNano())
	})
}
