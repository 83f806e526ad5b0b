package deploy_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"heartbeat/internal/awsenv"
	"heartbeat/internal/deploy"
)

// motoStart is how long moto may take until it listens.
const motoStart = 2 * time.Minute

// moto is AWS for the tests of this package: one server, which each test uses in
// a region of its own.
type moto struct {
	once sync.Once
	url  *url.URL
	err  error
	cmd  *exec.Cmd
}

var errNoMoto = errors.New(`moto is not installed: run "make aws-tools"`)

func TestMain(m *testing.M) {
	code := m.Run()
	shared.stop()
	os.Exit(code)
}

var shared moto

func (m *moto) stop() {
	if m.cmd != nil {
		_ = m.cmd.Process.Kill()
		_ = m.cmd.Wait()
	}
}

func (m *moto) start() error {
	python, err := filepath.Abs("../../tools/aws/.venv/bin/python")
	if err != nil {
		return err
	}
	if _, err := os.Stat(python); err != nil {
		return errNoMoto
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := listener.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	listener.Close()
	m.url = &url.URL{Scheme: "http", Host: address}
	m.cmd = exec.Command(python, "-m", "moto.server", "-H", "127.0.0.1", "-p", port)
	// Not this machine's account, whatever happens.
	m.cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_EC2_METADATA_DISABLED=true")
	if err := m.cmd.Start(); err != nil {
		m.cmd = nil
		return fmt.Errorf("start moto: %w", err)
	}
	for begun := time.Now(); time.Since(begun) < motoStart; time.Sleep(50 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address); err == nil {
			return conn.Close()
		}
	}
	return fmt.Errorf("moto does not listen after %v", motoStart)
}

// cloud is AWS as one test sees it: moto, and in front of it what moto leaves
// out and what goes wrong.
type cloud struct {
	*httptest.Server

	region string
	mu     sync.Mutex
	// calls are the requests to CloudFormation, in order.
	calls []url.Values
	// answer takes a call to CloudFormation instead of moto, if it answers true.
	answer func(form url.Values) (xml string, ok bool)
	// edit changes what moto answered.
	edit func(form url.Values, xml string) string
	// deny is a call to another service, such as "AmazonSSM.PutParameter", that is
	// refused; empty for none.
	deny string
}

// newCloud starts AWS in a region that no other test uses.
func newCloud(t *testing.T, region string) *cloud {
	t.Helper()
	shared.once.Do(func() { shared.err = shared.start() })
	if errors.Is(shared.err, errNoMoto) && os.Getenv("CI") != "true" {
		t.Skip(shared.err)
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	c := &cloud{region: region}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(shared.url); r.Out.Host = r.In.Host },
		ModifyResponse: c.modify,
	}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.denies(r.Header.Get("X-Amz-Target")) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type":"AccessDeniedException","message":"not yours"}`)
			return
		}
		if !strings.Contains(r.Header.Get("Authorization"), "/cloudformation/") {
			proxy.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, err := url.ParseQuery(string(body))
		if err != nil {
			t.Error(err)
		}
		if xml, ok := c.take(form); ok {
			w.Header().Set("Content-Type", "text/xml")
			fmt.Fprint(w, xml)
			return
		}
		proxy.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), formKey{}, form)))
	}))
	t.Cleanup(c.Close)
	return c
}

type formKey struct{}

func (c *cloud) take(form url.Values) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, form)
	if c.answer == nil {
		return "", false
	}
	return c.answer(form)
}

func (c *cloud) denies(call string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return call != "" && call == c.deny
}

// denied refuses a call from now on; "" ends that.
func (c *cloud) denied(call string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deny = call
}

// called are the calls of this action.
func (c *cloud) called(action string) []url.Values {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.calls), func(v url.Values) bool { return v.Get("Action") != action })
}

func (c *cloud) modify(resp *http.Response) error {
	form, ok := resp.Request.Context().Value(formKey{}).(url.Values)
	if !ok {
		return nil
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	xml := string(body)
	if form.Get("Action") == "DescribeStacks" {
		xml = strings.ReplaceAll(xml, "<CreationTime>", outputs(c.URL)+"<CreationTime>")
	}
	c.mu.Lock()
	if c.edit != nil {
		xml = c.edit(form, xml)
	}
	c.mu.Unlock()
	resp.Body = io.NopCloser(strings.NewReader(xml))
	resp.ContentLength = int64(len(xml))
	resp.Header.Set("Content-Length", strconv.Itoa(len(xml)))
	return nil
}

// outputs are those of the template: moto has none for a stack that was made by
// a change set.
func outputs(url string) string {
	return "<Outputs>" +
		"<member><OutputKey>BaseUrl</OutputKey><OutputValue>" + url + "/heartbeat</OutputValue></member>" +
		"<member><OutputKey>DashboardUrl</OutputKey><OutputValue>" + url + "/heartbeat</OutputValue></member>" +
		"</Outputs>"
}

// config is how the SDK's clients reach the cloud.
func (c *cloud) config() aws.Config {
	return aws.Config{
		Region:       c.region,
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
		BaseEndpoint: &c.URL,
	}
}

// deployer returns one for the stack, and what it prints.
func (c *cloud) deployer(t *testing.T, stack string) (*deploy.Deployer, *output) {
	t.Helper()
	out := &output{t: t}
	d, err := deploy.New(t.Context(), deploy.Config{
		Env: &awsenv.Env{AWS: c.config()}, Stack: stack, Out: out, Poll: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return d, out
}

// output is what a person would see.
type output struct {
	t    *testing.T
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// take returns what was printed since it was called last.
func (o *output) take() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer o.text.Reset()
	return o.text.String()
}

// shows fails the test if something printed since the last call is missing.
func (o *output) shows(words ...string) {
	o.t.Helper()
	text := o.take()
	for _, word := range words {
		if !strings.Contains(text, word) {
			o.t.Errorf("%q is not shown in:\n%s", word, text)
		}
	}
}

// has tells whether something was printed since take was called last.
func (o *output) has(word string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Contains(o.text.String(), word)
}
