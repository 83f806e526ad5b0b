// Package transfer moves checks with their history, messages and keys from one
// installation to another: from a store into a file, from a file or another
// program into a store, and to a running server over HTTP.
//
//	transfer.go  what is moved: Source and Item
//	export.go    a store → Source
//	lines.go     Source ⇄ a file of JSON lines; record.go is how each line looks
//	load.go      Source → a store; valid.go refuses, report.go counts and lists
//	watch.go     nobody is blamed for the time in between
//	post.go      Source → a running server, piece by piece
//
// Package awsheartbeat, below, makes a Source of the original's table.
//
// Loading is idempotent: what is there already is left alone, so whatever was
// broken off is run again. What is there and differs is kept and listed.
package transfer

import (
	"iter"
	"time"

	"heartbeat"
)

// Source is what an installation was made of.
type Source struct {
	// Time is when it was read.
	Time time.Time
	// Watch says until when somebody watched there, and which times were blind.
	// Nil: it is not known.
	Watch *heartbeat.Watch
	// Items come in the order values, checks, notices.
	Items iter.Seq2[Item, error]
}

// Item is one thing that is moved. Exactly one field is set.
type Item struct {
	Value  *Value
	Check  *Check
	Notice *heartbeat.Notice
}

// Check is a check with its history, the newest first.
type Check struct {
	heartbeat.Check
	Pings []heartbeat.Ping
	Flips []heartbeat.Flip
}

// Value is one of a store's values.
type Value struct {
	Key   string `json:"key"`
	Value []byte `json:"value"`
}

// plain drops a time's zone and its monotonic reading.
func plain(t time.Time) time.Time { return t.Round(0).UTC() }
