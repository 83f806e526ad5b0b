package config

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Store says which store to open.
type Store struct {
	// Kind is "sqlite", "dynamodb" or "memory".
	Kind string
	// Path is the database file of "sqlite".
	Path string
	// Prefix is what the names of the tables of "dynamodb" begin with, and Region
	// where they are; empty for that of the environment.
	Prefix, Region string
	// Endpoint is where an emulator of DynamoDB listens; empty for AWS itself.
	Endpoint string
	// Create asks for tables of "dynamodb" that are missing to be made.
	Create bool
	// NoPingLog asks "dynamodb" to count pings without keeping them.
	NoPingLog bool
}

const dynamoExample = "dynamodb:heartbeat?region=eu-central-1"

// ParseStore reads "sqlite:PATH", "dynamodb:PREFIX?region=REGION" or "memory:".
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
	case kind == "dynamodb":
		return parseDynamo(s, path)
	case !ok:
		return Store{}, storeError("%q does not say which kind: type sqlite:%s", s, s)
	}
	return Store{}, storeError("%q: there is no store %q, only sqlite:PATH, dynamodb:PREFIX and memory:", s, kind)
}

// tablePrefix is what a table's name may begin with, room left for the rest.
var tablePrefix = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,200}$`)

func parseDynamo(s, rest string) (Store, error) {
	prefix, query, _ := strings.Cut(rest, "?")
	if !tablePrefix.MatchString(prefix) {
		return Store{}, storeError("%q: tables need a prefix of letters, digits, _, . and -: type %s", s, dynamoExample)
	}
	options, err := url.ParseQuery(query)
	if err != nil {
		return Store{}, storeError("%q: what follows the ? cannot be read (%w): type %s", s, err, dynamoExample)
	}
	store := Store{Kind: "dynamodb", Prefix: prefix}
	for name, values := range options {
		value := values[len(values)-1]
		switch name {
		case "region":
			store.Region = value
		case "endpoint":
			u, err := url.Parse(value)
			if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
				return Store{}, storeError("%q: the endpoint must be a URL such as http://127.0.0.1:8000", s)
			}
			store.Endpoint = value
		case "create":
			if store.Create, err = strconv.ParseBool(value); err != nil {
				return Store{}, storeError("%q: create must be true or false", s)
			}
		case "log":
			if value != "on" && value != "off" {
				return Store{}, storeError("%q: log must be on, or off for pings that are counted but not kept", s)
			}
			store.NoPingLog = value == "off"
		default:
			return Store{}, storeError("%q: there is no option %q, only region, endpoint, create and log", s, name)
		}
	}
	return store, nil
}

func storeError(format string, args ...any) error {
	return fmt.Errorf("--store "+format, args...)
}

// String is the form that ParseStore reads.
func (s Store) String() string {
	if s.Kind != "dynamodb" {
		return s.Kind + ":" + s.Path
	}
	options := url.Values{}
	if s.Region != "" {
		options.Set("region", s.Region)
	}
	if s.Endpoint != "" {
		options.Set("endpoint", s.Endpoint)
	}
	if s.Create {
		options.Set("create", "true")
	}
	if s.NoPingLog {
		options.Set("log", "off")
	}
	if len(options) == 0 {
		return s.Kind + ":" + s.Prefix
	}
	return s.Kind + ":" + s.Prefix + "?" + options.Encode()
}
