// Package deploy carries the template from which "heartbeat deploy" makes the
// serverless home in an AWS account.
package deploy

import _ "embed" // for the template

// Template is the CloudFormation template, in YAML. Its parameters say of
// themselves what they are; the README beside it lists what it makes.
//
//go:embed template.yaml
var Template string
