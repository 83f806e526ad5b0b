package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"heartbeat/internal/schedule"
)

// role is which of the functions this one is.
type role string

// The roles. Their names are the original's, where it has such a function.
const (
	rolePulse     role = "pulse"
	roleDashboard role = "dashboard"
	roleEditGet   role = "editGet"
	roleEditPost  role = "editPost"
	roleMonitor   role = "monitor"
	roleWeb       role = "web"
)

var roles = []role{rolePulse, roleDashboard, roleEditGet, roleEditPost, roleMonitor, roleWeb}

// settings are what the environment of the function says.
type settings struct {
	role role // HEARTBEAT_ROLE
	// tables is what the names of both tables begin with: HEARTBEAT_TABLES.
	tables string
	region string // AWS_REGION, which Lambda sets
	// base is what links begin with, before /heartbeat; nil if it is to be taken
	// from each request: HEARTBEAT_BASE_URL.
	base *url.URL
	zone string // HEARTBEAT_TIMEZONE, an IANA name
	// parameters is the path in the Parameter Store below which slack-webhook and
	// webhook are; empty if there is none: HEARTBEAT_PARAMETERS.
	parameters string
	logLevel   slog.Level // HEARTBEAT_LOG_LEVEL: debug, info, warn or error
	noPingLog  bool       // HEARTBEAT_PING_LOG=off: pings get no row in the log

	// For installations that are made by hand and have no Parameter Store.
	secret, pingKey string // HEARTBEAT_SECRET, HEARTBEAT_PING_KEY; those stored if empty
	openPulse       bool   // HEARTBEAT_OPEN_PULSE=true: pulses need no key
	slack, webhooks []string
	// HEARTBEAT_SLACK_WEBHOOK, HEARTBEAT_WEBHOOK: URLs, separated by spaces

	// For tests.
	dynamoEndpoint, ssmEndpoint string // HEARTBEAT_DYNAMODB_ENDPOINT, HEARTBEAT_SSM_ENDPOINT
	allowPrivate                bool   // HEARTBEAT_ALLOW_PRIVATE_TARGETS=true
}

// readSettings returns the settings and all that is wrong with them.
func readSettings(env func(string) string) (settings, error) {
	s := settings{
		role:           role(env("HEARTBEAT_ROLE")),
		tables:         env("HEARTBEAT_TABLES"),
		region:         env("AWS_REGION"),
		zone:           cmp.Or(env("HEARTBEAT_TIMEZONE"), "UTC"),
		parameters:     strings.TrimRight(env("HEARTBEAT_PARAMETERS"), "/"),
		secret:         env("HEARTBEAT_SECRET"),
		pingKey:        env("HEARTBEAT_PING_KEY"),
		slack:          strings.Fields(env("HEARTBEAT_SLACK_WEBHOOK")),
		webhooks:       strings.Fields(env("HEARTBEAT_WEBHOOK")),
		dynamoEndpoint: env("HEARTBEAT_DYNAMODB_ENDPOINT"),
		ssmEndpoint:    env("HEARTBEAT_SSM_ENDPOINT"),
	}
	var wrong []error
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if !slices.Contains(roles, s.role) {
		complain("HEARTBEAT_ROLE is %q: set one of %v", s.role, roles)
	}
	if s.tables == "" {
		complain("HEARTBEAT_TABLES is missing: set what the tables' names begin with, such as heartbeat")
	}
	if s.region == "" {
		complain("AWS_REGION is missing: Lambda sets it; elsewhere set it to a region such as eu-central-1")
	}
	if _, err := schedule.Zone(s.zone); err != nil {
		complain("HEARTBEAT_TIMEZONE: %w", err)
	}
	var err error
	if text := env("HEARTBEAT_BASE_URL"); text != "" {
		if s.base, err = url.Parse(text); err != nil || s.base.Host == "" {
			complain("HEARTBEAT_BASE_URL is %q: set a URL such as https://heartbeat.example.org", text)
		}
	}
	if text := env("HEARTBEAT_LOG_LEVEL"); text != "" {
		if err := s.logLevel.UnmarshalText([]byte(text)); err != nil {
			complain("HEARTBEAT_LOG_LEVEL is %q: set debug, info, warn or error", text)
		}
	}
	switch text := env("HEARTBEAT_PING_LOG"); text {
	case "", "on":
	case "off":
		s.noPingLog = true
	default:
		complain("HEARTBEAT_PING_LOG is %q: set on or off", text)
	}
	for name, into := range map[string]*bool{
		"HEARTBEAT_OPEN_PULSE": &s.openPulse, "HEARTBEAT_ALLOW_PRIVATE_TARGETS": &s.allowPrivate,
	} {
		if text := env(name); text != "" {
			if *into, err = strconv.ParseBool(text); err != nil {
				complain("%s is %q: set true or false", name, text)
			}
		}
	}
	return s, errors.Join(wrong...)
}
