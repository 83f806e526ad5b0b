package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"heartbeat/internal/deploy/artefact"
)

// Options are what a deployment is to be.
type Options struct {
	// Code is what the functions run, Version the Heartbeat that it is.
	Code    artefact.Artefact
	Version string
	// Settings and Secrets keep what they were where they say nothing.
	Settings Settings
	Secrets  Secrets
	// Load is what the estimate is made for.
	Load Load
	// DryRun shows what would be done, and leaves nothing behind.
	DryRun bool
	// Confirm is asked before anything is changed; nil for no question.
	Confirm Confirm
	// NewWord makes a secret or ping key that cannot be guessed.
	NewWord func() string
	// Seed makes secret and ping key known to the functions, in tables that exist,
	// and returns the token of a login link.
	Seed func(ctx context.Context, stack Stack, secrets Secrets) (login string, err error)
}

// Deploy creates or updates the stack. Before anything is changed it shows what
// would be and asks.
func (d *Deployer) Deploy(ctx context.Context, opts Options) error {
	return d.env.Explain(d.deploy(ctx, opts))
}

func (d *Deployer) deploy(ctx context.Context, opts Options) error {
	stack, err := d.find(ctx, d.stack)
	if err != nil {
		return err
	}
	d.showTarget(stack, opts)
	if err := stack.mayDeploy(); err != nil {
		return err
	}
	kept, err := d.ReadSecrets(ctx)
	if err != nil {
		return err
	}
	if stack, err = d.clear(ctx, stack, opts); err != nil {
		return err
	}
	values := d.values(stack, opts)
	set, err := d.propose(ctx, stack, values)
	if err != nil {
		return err
	}
	d.showPlan(stack, set, values, kept, opts)
	if opts.DryRun {
		err := d.withdraw(ctx, set)
		if err == nil {
			fmt.Fprintln(d.out, "\nThis was a dry run: nothing was changed.")
		}
		return err
	}
	if err := agree(ctx, opts.Confirm, "Deploy this?"); err != nil {
		return errors.Join(err, d.withdraw(ctx, set))
	}
	return d.carryOut(ctx, stack, set, kept, opts)
}

// clear deletes what a failed creation left: CloudFormation takes no other
// change of such a stack, and nothing in it is in use.
func (d *Deployer) clear(ctx context.Context, stack Stack, opts Options) (Stack, error) {
	if stack.state() != stateRemains {
		return stack, nil
	}
	const what = "Stack %s is the remains of a creation that failed. Only without it can it be created again"
	if opts.DryRun {
		return stack, fmt.Errorf(what+": a dry run leaves it; without --dry-run, deploy asks and then removes it", d.stack)
	}
	fmt.Fprintf(d.out, "\n"+what+".\n", d.stack)
	if err := agree(ctx, opts.Confirm, "Remove the remains (tables stay)?"); err != nil {
		return stack, err
	}
	if err := d.removeStack(ctx, stack); err != nil {
		return stack, err
	}
	return d.find(ctx, d.stack)
}

// values are the template's parameters that this deployment sets. The tables of
// a stack never change their names: that would be new, empty ones.
func (d *Deployer) values(stack Stack, opts Options) map[string]string {
	values := map[string]string{
		settingBucket:  bucketName(d.account, d.env.Region()),
		settingCode:    codeKey(d.stack, opts.Code.Sum()),
		settingVersion: opts.Version,
		settingSchema:  strconv.Itoa(Schema),
	}
	if stack.state() == stateNone {
		values[settingTables] = d.stack
	}
	maps.Copy(values, opts.Settings.given())
	return values
}

// carryOut does what was agreed to.
func (d *Deployer) carryOut(ctx context.Context, stack Stack, set changeSet, kept Secrets, opts Options) error {
	var secrets Secrets
	err := d.upload(ctx, opts.Code)
	if err == nil {
		secrets, err = d.writeSecrets(ctx, kept, opts.Secrets, opts.NewWord)
	}
	if err != nil {
		return errors.Join(err, d.withdraw(ctx, set))
	}
	if set.none {
		err = d.withdraw(ctx, set)
		fmt.Fprintln(d.out, "\nThe stack is up to date.")
	} else {
		fmt.Fprintf(d.out, "\nDeploying. Ctrl-C stops watching, not AWS.\n\n")
		stack, err = d.execute(ctx, set)
	}
	if err != nil {
		return err
	}
	login, err := opts.Seed(ctx, stack, secrets)
	if err != nil {
		return fmt.Errorf("the stack is deployed, but its tables could not be told the secret and the ping key; "+
			"run \"heartbeat deploy\" again: %w", err)
	}
	return d.greet(stack, secrets, login)
}

// removeStack deletes the stack and waits until it is gone.
func (d *Deployer) removeStack(ctx context.Context, stack Stack) error {
	w, err := d.watch(ctx, stack.ID, 0)
	if err != nil {
		return err
	}
	if _, err := d.formation.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &stack.ID}); err != nil {
		return fmt.Errorf("delete stack %s: %w", d.stack, err)
	}
	after, err := w.follow(ctx)
	if err != nil {
		return err
	}
	if after.state() != stateNone {
		return &Failure{Stack: after, Reasons: w.failed}
	}
	return nil
}
