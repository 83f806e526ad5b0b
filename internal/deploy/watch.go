package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
)

// watch shows what CloudFormation does with a stack, from the moment on in which
// it is made.
type watch struct {
	*Deployer

	id   string
	seen map[string]bool // IDs of events
	// begun tells that the stack itself had an event: before that, what it is found
	// to be may be what it was.
	begun bool
	// done counts resources, of total that are expected.
	done, total int
	// failed are the reasons of resources that failed, but for those that fell
	// because another one did.
	failed []string
}

// watch begins to watch a stack, before something is done with it.
func (d *Deployer) watch(ctx context.Context, id string, total int) (*watch, error) {
	w := &watch{Deployer: d, id: id, total: total, seen: make(map[string]bool)}
	out, err := d.formation.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: &id})
	if err != nil {
		return nil, fmt.Errorf("read the stack's events: %w", err)
	}
	for _, e := range out.StackEvents {
		w.seen[aws.ToString(e.EventId)] = true
	}
	return w, nil
}

// follow shows events until the stack is at rest, and returns it.
func (w *watch) follow(ctx context.Context) (Stack, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, followTime, fmt.Errorf("it is not done after %v", followTime))
	defer cancel()
	for {
		stack, rest, err := w.look(ctx)
		if err == nil && rest {
			return stack, nil
		}
		if err == nil || retryable(err) {
			err = w.wait(ctx)
		}
		if err != nil {
			return stack, fmt.Errorf("%w\nAWS goes on without this program: \"heartbeat status\" shows how it ends; "+
				"then run the same command again for what is left to do", interrupted(ctx, err))
		}
	}
}

// look shows what is new and tells whether the stack is at rest.
func (w *watch) look(ctx context.Context) (stack Stack, rest bool, err error) {
	if err := w.show(ctx); err != nil || !w.begun {
		return stack, false, err
	}
	stack, err = w.find(ctx, w.id)
	if err != nil || stack.state() == stateBusy {
		return stack, false, err
	}
	return stack, true, w.show(ctx) // what came just before the end
}

// interrupted is why the context ended, if it did, or else err.
func interrupted(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, context.Canceled) {
		return errors.New("stopped watching, as was asked for")
	} else if cause != nil {
		return cause
	}
	return err
}

// retryable tells whether asking again may help: whoever watches for minutes
// must not give up at the first lost answer. AWS's refusals are final; the SDK
// itself has tried three times before.
func retryable(err error) bool {
	var api smithy.APIError
	return !errors.As(err, &api) || api.ErrorCode() == "Throttling" || api.ErrorFault() == smithy.FaultServer
}

// show prints the events that are new, the oldest first.
func (w *watch) show(ctx context.Context) error {
	events, err := w.fresh(ctx)
	if err != nil {
		return err
	}
	for _, e := range slices.Backward(events) {
		w.seen[aws.ToString(e.EventId)] = true
		if aws.ToString(e.PhysicalResourceId) == aws.ToString(e.StackId) {
			w.begun = true // what becomes of the stack itself is told at the end
		} else {
			w.tell(e)
		}
	}
	return nil
}

// fresh returns the events that are not seen, the newest first.
func (w *watch) fresh(ctx context.Context) ([]types.StackEvent, error) {
	var fresh []types.StackEvent
	pages := cloudformation.NewDescribeStackEventsPaginator(w.formation, &cloudformation.DescribeStackEventsInput{StackName: &w.id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the stack's events: %w", err)
		}
		for _, e := range page.StackEvents {
			if w.seen[aws.ToString(e.EventId)] {
				return fresh, nil
			}
			fresh = append(fresh, e)
		}
	}
	return fresh, nil
}

// tell prints an event that ends something: "12:00:03   3/24  created  WebFunction".
func (w *watch) tell(e types.StackEvent) {
	resource, reason := aws.ToString(e.LogicalResourceId), aws.ToString(e.ResourceStatusReason)
	time := aws.ToTime(e.Timestamp).Local().Format("15:04:05")
	verb, stage, _ := strings.Cut(strings.ToLower(string(e.ResourceStatus)), "_")
	switch stage {
	case "complete":
		w.done++
		count := ""
		if w.done <= w.total && len(w.failed) == 0 { // what is taken back counts no more
			count = fmt.Sprintf("%d/%d", w.done, w.total)
		}
		fmt.Fprintf(w.out, "  %s  %7s  %-8s  %s\n", time, count, past(verb), resource)
	case "skipped":
		fmt.Fprintf(w.out, "  %s  %7s  %-8s  %s\n", time, "", "kept", resource)
	case "failed":
		fmt.Fprintf(w.out, "  %s  %7s  %-8s  %s: %s\n", time, "", "FAILED", resource, reason)
		if !strings.Contains(reason, "cancelled") {
			w.failed = append(w.failed, fmt.Sprintf("%s (%s) could not be %s: %s", resource, aws.ToString(e.ResourceType), past(verb), reason))
		}
	}
}

// past is the form of CloudFormation's verbs for what was done.
func past(verb string) string { return strings.TrimSuffix(verb, "e") + "ed" }
