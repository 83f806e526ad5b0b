// Package dynalite starts dynalite, the DynamoDB of the tests.
package dynalite

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// startTime is how long dynalite may take until it listens.
const startTime = 30 * time.Second

// Server is one dynalite, shared by the tests of a package. Its zero value is
// ready: the first call of URL starts it. Whoever has one calls Stop at the end,
// in TestMain.
type Server struct {
	once sync.Once
	url  string
	err  error
	cmd  *exec.Cmd
}

// errMissing says that dynalite is not installed.
var errMissing = errors.New("dynalite is not installed: run \"npm ci\" in tools/dynalite (or \"make dynalite\")")

// URL is where dynalite listens. Where it is not installed the test is skipped,
// but in CI it fails.
func (s *Server) URL(tb testing.TB) string {
	tb.Helper()
	url, err := s.Start()
	if errors.Is(err, errMissing) && os.Getenv("CI") != "true" {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return url
}

// Start is URL for whoever is no test.
func (s *Server) Start() (string, error) {
	s.once.Do(func() { s.url, s.err = s.start() })
	return s.url, s.err
}

// Stop ends dynalite if it was started.
func (s *Server) Stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
}

func (s *Server) start() (string, error) {
	program, err := find()
	if err != nil {
		return "", err
	}
	ctx := context.Background()
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	address := listener.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	if err := listener.Close(); err != nil {
		return "", err
	}
	s.cmd = exec.CommandContext(ctx, "node", program, "--host", "127.0.0.1", "--port", port,
		"--createTableMs", "0", "--updateTableMs", "0", "--deleteTableMs", "0")
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		s.cmd = nil
		return "", fmt.Errorf("start dynalite: %w", err)
	}
	for begun := time.Now(); time.Since(begun) < startTime; time.Sleep(10 * time.Millisecond) {
		var dialer net.Dialer
		if conn, err := dialer.DialContext(ctx, "tcp", address); err == nil {
			return "http://" + address, conn.Close()
		}
	}
	return "", fmt.Errorf("dynalite does not listen on %s after %v", address, startTime)
}

// find returns dynalite's program below the module's root.
func find() (string, error) {
	if _, err := exec.LookPath("node"); err != nil {
		return "", fmt.Errorf("%w: there is no node", errMissing)
	}
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(folder) == folder {
			return "", errors.New("there is no go.mod above the test's folder")
		}
		folder = filepath.Dir(folder)
	}
	program := filepath.Join(folder, "tools", "dynalite", "node_modules", "dynalite", "cli.js")
	if _, err := os.Stat(program); err != nil {
		return "", errMissing
	}
	return program, nil
}
