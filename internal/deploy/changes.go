package deploy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// changeTime is how long CloudFormation may take to compute a change set.
const changeTime = 5 * time.Minute

// changeSet is what CloudFormation would do.
type changeSet struct {
	id, stackID string
	// creates tells that the stack was begun for it.
	creates bool
	// none tells that there is nothing to do; id may be empty then.
	none    bool
	changes []Change
}

// Change is what would become of one resource.
type Change struct {
	// Verb is "add", "import", "change", "may replace", "replace" or "remove".
	Verb string
	// Resource is its name in the template, Type such as AWS::Lambda::Function.
	Resource, Type string
}

// verbs in the order in which they are listed: what loses something comes last,
// next to the question.
var verbs = [...]string{"add", "import", "change", "may replace", "replace", "remove"}

// loud tells whether the change takes something away that is there now.
func (c Change) loud() bool {
	return c.Verb == "remove" || c.Verb == "replace" || c.Verb == "may replace"
}

func changeOf(r *types.ResourceChange) Change {
	c := Change{Resource: aws.ToString(r.LogicalResourceId), Type: aws.ToString(r.ResourceType)}
	switch r.Action {
	case types.ChangeActionAdd:
		c.Verb = "add"
	case types.ChangeActionImport:
		c.Verb = "import"
	case types.ChangeActionRemove:
		c.Verb = "remove"
	default:
		c.Verb = "change"
		switch r.Replacement {
		case types.ReplacementTrue:
			c.Verb = "replace"
		case types.ReplacementConditional:
			c.Verb = "may replace"
		}
	}
	return c
}

// showChanges lists the changes, and then says aloud what would be lost.
func showChanges(w io.Writer, changes []Change) {
	if len(changes) == 0 {
		fmt.Fprintln(w, "  (no resource changes)")
		return
	}
	slices.SortStableFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(slices.Index(verbs[:], a.Verb), slices.Index(verbs[:], b.Verb)), cmp.Compare(a.Resource, b.Resource))
	})
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	lost := 0
	for _, c := range changes {
		verb := c.Verb
		if c.loud() {
			verb = strings.ToUpper(verb)
			lost++
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\n", verb, c.Resource, c.Type)
	}
	_ = table.Flush() // what cannot be shown cannot be reported there either
	if lost > 0 {
		fmt.Fprintf(w, "\n  CAREFUL: %d of these take away something that is there now.\n", lost)
	}
}

// propose makes a change set of the template and the parameters. Whoever does
// not execute it withdraws it.
func (d *Deployer) propose(ctx context.Context, stack Stack, values map[string]string) (changeSet, error) {
	in := &cloudformation.CreateChangeSetInput{
		StackName:     &d.stack,
		ChangeSetName: aws.String(fmt.Sprintf("heartbeat-%d", time.Now().UnixNano())),
		Description:   aws.String("Heartbeat " + values[settingVersion]),
		TemplateBody:  &d.template,
		Parameters:    parameters(values, stack),
		Capabilities:  []types.Capability{types.CapabilityCapabilityIam},
		ChangeSetType: types.ChangeSetTypeUpdate,
		// Tables that a former deployment left are taken over, not fallen over.
		ImportExistingResources: aws.Bool(true),
	}
	if stack.state() == stateNone {
		in.ChangeSetType = types.ChangeSetTypeCreate
		// The remains of a failed creation are of no use and in the way of the next
		// one. The events stay readable by the stack's ID, and the tables stay.
		in.OnStackFailure = types.OnStackFailureDelete
	}
	out, err := d.formation.CreateChangeSet(ctx, in)
	if err != nil && nothingToDo(err.Error()) { // some say it at once, without making one
		return changeSet{none: true}, nil
	}
	if err != nil {
		return changeSet{}, fmt.Errorf("make a change set: %w", err)
	}
	set := changeSet{id: aws.ToString(out.Id), stackID: aws.ToString(out.StackId), creates: stack.state() == stateNone}
	if err := d.awaitChanges(ctx, &set); err != nil {
		return set, errors.Join(err, d.withdraw(ctx, set))
	}
	return set, nil
}

// awaitChanges waits until the change set is computed, and fills it.
func (d *Deployer) awaitChanges(ctx context.Context, set *changeSet) error {
	ctx, cancel := context.WithTimeout(ctx, changeTime)
	defer cancel()
	for {
		out, err := d.formation.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{ChangeSetName: &set.id})
		if err != nil {
			return fmt.Errorf("read the change set: %w", err)
		}
		switch out.Status {
		case types.ChangeSetStatusCreateComplete:
			return d.readChanges(ctx, set, out)
		case types.ChangeSetStatusFailed:
			reason := aws.ToString(out.StatusReason)
			if set.none = nothingToDo(reason); set.none {
				return nil
			}
			return fmt.Errorf("CloudFormation refuses the changes: %s", reason)
		}
		if err := d.wait(ctx); err != nil {
			return fmt.Errorf("wait for the change set: %w", err)
		}
	}
}

// nothingToDo tells whether a change set failed because there is nothing in it:
// CloudFormation says so in words only.
func nothingToDo(reason string) bool {
	return strings.Contains(reason, "didn't contain changes") || strings.Contains(reason, "No updates are to be performed")
}

// readChanges takes the changes from the pages that out is the first of.
func (d *Deployer) readChanges(ctx context.Context, set *changeSet, out *cloudformation.DescribeChangeSetOutput) error {
	for {
		for _, c := range out.Changes {
			if c.ResourceChange != nil {
				set.changes = append(set.changes, changeOf(c.ResourceChange))
			}
		}
		if out.NextToken == nil {
			return nil
		}
		var err error
		out, err = d.formation.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{ChangeSetName: &set.id, NextToken: out.NextToken})
		if err != nil {
			return fmt.Errorf("read the change set: %w", err)
		}
	}
}

// withdrawTime is how long tidying up may take after everything else was ended.
const withdrawTime = 30 * time.Second

// withdraw deletes a change set, and the stack that was begun for it.
func (d *Deployer) withdraw(ctx context.Context, set changeSet) error {
	if set.id == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), withdrawTime)
	defer cancel()
	if _, err := d.formation.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{ChangeSetName: &set.id}); err != nil {
		return fmt.Errorf("delete the change set: %w", err)
	}
	if !set.creates {
		return nil
	}
	stack, err := d.find(ctx, set.stackID)
	if err != nil || stack.Status != types.StackStatusReviewInProgress {
		return err
	}
	if _, err := d.formation.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &set.stackID}); err != nil {
		return fmt.Errorf("delete the stack that was begun for the change set: %w", err)
	}
	return nil
}

// wait is the pause between two questions to AWS.
func (d *Deployer) wait(ctx context.Context) error {
	timer := time.NewTimer(d.poll)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
