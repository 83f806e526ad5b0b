package storetest

import (
	"slices"

	"heartbeat"
)

func valueRules() []rule {
	return []rule{
		{"UnknownIsErrNotFound", func(s *subject) {
			_, err := s.store.Value(s.ctx, "a")
			s.wantErr("Value", err, heartbeat.ErrNotFound)
		}},
		{"NilOldMeansNew", func(s *subject) {
			s.ok(s.store.SetValue(s.ctx, "a", nil, []byte("one")))
			s.wantErr("SetValue", s.store.SetValue(s.ctx, "a", nil, []byte("two")), heartbeat.ErrConflict)
			s.lasting(func() { s.wantValue("a", []byte("one")) })
		}},
		{"ReplacesWhatWasRead", func(s *subject) {
			s.ok(s.store.SetValue(s.ctx, "a", nil, []byte("one")))
			s.ok(s.store.SetValue(s.ctx, "a", []byte("one"), []byte("two")))
			for _, old := range []string{"one", "tw", "two ", ""} {
				s.wantErr("SetValue", s.store.SetValue(s.ctx, "a", []byte(old), []byte("three")), heartbeat.ErrConflict)
			}
			s.lasting(func() { s.wantValue("a", []byte("two")) })
		}},
		{"OldOfAnUnknownIsAConflict", func(s *subject) {
			for _, old := range [][]byte{{}, []byte("one")} {
				s.wantErr("SetValue", s.store.SetValue(s.ctx, "a", old, []byte("two")), heartbeat.ErrConflict)
			}
			_, err := s.store.Value(s.ctx, "a")
			s.wantErr("Value", err, heartbeat.ErrNotFound)
		}},
		{"EmptyIsAValue", emptyValue},
		{"KeepsAnyBytesAndKeys", anyValue},
		{"SharesNothing", func(s *subject) {
			given := []byte("one")
			s.ok(s.store.SetValue(s.ctx, "a", nil, given))
			given[0] = 'X'
			for range 2 {
				got, err := s.store.Value(s.ctx, "a")
				s.ok(err)
				s.equal("value", got, []byte("one"))
				got[0] = 'Y'
			}
		}},
	}
}

func (s *subject) wantValue(key string, want []byte) {
	s.Helper()
	got, err := s.store.Value(s.ctx, key)
	s.ok(err)
	s.equal("value "+key, got, want)
}

// emptyValue replaces an empty value by giving back what was read.
func emptyValue(s *subject) {
	s.ok(s.store.SetValue(s.ctx, "empty", nil, []byte{}))
	s.ok(s.store.SetValue(s.ctx, "nil", nil, nil))
	s.lasting(func() {
		for _, key := range []string{"empty", "nil"} {
			got, err := s.store.Value(s.ctx, key)
			s.ok(err)
			if got == nil || len(got) > 0 {
				s.Errorf("got value %#v, want one that is empty but not nil", got)
			}
			s.wantErr("SetValue", s.store.SetValue(s.ctx, key, nil, []byte("x")), heartbeat.ErrConflict)
		}
	})
	for _, key := range []string{"empty", "nil"} {
		s.ok(s.store.SetValue(s.ctx, key, []byte{}, []byte("x")))
		s.wantValue(key, []byte("x"))
	}
}

func anyValue(s *subject) {
	all := map[string][]byte{
		heartbeat.KeyWatch: []byte(`{"mark":"2026-11-20T18:00:00Z"}`),
		"a":                {0, 0xff, '\n', 0},
		"A":                []byte("another key"),
		"a/b c:מפתח":       []byte("key of any characters"),
		"large":            slices.Repeat([]byte{0xc3, 0x28}, 40_000),
	}
	for key, value := range all {
		s.ok(s.store.SetValue(s.ctx, key, nil, value))
	}
	s.lasting(func() {
		for key, value := range all {
			s.wantValue(key, value)
		}
	})
}
