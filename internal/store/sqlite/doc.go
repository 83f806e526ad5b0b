// Package sqlite keeps everything in one SQLite file. It is a driver of
// [heartbeat.Store] for one process: a lock file refuses a second one.
//
// # One writer, one commit for all that wait
//
// All writes go through one goroutine. It takes whatever waits in a bounded
// queue, applies it in memory and in one transaction, commits with
// synchronous=FULL (so an answer is given only after fsync), and then answers
// everybody. There is no timer and no waiting for company: batches grow by
// themselves when the disk is slow.
//
// # A ping costs one appended row
//
// The state of every check is held in memory in a flat, pointer-free array
// ([record]); the file's states table follows lazily. A plain ping commits
// nothing but its row in the log. A ping that flips its check also commits the
// check's state, the flip and the notice. When the file is opened, log rows
// that are newer than a check's state row (states.last_row) are applied to it
// again; as every flip writes the state row in its own commit, that never
// repeats a flip. flushed.row bounds how far back this has to look, and old rows
// are forgotten only up to there: what would be repeated stays.
//
// # Reading
//
// State is read from memory, under a lock that the writer holds from the first
// change of a batch until its commit: nobody sees what is not durable.
// Settings, history and the outbox are read from the file by other connections.
// A check's history is a chain of row numbers (pings.prev): the hot path
// maintains no index.
package sqlite
