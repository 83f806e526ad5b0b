package runner

import (
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// output passes on what a command writes, and keeps the end of it.
type output struct {
	tail *Tail // nil: the command writes to its destination directly
	// ours are the ends of the pipes that are read here; theirs those that the
	// command writes to.
	ours, theirs []*os.File
	copies       []func()
	// done is closed when nobody can write any more.
	done chan struct{}
}

// connect gives the command its output. If both streams lead to the same place,
// they share a pipe, and the order in which things are written is kept.
func (o *output) connect(cmd *exec.Cmd, cfg Config) error {
	o.done = make(chan struct{})
	if cfg.Tail <= 0 {
		cmd.Stdout, cmd.Stderr = cfg.Stdout, cfg.Stderr
		return nil
	}
	o.tail = NewTail(cfg.Tail, cfg.Masks)
	pipe, err := o.pipe(cfg.Stdout)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = pipe, pipe
	if same(cfg.Stdout, cfg.Stderr) {
		return nil
	}
	if pipe, err = o.pipe(cfg.Stderr); err != nil {
		return err
	}
	cmd.Stderr = pipe
	return nil
}

// same tells whether two writers are one and the same open file.
func same(a, b io.Writer) bool {
	fileA, okA := a.(*os.File)
	fileB, okB := b.(*os.File)
	if !okA || !okB {
		return false
	}
	infoA, errA := fileA.Stat()
	infoB, errB := fileB.Stat()
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

func (o *output) pipe(to io.Writer) (*os.File, error) {
	ours, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	o.ours, o.theirs = append(o.ours, ours), append(o.theirs, theirs)
	stream := o.tail.Stream()
	o.copies = append(o.copies, func() { pass(ours, to, stream) })
	return theirs, nil
}

// begin starts passing on, once the command has its ends of the pipes or will
// never have them.
func (o *output) begin(started bool) {
	for _, f := range o.theirs {
		_ = f.Close() // the command's copies are what counts
	}
	var all sync.WaitGroup
	for _, pass := range o.copies {
		all.Go(pass)
	}
	if !started || o.tail == nil {
		all.Wait()
		close(o.done)
		return
	}
	go func() {
		all.Wait()
		close(o.done)
	}()
}

// pass copies one stream. If nobody reads the destination any more, the command
// is to notice that as it would without us, so its pipe is closed. If writing
// fails for another reason, such as a full disk, the command goes on, and so
// does the tail.
func pass(from *os.File, to, tail io.Writer) {
	defer func() { _ = from.Close() }() // it was only read
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			_, _ = tail.Write(buf[:n]) // never fails
			if _, err := to.Write(buf[:n]); err != nil {
				if closedPipe(err) {
					return
				}
				to = io.Discard
			}
		}
		if err != nil {
			return
		}
	}
}

// drain waits until everything was passed on, and tells whether it was.
func (o *output) drain(limit time.Duration) bool {
	select {
	case <-o.done:
		return true
	default:
	}
	if limit == 0 {
		return false
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-o.done:
		return true
	case <-timer.C:
		return false
	}
}

// text is the end of the output, with a note below it if there is one.
func (o *output) text(note string) []byte {
	if note != "" {
		note = "heartbeat: " + note + "\n"
	}
	if o.tail == nil {
		return []byte(note)
	}
	text := o.tail.Text(MaxTail - len(note) - 1)
	if len(text) > 0 && note != "" && text[len(text)-1] != '\n' {
		text = append(text, '\n')
	}
	return append(text, note...)
}
