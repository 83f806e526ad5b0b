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
	// Targets keep where channels lead. Nil if no channels are made here.
	Targets Targets
	// Changed is called, after the write is durable, with every check whose
	// deadline may have come nearer. It must not block. May be nil.
	Changed func(heartbeat.CheckID)
	// Owed is called after a write that added a notice, or changed who is told. It
	// must not block. May be nil.
	Owed func()
	// KeysChanged is called after a key of a project was given or taken away. May
	// be nil.
	KeysChanged func()
	// Logger is told of the flips that people hear of. May be nil.
	Logger *slog.Logger
}

// Targets are where channels lead: secrets, such as the URLs of webhooks.
type Targets interface {
	// Check says what is wrong with a channel of a kind that leads to target, with
	// Field "kind" or "target"; nil if nothing is.
	Check(kind heartbeat.ChannelKind, target string) *heartbeat.Invalid
	// Seal returns target so that nobody can read it where it is stored.
	Seal(ctx context.Context, id heartbeat.ChannelID, target string) ([]byte, error)
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
