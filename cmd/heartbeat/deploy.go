package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"heartbeat/deploy"
	"heartbeat/internal/app"
	"heartbeat/internal/auth"
	"heartbeat/internal/awsenv"
	"heartbeat/internal/config"
	"heartbeat/internal/cost"
	deployment "heartbeat/internal/deploy"
	"heartbeat/internal/deploy/artefact"
	"heartbeat/internal/store/dynamo"
)

// place is which deployment a command is about.
type place struct {
	Stack   string `default:"heartbeat" placeholder:"NAME" help:"Name of the deployment, and of its tables. Default: ${default}."`
	Region  string `placeholder:"REGION" help:"AWS region, such as eu-central-1. Default: that of AWS_REGION, or of the profile."`
	Profile string `placeholder:"NAME" help:"Profile in ~/.aws/config. Default: AWS_PROFILE."`
}

// open finds the account and the deployment in it.
func (p place) open(ctx context.Context, out io.Writer) (*deployment.Deployer, *awsenv.Env, error) {
	if err := deployment.CheckStack(p.Stack); err != nil {
		return nil, nil, usageError{err}
	}
	env, err := awsenv.Load(ctx, awsenv.Config{Region: p.Region, Profile: p.Profile})
	if err != nil {
		return nil, nil, err
	}
	d, err := deployment.New(ctx, deployment.Config{Env: env, Stack: p.Stack, Out: out})
	return d, env, err
}

type deployCmd struct {
	place
	config.DeployFlags

	FunctionURL *bool   `name:"function-url" negatable:"" help:"Function URLs instead of an HTTP API: they cost nothing, but nothing throttles them, and they take no domain of yours."`
	AlarmEmail  *string `placeholder:"ADDRESS" help:"Who is told by e-mail when Heartbeat itself fails. AWS asks them to confirm."`
	Domain      *string `placeholder:"HOST" help:"Host name of yours to answer at, such as heartbeat.example.org; needs --certificate."`
	Certificate *string `placeholder:"ARN" help:"Certificate for the domain, in the same region."`
	LogDays     *int    `placeholder:"DAYS" help:"How long the functions' log lines are kept: 1, 3, 5, 7, 14, 30 … Default: 30."`
	PingLog     string  `enum:",on,off" default:"" placeholder:"on|off" help:"Keep a row for each ping, which doubles the price of its write. Default: on."`

	Checks int `default:"100" placeholder:"N" help:"How many checks to estimate the cost for. Default: ${default}."`
	Pulses int `placeholder:"N" help:"How many pulses a month to estimate the cost for. Default: one an hour from each check."`

	Zip      string `placeholder:"FILE" help:"Code to deploy, made elsewhere. Default: what this release carries, or built from the source it is run in."`
	DryRun   bool   `help:"Show changes, parameters and cost, and leave nothing behind."`
	Template bool   `help:"Print the CloudFormation template and do nothing else."`
	Yes      bool   `short:"y" help:"Do not ask."`
}

// Help shows examples.
func (deployCmd) Help() string {
	return `It shows what it would change and what a month costs, asks, deploys, and prints a login link, the base URL for jobs and a curl line. Run again it upgrades; what is not said stays as it was. Secrets go into the Parameter Store. See docs/deploy-aws.md.

  heartbeat deploy --region eu-central-1 --slack-webhook-file slack.txt
  heartbeat deploy --dry-run
  heartbeat deploy --yes --profile work --stack staging --timezone Europe/Berlin
  heartbeat deploy --template > template.yaml`
}

// Run deploys.
func (c deployCmd) Run(ctx context.Context, out streams) error {
	if c.Template {
		_, err := io.WriteString(out.stdout, deploy.Template)
		return err
	}
	opts, err := c.options()
	if err != nil {
		return usageError{err}
	}
	if opts.Confirm, err = c.confirm(out.stdout); err != nil {
		return usageError{err}
	}
	d, env, err := c.open(ctx, out.stdout)
	if err != nil {
		return err
	}
	fmt.Fprintln(out.stderr, "Preparing the code …")
	if opts.Code, err = artefact.Get(ctx, artefact.Config{File: c.Zip}); err != nil {
		return err
	}
	opts.NewWord = auth.RandomWord
	opts.Seed = func(ctx context.Context, stack deployment.Stack, secrets deployment.Secrets) (string, error) {
		return seed(ctx, env, stack, secrets)
	}
	return d.Deploy(ctx, opts)
}

// options are the flags as the deployer takes them.
func (c deployCmd) options() (deployment.Options, error) {
	settings, err := c.Check()
	opts := deployment.Options{
		Version: app.Version(),
		DryRun:  c.DryRun,
		Settings: deployment.Settings{
			Timezone: settings.Timezone, FunctionURL: c.FunctionURL, AlarmEmail: c.AlarmEmail,
			Domain: c.Domain, Certificate: c.Certificate, LogDays: c.LogDays,
		},
		Secrets: deployment.Secrets{
			Secret: settings.Secret.Reveal(), PingKey: settings.PingKey.Reveal(),
			SlackWebhooks: reveal(settings.SlackWebhooks), Webhooks: reveal(settings.Webhooks),
		},
		Load: deployment.Load{Checks: c.Checks, Pulses: c.Pulses},
	}
	if c.PingLog != "" {
		on := c.PingLog == "on"
		opts.Settings.PingLog = &on
	}
	if c.Pulses == 0 {
		opts.Load.Pulses = int(cost.Pulses(c.Checks, time.Hour))
	}
	if c.Checks < 0 || c.Pulses < 0 {
		err = errors.Join(err, errors.New("--checks and --pulses must not be negative"))
	}
	return opts, errors.Join(err, opts.Settings.Check())
}

// confirm is how to ask, nil for not at all.
func (c deployCmd) confirm(w io.Writer) (deployment.Confirm, error) {
	if c.Yes || c.DryRun {
		return nil, nil
	}
	return terminal(os.Stdin, w)
}

// terminal asks at a terminal. It is an error if in is none.
func terminal(in *os.File, w io.Writer) (deployment.Confirm, error) {
	if !isTerminal(in) {
		return nil, errors.New("there is no terminal to ask at: add --yes to go on without a question")
	}
	return func(ctx context.Context, question string) (bool, error) {
		fmt.Fprintf(w, "%s [y/N] ", question)
		answer := make(chan string, 1)
		go func() { // it cannot be told to stop reading; the program ends soon
			line, err := bufio.NewReader(in).ReadString('\n')
			if err != nil {
				line = ""
			}
			answer <- strings.ToLower(strings.TrimSpace(line))
		}()
		select {
		case <-ctx.Done():
			fmt.Fprintln(w)
			return false, nil
		case a := <-answer:
			return a == "y" || a == "yes", nil
		}
	}, nil
}

// isTerminal tells whether somebody can type into f.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	// What a program gets whom nobody watches is such a device too.
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

// seed makes secret and ping key known to the functions, and returns the token
// of a login link.
func seed(ctx context.Context, env *awsenv.Env, stack deployment.Stack, secrets deployment.Secrets) (token string, err error) {
	err = withTables(ctx, env, stack, func(store *dynamo.Store) error {
		if err := auth.Seed(ctx, store, secrets.Secret, secrets.PingKey); err != nil {
			return err
		}
		token, err = link(ctx, store)
		return err
	})
	return token, err
}

// login returns the token of a login link.
func login(ctx context.Context, env *awsenv.Env, stack deployment.Stack) (token string, err error) {
	err = withTables(ctx, env, stack, func(store *dynamo.Store) error {
		token, err = link(ctx, store)
		return err
	})
	return token, err
}

func link(ctx context.Context, store *dynamo.Store) (string, error) {
	a, _, err := auth.Open(ctx, store, auth.Config{Seeded: true})
	if err != nil {
		return "", err
	}
	return a.Link(), nil
}

// withTables opens the tables of a deployment for as long as use takes.
func withTables(ctx context.Context, env *awsenv.Env, stack deployment.Stack, use func(*dynamo.Store) error) error {
	store, err := dynamo.Open(ctx, dynamo.Config{
		Prefix: stack.Tables(), Region: env.Region(), Endpoint: env.Endpoint(), Credentials: env.AWS.Credentials,
	})
	if err != nil {
		return err
	}
	return errors.Join(use(store), store.Close())
}
