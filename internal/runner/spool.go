package runner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"heartbeat/client"
)

// Bounds of a spool.
const (
	MaxSpooled = 1000
	MaxAge     = 7 * 24 * time.Hour
)

// ErrBusy is returned if another process works on the spool.
var ErrBusy = errors.New("another process is sending what waits there")

// Spool keeps reports that the monitor did not take, one file each, until they
// can be sent. Several processes may use one folder. Nothing is made on disk
// before the first report is kept.
type Spool struct{ cfg SpoolConfig }

// SpoolConfig is what a spool needs to know.
type SpoolConfig struct {
	// Dir is a folder that only its owner may read; it is made when needed. If it
	// is empty, nothing can be kept.
	Dir string
	// BaseURL and PingKey are those of the client. A report is sent only with
	// those that it was meant for. The key itself is never written down.
	BaseURL, PingKey string
}

// Report is the end of a run.
type Report struct {
	Check client.Check
	Ping  client.Ping
	Ended time.Time
	// LateAfter is how long after Ended a success still counts as one.
	LateAfter time.Duration
}

// OpenSpool returns a spool. It does not touch the disk.
func OpenSpool(cfg SpoolConfig) *Spool { return &Spool{cfg: cfg} }

// Dir is where the spool keeps its files.
func (s *Spool) Dir() string { return s.cfg.Dir }

// Add keeps a report, for MaxAge at most. If there are too many, the oldest goes.
func (s *Spool) Add(r Report) error {
	if s.cfg.Dir == "" {
		return errors.New("there is no home folder to keep it in: name a folder with --spool")
	}
	if err := os.MkdirAll(s.cfg.Dir, 0o700); err != nil {
		return err
	}
	e := s.entry(r)
	name := filepath.Join(s.cfg.Dir, e.name())
	if err := e.write(name); err != nil {
		return err
	}
	return s.prune(time.Now())
}

// prune removes what is too old, the oldest of what is too much, and what a
// crash left half written.
func (s *Spool) prune(now time.Time) error {
	parts, err := s.list(suffixPart)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if info, err := os.Stat(part); err == nil && now.Sub(info.ModTime()) > time.Hour {
			_ = os.Remove(part) // it is nobody's; next time, then
		}
	}
	names, err := s.list(suffixReport)
	if err != nil {
		return err
	}
	oldest := now.Add(-MaxAge).UTC().Format(stamp)
	for i, name := range names {
		if filepath.Base(name) < oldest || len(names)-i > MaxSpooled {
			err = errors.Join(err, remove(name))
		}
	}
	return err
}

// list returns the files with a suffix, oldest reports first.
func (s *Spool) list(suffix string) ([]string, error) {
	files, err := os.ReadDir(s.cfg.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range files {
		if strings.HasSuffix(f.Name(), suffix) {
			names = append(names, filepath.Join(s.cfg.Dir, f.Name()))
		}
	}
	slices.Sort(names)
	return names, nil
}

func remove(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil // somebody else was faster
}

// Flushed says what became of the reports in a spool.
type Flushed struct {
	Sent    int
	Refused int // for good; they are gone
	Left    int
}

func (f Flushed) String() string {
	return fmt.Sprintf("%d sent, %d refused, %d left", f.Sent, f.Refused, f.Left)
}

// Flush sends what waits for the spool's server and key, oldest first, and ends
// at the first report that does not get through; err says why. It is ErrBusy if
// another process is at it. Reports that the server refuses for good are removed,
// and err tells of them.
//
// The server takes the time of arrival for the time of a ping, so a report is
// not simply repeated:
//
//   - A success that comes within its LateAfter is sent as one. A later one is
//     sent as a log line: it says that the job did run, but must not make the
//     check look fresh, nor hide that a run after it is missing. People have been
//     told meanwhile that nothing was heard, which was true.
//   - A failure stays a failure however late it comes: nobody has been told of
//     it yet.
//   - Of a check's reports only the last one counts, and none if Supersede
//     told of a newer one: the others are sent as log lines.
func (s *Spool) Flush(ctx context.Context, send func(context.Context, client.Check, client.Ping) error) (Flushed, error) {
	var done Flushed
	names, err := s.list(suffixReport)
	if err != nil || len(names) == 0 {
		return done, err
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return Flushed{Left: len(names)}, err
	}
	defer unlock()
	waiting, left, err := s.read()
	if err != nil {
		return done, err
	}
	done.Left = left + len(waiting)
	last := make(map[client.Check]int)
	for i, e := range waiting {
		last[e.identity()] = i
	}
	var refusals error
	for i, e := range waiting {
		e.Superseded = e.Superseded || last[e.identity()] != i
		err := send(ctx, e.check(), e.ping(time.Now()))
		if err != nil && !final(err) {
			return done, errors.Join(refusals, err)
		}
		if err != nil {
			done.Refused++
			refusals = errors.Join(refusals, fmt.Errorf("a report of %s was refused: %w", e.Ended.Format(time.RFC3339), err))
		} else {
			done.Sent++
		}
		done.Left--
		if err := remove(e.file); err != nil {
			return done, errors.Join(refusals, err)
		}
	}
	return done, refusals
}

// final tells whether a ping was refused for good.
func final(err error) bool {
	refused := new(client.StatusError)
	return errors.As(err, &refused) && !refused.Temporary() || errors.Is(err, client.ErrInvalid)
}

// Supersede notes that there is a newer report of a check, so that what waits
// will not be taken for news. It waits while another process sends.
func (s *Spool) Supersede(ctx context.Context, check client.Check) error {
	names, err := s.list(suffixReport)
	if err != nil || len(names) == 0 {
		return err
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	waiting, _, err := s.read()
	for _, e := range waiting {
		if e.identity() == identity(check) && !e.Superseded {
			e.Superseded = true
			err = errors.Join(err, e.write(e.file))
		}
	}
	return err
}

// lockFor bounds how long one waits for another process.
const lockFor = 2 * time.Second

func (s *Spool) lock(ctx context.Context) (unlock func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, lockFor)
	defer cancel()
	lock := flock.New(filepath.Join(s.cfg.Dir, "lock"), flock.SetPermissions(0o600))
	locked, err := lock.TryLockContext(ctx, lockFor/20)
	if errors.Is(err, context.DeadlineExceeded) || err == nil && !locked {
		return nil, ErrBusy
	}
	if err != nil {
		return nil, err
	}
	return func() { _ = lock.Unlock() }, nil // ends with the process at the latest
}

// read returns the reports that may be sent, oldest first, and how many are for
// another server or key. It removes what is too old or no report.
func (s *Spool) read() (waiting []entry, left int, err error) {
	if err := s.prune(time.Now()); err != nil {
		return nil, 0, err
	}
	names, err := s.list(suffixReport)
	if err != nil {
		return nil, 0, err
	}
	for _, name := range names {
		e, err := readEntry(name)
		switch {
		case errors.Is(err, fs.ErrNotExist): // somebody else was faster
		case errors.Is(err, errNoReport):
			if err := remove(name); err != nil {
				return nil, 0, err
			}
		case err != nil || !s.owns(e):
			left++
		default:
			waiting = append(waiting, e)
		}
	}
	return waiting, left, nil
}
