package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	pingKey = "benchbenchbenchbench"
	secret  = "bench-secret-bench-secret"
)

// server is a child process that listens on addr.
type server struct {
	addr string
	cmd  *exec.Cmd
	err  bytes.Buffer
}

// freeAddr returns a loopback address that nobody listens on.
func freeAddr(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// startBare starts this program again as the bare handler.
func startBare(ctx context.Context) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	return start(ctx, addr, "/", exec.CommandContext(ctx, self, "bare", addr))
}

// startHeartbeat builds the program and serves a fresh database in dir.
func startHeartbeat(ctx context.Context, dir string) (*server, error) {
	binary := filepath.Join(dir, "heartbeat")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "./cmd/heartbeat")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build: %w\n%s", err, out)
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, binary, "serve", "--listen", addr, "--store", "sqlite:"+filepath.Join(dir, "bench.db"))
	cmd.Env = append(os.Environ(), "HEARTBEAT_PING_KEY="+pingKey, "HEARTBEAT_SECRET="+secret)
	return start(ctx, addr, "/healthz", cmd)
}

func start(ctx context.Context, addr, path string, cmd *exec.Cmd) (*server, error) {
	s := &server{addr: addr, cmd: cmd}
	cmd.Stderr = &s.err
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline) && ctx.Err() == nil; {
		if fetch(ctx, http.DefaultClient, "http://"+addr+path) == nil {
			return s, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil, errors.Join(fmt.Errorf("%s does not answer: %s", filepath.Base(cmd.Path), s.err.String()), s.stop())
}

func fetch(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s", req.URL.Path, resp.Status)
	}
	return errors.Join(err, resp.Body.Close())
}

func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// usage is what the operating system says of a process.
type usage struct {
	cpu     time.Duration
	written int64 // bytes that reached the block layer
	rss     int64 // bytes
}

func (u usage) since(before usage) usage {
	return usage{cpu: u.cpu - before.cpu, written: u.written - before.written, rss: u.rss}
}

// ticks is how many clock ticks of /proc/PID/stat make a second on Linux.
const ticks = 100

func usageOf(pid int) (usage, error) {
	var u usage
	dir := fmt.Sprintf("/proc/%d/", pid)
	stat, err := os.ReadFile(dir + "stat")
	if err != nil {
		return u, fmt.Errorf("needs Linux: %w", err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	for _, field := range fields[11:13] { // utime and stime
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return u, err
		}
		u.cpu += time.Duration(n) * time.Second / ticks
	}
	if u.written, err = procField(dir+"io", "write_bytes:"); err != nil {
		return u, err
	}
	kib, err := procField(dir+"status", "VmRSS:")
	u.rss = kib << 10
	return u, err
}

func procField(file, field string) (int64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	_, rest, ok := strings.Cut(string(text), field)
	if words := strings.Fields(rest); ok && len(words) > 0 {
		return strconv.ParseInt(words[0], 10, 64)
	}
	return 0, fmt.Errorf("%s has no %s", file, field)
}

// serveBare is the child that everything is compared with: a handler that
// answers OK and does nothing else.
func serveBare(ctx context.Context, addr string) error {
	s := &http.Server{
		Addr: addr, ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "OK")
		}),
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	context.AfterFunc(ctx, func() { _ = s.Close() })
	return s.ListenAndServe()
}
