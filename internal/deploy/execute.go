package deploy

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// followTime is how long is waited for a stack at most. What is slow is a custom
// domain's certificate and the removal of functions, minutes both.
const followTime = 30 * time.Minute

// Failure says why a stack could not be changed.
type Failure struct {
	Stack Stack
	// Reasons are those of the resources that failed, the first one first.
	Reasons []string
}

func (e *Failure) Error() string {
	var text strings.Builder
	for _, reason := range e.Reasons {
		fmt.Fprintf(&text, "%s\n", reason)
	}
	if len(e.Reasons) == 0 && e.Stack.Reason != "" {
		fmt.Fprintf(&text, "%s\n", e.Stack.Reason)
	}
	for _, h := range hints(text.String()) {
		fmt.Fprintf(&text, "%s\n", h)
	}
	text.WriteString(e.outcome())
	return text.String()
}

// outcome is the state that the failure left, and what to do.
func (e *Failure) outcome() string {
	switch {
	case !e.Stack.Exists() || e.Stack.Status == types.StackStatusDeleteComplete:
		return "The stack was not created, and what was begun is removed again (tables that were made stay, and are taken over).\n" +
			"Remove the cause, then run \"heartbeat deploy\" again"
	case e.Stack.state() == stateLive:
		return "The stack is as it was before, and works on. Remove the cause, then run \"heartbeat deploy\" again"
	case e.Stack.state() == stateRemains:
		return "Nothing of the stack is in use. Remove the cause, then run \"heartbeat deploy\" again: it clears the remains away"
	}
	return e.Stack.repair()
}

// hints tell more about reasons that people often meet.
func hints(reasons string) []string {
	var list []string
	for _, h := range []struct{ sign, hint string }{
		{"AccessDenied", "The deployer lacks a permission: docs/deploy-aws.md, \"Permissions\", lists all."},
		{"not authorized to perform", "The deployer lacks a permission: docs/deploy-aws.md, \"Permissions\", lists all."},
		{"already exists", "Something has that name already, perhaps of another deployment: choose another name with --stack, or remove it."},
		{"UnreservedConcurrentExecution", "The account's quota of concurrent functions is too low: ask AWS to raise it."},
		{"certificate", "The certificate must be issued, for that very name, in the same region as the stack."},
	} {
		if strings.Contains(reasons, h.sign) && !slices.Contains(list, h.hint) {
			list = append(list, h.hint)
		}
	}
	return list
}

// execute carries a change set out and shows how it goes. An error is a
// [*Failure] if the stack could not be changed.
func (d *Deployer) execute(ctx context.Context, set changeSet) (Stack, error) {
	w, err := d.watch(ctx, set.stackID, len(set.changes))
	if err != nil {
		return Stack{}, err
	}
	// With the token a repetition after a lost answer is known to be one.
	in := &cloudformation.ExecuteChangeSetInput{ChangeSetName: &set.id, ClientRequestToken: aws.String(rand.Text())}
	if _, err := d.formation.ExecuteChangeSet(ctx, in); err != nil {
		return Stack{}, fmt.Errorf("execute the change set: %w", errors.Join(err, d.withdraw(ctx, set)))
	}
	stack, err := w.follow(ctx)
	if err != nil {
		return stack, err
	}
	if s := stack.Status; s != types.StackStatusCreateComplete && s != types.StackStatusUpdateComplete {
		return stack, &Failure{Stack: stack, Reasons: w.failed}
	}
	return stack, nil
}
