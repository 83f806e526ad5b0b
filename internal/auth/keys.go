package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"heartbeat"
)

const (
	// keysLast is how long the keys of projects are believed, so that one that was
	// taken back somewhere else is refused after that at the latest.
	keysLast = time.Minute
	// keysAgain is how soon they are read again for a key that is not among them:
	// it may be new.
	keysAgain = time.Second
)

// Access is what a key of the management API lets its bearer do.
type Access struct {
	Project heartbeat.ProjectID
	// Write is false for keys that may read only.
	Write bool
}

// keyring is the keys of projects, as they were stored at some moment. The keys
// that the settings give to the default project are not among them.
type keyring struct {
	mu   sync.Mutex
	read time.Time
	ping map[digest]heartbeat.ProjectID
	api  map[digest]Access
}

// Pinger returns the project whose ping key this is; false if it is none's. It
// takes the same time for every key of the same length but for what may be read
// from the store. If that cannot be read, the keys known before still count.
func (a *Auth) Pinger(ctx context.Context, key string) (heartbeat.ProjectID, bool, error) {
	if a.pingKey.of(key) {
		return heartbeat.DefaultProject, true, nil
	}
	var project heartbeat.ProjectID
	ok, err := a.look(ctx, func(k *keyring) (ok bool) {
		project, ok = k.ping[sha256.Sum256([]byte(key))]
		return ok
	})
	return project, ok, err
}

// API returns what a key of the management API permits; false if it is nobody's.
func (a *Auth) API(ctx context.Context, key string) (Access, bool, error) {
	switch {
	case a.apiKey != digest{} && a.apiKey.of(key):
		return Access{heartbeat.DefaultProject, true}, true, nil
	case a.readOnlyKey != digest{} && a.readOnlyKey.of(key):
		return Access{heartbeat.DefaultProject, false}, true, nil
	}
	var access Access
	ok, err := a.look(ctx, func(k *keyring) (ok bool) {
		access, ok = k.api[sha256.Sum256([]byte(key))]
		return ok
	})
	return access, ok, err
}

// KeysChanged makes the next look-up read the keys afresh. Call it after a change
// that should count here at once.
func (a *Auth) KeysChanged() {
	a.keys.mu.Lock()
	defer a.keys.mu.Unlock()
	a.keys.read = time.Time{}
}

// look finds a key among those known, which are read again when they are old, or
// when it is not among them.
func (a *Auth) look(ctx context.Context, find func(*keyring) bool) (bool, error) {
	k := a.keys
	k.mu.Lock()
	defer k.mu.Unlock()
	age := time.Since(k.read)
	if age < keysLast && find(k) {
		return true, nil
	}
	if age < keysAgain {
		return false, nil
	}
	err := k.load(ctx, a.values)
	found := find(k)
	if found {
		return true, nil // by what was known before, if it cannot be read now
	}
	return false, err
}

// load reads the keys of all projects.
func (k *keyring) load(ctx context.Context, values Values) error {
	text, err := values.Value(ctx, heartbeat.KeyProjects)
	if err != nil && !errors.Is(err, heartbeat.ErrNotFound) {
		return fmt.Errorf("read the keys of projects: %w", err)
	}
	var projects heartbeat.Projects
	if err == nil {
		if err := json.Unmarshal(text, &projects); err != nil {
			return fmt.Errorf("the store's value %s is damaged: %w", heartbeat.KeyProjects, err)
		}
	}
	k.read = time.Now()
	k.ping, k.api = map[digest]heartbeat.ProjectID{}, map[digest]Access{}
	for _, p := range projects {
		if d, ok := parseDigest(p.PingKey); ok {
			k.ping[d] = p.ID
		}
		if d, ok := parseDigest(p.APIKey); ok {
			k.api[d] = Access{p.ID, true}
		}
		if d, ok := parseDigest(p.ReadOnlyKey); ok {
			k.api[d] = Access{p.ID, false}
		}
	}
	return nil
}

// parseDigest reads a digest in hex; false for none.
func parseDigest(text string) (d digest, ok bool) {
	n, err := hex.Decode(d[:], []byte(text)[:min(len(text), 2*len(d))])
	return d, err == nil && n == len(d) && len(text) == 2*len(d)
}

// Hash is the form in which a key is stored: its SHA-256 in hex. Keys are random
// words, which nobody finds by trying.
func Hash(key string) string { return string(hexDigest(key)) }
