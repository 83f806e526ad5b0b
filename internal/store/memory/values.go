package memory

import (
	"bytes"
	"context"

	"heartbeat"
)

// Value implements [heartbeat.Store]. A value that was set is never nil.
func (s *Store) Value(ctx context.Context, key string) ([]byte, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	value, ok := s.values[key]
	if !ok {
		return nil, heartbeat.ErrNotFound
	}
	return bytes.Clone(value), nil
}

// SetValue implements [heartbeat.Store].
func (s *Store) SetValue(ctx context.Context, key string, old, value []byte) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	stored, ok := s.values[key]
	if ok != (old != nil) || !bytes.Equal(stored, old) {
		return heartbeat.ErrConflict
	}
	s.values[key] = append([]byte{}, value...)
	return nil
}
