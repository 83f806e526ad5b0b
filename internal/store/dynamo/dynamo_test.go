package dynamo_test

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

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
