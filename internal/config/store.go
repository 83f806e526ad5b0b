package config

import (
	"fmt"
	"strings"
)

// Store says which store to open.
type Store struct {
	// Kind is "sqlite" or "memory".
	Kind string
	// Path is the database file of "sqlite".
	Path string
}

// ParseStore reads "sqlite:PATH" or "memory:".
func ParseStore(s string) (Store, error) {
	kind, path, ok := strings.Cut(s, ":")
	switch {
	case s == "":
		return Store{}, storeError("is empty: type sqlite:heartbeat.db or memory:")
	case s == "sqlite::memory:":
		return Store{}, storeError("%q: type memory: for a store that is forgotten at the end", s)
	case kind == "sqlite" && ok && path != "":
		return Store{Kind: kind, Path: path}, nil
	case kind == "sqlite":
		return Store{}, storeError("%q has no file: type sqlite:heartbeat.db", s)
	case s == "memory:":
		return Store{Kind: kind}, nil
	case kind == "memory":
		return Store{}, storeError("%q: type memory: with nothing after the colon", s)
	case !ok:
		return Store{}, storeError("%q does not say which kind: type sqlite:%s", s, s)
	}
	return Store{}, storeError("%q: there is no store %q, only sqlite:PATH and memory:", s, kind)
}

func storeError(format string, args ...any) error {
	return fmt.Errorf("--store "+format, args...)
}

// String is the form that ParseStore reads.
func (s Store) String() string { return s.Kind + ":" + s.Path }
