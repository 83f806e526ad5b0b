package dynamo

import (
	"bytes"
	"context"
	"strings"

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

// Values returns those of the values that were set, by key, in one read.
func (s *Store) Values(ctx context.Context, keys ...string) (map[string][]byte, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	wanted := make([]row, len(keys))
	for i, key := range keys {
		wanted[i] = row{keyRow: text(partValues + key), keyAt: num(0)}
	}
	rows, err := s.batchGet(ctx, wanted)
	if err != nil {
		return nil, err
	}
	values := make(map[string][]byte, len(rows))
	for _, r := range rows {
		row := scan{row: r}
		values[strings.TrimPrefix(row.text(keyRow), partValues)] = append([]byte{}, row.bytes(attrValue)...)
		if row.err != nil {
			return nil, row.err
		}
	}
	return values, nil
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
