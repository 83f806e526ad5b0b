package dynamo

import (
	"bytes"
	"context"

	"heartbeat"
)

// Value implements [heartbeat.Store]. A value that was set is never nil.
func (s *Store) Value(ctx context.Context, key string) ([]byte, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	value, _, err := s.value(ctx, key)
	if err == nil && value == nil {
		return nil, heartbeat.ErrNotFound
	}
	return value, err
}

// value reads a value, nil if there is none, and the mark of its write.
func (s *Store) value(ctx context.Context, key string) (value, mark []byte, err error) {
	r, err := s.row(ctx, partValues+key, num(0))
	if err != nil || r == nil {
		return nil, nil, err
	}
	row := scan{row: r}
	value, mark = row.bytes(attrValue), row.bytes(attrMark0)
	return append([]byte{}, value...), mark, row.err
}

// SetValue implements [heartbeat.Store].
func (s *Store) SetValue(ctx context.Context, key string, old, value []byte) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	mark, condition := newMark(), condOldValue
	if old == nil {
		condition = condNewRow
	}
	if value == nil {
		value = []byte{}
	}
	r, err := s.put(ctx, s.logTable, row{
		keyRow: text(partValues + key), keyAt: num(0), attrValue: blob(value), attrMark0: blob(mark),
	}, condition, row{attrValue: blob(old)})
	if err != nil || !r.refused {
		return err
	}
	if !r.doubt {
		return heartbeat.ErrConflict
	}
	_, last, err := s.value(ctx, key)
	switch {
	case err != nil:
		return err
	case bytes.Equal(last, mark):
		return nil
	}
	return errDoubt
}
