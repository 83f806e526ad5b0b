// Package service is what people and jobs cause: it validates what they ask for,
// runs load → core → save, and retries lost races. It reads no clock: now is
// always an argument. It is the sibling of internal/monitor, which is what
// time causes; neither imports the other.
//
//	pulse.go     a pulse comes in
//	ping.go      a ping by ID or slug comes in
//	projects.go  projects and their keys
//	channels.go  the channels of projects
//	initial.go   settings that pings bring, as typed → as stored
//	settings.go  edits of settings as typed → settings as stored
//	create.go    people make a check
//	checks.go    programs list, make and change the checks of a project
//	edit.go      people change, pause, resume and delete a check
//	labels.go    names, labels and rules as typed → as stored
//	span.go      lengths of time as typed
//	look.go      one check, its history, the monitor's memory
//	list.go      the table of checks: filter, page, count
//	order.go     how the table is sorted
package service

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"heartbeat"
)

// Config is what a Service needs.
type Config struct {
	Store heartbeat.Store
	// Zone is the IANA zone of checks that do not name one. Empty means UTC.
	Zone string
	// Channels are those that the settings give, to the default project.
	Channels []heartbeat.Channel
	// Seal says what is wrong with where a channel is to lead, as an
	// *heartbeat.Invalid with Field "kind" or "target", or returns it sealed. Nil
	// if no channels are made here.
	Seal func(ctx context.Context, c heartbeat.Channel, target string) ([]byte, error)
	// Changed is called, after the write is durable, with every check whose
	// deadline may have come nearer. It must not block. May be nil.
	Changed func(heartbeat.CheckID)
	// Owed is called after a write that added a notice, or changed who is told. It must not block. May be nil.
	Owed func()
	// KeysChanged is called after a key of a project was given or taken away. May
	// be nil.
	KeysChanged func()
	// Logger is told of the flips that people hear of. May be nil.
	Logger *slog.Logger
}

// Service acts on checks. Its methods may be called from many goroutines.
type Service struct {
	cfg    Config
	pulses initialCache // settings of checks that pulses make
	pings  initialCache // and of those that pings by slug make
	watch  watchCache
	puts   sync.Mutex // held by PutCheck and Create
}

// New returns a service.
func New(cfg Config) *Service {
	if cfg.Zone == "" {
		cfg.Zone = "UTC"
	}
	if cfg.Changed == nil {
		cfg.Changed = func(heartbeat.CheckID) {}
	}
	if cfg.Owed == nil {
		cfg.Owed = func() {}
	}
	if cfg.Seal == nil {
		cfg.Seal = func(context.Context, heartbeat.Channel, string) ([]byte, error) {
			return nil, errors.New("channels cannot be made here")
		}
	}
	if cfg.KeysChanged == nil {
		cfg.KeysChanged = func() {}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Service{
		cfg:    cfg,
		pulses: initialCache{defaults: pulseSettings(cfg.Zone)},
		pings:  initialCache{defaults: plainSettings(cfg.Zone)},
	}
}
