package main_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"heartbeat/internal/auth"
	"heartbeat/internal/lambda/lambdatest"
	"heartbeat/internal/notify/notifytest"
	"heartbeat/internal/store/dynamo"
	"heartbeat/internal/store/dynamo/dynalite"
)

var (
	local     dynalite.Server // the DynamoDB of all tests here
	prefixes  atomic.Int64
	bootstrap func() (string, error) // builds the program once
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "heartbeat-lambda-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }() // nothing of it is needed
		defer local.Stop()
		bootstrap = sync.OnceValues(func() (string, error) {
			binary := filepath.Join(dir, "bootstrap")
			return binary, lambdatest.Build(context.Background(), ".", runtime.GOARCH, binary)
		})
		return m.Run()
	}())
}

// stack is a deployment: tables of its own, a secret and a ping key in them, a
// receiver in Slack's place, and functions as they are asked for.
type stack struct {
	*testing.T
	store       *dynamo.Store
	secret, key string
	slack       *notifytest.Receiver
	env         []string
}

// newTables makes tables in which nothing is.
func newTables(t *testing.T) dynamo.Config {
	t.Helper()
	cfg := dynamo.Config{
		Prefix: fmt.Sprintf("stack%d", prefixes.Add(1)), Region: lambdatest.Region, Endpoint: local.URL(t),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	}
	if err := dynamo.CreateTables(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func newStack(t *testing.T) *stack {
	t.Helper()
	cfg := newTables(t)
	store, err := dynamo.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	_, made, err := auth.Open(t.Context(), store, auth.Config{})
	if err != nil {
		t.Fatal(err)
	}
	slack := notifytest.NewReceiver(t)
	return &stack{
		T: t, store: store, secret: made.Secret, key: made.PingKey, slack: slack,
		env: []string{
			"HEARTBEAT_TABLES=" + cfg.Prefix,
			"HEARTBEAT_DYNAMODB_ENDPOINT=" + cfg.Endpoint,
			"HEARTBEAT_TIMEZONE=Europe/Berlin",
			"HEARTBEAT_SLACK_WEBHOOK=" + slack.URL() + "/services/T0/B0/x",
			"HEARTBEAT_ALLOW_PRIVATE_TARGETS=true",
		},
	}
}

// timeout is that of the stack's functions; the monitor leaves some of it unused.
const timeout = 55 * time.Second

// function starts the program in a role.
func (s *stack) function(role string, env ...string) *lambdatest.Runtime {
	s.Helper()
	binary, err := bootstrap()
	if err != nil {
		s.Fatal(err)
	}
	return lambdatest.Start(s.T, lambdatest.Config{
		Binary: binary, Timeout: timeout, Env: append(append([]string{"HEARTBEAT_ROLE=" + role}, s.env...), env...),
	})
}

// tick is the schedule's minute.
func (s *stack) tick(monitor *lambdatest.Runtime, event string) string {
	s.Helper()
	answer, err := monitor.Invoke(s.Context(), []byte(event))
	if err != nil {
		s.Fatalf("monitor: %v", err)
	}
	return string(answer)
}

// browser is somebody at a gateway, with cookies.
type browser struct {
	*testing.T
	client *http.Client
	base   string
}

func (s *stack) browser(g *gateway) *browser {
	s.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.Fatal(err)
	}
	return &browser{T: s.T, client: &http.Client{Transport: g, Jar: jar}, base: g.base()}
}

// page is an answer, after all redirects.
type page struct {
	status int
	at     *url.URL
	header http.Header
	body   string
}

// wants fails the test unless the page has this status and all words.
func (p page) wants(t *testing.T, status int, words ...string) page {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(p.body, word) {
			t.Fatalf("%s does not say %q:\n%.3000s", p.at, word, p.body)
		}
	}
	if p.status != status {
		t.Fatalf("%s: status %d, want %d:\n%.1000s", p.at, p.status, status, p.body)
	}
	return p
}

// get opens an address, or a path below the gateway's base.
func (b *browser) get(address string) page {
	b.Helper()
	return b.do(http.MethodGet, address, nil)
}

// post sends a form as a browser does.
func (b *browser) post(address string, form url.Values) page {
	b.Helper()
	return b.do(http.MethodPost, address, form)
}

func (b *browser) do(method, address string, form url.Values) page {
	b.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.base + address
	}
	r, err := http.NewRequestWithContext(b.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", r.URL.Scheme+"://"+r.URL.Host)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := b.client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	return page{status: resp.StatusCode, at: resp.Request.URL, header: resp.Header, body: string(body)}
}
