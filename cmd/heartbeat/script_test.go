package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"heartbeat/internal/notify/notifytest"
	"heartbeat/internal/store/dynamo/dynalite"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"heartbeat": main, "fetch": fetch, "mail": mail, "moody": moody})
}

// TestScript plays the sessions in testdata. They know, beside testscript's own
// commands:
//
//	$ADDR, $ADDR2      free addresses to listen on
//	$RECEIVER          URL of a service that takes messages
//	fetch [-X M] [-H 'NAME: VALUE'] URL
//	                   curl -f: prints the answer's body; fails from 400 up
//	mail ADDRESS F T.. sends stdin by SMTP, from F to T
//	capture NAME RE    sets a variable to the first group of RE in stdout
//	moody ADDRESS ...  a server of ping URLs in whatever mood; see its comment
//	ready URL          waits until the URL answers 200
//	terminate          sends SIGTERM to what runs in the background
//	received N REGEXP  waits for N messages; the last one must match
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			receiver := notifytest.NewReceiver(t)
			env.Values[receiverKey{}] = receiver
			env.Setenv("RECEIVER", receiver.URL())
			return errors.Join(setFreeAddress(env, "ADDR"), setFreeAddress(env, "ADDR2"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ready": ready, "terminate": terminate, "received": received, "capture": capture,
		},
	})
}

// TestScript_DynamoDB plays sessions that need tables; $DYNAMODB is where they
// are.
func TestScript_DynamoDB(t *testing.T) {
	t.Parallel()
	var local dynalite.Server
	t.Cleanup(local.Stop)
	url := local.URL(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/dynamodb",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("DYNAMODB", url)
			return errors.Join(setFreeAddress(env, "ADDR"), setFreeAddress(env, "ADDR2"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"ready": ready, "terminate": terminate},
	})
}

type receiverKey struct{}

func setFreeAddress(env *testscript.Env, name string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	env.Setenv(name, listener.Addr().String())
	return listener.Close()
}

func fetch() {
	method := flag.String("X", http.MethodGet, "method")
	header := flag.String("H", "", "header")
	flag.Parse()
	req, err := http.NewRequestWithContext(context.Background(), *method, flag.Arg(0), http.NoBody)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if name, value, ok := strings.Cut(*header, ": "); ok {
		req.Header.Set(name, value)
	}
	jar, err := cookiejar.New(nil) // a login answers with a cookie and a redirect
	if err != nil {
		panic(err) // unreachable
	}
	resp, err := (&http.Client{Jar: jar}).Do(req)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(7)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(os.Stdout, resp.Body)
	fmt.Println()
	if resp.StatusCode >= http.StatusBadRequest {
		fmt.Fprintln(os.Stderr, resp.Status)
		os.Exit(22)
	}
}

func ready(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ready URL")
	}
	if err := waitFor(args[0]); err != nil {
		ts.Fatalf("%v", err)
	}
}

// waitFor waits until url answers 200, for ten seconds at most.
func waitFor(url string) error {
	client := http.Client{Timeout: time.Second}
	last := errors.New("never asked")
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		resp, err := client.Get(url)
		if last = err; err != nil {
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return nil
		}
		last = errors.New(resp.Status)
	}
	return fmt.Errorf("%s is not ready: %w", url, last)
}

func terminate(ts *testscript.TestScript, _ bool, _ []string) {
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	}
}

func received(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: received N REGEXP")
	}
	var n int
	_, err := fmt.Sscan(args[0], &n)
	ts.Check(err)
	receiver := ts.Value(receiverKey{}).(*notifytest.Receiver)
	deadline := time.Now().Add(10 * time.Second)
	for len(receiver.Requests()) < n && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	requests := receiver.Requests()
	if len(requests) != n {
		ts.Fatalf("%d messages came, want %d", len(requests), n)
	}
	if n > 0 && !regexp.MustCompile(args[1]).Match(requests[n-1].Body) {
		ts.Fatalf("message %d does not match %s: %s", n, args[1], requests[n-1].Body)
	}
}
