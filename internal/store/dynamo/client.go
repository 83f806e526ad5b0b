package dynamo

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	transport "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"heartbeat/internal/awshttp"
)

const (
	// callTime is how long one call may take before it is sent again.
	callTime = 5 * time.Second
	// connections is how many connections are kept open for the next call.
	connections = 128
)

func newClient(cfg Config) *dynamodb.Client {
	client := transport.NewBuildableClient().WithTimeout(callTime).WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns, t.MaxIdleConnsPerHost = connections, connections
	})
	options := dynamodb.Options{
		Region:      cfg.Region,
		Credentials: cfg.Credentials,
		HTTPClient:  awshttp.OwnBody{Next: client},
		// Whether a call may be sent again depends on what it does: see attempt.
		Retryer: aws.NopRetryer{},
	}
	if options.Credentials == nil {
		options.Credentials = aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return environment(cfg.Endpoint != "")
		}))
	}
	if cfg.Endpoint != "" {
		options.BaseEndpoint = aws.String(cfg.Endpoint)
	}
	return dynamodb.New(options)
}

// environment reads the credentials that AWS's tools and Lambda set. An
// emulator takes any.
func environment(emulated bool) (aws.Credentials, error) {
	c := aws.Credentials{
		AccessKeyID:     os.Getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    os.Getenv("AWS_SESSION_TOKEN"),
		Source:          "environment",
	}
	switch {
	case c.HasKeys():
		return c, nil
	case emulated:
		return aws.Credentials{AccessKeyID: "none", SecretAccessKey: "none", Source: "emulator"}, nil
	}
	return c, errNoKeys
}

var errNoKeys = errors.New("there are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
