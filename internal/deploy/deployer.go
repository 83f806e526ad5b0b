package deploy

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"heartbeat/deploy"
	"heartbeat/internal/awsenv"
)

// Config is what New needs.
type Config struct {
	Env *awsenv.Env
	// Stack is the name of the deployment.
	Stack string
	// Out is for people: what is done, and how it goes.
	Out io.Writer
	// Poll is the pause between two questions to AWS; 2 seconds if 0.
	Poll time.Duration
}

// Deployer acts on one stack in one account and region.
type Deployer struct {
	env      *awsenv.Env
	stack    string
	account  string
	identity string
	template string
	out      io.Writer
	poll     time.Duration

	formation  *cloudformation.Client
	objects    *s3.Client
	parameters *ssm.Client
	logs       *cloudwatchlogs.Client
	tables     *dynamodb.Client
}

// New returns a deployer. It asks AWS who it is: from then on the credentials
// are known to be good.
func New(ctx context.Context, cfg Config) (*Deployer, error) {
	if err := CheckStack(cfg.Stack); err != nil {
		return nil, err
	}
	who, err := sts.NewFromConfig(cfg.Env.AWS).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, cfg.Env.Explain(fmt.Errorf("ask AWS who this is: %w", err))
	}
	return &Deployer{
		env:        cfg.Env,
		stack:      cfg.Stack,
		account:    aws.ToString(who.Account),
		identity:   aws.ToString(who.Arn),
		template:   deploy.Template,
		out:        cfg.Out,
		poll:       cmp.Or(cfg.Poll, 2*time.Second),
		formation:  cloudformation.NewFromConfig(cfg.Env.AWS),
		objects:    s3.NewFromConfig(cfg.Env.AWS),
		parameters: ssm.NewFromConfig(cfg.Env.AWS),
		logs:       cloudwatchlogs.NewFromConfig(cfg.Env.AWS),
		tables:     dynamodb.NewFromConfig(cfg.Env.AWS),
	}, nil
}

// Find returns the stack, which need not exist.
func (d *Deployer) Find(ctx context.Context) (Stack, error) {
	stack, err := d.find(ctx, d.stack)
	return stack, d.env.Explain(err)
}

// line prints a label and what belongs to it.
func (d *Deployer) line(label, format string, args ...any) {
	fmt.Fprintf(d.out, "  %-10s %s\n", label, fmt.Sprintf(format, args...))
}

// ErrDeclined says that the question was not answered with yes.
var ErrDeclined = fmt.Errorf("stopped: nothing was changed")

// Confirm asks a question that is answered with yes or no.
type Confirm func(ctx context.Context, question string) (bool, error)

// agree asks, unless confirm is nil.
func agree(ctx context.Context, confirm Confirm, question string) error {
	if confirm == nil {
		return nil
	}
	yes, err := confirm(ctx, question)
	if err != nil {
		return err
	}
	if !yes {
		return ErrDeclined
	}
	return nil
}
