// Package awsenv finds out how to speak to AWS from here, in the way that AWS's
// own tools do: flags, the AWS_ variables, ~/.aws/config and ~/.aws/credentials
// with their profiles, an SSO session, the role of the machine.
//
// The Lambda functions do without it: there the three variables of the role are
// all there is, and reading more makes a cold start longer.
package awsenv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
)

// Config is what was said about the account; each may be empty.
type Config struct {
	// Region goes before AWS_REGION and that of the profile.
	Region string
	// Profile is a name in ~/.aws/config.
	Profile string
}

// Env is a way to AWS.
type Env struct {
	// AWS is what the SDK's clients are made with. Its region is set.
	AWS     aws.Config
	profile string
}

// ErrNoRegion says that nothing names a region.
var ErrNoRegion = errors.New("no AWS region is named: type --region eu-central-1, or set AWS_REGION")

// Load finds the way. It asks nothing over the network: whether the credentials
// are any good shows at the first call; pass its error through [Env.Explain].
func Load(ctx context.Context, cfg Config) (*Env, error) {
	options := []func(*config.LoadOptions) error{
		config.WithRegion(cfg.Region),
		config.WithLogger(logging.Nop{}), // what goes wrong is said once, by the error
	}
	if cfg.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(cfg.Profile))
	}
	found, err := config.LoadDefaultConfig(ctx, options...)
	if missing := new(config.SharedConfigProfileNotExistError); errors.As(err, missing) {
		return nil, fmt.Errorf("there is no profile %q in ~/.aws/config: \"aws configure list-profiles\" shows those that are there",
			missing.Profile)
	}
	if err != nil {
		return nil, fmt.Errorf("settings of AWS: %w", err)
	}
	if found.Region == "" {
		return nil, ErrNoRegion
	}
	return &Env{AWS: found, profile: cmp.Or(cfg.Profile, os.Getenv("AWS_PROFILE"))}, nil
}

// Region is where clients made of Env speak to.
func (e *Env) Region() string { return e.AWS.Region }

// Endpoint is where an emulator of DynamoDB listens, as AWS_ENDPOINT_URL says;
// empty for AWS itself.
func (e *Env) Endpoint() string {
	return cmp.Or(os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"), aws.ToString(e.AWS.BaseEndpoint))
}

// Explain makes an error that a call to AWS returned say what to do, where that
// can be told. Other errors come back as they are, nil too.
func (e *Env) Explain(err error) error {
	if err == nil {
		return nil
	}
	if sso := new(ssocreds.InvalidTokenError); errors.As(err, &sso) {
		return fmt.Errorf("the SSO session has ended: run \"%s\" and try again", e.login())
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		// The SDK has no type for it.
		if text := err.Error(); strings.Contains(text, "get credentials:") || strings.Contains(text, "refresh cached credentials") {
			return fmt.Errorf("there are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "+
				"name a profile with --profile, or run \"%s\" (%w)", e.login(), root(err))
		}
		return err
	}
	switch api.ErrorCode() {
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired":
		return fmt.Errorf("the AWS credentials have expired: get new ones, for SSO with \"%s\", and try again", e.login())
	case "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidAccessKeyId", "AuthFailure":
		return fmt.Errorf("AWS does not accept these credentials (%s): check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "+
			"or the profile, and this machine's clock", api.ErrorCode())
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation":
		return fmt.Errorf("AWS forbids %s: %s\nWhat a deployer must be allowed to do stands in docs/deploy-aws.md, \"Permissions\"",
			operation(err), api.ErrorMessage())
	}
	return err
}

// operation is what the call was to do, such as "S3 PutObject".
func operation(err error) string {
	if call := new(smithy.OperationError); errors.As(err, &call) {
		return call.ServiceID + " " + call.OperationName
	}
	return "it"
}

// login is the command that begins a new SSO session.
func (e *Env) login() string {
	if e.profile == "" {
		return "aws sso login"
	}
	return "aws sso login --profile " + e.profile
}

// root is the innermost error: the rest of the chain repeats that there are no
// credentials.
func root(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
