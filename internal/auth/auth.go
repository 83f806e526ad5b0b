// Package auth says who may do what: jobs with a project's ping key may ping,
// programs with one of its API keys may use the management API, people with the
// secret may use the dashboard.
//
// Secret and ping key of the default project come from the settings, or are
// generated at the first start; those of projects are made by package service.
// Generated ones are shown once; the store keeps their SHA-256 only. That is
// enough for 110 random bits and more, which nobody finds by trying hashes.
//
// A session is a cookie that is signed, not looked up, so that a page needs no
// read of the store for it: the serverless home, which has no memory between
// two requests, could not have it otherwise, and a session library over our
// store would read and write at each page. The price: logging out deletes the
// browser's cookie and nothing else. To end all sessions, change the secret;
// other processes over the same store learn of it within a minute.
package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"heartbeat"
)

// Values is the part of [heartbeat.Store] that auth needs.
type Values interface {
	Value(ctx context.Context, key string) ([]byte, error)
	SetValue(ctx context.Context, key string, old, value []byte) error
}

// batch is what values may have as well: several of them in one read, those that
// were set. A function in the cloud that reads them one by one starts late.
type batch interface {
	Values(ctx context.Context, keys ...string) (map[string][]byte, error)
}

// readValues reads several values; those that were never set are left out.
func readValues(ctx context.Context, values Values, keys ...string) (map[string][]byte, error) {
	if several, ok := values.(batch); ok {
		return several.Values(ctx, keys...)
	}
	read := make(map[string][]byte, len(keys))
	for _, key := range keys {
		value, err := values.Value(ctx, key)
		if errors.Is(err, heartbeat.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		read[key] = value
	}
	return read, nil
}

// ahead are values of which some were read before.
type ahead struct {
	Values
	read map[string][]byte
}

// Value returns a value that was read, or reads it.
func (a ahead) Value(ctx context.Context, key string) ([]byte, error) {
	if value, ok := a.read[key]; ok {
		return value, nil
	}
	return a.Values.Value(ctx, key)
}

// Keys of the values that auth keeps.
const (
	keySecret  = "auth/secret"   // SHA-256 of the generated secret, in hex
	keyPingKey = "auth/ping-key" // SHA-256 of the generated ping key, in hex
	keySession = "auth/session"  // 32 random bytes that sign sessions and login links
	keyBadges  = "badge/secret"  // 32 random bytes that sign the addresses of badges
	keySeal    = "auth/seal"     // 32 random bytes that seal the targets of channels
	keyLinks   = "auth/links"    // the login links that were used, as JSON
)

// Keys are those of the values with which an installation takes its users along
// when it moves. Login links do not: they last for minutes.
func Keys() []string { return []string{keySecret, keyPingKey, keySession, keyBadges, keySeal} }

// Config is what Open needs.
type Config struct {
	// Secret opens the dashboard, PingKey lets jobs pulse. Each one that is empty
	// is generated at the first start.
	Secret, PingKey string
	// APIKey and ReadOnlyKey open the management API of the default project; each
	// may be empty.
	APIKey, ReadOnlyKey string
	// OpenPulse lets pulses in without a key.
	OpenPulse bool
	// BaseURL is where people find the program: its path becomes the path of the
	// session's cookie, and https makes the cookie secure. May be empty.
	BaseURL string
	// TrustedProxies are the peers whose X-Forwarded-For is believed. Nil means
	// this machine (loopback).
	TrustedProxies []netip.Prefix
	// Seeded says that nothing is to be generated: where nobody would see it, as
	// in a function in the cloud, a missing secret or key is an error.
	Seeded bool
	// Late says that with Seeded they may come later: until then nobody is let in.
	Late bool
}

// Generated are the key and secret that Open made. It is the only chance to
// show them. Both are empty if there was nothing to make.
type Generated struct{ Secret, PingKey string }

// Auth is the guard at the door. Its methods may be called from many goroutines.
type Auth struct {
	values Values
	// apiKey and readOnlyKey are zero if there is none.
	apiKey, readOnlyKey digest
	keys                *keyring
	openPulse           bool
	sessionKey          []byte
	cookiePath          string
	https               bool
	proxies             []netip.Prefix
	failures            *failures
}

// digest is the SHA-256 of a key or secret.
type digest [sha256.Size]byte

func (d digest) of(word string) bool {
	sum := sha256.Sum256([]byte(word))
	return subtle.ConstantTimeCompare(d[:], sum[:]) == 1
}

// Open reads what the store keeps, and makes what is missing.
func Open(ctx context.Context, values Values, cfg Config) (*Auth, Generated, error) {
	var made Generated
	if err := validPingKey(cfg.PingKey); err != nil {
		return nil, made, err
	}
	a := &Auth{values: values, openPulse: cfg.OpenPulse, proxies: cfg.TrustedProxies, failures: new(failures), keys: new(keyring)}
	if cfg.APIKey != "" {
		a.apiKey = sha256.Sum256([]byte(cfg.APIKey))
	}
	if cfg.ReadOnlyKey != "" {
		a.readOnlyKey = sha256.Sum256([]byte(cfg.ReadOnlyKey))
	}
	a, err := a.At(cfg.BaseURL)
	if err != nil {
		return nil, made, err
	}
	if a.proxies == nil {
		a.proxies = loopback()
	}
	if _, ok := values.(batch); ok {
		read, err := readValues(ctx, values, keySecret, keyPingKey, keySession)
		if err != nil {
			return nil, made, err
		}
		values = ahead{values, read}
	}
	var w words
	if w.secret, made.Secret, err = word(ctx, values, keySecret, cfg.Secret, cfg); err != nil {
		return nil, Generated{}, fmt.Errorf("dashboard secret: %w", err)
	}
	if w.pingKey, made.PingKey, err = word(ctx, values, keyPingKey, cfg.PingKey, cfg); err != nil {
		return nil, Generated{}, fmt.Errorf("ping key: %w", err)
	}
	a.keys.begin(w, cfg)
	if a.sessionKey, err = sessionKey(ctx, values); err != nil {
		return nil, Generated{}, fmt.Errorf("key of sessions: %w", err)
	}
	return a, made, nil
}

// At returns the same guard for those who find the program at baseURL. What it
// has learned of wrong secrets stays common to both.
func (a *Auth) At(baseURL string) (*Auth, error) {
	base, err := url.Parse(baseURL)
	if err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	there := *a
	there.cookiePath = strings.TrimRight(base.Path, "/") + "/"
	there.https = base.Scheme == "https"
	return &there, nil
}

// Seed stores the hashes of a secret and a ping key, in the place of those that
// were stored before. Either may be empty: then it stays as it is.
func Seed(ctx context.Context, values Values, secret, pingKey string) error {
	if err := validPingKey(pingKey); err != nil {
		return err
	}
	for key, word := range map[string]string{keySecret: secret, keyPingKey: pingKey} {
		if word == "" {
			continue
		}
		old, err := values.Value(ctx, key)
		if err != nil && !errors.Is(err, heartbeat.ErrNotFound) {
			return err
		}
		if err := values.SetValue(ctx, key, old, []byte(heartbeat.HashKey(word))); err != nil {
			return fmt.Errorf("store the hash %s: %w", key, err)
		}
	}
	return nil
}

// maxPingKey is longer than any key needs, and short enough for a URL.
const maxPingKey = 200

func validPingKey(key string) error {
	if len(key) > maxPingKey || !heartbeat.KeyChars(key) {
		return errors.New("ping key: it is a part of URLs, so it may hold only letters, digits, - and _, and at most 200 of them")
	}
	return nil
}

// word returns the digest of set, or of the word that the store keeps under
// key, which is made if need be, unless it must be there.
func word(ctx context.Context, values Values, key, set string, cfg Config) (d digest, made string, err error) {
	if set != "" {
		return sha256.Sum256([]byte(set)), "", nil
	}
	if cfg.Seeded {
		kept, err := values.Value(ctx, key)
		switch {
		case errors.Is(err, heartbeat.ErrNotFound) && cfg.Late:
			return d, "", nil
		case errors.Is(err, heartbeat.ErrNotFound):
			return d, "", errUnseeded
		case err != nil:
			return d, "", err
		}
		d, err = readDigest(key, kept)
		return d, "", err
	}
	text := RandomWord()
	kept, err := keep(ctx, values, key, []byte(heartbeat.HashKey(text)))
	if err != nil {
		return d, "", err
	}
	if d, err = readDigest(key, kept); err != nil {
		return d, "", err
	}
	if !d.of(text) {
		text = ""
	}
	return d, text, nil
}

var errUnseeded = errors.New("it is neither set nor stored: run heartbeat deploy, which makes one, or set it")

// RandomWord makes a secret or ping key of 160 random bits.
func RandomWord() string { return strings.ToLower((rand.Text() + rand.Text())[:32]) }

func readDigest(key string, kept []byte) (digest, error) {
	d, ok := parseDigest(string(kept))
	if !ok {
		return d, fmt.Errorf("the store's value %s is damaged: set one in the settings instead", key)
	}
	return d, nil
}

func sessionKey(ctx context.Context, values Values) ([]byte, error) {
	fresh := make([]byte, 32)
	rand.Read(fresh) // never fails: it ends the program instead
	return keep(ctx, values, keySession, fresh)
}

// keep returns the value that the store has under key; fresh, now stored, if it
// had none. Of two that start at once, both get the first one's.
func keep(ctx context.Context, values Values, key string, fresh []byte) ([]byte, error) {
	value, err := values.Value(ctx, key)
	if !errors.Is(err, heartbeat.ErrNotFound) {
		return value, err
	}
	err = values.SetValue(ctx, key, nil, fresh)
	if errors.Is(err, heartbeat.ErrConflict) {
		return values.Value(ctx, key)
	}
	return fresh, err
}

// OpenPulse tells whether pulses without a key are let in.
func (a *Auth) OpenPulse() bool { return a.openPulse }
