package dynamo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"heartbeat"
)

const (
	// attempts is how often a call is made at most.
	attempts = 9
	// races is how often a change that others get in the way of is begun anew.
	races = 40
	// patience is how long a call is made again and again.
	patience = 10 * time.Second
	// firstPause and lastPause bound the pauses in between, which are random.
	firstPause = 20 * time.Millisecond
	lastPause  = time.Second
)

// errDoubt says that it cannot be known whether a write was made.
var errDoubt = errors.New("dynamo: the answer to a write was lost, and the item was written again since: " +
	"the write may have been made or not")

// outcome is what became of one call.
type outcome int

const (
	done      outcome = iota
	refused           // the condition did not hold
	throttled         // it was not carried out: too much comes in
	unsent            // it did not get there
	doubt             // it may have been carried out
	failed            // it never will be
)

// judge tells what became of a call that returned err.
func judge(err error) outcome {
	if err == nil {
		return done
	}
	if condition := new(types.ConditionalCheckFailedException); errors.As(err, &condition) {
		return refused
	}
	if dial := new(net.OpError); errors.As(err, &dial) && dial.Op == "dial" {
		return unsent
	}
	if errors.Is(err, errNoKeys) {
		return failed
	}
	throttles := []string{
		"ProvisionedThroughputExceededException", "ThrottlingException", "Throttling",
		"RequestLimitExceeded", "LimitExceededException",
	}
	if api := smithy.APIError(nil); errors.As(err, &api) && slices.Contains(throttles, api.ErrorCode()) {
		return throttled
	}
	answer := new(awshttp.ResponseError)
	if errors.As(err, &answer) && answer.HTTPStatusCode() >= 400 && answer.HTTPStatusCode() < 500 {
		return failed
	}
	return doubt
}

// result tells more about calls that were made until one succeeded.
type result struct {
	// refused says that the condition did not hold.
	refused bool
	// doubt says that a call before may have been carried out.
	doubt bool
	// old is the refused item, where the service sends it.
	old row
}

// attempt makes a call until it is carried out or refused. The same call may be
// carried out twice, so its condition must not hold a second time.
func (s *Store) attempt(ctx context.Context, call func(context.Context) error) (result, error) {
	var r result
	begun := time.Now()
	for i := 0; ; i++ {
		err := call(ctx)
		o := judge(err)
		if err != nil && ctx.Err() != nil {
			return r, ctx.Err()
		}
		switch o {
		case done:
			return r, nil
		case refused:
			r.refused = true
			condition := new(types.ConditionalCheckFailedException)
			errors.As(err, &condition)
			r.old = condition.Item
			return r, nil
		case failed:
			return r, s.explain(err)
		case doubt:
			r.doubt = true
		}
		if i == attempts-1 || time.Since(begun) > patience {
			if o == throttled && !r.doubt {
				err = fmt.Errorf("%w: %w", heartbeat.ErrBusy, err)
			}
			return r, fmt.Errorf("dynamo: %w", err)
		}
		if err := pause(ctx, i); err != nil {
			return r, err
		}
	}
}

// afterwards is an error that came when something was written already, so that it
// must not say that nothing was.
func afterwards(what string, err error) error {
	if errors.Is(err, heartbeat.ErrBusy) {
		return fmt.Errorf("dynamo: %s: %v", what, err) //nolint:errorlint // hidden on purpose
	}
	return fmt.Errorf("dynamo: %s: %w", what, err)
}

// explain adds what to do about an error.
func (s *Store) explain(err error) error {
	if missing := new(types.ResourceNotFoundException); errors.As(err, &missing) {
		return fmt.Errorf("dynamo: there are no tables %s and %s in region %s, or not both: deploy them, "+
			"or let them be made with &create=true: %w", s.stateTable, s.logTable, s.region, err)
	}
	return fmt.Errorf("dynamo: %w", err)
}

// pause waits a random while that grows with i.
func pause(ctx context.Context, i int) error {
	most := min(firstPause<<min(i, 10), lastPause)
	t := time.NewTimer(rand.N(most) + most/10)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
