package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"heartbeat/internal/deploy"
)

// script makes the execution of the next change set of a stack go wrong: moto
// cannot. The stack goes through the statuses, one at each look, and the last
// stays; its events are those given, the newest first.
type script struct {
	statuses []string
	events   string
	executed bool
	looks    int
}

func (s *script) answer(form url.Values) (string, bool) {
	if form.Get("Action") != "ExecuteChangeSet" {
		return "", false
	}
	s.executed = true
	return "<ExecuteChangeSetResponse><ExecuteChangeSetResult/></ExecuteChangeSetResponse>", true
}

func (s *script) edit(form url.Values, xml string) string {
	if !s.executed {
		return xml
	}
	switch form.Get("Action") {
	case "DescribeStacks":
		status := s.statuses[min(s.looks, len(s.statuses)-1)]
		s.looks++
		before, rest, _ := strings.Cut(xml, "<StackStatus>")
		_, after, _ := strings.Cut(rest, "<")
		return before + "<StackStatus>" + status + "<" + after
	case "DescribeStackEvents":
		return strings.Replace(xml, "<StackEvents>", "<StackEvents>"+s.events, 1)
	}
	return xml
}

func event(id, resource, physical, status, reason string) string {
	return fmt.Sprintf("<member><EventId>%s</EventId><StackId>arn:stack</StackId><LogicalResourceId>%s</LogicalResourceId>"+
		"<PhysicalResourceId>%s</PhysicalResourceId><ResourceType>AWS::X::Y</ResourceType><Timestamp>2026-01-01T00:00:00Z</Timestamp>"+
		"<ResourceStatus>%s</ResourceStatus><ResourceStatusReason>%s</ResourceStatusReason></member>", id, resource, physical, status, reason)
}

// failedEvents are those of a change of which one part failed, and another was
// given up for it.
func failedEvents(verb string) string {
	return event("e5", "heartbeat", "arn:stack", verb+"_ROLLBACK_COMPLETE", "") +
		event("e4", "WebFunction", "web", verb+"_FAILED", "Resource creation cancelled") +
		event("e3", "HttpApi", "api", verb+"_FAILED", "User: x is not authorized to perform: apigateway:POST") +
		event("e2", "PulseFunction", "pulse", verb+"_COMPLETE", "") +
		event("e1", "heartbeat", "arn:stack", verb+"_IN_PROGRESS", "User Initiated")
}

func TestDeploy_FailedUpdateSaysWhyAndThatAllIsAsBefore(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "us-east-1") // whose buckets are made in a way of their own
	d, out := c.deployer(t, "heartbeat")
	mustDeploy(t, d, options(t, c))
	out.take()

	fate := script{
		statuses: []string{"UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"},
		events:   failedEvents("UPDATE"),
	}
	c.answer, c.edit = fate.answer, fate.edit
	opts := options(t, c)
	opts.Settings.Timezone = aws.String("Europe/Berlin")
	opts.Seed = func(context.Context, deploy.Stack, deploy.Secrets) (string, error) {
		t.Error("a stack that failed was seeded")
		return "", nil
	}
	err := d.Deploy(t.Context(), opts)
	failure := new(deploy.Failure)
	if !errors.As(err, &failure) || len(failure.Reasons) != 1 {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{
		"HttpApi (AWS::X::Y) could not be updated: User: x is not authorized to perform: apigateway:POST",
		"docs/deploy-aws.md", "The stack is as it was before, and works on",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
	out.shows("updated   PulseFunction", "FAILED    HttpApi: User: x is not")
}

func TestDeploy_FailedCreationLeavesAWayToTryAgain(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "us-east-2")
	d, _ := c.deployer(t, "heartbeat")
	fate := script{statuses: []string{"CREATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"}, events: failedEvents("CREATE")}
	c.answer, c.edit = fate.answer, fate.edit
	err := d.Deploy(t.Context(), options(t, c))
	failure := new(deploy.Failure)
	if !errors.As(err, &failure) || !strings.Contains(err.Error(), "The stack was not created, and what was begun is removed again") {
		t.Fatalf("got %v", err)
	}
	if got := c.called("CreateChangeSet")[0].Get("OnStackFailure"); got != "DELETE" {
		t.Errorf("a failed creation ends with %q", got)
	}
}

func TestDeploy_RemainsOfAFailedCreationAreClearedAway(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "us-west-1")
	d, out := c.deployer(t, "heartbeat")
	mustDeploy(t, d, options(t, c))
	out.take()
	var deleted atomic.Bool
	c.answer = func(form url.Values) (string, bool) {
		deleted.Store(deleted.Load() || form.Get("Action") == "DeleteStack")
		return "", false
	}
	c.edit = func(_ url.Values, xml string) string {
		if deleted.Load() {
			return xml
		}
		return strings.ReplaceAll(xml, "<StackStatus>CREATE_COMPLETE<", "<StackStatus>ROLLBACK_COMPLETE<")
	}
	opts := options(t, c)
	opts.DryRun = true
	if err := d.Deploy(t.Context(), opts); err == nil || !strings.Contains(err.Error(), "a dry run leaves it") || deleted.Load() {
		t.Errorf("dry run: got %v", err)
	}
	var questions []string
	opts.DryRun = false
	opts.Confirm = func(_ context.Context, question string) (bool, error) {
		questions = append(questions, question)
		if deleted.Load() && len(questions) == 2 {
			c.forget(t)
		}
		return true, nil
	}
	mustDeploy(t, d, opts)
	if len(questions) != 2 || !strings.HasPrefix(questions[0], "Remove the remains") || !deleted.Load() {
		t.Errorf("asked %q", questions)
	}
	out.shows("the remains of a creation that failed", "Heartbeat runs.")
}

func TestDeploy_StoppedWatchingSaysThatAWSGoesOn(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "us-west-2")
	d, _ := c.deployer(t, "heartbeat")
	fate := script{statuses: []string{"CREATE_IN_PROGRESS"}, events: event("e1", "heartbeat", "arn:stack", "CREATE_IN_PROGRESS", "")}
	ctx, cancel := context.WithCancel(t.Context())
	c.answer = fate.answer
	c.edit = func(form url.Values, xml string) string {
		if fate.looks == 3 {
			cancel()
		}
		return fate.edit(form, xml)
	}
	err := d.Deploy(ctx, options(t, c))
	if err == nil || !strings.Contains(err.Error(), "stopped watching") || !strings.Contains(err.Error(), "AWS goes on without this program") {
		t.Errorf("got %v", err)
	}
}

func TestDeploy_RefusedChangeSetIsWithdrawn(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "ap-south-1")
	d, _ := c.deployer(t, "heartbeat")
	c.edit = func(form url.Values, xml string) string {
		if form.Get("Action") != "DescribeChangeSet" {
			return xml
		}
		return strings.ReplaceAll(xml, "<Status>CREATE_COMPLETE</Status>", "<Status>FAILED</Status><StatusReason>Rule: a domain needs the HTTP API</StatusReason>")
	}
	err := d.Deploy(t.Context(), options(t, c))
	if err == nil || !strings.Contains(err.Error(), "refuses the changes: Rule: a domain needs the HTTP API") {
		t.Errorf("got %v", err)
	}
	c.nothing(t)
}

func TestDeploy_SeedThatFailedSaysSo(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "ap-south-2")
	d, _ := c.deployer(t, "heartbeat")
	opts := options(t, c)
	opts.Seed = func(context.Context, deploy.Stack, deploy.Secrets) (string, error) {
		return "", errors.New("no route")
	}
	err := d.Deploy(t.Context(), opts)
	if err == nil || !strings.Contains(err.Error(), "the stack is deployed, but its tables could not be told") {
		t.Errorf("got %v", err)
	}
	if stack, err := d.Find(t.Context()); err != nil || !stack.Exists() || time.Since(stack.Changed) > time.Hour {
		t.Errorf("the stack is %+v, %v", stack, err)
	}
}

// Whatever the removal of everything fails at, the same command finishes it.
func TestDestroy_OfEverythingCanBeRunAgainAfterAFailure(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "eu-central-2")
	d, _ := c.deployer(t, "heartbeat")
	mustDeploy(t, d, options(t, c))
	all := deploy.DestroyOptions{DeleteTables: "heartbeat"}
	for _, call := range []string{"AmazonSSM.DeleteParameters", "DynamoDB_20120810.DeleteTable"} {
		c.denied(call)
		if err := d.Destroy(t.Context(), all); err == nil || !strings.Contains(err.Error(), "not yours") {
			t.Fatalf("%s was refused: %v", call, err)
		}
	}
	c.denied("")
	if err := d.Destroy(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	c.nothing(t)
}
