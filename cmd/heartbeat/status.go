package main

import (
	"context"
	"io"

	deployment "heartbeat/internal/deploy"
)

type statusCmd struct {
	place
	Login bool `help:"Make a login link for the dashboard."`
	Keys  bool `help:"Show the secret and the ping key."`
}

// Help shows examples.
func (statusCmd) Help() string {
	return `It is about a deployment to AWS. The exit status is 0 if all is well there, and 1 if not.

  heartbeat status
  heartbeat status --stack staging --region eu-central-1 --login`
}

// Run shows how the deployment is.
func (c statusCmd) Run(ctx context.Context, stdout io.Writer) error {
	d, env, err := c.open(ctx, stdout)
	if err != nil {
		return err
	}
	opts := deployment.StatusOptions{Keys: c.Keys}
	if c.Login {
		opts.Login = func(ctx context.Context, stack deployment.Stack) (string, error) { return login(ctx, env, stack) }
	}
	return d.Status(ctx, opts)
}
