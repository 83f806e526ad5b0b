// Command heartbeat-lambda is Heartbeat as functions in AWS Lambda, on the
// runtime provided.al2023. This package is wiring only. One program is all
// functions; the variable HEARTBEAT_ROLE says which one it is:
//
//	web        everything that people and jobs ask for
//	pulse      jobs' pulses
//	monitor    the sweep of each minute
//	dashboard  \
//	editGet     } the original's other functions, behind its API Gateway
//	editPost   /
//
// settings.go lists the other variables.
package main

import (
	"context"
	"log/slog"
	"os"
	_ "time/tzdata" // the runtime has no time zone database

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"heartbeat/internal/app"
)

func main() {
	ctx := context.Background()
	settings, err := readSettings(os.Getenv)
	logger := newLogger(settings.logLevel)
	if err != nil {
		logger.Error("cannot start: a setting is wrong", "err", err)
		os.Exit(1)
	}
	f, err := newFunction(ctx, settings, logger)
	if err != nil {
		logger.Error("cannot start", "err", err)
		os.Exit(1)
	}
	lambda.Start(f)
}

// newLogger writes JSON lines, as the log format of the functions asks for. Lambda
// passes them on as they are: the template's metric filters look at their "msg".
func newLogger(level slog.Level) *slog.Logger {
	return slog.New(inRequest{slog.NewJSONHandler(os.Stdout, app.LogOptions(level))})
}

// inRequest adds the ID of the invocation to every line.
type inRequest struct{ slog.Handler }

// Handle implements [slog.Handler].
func (h inRequest) Handle(ctx context.Context, r slog.Record) error {
	if call, ok := lambdacontext.FromContext(ctx); ok {
		r.AddAttrs(slog.String("requestId", call.AwsRequestID))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h inRequest) WithAttrs(attrs []slog.Attr) slog.Handler {
	return inRequest{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h inRequest) WithGroup(name string) slog.Handler { return inRequest{h.Handler.WithGroup(name)} }
