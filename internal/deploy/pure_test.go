package deploy_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	template "heartbeat/deploy"
	"heartbeat/internal/deploy"
)

func TestChanges_LossesAreLastAndLoud(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	deploy.ShowChanges(&out, []deploy.Change{
		{Verb: "remove", Resource: "HttpApi", Type: "AWS::ApiGatewayV2::Api"},
		{Verb: "replace", Resource: "Topic", Type: "AWS::SNS::Topic"},
		{Verb: "change", Resource: "WebFunction", Type: "AWS::Lambda::Function"},
		{Verb: "import", Resource: "StateTable", Type: "AWS::DynamoDB::Table"},
		{Verb: "change", Resource: "PulseFunction", Type: "AWS::Lambda::Function"},
		{Verb: "add", Resource: "PulseUrl", Type: "AWS::Lambda::Url"},
	})
	const want = `  add      PulseUrl       AWS::Lambda::Url
  import   StateTable     AWS::DynamoDB::Table
  change   PulseFunction  AWS::Lambda::Function
  change   WebFunction    AWS::Lambda::Function
  REPLACE  Topic          AWS::SNS::Topic
  REMOVE   HttpApi        AWS::ApiGatewayV2::Api

  CAREFUL: 2 of these take away something that is there now.
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestChanges_Verbs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		action      types.ChangeAction
		replacement types.Replacement
		want        string
	}{
		{types.ChangeActionAdd, "", "add"},
		{types.ChangeActionImport, "", "import"},
		{types.ChangeActionRemove, "", "remove"},
		{types.ChangeActionModify, types.ReplacementFalse, "change"},
		{types.ChangeActionModify, types.ReplacementConditional, "may replace"},
		{types.ChangeActionModify, types.ReplacementTrue, "replace"},
		{types.ChangeActionDynamic, "", "change"},
	} {
		if got := deploy.ChangeOf(&types.ResourceChange{Action: test.action, Replacement: test.replacement}); got.Verb != test.want {
			t.Errorf("%s %s: got %q, want %q", test.action, test.replacement, got.Verb, test.want)
		}
	}
}

func TestStack_WhatMayBeDeployedOver(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status types.StackStatus
		schema string
		want   string // "" if it may
	}{
		{"", "", ""},
		{types.StackStatusReviewInProgress, "", ""},
		{types.StackStatusCreateComplete, "1", ""},
		{types.StackStatusUpdateComplete, "0", ""},
		{types.StackStatusUpdateRollbackComplete, "", ""},
		{types.StackStatusRollbackComplete, "", ""},
		{types.StackStatusUpdateComplete, "2", "Deploy with Heartbeat v9 or a newer one"},
		{types.StackStatusUpdateInProgress, "1", "try again when it is done"},
		{types.StackStatusUpdateCompleteCleanupInProgress, "1", "try again when it is done"},
		{types.StackStatusDeleteInProgress, "1", "try again when it is done"},
		{types.StackStatusUpdateRollbackFailed, "1", "aws cloudformation continue-update-rollback --stack-name hb --region eu-west-3"},
		{types.StackStatusUpdateFailed, "1", "aws cloudformation rollback-stack --stack-name hb"},
		{types.StackStatusDeleteFailed, "1", `Run "heartbeat destroy"`},
		{types.StackStatusRollbackFailed, "1", `Run "heartbeat destroy"`},
	} {
		stack := deploy.Stack{
			Name: "hb", Region: "eu-west-3", ID: "arn:x", Status: test.status,
			Settings: map[string]string{"Schema": test.schema, "Version": "v9"},
		}
		err := stack.MayDeploy()
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s, schema %q: got %v", test.status, test.schema, err)
		}
	}
}

func TestSettings_TemplateHasNoParameterThatIsNotKnown(t *testing.T) {
	t.Parallel()
	head, _, _ := strings.Cut(template.Template, "\nRules:")
	_, head, _ = strings.Cut(head, "\nParameters:\n")
	names := regexp.MustCompile(`(?m)^  (\w+):$`).FindAllStringSubmatch(head, -1)
	if len(names) != 14 {
		t.Errorf("the template has %d parameters; change Known with them", len(names))
	}
	for _, name := range names {
		if !deploy.Known(name[1]) {
			t.Errorf("parameter %s of the template would lose its value at the next deployment", name[1])
		}
	}
	if len(template.Template) > 51_200 {
		t.Error("the template is too large for the body of a request")
	}
}

func TestParameters_WhatIsNotSaidStays(t *testing.T) {
	t.Parallel()
	live := deploy.Stack{ID: "arn:x", Status: types.StackStatusUpdateComplete, Settings: map[string]string{
		"Timezone": "UTC", "AlarmEmail": "ops@example.org", "FromALaterRelease": "x",
	}}
	values := map[string]string{"Timezone": "Europe/Berlin"}
	show := func(list []types.Parameter) []string {
		var lines []string
		for _, p := range list {
			line := *p.ParameterKey + "=" + aws.ToString(p.ParameterValue)
			if aws.ToBool(p.UsePreviousValue) {
				line = *p.ParameterKey + " stays"
			}
			lines = append(lines, line)
		}
		return lines
	}
	if diff := cmp.Diff([]string{"Timezone=Europe/Berlin", "AlarmEmail stays"}, show(deploy.Parameters(values, live))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Timezone=Europe/Berlin"}, show(deploy.Parameters(values, deploy.Stack{}))); diff != "" {
		t.Errorf("a new stack: %s", diff)
	}
}

func TestSettings_CheckSaysWhatToType(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		settings deploy.Settings
		want     string
	}{
		{deploy.Settings{}, ""},
		{deploy.Settings{AlarmEmail: aws.String("")}, ""},
		{deploy.Settings{AlarmEmail: aws.String("ops@example.org")}, ""},
		{deploy.Settings{AlarmEmail: aws.String("ops")}, "such as ops@example.org"},
		{deploy.Settings{Domain: aws.String("heartbeat.example.org")}, "--domain needs --certificate"},
		{deploy.Settings{Certificate: aws.String("arn:aws:acm:x")}, "--certificate needs --domain"},
		{deploy.Settings{Domain: aws.String("a.example.org"), Certificate: aws.String("x")}, "is no ARN"},
		{deploy.Settings{Domain: aws.String("a.example.org"), Certificate: aws.String("arn:aws:acm:x")}, ""},
		{deploy.Settings{Domain: aws.String("")}, ""},
	} {
		err := test.settings.Check()
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%+v: got %v, want %q", test.settings, err, test.want)
		}
	}
}

func TestCheckStack(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"heartbeat", "Prod-2", "a", strings.Repeat("x", 40)} {
		if err := deploy.CheckStack(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", "2nd", "a_b", "a/b", "ü", strings.Repeat("x", 41)} {
		if deploy.CheckStack(name) == nil {
			t.Errorf("%q was taken", name)
		}
	}
}

func TestReadable_LogLines(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ line, want string }{
		{
			`{"time":"2026-01-01T00:00:00Z","level":"WARN","msg":"not sent","tries":3,"channel":"slack","error":"no answer"}`,
			`WARN not sent channel=slack error="no answer" tries=3`,
		},
		{`{"msg":"x","url":"https://example.org/?a=1&b=2"}`, `INFO x url=https://example.org/?a=1&b=2`},
		{"panic: oops\n", "panic: oops"},
		{`{"type":"platform.report"}`, `{"type":"platform.report"}`},
	} {
		if got := deploy.Readable(test.line); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestLoad_EstimateDependsOnTheSettings(t *testing.T) {
	t.Parallel()
	show := func(settings map[string]string) string {
		var out strings.Builder
		deploy.ShowLoad(deploy.Load{Checks: 1000, Pulses: 8_760_000}, &out, settings)
		return out.String()
	}
	usual := show(nil)
	for _, want := range []string{"A month with 8,760,000 pulses of 1,000 checks", "5.47  DynamoDB writes: pulses\n", "  HTTP API requests\n", "in all\n"} {
		if !strings.Contains(usual, want) {
			t.Errorf("%q is not in\n%s", want, usual)
		}
	}
	cheap := show(map[string]string{"FunctionUrl": "true", "PingLog": "off"})
	if strings.Contains(cheap, "HTTP API") || strings.Contains(cheap, "log rows") {
		t.Errorf("with Function URLs and without a log:\n%s", cheap)
	}
}
