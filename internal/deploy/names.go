package deploy

import (
	"fmt"
	"regexp"
)

// Schema is the form of what the tables hold, as far as programs must agree on
// it. A program deploys over tables of its own Schema or an older one. It goes up
// when an older program can no longer read what this one writes.
const Schema = 1

// Names of a stack's parts outside of the template.
const (
	// bucketPrefix begins the name of the bucket with code: one bucket for all
	// stacks of an account in a region.
	bucketPrefix = "heartbeat-"
	// tagKey is the tag of whatever belongs to a stack, as in the template; its value
	// is the stack's name.
	tagKey = "heartbeat"
)

// Names of secrets, below the path of the stack.
const (
	nameSecret       = "secret"
	namePingKey      = "ping-key"
	nameSlackWebhook = "slack-webhook"
	nameWebhook      = "webhook"
)

// stackName is what CloudFormation takes, but for the length: the names of
// functions and tables begin with it.
var stackName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,39}$`)

// CheckStack says what is wrong with the name of a stack.
func CheckStack(name string) error {
	if !stackName.MatchString(name) {
		return fmt.Errorf("--stack %q must begin with a letter and hold only letters, digits and -, at most 40 of them, such as heartbeat", name)
	}
	return nil
}

// bucketName is the bucket with code of an account in a region.
func bucketName(account, region string) string {
	return bucketPrefix + account + "-" + region
}

// codeKey is the name of an artefact in the bucket.
func codeKey(stack, sum string) string { return codeFolder(stack) + sum + ".zip" }

func codeFolder(stack string) string { return stack + "/" }

// parameterPath is what the names of a stack's secrets begin with.
func parameterPath(stack string) string { return "/heartbeat/" + stack }

// The tables of a prefix, as the template names them.
func tableNames(prefix string) []string { return []string{prefix + "-state", prefix + "-log"} }

// logGroup is where a function of the stack logs, as the template names it.
func logGroup(stack, function string) string { return "/heartbeat/" + stack + "/" + function }
