package main

import (
	"context"
	"io"
	"os"

	deployment "heartbeat/internal/deploy"
)

type destroyCmd struct {
	place
	DeleteTables string `placeholder:"NAME" help:"Delete the tables and the secrets too: type what the tables' names begin with, usually the stack's name."`
	Yes          bool   `short:"y" help:"Do not ask."`
}

// Help shows examples.
func (destroyCmd) Help() string {
	return `It removes a deployment from AWS, after it has shown what goes and what stays, and asked. Tables and secrets stay, and the next heartbeat deploy goes on with them.

  heartbeat destroy
  heartbeat destroy --stack staging --delete-tables staging`
}

// Run destroys the deployment.
func (c destroyCmd) Run(ctx context.Context, stdout io.Writer) error {
	opts := deployment.DestroyOptions{DeleteTables: c.DeleteTables}
	if !c.Yes {
		var err error
		if opts.Confirm, err = terminal(os.Stdin, stdout); err != nil {
			return usageError{err}
		}
	}
	d, _, err := c.open(ctx, stdout)
	if err != nil {
		return err
	}
	return d.Destroy(ctx, opts)
}
