package deploy

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
)

// Stack is what CloudFormation knows of a deployment.
type Stack struct {
	// Name and Region are set even if there is no such stack; ID is empty then.
	Name, Region, ID string
	// Status is CloudFormation's word, such as UPDATE_COMPLETE, and Reason what it
	// says about it.
	Status  types.StackStatus
	Reason  string
	Changed time.Time
	// Settings are the parameters of the template, Outputs what came of it.
	Settings, Outputs map[string]string
}

// Exists tells whether there is such a stack, in whatever state.
func (s Stack) Exists() bool { return s.ID != "" }

// Tables is what the names of the tables begin with.
func (s Stack) Tables() string {
	if prefix := s.Settings[settingTables]; prefix != "" {
		return prefix
	}
	return s.Name
}

// state is what can be done with a stack.
type state int

const (
	stateNone    state = iota // it must be created
	stateLive                 // it can be updated
	stateRemains              // what a failed creation left: it can only be deleted
	stateBusy                 // something is being done with it
	stateBroken               // somebody must look at it
)

func (s Stack) state() state {
	switch s.Status {
	case "", types.StackStatusReviewInProgress, types.StackStatusDeleteComplete:
		return stateNone
	case types.StackStatusCreateComplete, types.StackStatusUpdateComplete, types.StackStatusUpdateRollbackComplete,
		types.StackStatusImportComplete, types.StackStatusImportRollbackComplete:
		return stateLive
	case types.StackStatusRollbackComplete, types.StackStatusCreateFailed:
		return stateRemains
	}
	if strings.HasSuffix(string(s.Status), "_IN_PROGRESS") {
		return stateBusy
	}
	return stateBroken
}

// words is the status as people say it.
func (s Stack) words() string {
	switch s.Status {
	case types.StackStatusUpdateRollbackComplete:
		return "as it was before the last update, which failed and was taken back"
	case types.StackStatusRollbackComplete:
		return "the remains of a creation that failed"
	}
	return strings.ToLower(strings.ReplaceAll(string(s.Status), "_", " "))
}

// schema is the form of the stack's tables; 0 if it does not say.
func (s Stack) schema() int {
	n, err := strconv.Atoi(s.Settings[settingSchema])
	if err != nil {
		return 0
	}
	return n
}

// mayDeploy says why this program must not deploy over the stack.
func (s Stack) mayDeploy() error {
	switch {
	case s.schema() > Schema:
		return fmt.Errorf("stack %s was deployed by Heartbeat %s, whose tables have schema %d; this program knows schemas up to %d and would misread them.\n"+
			"Deploy with Heartbeat %[2]s or a newer one", s.Name, s.Settings[settingVersion], s.schema(), Schema)
	case s.state() == stateBusy:
		return fmt.Errorf("stack %s is being changed at this moment (%s): \"heartbeat status\" shows how it goes; try again when it is done",
			s.Name, s.words())
	case s.state() == stateBroken:
		return errors.New(s.repair())
	}
	return nil
}

// repair says what to do with a stack that CloudFormation has given up.
func (s Stack) repair() string {
	switch s.Status {
	case types.StackStatusUpdateRollbackFailed:
		return fmt.Sprintf("stack %s is stuck: an update failed, and so did taking it back (%s).\n"+
			"Remove what is in its way, then run: aws cloudformation continue-update-rollback --stack-name %[1]s --region %[3]s",
			s.Name, s.Reason, s.Region)
	case types.StackStatusUpdateFailed:
		return fmt.Sprintf("stack %s is stuck: an update failed and was not taken back (%s).\n"+
			"Run: aws cloudformation rollback-stack --stack-name %[1]s --region %[3]s", s.Name, s.Reason, s.Region)
	}
	return fmt.Sprintf("stack %s is stuck (%s: %s).\nRun \"heartbeat destroy\": the tables stay, and the next deploy takes them over",
		s.Name, s.words(), s.Reason)
}

// find describes the stack with this name or ID. That there is none is no error.
func (d *Deployer) find(ctx context.Context, name string) (Stack, error) {
	s := Stack{Name: d.stack, Region: d.env.Region()}
	out, err := d.formation.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if missing(err) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("describe stack %s: %w", name, err)
	}
	if len(out.Stacks) == 0 {
		return s, nil
	}
	found := out.Stacks[0]
	s.ID = aws.ToString(found.StackId)
	s.Status, s.Reason = found.StackStatus, aws.ToString(found.StackStatusReason)
	s.Changed = aws.ToTime(found.CreationTime)
	if found.LastUpdatedTime != nil {
		s.Changed = *found.LastUpdatedTime
	}
	s.Settings, s.Outputs = make(map[string]string), make(map[string]string)
	for _, p := range found.Parameters {
		s.Settings[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
	}
	for _, o := range found.Outputs {
		s.Outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	return s, nil
}

// missing tells whether err says that there is no such stack. CloudFormation
// has no code of its own for it.
func missing(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "ValidationError" && strings.Contains(api.ErrorMessage(), "does not exist")
}
