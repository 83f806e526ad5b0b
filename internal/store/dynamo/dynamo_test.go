package dynamo_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"heartbeat"
	"heartbeat/internal/store/dynamo"
	"heartbeat/internal/store/dynamo/dynalite"
	"heartbeat/internal/store/storetest"
)

// local is the DynamoDB of all tests here.
var local dynalite.Server

var tables atomic.Int64

func TestMain(m *testing.M) {
	code := m.Run()
	local.Stop()
	os.Exit(code)
}

func keys(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
}

// fresh names tables that no other test uses, at endpoint or in dynalite itself.
func fresh(t *testing.T, endpoint string) dynamo.Config {
	t.Helper()
	cfg := dynamo.Config{
		Prefix: fmt.Sprintf("t%d", tables.Add(1)), Region: "eu-central-1", Endpoint: local.URL(t),
		Credentials: aws.CredentialsProviderFunc(keys),
	}
	if err := dynamo.CreateTables(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if endpoint != "" {
		cfg.Endpoint = endpoint
	}
	return cfg
}

func open(t *testing.T, cfg dynamo.Config) *dynamo.Store {
	t.Helper()
	s, err := dynamo.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// reopener is a store that knows where it was opened.
type reopener struct {
	*dynamo.Store
	cfg dynamo.Config
}

func harness(endpoint func(t *testing.T) string) storetest.Harness {
	return storetest.Harness{
		Open: func(t *testing.T) heartbeat.Store {
			cfg := fresh(t, endpoint(t))
			return reopener{open(t, cfg), cfg}
		},
		Reopen: func(t *testing.T, s heartbeat.Store) heartbeat.Store {
			r := s.(reopener)
			_ = r.Close()
			return reopener{open(t, r.cfg), r.cfg}
		},
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	harness(func(*testing.T) string { return "" }).Run(t)
}

func TestOpen_SaysWhatIsMissing(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		t.Setenv(name, "")
	}
	for _, c := range []struct {
		cfg  dynamo.Config
		want string
	}{
		{dynamo.Config{Prefix: "none"}, "the region is missing"},
		{dynamo.Config{Prefix: "none", Region: "eu-central-1"}, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"},
		{dynamo.Config{Prefix: "none", Region: "eu-central-1", Endpoint: "http://127.0.0.1:1"}, "connection refused"},
		{
			dynamo.Config{Prefix: "none", Region: "eu-central-1", Endpoint: local.URL(t)},
			"there are no tables none-state and none-log in region eu-central-1",
		},
	} {
		_, err := dynamo.Open(t.Context(), c.cfg)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got error %v, want one with %q", err, c.want)
		}
	}
}

// The tables may be there already: two servers start at once.
func TestCreateTables_AgainChangesNothing(t *testing.T) {
	t.Parallel()
	cfg := fresh(t, "")
	if err := dynamo.CreateTables(t.Context(), cfg); err != nil {
		t.Error(err)
	}
}

func TestValues_ReadsThoseThatWereSetInOneCall(t *testing.T) {
	t.Parallel()
	cfg := fresh(t, "")
	cfg.Unchecked = true
	s := open(t, cfg)
	for key, value := range map[string]string{"a": "1", "b/c": "", "d": "4"} {
		if err := s.SetValue(t.Context(), key, nil, []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Values(t.Context(), "a", "b/c", "none")
	want := map[string][]byte{"a": []byte("1"), "b/c": {}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestOpen_UncheckedLeavesMissingTablesToTheFirstCall(t *testing.T) {
	t.Parallel()
	cfg := dynamo.Config{
		Prefix: "none", Region: "eu-central-1", Endpoint: local.URL(t), Unchecked: true, Credentials: aws.CredentialsProviderFunc(keys),
	}
	s := open(t, cfg)
	if _, err := s.Values(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), "there are no tables none-state and none-log") {
		t.Errorf("got %v", err)
	}
}
