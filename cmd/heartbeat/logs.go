package main

import (
	"context"
	"errors"
	"io"
	"time"

	deployment "heartbeat/internal/deploy"
)

type logsCmd struct {
	place
	Since    time.Duration `default:"10m" help:"How far back, such as 30s, 10m or 24h. Default: ${default}."`
	Follow   bool          `short:"f" help:"Go on until it is interrupted."`
	Function string        `enum:",pulse,web,monitor" default:"" placeholder:"NAME" help:"pulse, web or monitor. Default: all three."`
}

// Help shows examples.
func (logsCmd) Help() string {
	return `It shows what the functions of a deployment to AWS have logged. A healthy pulse makes no line.

  heartbeat logs --follow
  heartbeat logs --since 24h --function monitor`
}

// Run shows the lines.
func (c logsCmd) Run(ctx context.Context, stdout io.Writer) error {
	if c.Since <= 0 {
		return usageError{errors.New("--since must be more than nothing, such as 10m")}
	}
	d, _, err := c.open(ctx, stdout)
	if err != nil {
		return err
	}
	return d.Logs(ctx, deployment.LogOptions{Since: c.Since, Function: c.Function, Follow: c.Follow})
}
