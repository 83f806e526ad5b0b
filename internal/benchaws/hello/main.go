// Command hello is the least that a Lambda function in Go can be: what starts and
// sizes are compared with.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

type hello struct{}

// Invoke implements [lambda.Handler].
func (hello) Invoke(context.Context, []byte) ([]byte, error) { return []byte(`"hello"`), nil }

func main() { lambda.Start(hello{}) }
