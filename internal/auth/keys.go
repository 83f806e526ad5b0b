package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"heartbeat"
)

const (
	// keysLast is how long the keys of projects are believed, and sessions of a
	// secret: one that was taken back somewhere else is refused after that at the
	// latest.
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

// words are the digests of secret and ping key. Nobody has the word of one that
// is zero.
type words struct{ secret, pingKey digest }

// keyring is secret and ping key, and the keys of projects, as they were stored
// at some moment: another process may exchange them at any time. The management
// API's keys that the settings give to the default project are not among them.
type keyring struct {
	words  atomic.Pointer[words]
	stored []string // where those of the words are that the settings do not say

	mu    sync.Mutex // guards what is below, and is held while all is read
	known time.Time  // when the words were read
	read  time.Time  // when all was read
	// failed is when reading has last failed, and failure how: those who ask soon
	// after get the same answer, or a store in trouble would be asked by each of them.
	failed  time.Time
	failure error
	ping    map[digest]heartbeat.ProjectID
	api     map[digest]Access
}

// begin is called once, with the words as they are at the start.
func (k *keyring) begin(w words, cfg Config) {
	if cfg.Secret == "" {
		k.stored = append(k.stored, keySecret)
	}
	if cfg.PingKey == "" {
		k.stored = append(k.stored, keyPingKey)
	}
	k.words.Store(&w)
	k.known = time.Now()
}

// Pinger returns the project whose ping key this is; false if it is none's. It
// takes the same time for every key of the same length but for what may be read
// from the store. If that cannot be read, the keys known before still count. The
// default project's key needs no read: one that was exchanged counts here until
// somebody comes with another.
func (a *Auth) Pinger(ctx context.Context, key string) (heartbeat.ProjectID, bool, error) {
	if a.keys.words.Load().pingKey.of(key) {
		return heartbeat.DefaultProject, true, nil
	}
	var project heartbeat.ProjectID
	ok, err := a.look(ctx, func(k *keyring) (ok bool) {
		if project = heartbeat.DefaultProject; k.words.Load().pingKey.of(key) {
			return true
		}
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
	if time.Since(k.failed) >= keysAgain {
		if k.failure = k.load(ctx, a.values); k.failure != nil {
			k.failed = time.Now()
		}
	}
	if find(k) {
		return true, nil // by what was known before, if it cannot be read now
	}
	return false, k.failure
}

// renew reads secret and ping key again if they are known for longer than age,
// and tells whether they have changed. If they cannot be read, those known
// before still count.
func (a *Auth) renew(ctx context.Context, age time.Duration) (changed bool) {
	k := a.keys
	k.mu.Lock()
	defer k.mu.Unlock()
	before := *k.words.Load()
	if len(k.stored) == 0 || time.Since(k.known) < age || k.load(ctx, a.values) != nil {
		return false
	}
	return *k.words.Load() != before
}

// load reads all keys.
func (k *keyring) load(ctx context.Context, values Values) error {
	kept, err := readValues(ctx, values, append([]string{heartbeat.KeyProjects}, k.stored...)...)
	if err != nil {
		return fmt.Errorf("read the keys of projects: %w", err)
	}
	projects, err := heartbeat.ReadProjects(kept[heartbeat.KeyProjects])
	if err != nil {
		return err
	}
	fresh := *k.words.Load()
	for key, word := range map[string]*digest{keySecret: &fresh.secret, keyPingKey: &fresh.pingKey} {
		if d, ok := parseDigest(string(kept[key])); ok {
			*word = d
		}
	}
	k.words.Store(&fresh)
	k.read = time.Now()
	k.known = k.read
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

// parseDigest reads a digest in the form in which keys are stored, hex; false for
// none.
func parseDigest(text string) (d digest, ok bool) {
	n, err := hex.Decode(d[:], []byte(text)[:min(len(text), 2*len(d))])
	return d, err == nil && n == len(d) && len(text) == 2*len(d)
}
