// Command echo is the function of the runtime's own tests.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

type echo struct{}

// Invoke does what the event says.
func (echo) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	deadline, _ := ctx.Deadline()
	switch what := strings.Trim(string(event), `"`); what {
	case "fail":
		return nil, errors.New("as was asked for")
	case "exit":
		fmt.Println("last words")
		os.Exit(1)
	case "hang":
		time.Sleep(time.Minute)
	case "long":
		return []byte(strings.Repeat("x", 6<<20+1)), nil
	case "left":
		return fmt.Appendf(nil, "%d", time.Until(deadline).Milliseconds()), nil
	case "env":
		return []byte(strings.Join(os.Environ(), "\n")), nil
	}
	return event, nil
}

func main() {
	if os.Getenv("BREAK") != "" {
		fmt.Println("cannot start")
		os.Exit(1)
	}
	lambda.Start(echo{})
}
