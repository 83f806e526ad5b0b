package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
	driver "modernc.org/sqlite" // registers itself as "sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"heartbeat"
)

// Config says where the file is.
type Config struct {
	// Path is the database file. It is created, but not its folder. Beside it
	// stand Path-wal and Path-shm while it is open, and Path.lock.
	Path   string
	Logger *slog.Logger
}

// Store is a [heartbeat.Store] over one SQLite file.
type Store struct {
	lock      *flock.Flock
	read      *sql.DB
	single    *sql.DB // for readCheck alone, which must not wait for long lists
	readCheck *sql.Stmt
	writer    *writer
	table     *table
	ops       sync.Pool     // of *op for pings
	done      chan struct{} // closed when the writer has ended

	gate   sync.RWMutex // held for reading while something is put into the queue
	closed bool
}

var _ heartbeat.Store = (*Store)(nil)

// ErrInUse says that another process has opened the file.
var ErrInUse = errors.New("in use by another Heartbeat server")

// Open opens the file, creating or migrating it, and takes its lock. It reads
// the state of every check into memory: about a second for 250,000 checks.
func Open(ctx context.Context, cfg Config) (_ *Store, err error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.Path = realPath(cfg.Path)
	lock, err := takeLock(cfg.Path)
	if err != nil {
		return nil, err
	}
	s := &Store{lock: lock, table: newTable(), done: make(chan struct{})}
	s.ops.New = func() any { return &op{done: make(chan struct{}, 1)} }
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("sqlite: open %s: %w%s", cfg.Path, err, advice(err)), s.release())
		}
	}()
	if err := makePrivate(cfg.Path); err != nil {
		return nil, err
	}
	if s.writer, err = newWriter(ctx, cfg, s.table); err != nil {
		return nil, err
	}
	if s.read, err = openReaders(cfg.Path, 4); err != nil {
		return nil, err
	}
	if s.single, err = openReaders(cfg.Path, 2); err != nil {
		return nil, err
	}
	s.readCheck, err = s.single.PrepareContext(ctx, `SELECT `+checkColumns+` FROM checks WHERE no = ?`)
	if err != nil {
		return nil, err
	}
	if err := s.writer.load(ctx, s.read); err != nil {
		return nil, err
	}
	go func() {
		defer close(s.done)
		s.writer.run()
	}()
	return s, nil
}

// makePrivate makes the file if it does not exist, for its owner alone: it holds
// what jobs have written. SQLite gives its side files the same permissions.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// advice says what to do about the errors of SQLite that people meet.
func advice(err error) string {
	failure := new(driver.Error)
	if !errors.As(err, &failure) {
		return ""
	}
	switch failure.Code() & 0xff { // the rest says more of where it came from
	case sqlite3.SQLITE_NOTADB:
		return ": name another file, or put a backup in its place"
	case sqlite3.SQLITE_CORRUPT:
		return ": the file is damaged; put a backup in its place"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return ": this user must be able to write the file and its folder"
	case sqlite3.SQLITE_FULL:
		return ": make room on the disk"
	}
	return ""
}

func openReaders(path string, most int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, "query_only(1)"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	return db, nil
}

// realPath follows symbolic links, so that a file has one lock however it is
// called.
func realPath(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return path // the file does not exist yet
}

func takeLock(path string) (*flock.Flock, error) {
	lock := flock.New(path + ".lock")
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("sqlite: lock %s: %w", path, err)
	}
	if !held {
		return nil, fmt.Errorf("sqlite: %s is %w, which holds %s: "+
			"stop that one, or give this one a file of its own with --store sqlite:OTHER.db", path, ErrInUse, lock.Path())
	}
	return lock, nil
}

// dsn names the file for the driver, with the settings that every connection
// has and those in pragmas, such as "query_only(1)".
func dsn(path string, pragmas ...string) string {
	q := url.Values{"_pragma": append([]string{
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "cache_size(-16384)", "temp_store(MEMORY)",
		"journal_size_limit(67108864)", // of what a long backup made of the log
	}, pragmas...)}
	return uri(path) + "?" + q.Encode()
}

// uri names a file, whatever signs stand in its path. It is made absolute:
// ":memory:" would not be a file, and "//" would begin the name of a host.
func uri(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath()
}

// Close implements [heartbeat.Store].
func (s *Store) Close() error {
	s.gate.Lock()
	if s.closed {
		s.gate.Unlock()
		return heartbeat.ErrClosed
	}
	s.closed = true
	close(s.writer.queue)
	s.gate.Unlock()
	<-s.done
	return s.release()
}

func (s *Store) release() error {
	var errs []error
	for _, db := range []*sql.DB{s.read, s.single} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	return errors.Join(append(errs, s.lock.Unlock())...)
}

// open returns the error that a call on a closed store or with a dead context
// gets, or nil.
func (s *Store) open(ctx context.Context) error {
	s.gate.RLock()
	defer s.gate.RUnlock()
	if s.closed {
		return heartbeat.ErrClosed
	}
	return ctx.Err()
}

// Queue tells how many writes wait for the next commit, and how many may.
func (s *Store) Queue() (waiting, most int) {
	return len(s.writer.queue), cap(s.writer.queue)
}

// nano is a time as the file keeps it; 0 is the zero time.
func nano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// moment is the time that nano made a number of.
func moment(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
