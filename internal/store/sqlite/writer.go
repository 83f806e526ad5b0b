package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"heartbeat"
)

const (
	queueSize = 4096 // writes that may wait; more get ErrBusy
	batchSize = 1024 // writes that one commit takes at most
)

// op is one write on its way through the writer. Exactly one of its two halves
// is used.
type op struct {
	// A ping.
	id     heartbeat.CheckID
	slug   heartbeat.SlugRef // if set, it names the check, and id does not
	ping   heartbeat.Ping
	exit   int // what ping.Exit points to
	create func() heartbeat.Check
	result heartbeat.Pinged

	// Anything else. It may change the file (after w.stmts.flush, if what is
	// collected matters to it) and w.table (after w.keep). If it returns one of
	// the refusals, it has changed nothing.
	apply func(w *writer) error

	err  error
	done chan struct{} // takes one value when the op is durable or has failed
}

// refusal tells whether err concerns one op alone and left the transaction
// as it was.
func refusal(err error) bool {
	return errors.Is(err, heartbeat.ErrNotFound) || errors.Is(err, heartbeat.ErrExists) ||
		errors.Is(err, heartbeat.ErrConflict) || errors.Is(err, heartbeat.ErrAmbiguous)
}

// writer is the one goroutine that changes the file and the table.
type writer struct {
	// ctx is never done: a write that has begun is finished, whoever has gone
	// away meanwhile.
	ctx   context.Context
	db    *sql.DB
	conn  *sql.Conn
	stmts statements
	table *table
	log   *slog.Logger
	queue chan *op
	batch []*op

	row    int64 // newest row of the log
	rounds rounds
	trim   trimmer
	timer  *time.Timer // runs while there is background work
	undo   []change
	broken bool // the last commit failed; logged once
}

func newWriter(ctx context.Context, cfg Config, t *table) (*writer, error) {
	db, err := sql.Open("sqlite", dsn(cfg.Path))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	w := &writer{
		ctx: context.WithoutCancel(ctx), db: db, table: t, log: cfg.Logger,
		queue: make(chan *op, queueSize), timer: time.NewTimer(time.Hour),
	}
	w.timer.Stop()
	if w.conn, err = db.Conn(ctx); err != nil {
		return w, err
	}
	if err := migrate(ctx, w.conn); err != nil {
		return w, err
	}
	return w, w.stmts.prepare(ctx, w.conn)
}

func (w *writer) close() error {
	errs := []error{w.stmts.close()}
	if w.conn != nil {
		errs = append(errs, w.conn.Close())
	}
	return errors.Join(append(errs, w.db.Close())...)
}

// run takes what waits, until the queue is closed and empty.
func (w *writer) run() {
	w.schedule() // the log may have been repeated
	for {
		select {
		case o, ok := <-w.queue:
			if !ok {
				w.finish()
				return
			}
			w.collect(o)
			w.settle()
		case <-w.timer.C:
			w.background()
		}
	}
}

// collect fills the batch with first and all that waits behind it.
func (w *writer) collect(first *op) {
	w.batch = append(w.batch[:0], first)
	for yielded := false; len(w.batch) < batchSize; {
		select {
		case o, ok := <-w.queue:
			if !ok {
				return
			}
			w.batch = append(w.batch, o)
		default:
			if yielded {
				return
			}
			yielded = true
			runtime.Gosched() // whoever is ready to write now comes along
		}
	}
}

// settle makes the batch durable and answers everybody in it.
func (w *writer) settle() {
	err := w.transact(func() error {
		for _, o := range w.batch {
			if err := w.apply(o); err != nil {
				return err
			}
		}
		return w.backgroundStep()
	})
	for i, o := range w.batch {
		if err != nil {
			o.err = fmt.Errorf("sqlite: %w", err)
		}
		o.done <- struct{}{}
		w.batch[i] = nil
	}
	w.schedule()
}

func (w *writer) apply(o *op) error {
	var err error
	if o.apply == nil {
		err = w.applyPing(o)
	} else {
		err = o.apply(w)
	}
	if refusal(err) {
		o.err, err = err, nil
	}
	return err
}

// transact runs f in one transaction, holding the table. If f or the commit
// fails, file and table are as before.
func (w *writer) transact(f func() error) (err error) {
	w.table.mu.Lock()
	defer w.table.mu.Unlock()
	row, rounds, trim := w.row, w.rounds, w.trim
	w.undo = w.undo[:0]
	if err = w.stmts.begin(w.ctx); err == nil {
		if err = f(); err == nil {
			err = w.stmts.flush(w.ctx)
		}
		if err == nil {
			err = w.stmts.commit(w.ctx)
		}
		if err != nil {
			err = errors.Join(err, w.stmts.rollback(w.ctx))
		}
	}
	if err != nil {
		w.row, w.trim = row, trim
		w.rounds.undo(rounds)
		w.rewind()
	}
	w.report(err)
	return err
}

// report logs the first failure of a row of failures, and its end.
func (w *writer) report(err error) {
	if (err != nil) == w.broken {
		return
	}
	w.broken = err != nil
	if w.broken {
		w.log.Error("store cannot write; pings are refused until it can", "err", err)
		return
	}
	w.log.Info("store can write again")
}

// change is what a slot held before a transaction touched it.
type change struct {
	slot uint32
	old  record
	run  heartbeat.RunID
	slug heartbeat.SlugRef
}

// keep notes what slot holds, for the case that the transaction fails.
func (w *writer) keep(slot uint32) {
	c := change{slot: slot, old: *w.table.at(slot), run: w.table.runs[slot]}
	if len(w.table.slugs) > 0 {
		c.slug = w.table.slugs[slot]
	}
	w.undo = append(w.undo, c)
}

func (w *writer) rewind() {
	t := w.table
	for i := len(w.undo) - 1; i >= 0; i-- {
		c := w.undo[i]
		switch {
		case !c.old.live:
			t.drop(c.slot)
			continue
		case !t.at(c.slot).live: // deleted: its slot is the last that became free
			t.free = t.free[:len(t.free)-1]
		}
		t.put(c.slot, c.old)
		t.setSlug(c.slot, c.slug)
		w.rounds.mark(c.slot) // it may have been taken as written
		if delete(t.runs, c.slot); c.run != "" {
			t.runs[c.slot] = c.run
		}
	}
}

// submit hands o to the writer and waits until it is durable.
func (s *Store) submit(ctx context.Context, o *op) error {
	if err := s.enqueue(ctx, o); err != nil {
		return err
	}
	select {
	case <-o.done:
		return o.err
	case <-ctx.Done():
		return ctx.Err() // the op goes on; its outcome is not known here
	}
}

func (s *Store) enqueue(ctx context.Context, o *op) error {
	s.gate.RLock()
	defer s.gate.RUnlock()
	if s.closed {
		return heartbeat.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.writer.queue <- o:
		return nil
	default:
		return heartbeat.ErrBusy
	}
}

// change hands a write that is not a ping to the writer.
func (s *Store) change(ctx context.Context, apply func(w *writer) error) error {
	return s.submit(ctx, &op{apply: apply, done: make(chan struct{}, 1)})
}
