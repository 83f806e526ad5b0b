// Command benchaws measures what docs/performance.md says of functions in AWS
// Lambda: the real program, built as it is shipped, in the project's own Runtime
// API, with dynalite for DynamoDB. Beside it run a hello-world function and one
// that makes the same two writes as a pulse, both built in the same way, in
// alternate rounds. Nothing leaves the loopback interface and every loop is
// bounded.
//
//	make bench-aws                       everything
//	go run ./internal/benchaws starts    one part: size, starts or pulses
//
// It fails where a bar is missed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"heartbeat/internal/auth"
	"heartbeat/internal/lambda/lambdatest"
	"heartbeat/internal/store/dynamo"
	"heartbeat/internal/store/dynamo/dynalite"
)

// bench is one run.
type bench struct {
	starts, rounds, checks int
	length                 time.Duration // of a round

	dir      string   // where programs are built
	database string   // the URL of dynalite
	env      []string // of the functions
	pingKey  string
	missed   []string // the bars that were
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchaws:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	var b bench
	flag.IntVar(&b.starts, "starts", 30, "rounds in which each function starts once")
	flag.IntVar(&b.rounds, "rounds", 5, "rounds of pulses")
	flag.IntVar(&b.checks, "checks", 1000, "checks that are pulsed")
	flag.DurationVar(&b.length, "length", 3*time.Second, "length of a round")
	flag.Parse()
	if b.dir, err = os.MkdirTemp("", "heartbeat-benchaws-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	var local dynalite.Server
	defer local.Stop()
	if b.database, err = local.Start(); err != nil {
		return err
	}
	parameters := httptest.NewServer(http.HandlerFunc(noParameters))
	defer parameters.Close()
	if err := b.install(ctx, parameters.URL); err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		run  func(context.Context) error
	}{{"size", b.size}, {"starts", b.startTimes}, {"pulses", b.pulses}} {
		if names := flag.Args(); len(names) > 0 && !slices.Contains(names, part.name) {
			continue
		}
		if err := part.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	if len(b.missed) > 0 {
		return fmt.Errorf("bars were missed: %v", b.missed)
	}
	return nil
}

// noParameters is a Parameter Store with nothing in it.
func noParameters(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte(`{"Parameters":[]}`)) // a function that has died is noticed elsewhere
}

// install makes the tables, with a secret and a ping key, and builds the programs.
func (b *bench) install(ctx context.Context, parameters string) error {
	cfg := dynamo.Config{
		Prefix: "bench", Region: lambdatest.Region, Endpoint: b.database,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	}
	if err := dynamo.CreateTables(ctx, cfg); err != nil {
		return err
	}
	store, err := dynamo.Open(ctx, cfg)
	if err != nil {
		return err
	}
	_, made, err := auth.Open(ctx, store, auth.Config{})
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	b.pingKey = made.PingKey
	b.env = []string{
		"HEARTBEAT_TABLES=" + cfg.Prefix, "HEARTBEAT_DYNAMODB_ENDPOINT=" + b.database,
		"HEARTBEAT_PARAMETERS=/heartbeat/bench", "HEARTBEAT_SSM_ENDPOINT=" + parameters,
	}
	for name, pkg := range map[string]string{
		"heartbeat": "./cmd/heartbeat-lambda", "hello": "./internal/benchaws/hello", "bare": "./internal/benchaws/bare",
	} {
		if err := lambdatest.Build(ctx, pkg, runtime.GOARCH, b.program(name)); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) program(name string) string { return filepath.Join(b.dir, name) }

// function starts a program in a sandbox; role is empty for those that have none.
func (b *bench) function(ctx context.Context, program, role string) (*lambdatest.Runtime, error) {
	return lambdatest.Run(ctx, lambdatest.Config{
		Binary: b.program(program), Env: append([]string{"HEARTBEAT_ROLE=" + role}, b.env...),
	})
}

// bar fails the run at its end if value is above most.
func (b *bench) bar(what string, value, most float64) {
	if value > most {
		b.missed = append(b.missed, fmt.Sprintf("%s is %.2f, not at most %g", what, value, most))
	}
}

// line prints the median of values and their spread, and returns the median.
func line(what, format string, values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	median := sorted[len(sorted)/2]
	fmt.Printf("  %-36s "+format+" ("+format+"–"+format+")\n", what, median, sorted[0], sorted[len(sorted)-1])
	return median
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
