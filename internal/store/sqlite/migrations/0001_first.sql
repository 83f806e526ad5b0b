-- Times are nanoseconds since 1970 UTC, 0 for none; durations are nanoseconds.

-- What people set. The row number "no" also is the check's slot in memory; it
-- is used again after a check is deleted, which removes its rows everywhere.
CREATE TABLE checks (
    no       INTEGER PRIMARY KEY,
    id       BLOB    NOT NULL UNIQUE,
    host     TEXT    NOT NULL,
    category TEXT    NOT NULL,
    type     TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    period   INTEGER NOT NULL,
    worktime TEXT    NOT NULL,
    zone     TEXT    NOT NULL,
    holidays TEXT    NOT NULL,
    grace    INTEGER NOT NULL,
    created  INTEGER NOT NULL
) STRICT;

-- What pings and time made of a check. Written with every flip and edit, and
-- lazily for plain pings: rows of the log above last_row are not in it yet.
CREATE TABLE states (
    no         INTEGER PRIMARY KEY,
    rev        INTEGER NOT NULL,
    status     TEXT    NOT NULL,
    since      INTEGER NOT NULL,
    last_ping  INTEGER NOT NULL,
    last_start INTEGER NOT NULL,
    start_run  TEXT    NOT NULL,
    duration   INTEGER NOT NULL,
    pings      INTEGER NOT NULL,
    last_row   INTEGER NOT NULL
) STRICT;

-- The log, only ever appended to. prev is the row of the same check's ping
-- before this one (0: none is kept), so that history needs no index.
CREATE TABLE pings (
    row      INTEGER PRIMARY KEY,
    no       INTEGER NOT NULL,
    prev     INTEGER NOT NULL,
    n        INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    exit     INTEGER,
    run      TEXT,
    duration INTEGER,
    method   TEXT,
    addr     TEXT,
    agent    TEXT,
    body     BLOB
) STRICT;

-- Every log row up to "row" is contained in states.
CREATE TABLE flushed (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    row   INTEGER NOT NULL,
    ready INTEGER NOT NULL
) STRICT;
INSERT INTO flushed VALUES (1, 0, 0);

CREATE TABLE flips (
    row         INTEGER PRIMARY KEY,
    no          INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    from_status TEXT    NOT NULL,
    to_status   TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    since       INTEGER NOT NULL,
    last_ping   INTEGER NOT NULL,
    detail      TEXT    NOT NULL
) STRICT;
CREATE INDEX flips_of_check ON flips (no, row);

-- The outbox. next is 0 when nothing remains to be done. flip, blind and
-- deliveries are JSON.
CREATE TABLE notices (
    row        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         BLOB    NOT NULL,
    flip       TEXT,
    blind      TEXT,
    created    INTEGER NOT NULL,
    next       INTEGER NOT NULL,
    deliveries TEXT,
    rev        INTEGER NOT NULL
) STRICT;
CREATE INDEX notices_open ON notices (next) WHERE next > 0;

CREATE TABLE "values" (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
