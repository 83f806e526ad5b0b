package deploy_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	template "heartbeat/deploy"
)

// words is one string or a list of them, as policies have it.
type words []string

func (w *words) UnmarshalJSON(data []byte) error {
	var one string
	if err := json.Unmarshal(data, &one); err == nil {
		*w = words{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(w))
}

// TestPolicy_DeployerMayUseEveryServiceOfTheTemplate holds the policy in the
// documentation: it must be one, and know what the template is made of.
func TestPolicy_DeployerMayUseEveryServiceOfTheTemplate(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/deploy-aws.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```json\n")
	text, _, _ := strings.Cut(rest, "```")
	var policy struct {
		Version   string
		Statement []struct {
			Sid, Effect      string
			Action, Resource words
			Condition        map[string]any
		}
	}
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
		t.Fatal(err)
	}
	allowed := make(map[string]bool)
	for _, s := range policy.Statement {
		if s.Effect != "Allow" || len(s.Action) == 0 || len(s.Resource) == 0 {
			t.Errorf("statement %s allows nothing", s.Sid)
		}
		if s.Resource[0] == "*" && s.Sid != "Lists" {
			t.Errorf("statement %s is about everything", s.Sid)
		}
		for _, action := range s.Action {
			service, _, _ := strings.Cut(action, ":")
			allowed[service] = true
		}
	}
	services := map[string]string{ // where a policy has another name than the template
		"ApiGatewayV2": "apigateway", "Scheduler": "scheduler", "Logs": "logs", "DynamoDB": "dynamodb", "Lambda": "lambda",
		"IAM": "iam", "SQS": "sqs", "SNS": "sns", "CloudWatch": "cloudwatch",
	}
	for _, found := range regexp.MustCompile(`Type: AWS::(\w+)::`).FindAllStringSubmatch(template.Template, -1) {
		if name := services[found[1]]; name == "" || !allowed[name] {
			t.Errorf("the deployer may not make what the template has of %s", found[1])
		}
	}
	for _, service := range []string{"cloudformation", "s3", "ssm"} { // which the command itself uses
		if !allowed[service] {
			t.Errorf("the deployer may not use %s", service)
		}
	}
	if n := len(strings.Join(strings.Fields(text), "")); n > 6144 {
		t.Errorf("the policy has %d characters, more than AWS takes", n)
	}
}
