// Package dynamo keeps everything in two tables of DynamoDB: a heartbeat.Store
// that any number of processes may use at once.
//
// # Tables
//
// PREFIX-state has one lean item a check, under "_id". PREFIX-log has all that
// is long or many, under "id" and "at": pings, flips, notices, values and the
// texts that would make a check's item too large.
//
// # Writes
//
// A check changes by one conditional write on its item. The pulse of a healthy
// check needs no read: the condition says that it is up, that no run is open and
// that its last ping is older, and then the new state is known. Everything else
// reads, asks the core and writes on the condition that the revision still is
// the one that was read.
//
// A write whose answer is lost is sent again. Its condition can hold once only,
// so nothing is applied twice; and each item remembers the marks of its last
// three writes, so that a refused repetition is told from a lost race. Where
// even that leaves it open, the error says so.
//
// # Flips and notices
//
// A flip is written into the check's item in the same write as the new state,
// as its pending entry. It is then copied to the log: as the check's flip, and
// as the notice that it owes. Only then is the entry cleared.
//
// Unfinished notices are found by pointers, rows of one partition that is read
// consistently. A pointer is written before what it points to and removed
// after that is finished, so the pointers are never too few. One whose notice
// is not there yet leads to the check, in whose item the entry then is: a
// crash between any two steps loses nothing.
//
// # Changes
//
// A write that may bring a deadline nearer (a new check, a start, a flip, an
// edit) first puts a small row into one partition, which other processes read
// consistently every few seconds or each minute. A row too many does no harm.
// One too few would be a late alarm, so the write must be over soon after its
// row, or fails, and the reader goes back by that time and by what clocks may
// differ. The pulse of a healthy check writes none.
//
// One partition takes about a thousand writes a second: that many changes, not
// pulses. Where a whole fleet sends its starts in the same second, the surplus
// waits and is tried again, as any throttled write is.
//
// # Lives
//
// A check's revision begins at the nanosecond of its birth and is counted up by
// each write, so a check that was deleted and made again never has an old one.
// Rows of pings and flips are filed under the revision; those of an earlier life
// are below the birth and are not seen. They are left to the time to live, as is
// everything old: there are no deletes to pay.
//
// # What differs
//
// The log row of a ping is a second write, which Config can leave out. Ping answers only when it is there; a
// crash in between loses the row, never the count or the state. Rows of pings
// live for 400 periods of their check and at least 30 days, which for a check
// that is pinged less often may be fewer than a hundred; flips and finished
// notices live for two years.
package dynamo
