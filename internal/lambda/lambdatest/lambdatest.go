// Package lambdatest runs a Lambda function on this machine: it speaks the
// Runtime API to the real program, as the sandbox does in which Lambda runs it.
// One runtime is one sandbox: its invocations go one after another.
package lambdatest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Region and Function are what the function is told of itself.
const (
	Region   = "eu-central-1"
	Function = "heartbeat-test"
)

const (
	initTimeout    = 10 * time.Second // Lambda's
	defaultTimeout = 10 * time.Second
	maxAnswer      = 6 << 20 // bytes; Lambda's
)

// Config is what a runtime needs.
type Config struct {
	// Binary is the path of the program.
	Binary string
	// Env are variables, NAME=value, beside those that Lambda sets. The program
	// gets none of this process's.
	Env []string
	// Timeout is how long an invocation may take; 0 means 10 seconds. Whoever takes
	// longer is killed, as by Lambda.
	Timeout time.Duration
}

// Runtime is a sandbox with a program in it. Its methods may be called from many
// goroutines.
type Runtime struct {
	cfg    Config
	server *http.Server
	cmd    *exec.Cmd
	log    buffer

	queue  chan *invocation
	ready  chan struct{} // closed at the first request for an event
	exited chan struct{} // closed when the program has ended

	mu     sync.Mutex
	begun  time.Time // when the program was started
	init   time.Duration
	last   int
	inHand map[string]*invocation
}

// Start runs a program until the test ends. A program that does not come to ask
// for its first event fails the test.
func Start(tb testing.TB, cfg Config) *Runtime {
	tb.Helper()
	rt, err := Run(context.WithoutCancel(tb.Context()), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		rt.Stop()
		if tb.Failed() {
			tb.Logf("the function's log:\n%s", rt.Log())
		}
	})
	return rt
}

// Run runs a program until Stop, and returns when it asks for its first event.
func Run(ctx context.Context, cfg Config) (*Runtime, error) {
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	rt := &Runtime{
		cfg: cfg, queue: make(chan *invocation), ready: make(chan struct{}), exited: make(chan struct{}),
		inHand: make(map[string]*invocation),
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	rt.server = &http.Server{Handler: rt.routes(), ReadHeaderTimeout: initTimeout}
	go func() { _ = rt.server.Serve(listener) }()
	rt.cmd = exec.CommandContext(ctx, cfg.Binary)
	rt.cmd.Env = append(environment(listener.Addr().String()), cfg.Env...)
	rt.cmd.Stdout, rt.cmd.Stderr = &rt.log, &rt.log
	rt.mu.Lock()
	rt.begun = time.Now()
	err = rt.cmd.Start()
	rt.mu.Unlock()
	if err != nil {
		return nil, errors.Join(err, rt.server.Close())
	}
	go func() { _ = rt.cmd.Wait(); close(rt.exited) }()
	timeout := time.NewTimer(initTimeout)
	defer timeout.Stop()
	select {
	case <-rt.ready:
		return rt, nil
	case <-rt.exited:
		rt.Stop()
		return nil, rt.ended()
	case <-timeout.C:
		rt.Stop()
		return nil, fmt.Errorf("the function did not ask for an event within %v:\n%s", initTimeout, rt.Log())
	}
}

// environment is what Lambda sets, with keys that are nobody's.
func environment(api string) []string {
	return []string{
		"AWS_LAMBDA_RUNTIME_API=" + api,
		"AWS_LAMBDA_FUNCTION_NAME=" + Function,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256",
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_REGION=" + Region, "AWS_DEFAULT_REGION=" + Region,
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_SESSION_TOKEN=test",
		"LANG=en_US.UTF-8", "TZ=:UTC", "PATH=" + os.Getenv("PATH"),
	}
}

// Init is the time from the start of the program to its first request for an
// event.
func (rt *Runtime) Init() time.Duration {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	return rt.init
}

// Pid is the program's process.
func (rt *Runtime) Pid() int { return rt.cmd.Process.Pid }

// Log is what the program has written so far.
func (rt *Runtime) Log() string { return rt.log.String() }

// Stop kills the program. It may be called twice.
func (rt *Runtime) Stop() {
	_ = rt.cmd.Process.Kill() // it may have ended by itself
	<-rt.exited
	_ = rt.server.Close()
}

func (rt *Runtime) ended() error {
	return fmt.Errorf("the function's process has ended:\n%s", rt.Log())
}

// FunctionError is an invocation that the function says has failed.
type FunctionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

// Invoke hands the program an event and returns its answer, or a [*FunctionError].
func (rt *Runtime) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	inv := &invocation{event: event, done: make(chan outcome, 1)}
	select {
	case rt.queue <- inv:
	case <-rt.exited:
		return nil, rt.ended()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	timeout := time.NewTimer(rt.cfg.Timeout)
	defer timeout.Stop()
	select {
	case o := <-inv.done:
		return o.answer, o.err
	case <-rt.exited:
		return nil, rt.ended()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timeout.C:
		_ = rt.cmd.Process.Kill()
		return nil, fmt.Errorf("timed out after %v: the function was killed", rt.cfg.Timeout)
	}
}

// invocation is an event on its way.
type invocation struct {
	event []byte
	done  chan outcome
}

type outcome struct {
	answer []byte
	err    error
}

// routes is the Runtime API.
func (rt *Runtime) routes() http.Handler {
	mux := http.NewServeMux()
	const api = "/2018-06-01/runtime/invocation/"
	mux.HandleFunc("GET "+api+"next", rt.next)
	mux.HandleFunc("POST "+api+"{id}/response", func(w http.ResponseWriter, r *http.Request) {
		rt.finish(w, r, func(body []byte) outcome { return outcome{answer: body} })
	})
	mux.HandleFunc("POST "+api+"{id}/error", func(w http.ResponseWriter, r *http.Request) {
		rt.finish(w, r, func(body []byte) outcome {
			failure := &FunctionError{}
			if err := json.Unmarshal(body, failure); err != nil {
				return outcome{err: fmt.Errorf("the function's error %q: %w", body, err)}
			}
			return outcome{err: failure}
		})
	})
	return mux
}

func (rt *Runtime) next(w http.ResponseWriter, r *http.Request) {
	rt.mu.Lock()
	if rt.init == 0 {
		rt.init = time.Since(rt.begun)
		close(rt.ready)
	}
	rt.mu.Unlock()
	select {
	case inv := <-rt.queue:
		rt.mu.Lock()
		rt.last++
		id := strconv.Itoa(rt.last)
		rt.inHand[id] = inv
		rt.mu.Unlock()
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("Lambda-Runtime-Aws-Request-Id", id)
		header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(rt.cfg.Timeout).UnixMilli(), 10))
		header.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:"+Region+":123456789012:function:"+Function)
		_, _ = w.Write(inv.event) // a program that has died is noticed elsewhere
	case <-r.Context().Done():
	}
}

// finish takes an answer in and gives it to whoever waits for it.
func (rt *Runtime) finish(w http.ResponseWriter, r *http.Request, read func([]byte) outcome) {
	rt.mu.Lock()
	inv := rt.inHand[r.PathValue("id")]
	delete(rt.inHand, r.PathValue("id"))
	rt.mu.Unlock()
	if inv == nil {
		http.Error(w, "there is no such invocation", http.StatusBadRequest)
		return
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, maxAnswer)); err != nil {
		inv.done <- outcome{err: fmt.Errorf("the function's answer: %w", err)}
		http.Error(w, "the answer is too long", http.StatusRequestEntityTooLarge)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	inv.done <- read(body.Bytes())
}

// buffer is a log that is written while it is read.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
