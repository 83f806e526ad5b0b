package deploy_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heartbeat/deploy"
	"heartbeat/internal/cost"
)

func keys(v any) []string { return slices.Sorted(maps.Keys(v.(object))) }

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: (-want +got)\n%s", what, diff)
	}
}

func TestTemplate_HasTheParametersAndOutputsThatDeployKnows(t *testing.T) {
	t.Parallel()
	template := parse(t)
	same(t, "sections", keys(template), []string{
		"AWSTemplateFormatVersion", "Conditions", "Description", "Outputs", "Parameters", "Resources", "Rules",
	})
	same(t, "parameters", keys(template["Parameters"]), []string{
		"AlarmEmail", "CertificateArn", "CodeBucket", "CodeKey", "DomainName", "FunctionUrl", "LogDays", "PingLog",
		"Schema", "TablePrefix", "ThrottleBurst", "ThrottleRate", "Timezone", "Version",
	})
	same(t, "outputs", keys(template["Outputs"]), []string{
		"BaseUrl", "DashboardUrl", "DomainTarget", "LogTable", "MonitorFunction", "PulseFunction",
		"Schema", "StateTable", "Version", "WebFunction",
	})
	// All but where the code is can be left out.
	for name, p := range template["Parameters"].(object) {
		if must := strings.HasPrefix(name, "Code"); must != (at(p, "Default") == nil) {
			t.Errorf("parameter %s has the default %v", name, at(p, "Default"))
		}
	}
	// CloudFormation's limit for a template that is handed over in the call itself.
	if n := len(deploy.Template); n >= 51_200 {
		t.Errorf("the template has %d bytes", n)
	}
}

func TestFunctions_AreOneProgramInThreeRoles(t *testing.T) {
	t.Parallel()
	s := newStack(t, map[string]string{"TablePrefix": "other", "Timezone": "Europe/Berlin", "PingLog": "off", "LogDays": "7"})
	same(t, "functions", s.of("AWS::Lambda::Function"), []string{"MonitorFunction", "PulseFunction", "WebFunction"})
	for _, f := range []struct {
		name, role, memory, timeout string
		parameters                  any
	}{
		{"Pulse", "pulse", "256", "29", nil},
		{"Web", "web", "256", "28", "/heartbeat/beat"},
		{"Monitor", "monitor", "512", "55", "/heartbeat/beat"},
	} {
		s.is(f.name+"Function", map[string]any{
			"Properties/Runtime":                              "provided.al2023",
			"Properties/Architectures":                        "[arm64]",
			"Properties/Handler":                              "bootstrap",
			"Properties/Code/S3Bucket":                        "code",
			"Properties/Code/S3Key":                           "code.zip",
			"Properties/MemorySize":                           f.memory,
			"Properties/Timeout":                              f.timeout,
			"Properties/Role":                                 "<" + f.name + "Role.Arn>",
			"Properties/LoggingConfig/LogGroup":               "<" + f.name + "Logs>",
			"Properties/LoggingConfig/LogFormat":              "JSON",
			"Properties/LoggingConfig/SystemLogLevel":         "WARN",
			"Properties/LoggingConfig/ApplicationLogLevel":    "INFO",
			"Properties/ReservedConcurrentExecutions":         nil,
			"Properties/Environment/Variables/HEARTBEAT_ROLE": f.role,
		})
		s.is(f.name+"Logs", map[string]any{
			"Type":                       "AWS::Logs::LogGroup",
			"Properties/LogGroupName":    "/heartbeat/beat/" + f.role,
			"Properties/RetentionInDays": "7",
		})
		env := maps.Clone(at(s.resources[f.name+"Function"], "Properties/Environment/Variables").(object))
		delete(env, "HEARTBEAT_BASE_URL")
		want := object{
			"HEARTBEAT_ROLE": f.role, "HEARTBEAT_TABLES": "other", "HEARTBEAT_TIMEZONE": "Europe/Berlin",
			"HEARTBEAT_LOG_LEVEL": "info", "HEARTBEAT_PING_LOG": "off",
		}
		if f.parameters != nil {
			want["HEARTBEAT_PARAMETERS"] = f.parameters
		}
		same(t, "environment of "+f.name, env, want)
	}
	for name, output := range map[string]string{"PulseFunction": "<PulseFunction>", "WebFunction": "<WebFunction>", "MonitorFunction": "<MonitorFunction>"} {
		same(t, name, at(s.outputs[name], "Value"), any(output))
	}
}

// Where people and jobs come in, as each part is told.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                          string
		parameters                    map[string]string
		client, dashboard, link, home any
		target                        any
	}{
		{
			name: "HTTP API", parameters: withHTTPAPI,
			client:    "https://<HttpApi>.execute-api.eu-west-1.amazonaws.com/heartbeat",
			dashboard: "https://<HttpApi>.execute-api.eu-west-1.amazonaws.com/heartbeat",
			link:      "https://<HttpApi>.execute-api.eu-west-1.amazonaws.com",
			home:      "https://<HttpApi>.execute-api.eu-west-1.amazonaws.com",
		},
		{
			name: "Function URL", parameters: withFunctionURL,
			client:    "https://PulseUrl.lambda-url/heartbeat",
			dashboard: "https://WebUrl.lambda-url/heartbeat",
			link:      "https://WebUrl.lambda-url",
			home:      nil, // as it is asked
		},
		{
			name: "domain", parameters: withDomain,
			client:    "https://beat.example.org/heartbeat",
			dashboard: "https://beat.example.org/heartbeat",
			link:      "https://beat.example.org",
			home:      "https://beat.example.org",
			target:    "<Domain.RegionalDomainName>",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t, c.parameters)
			const base = "Properties/Environment/Variables/HEARTBEAT_BASE_URL"
			same(t, "BaseUrl", at(s.outputs["BaseUrl"], "Value"), c.client)
			same(t, "DashboardUrl", at(s.outputs["DashboardUrl"], "Value"), c.dashboard)
			same(t, "DomainTarget", at(s.outputs["DomainTarget"], "Value"), c.target)
			same(t, "links of messages", at(s.resources["MonitorFunction"], base), c.link)
			same(t, "links of pages", at(s.resources["WebFunction"], base), c.home)
		})
	}
}

func TestHTTPAPI_SendsPulsesToPulseAndTheRestToWeb(t *testing.T) {
	t.Parallel()
	s := newStack(t, map[string]string{"ThrottleRate": "7", "ThrottleBurst": "9"})
	routes := map[string]any{}
	for _, id := range s.of("AWS::ApiGatewayV2::Route") {
		p := at(s.resources[id], "Properties")
		same(t, id, at(p, "ApiId"), any("<HttpApi>"))
		integration := strings.Trim(strings.TrimPrefix(at(p, "Target").(string), "integrations/"), "<>")
		s.is(integration, map[string]any{
			"Type":                            "AWS::ApiGatewayV2::Integration",
			"Properties/ApiId":                "<HttpApi>",
			"Properties/IntegrationType":      "AWS_PROXY",
			"Properties/PayloadFormatVersion": "2.0",
		})
		routes[at(p, "RouteKey").(string)] = at(s.resources[integration], "Properties/IntegrationUri")
	}
	same(t, "routes", routes, map[string]any{
		"ANY /heartbeat/{key}/pulse": "<PulseFunction.Arn>",
		"ANY /heartbeat/pulse":       "<PulseFunction.Arn>",
		"ANY /ping/{proxy+}":         "<PulseFunction.Arn>",
		"$default":                   "<WebFunction.Arn>",
	})
	s.is("HttpApi", map[string]any{"Properties/ProtocolType": "HTTP"})
	s.is("HttpStage", map[string]any{
		"Properties/ApiId":      "<HttpApi>",
		"Properties/StageName":  "$default",
		"Properties/AutoDeploy": true,
		"Properties/DefaultRouteSettings/ThrottlingRateLimit":  "7",
		"Properties/DefaultRouteSettings/ThrottlingBurstLimit": "9",
	})
	same(t, "permissions", s.of("AWS::Lambda::Permission"), []string{"PulseApiPermission", "WebApiPermission"})
	for _, name := range []string{"Pulse", "Web"} {
		s.is(name+"ApiPermission", map[string]any{
			"Properties/Action":       "lambda:InvokeFunction",
			"Properties/FunctionName": "<" + name + "Function>",
			"Properties/Principal":    "apigateway.amazonaws.com",
			"Properties/SourceArn":    "arn:aws:execute-api:eu-west-1:123456789012:<HttpApi>/*",
		})
	}
	same(t, "Function URLs", s.of("AWS::Lambda::Url"), []string(nil))
	same(t, "domains", s.of("AWS::ApiGatewayV2::DomainName"), []string(nil))
}

func TestFunctionURLs_HaveBothPermissions(t *testing.T) {
	t.Parallel()
	s := newStack(t, withFunctionURL)
	for _, name := range []string{"Pulse", "Web"} {
		s.is(name+"Url", map[string]any{
			"Properties/TargetFunctionArn": "<" + name + "Function.Arn>",
			"Properties/AuthType":          "NONE",
			"Properties/InvokeMode":        nil, // buffered
		})
		s.is(name+"UrlPermission", map[string]any{
			"Properties/Action":              "lambda:InvokeFunctionUrl",
			"Properties/FunctionName":        "<" + name + "Function>",
			"Properties/Principal":           "*",
			"Properties/FunctionUrlAuthType": "NONE",
		})
		s.is(name+"UrlInvokePermission", map[string]any{
			"Properties/Action":                "lambda:InvokeFunction",
			"Properties/FunctionName":          "<" + name + "Function>",
			"Properties/Principal":             "*",
			"Properties/InvokedViaFunctionUrl": true,
		})
	}
	same(t, "permissions", s.of("AWS::Lambda::Permission"), []string{
		"PulseUrlInvokePermission", "PulseUrlPermission", "WebUrlInvokePermission", "WebUrlPermission",
	})
	for id, r := range s.resources {
		if kind := at(r, "Type").(string); strings.HasPrefix(kind, "AWS::ApiGatewayV2::") {
			t.Errorf("%s is there as well", id)
		}
	}
}

func TestDomain_LeadsToTheHTTPAPI(t *testing.T) {
	t.Parallel()
	s := newStack(t, withDomain)
	s.is("Domain", map[string]any{
		"Type":                  "AWS::ApiGatewayV2::DomainName",
		"Properties/DomainName": "beat.example.org",
		"Properties/DomainNameConfigurations/0/CertificateArn": withDomain["CertificateArn"],
		"Properties/DomainNameConfigurations/0/EndpointType":   "REGIONAL",
		"Properties/DomainNameConfigurations/0/SecurityPolicy": "TLS_1_2",
	})
	s.is("DomainMapping", map[string]any{
		"Type":                  "AWS::ApiGatewayV2::ApiMapping",
		"Properties/ApiId":      "<HttpApi>",
		"Properties/DomainName": "<Domain>",
		"Properties/Stage":      "<HttpStage>",
	})
}

// What does not go together is refused before anything is made.
func TestRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		parameters map[string]string
		refused    bool
	}{
		{withHTTPAPI, false},
		{withFunctionURL, false},
		{withDomain, false},
		{map[string]string{"DomainName": "beat.example.org"}, true},
		{map[string]string{"DomainName": "beat.example.org", "CertificateArn": "arn:c", "FunctionUrl": "true"}, true},
	} {
		s := newStack(t, c.parameters)
		refused := false
		for _, rule := range s.resolve(s.template["Rules"]).(object) {
			if at(rule, "RuleCondition") != true {
				continue
			}
			for _, a := range at(rule, "Assertions").([]any) {
				refused = refused || at(a, "Assert") != true
			}
		}
		if refused != c.refused {
			t.Errorf("with %v: refused is %v", c.parameters, refused)
		}
	}
}

func TestMonitor_RunsEachMinuteAndIsNotRunAgain(t *testing.T) {
	t.Parallel()
	s := newStack(t, withHTTPAPI)
	s.is("Schedule", map[string]any{
		"Type":                                                   "AWS::Scheduler::Schedule",
		"Properties/ScheduleExpression":                          "rate(1 minute)",
		"Properties/FlexibleTimeWindow/Mode":                     "OFF",
		"Properties/State":                                       "ENABLED",
		"Properties/Target/Arn":                                  "<MonitorFunction.Arn>",
		"Properties/Target/RoleArn":                              "<ScheduleRole.Arn>",
		"Properties/Target/RetryPolicy/MaximumRetryAttempts":     "0",
		"Properties/Target/RetryPolicy/MaximumEventAgeInSeconds": "60",
		"Properties/Target/DeadLetterConfig/Arn":                 "<FailedRuns.Arn>",
	})
	s.is("MonitorInvoke", map[string]any{
		"Type":                                               "AWS::Lambda::EventInvokeConfig",
		"Properties/FunctionName":                            "<MonitorFunction>",
		"Properties/Qualifier":                               "$LATEST",
		"Properties/MaximumRetryAttempts":                    "0",
		"Properties/MaximumEventAgeInSeconds":                "60",
		"Properties/DestinationConfig/OnFailure/Destination": "<FailedRuns.Arn>",
	})
	s.is("FailedRuns", map[string]any{
		"Type":                              "AWS::SQS::Queue",
		"Properties/SqsManagedSseEnabled":   true,
		"Properties/MessageRetentionPeriod": "86400",
	})
}

func TestAlarms_RingWhenItselfFails(t *testing.T) {
	t.Parallel()
	for _, parameters := range []map[string]string{withHTTPAPI, withFunctionURL} {
		s := newStack(t, parameters)
		same(t, "alarms", s.of("AWS::CloudWatch::Alarm"), []string{
			"MessagesNotTaken", "MonitorSilent", "PulseErrors", "RefusedPulses", "RunsFailed", "Throttled", "WebErrors",
		})
		metrics := 0
		for _, id := range s.of("AWS::CloudWatch::Alarm") {
			s.is(id, map[string]any{
				"Properties/AlarmActions":   "[<Alarms>]",
				"Properties/OKActions":      "[<Alarms>]",
				"Properties/ActionsEnabled": nil, // they are
			})
			if id != "MonitorSilent" {
				threshold := "1"
				if id == "MessagesNotTaken" {
					threshold = "3"
				}
				s.is(id, map[string]any{
					"Properties/ComparisonOperator": "GreaterThanOrEqualToThreshold",
					"Properties/Threshold":          threshold,
					"Properties/EvaluationPeriods":  "1",
					"Properties/TreatMissingData":   "notBreaching",
				})
			}
			if list, ok := at(s.resources[id], "Properties/Metrics").([]any); ok {
				metrics += len(list) - 1 // less the expression
			} else {
				metrics++
			}
		}
		if metrics > 10 {
			t.Errorf("the alarms look at %d metrics, ten are free", metrics)
		}
		for _, l := range cost.Estimate(cost.Load{}) {
			if l.Name == "CloudWatch alarms" && l.Quantity != float64(metrics) {
				t.Errorf("the alarms look at %d metrics, the estimate says %v", metrics, l.Quantity)
			}
		}
	}
}

// metric is one of AWS/Lambda, as an alarm reads it.
func metric(id, name, function string) object {
	return object{"Id": id, "ReturnData": false, "MetricStat": object{
		"Period": "60", "Stat": "Sum",
		"Metric": object{
			"Namespace": "AWS/Lambda", "MetricName": name,
			"Dimensions": []any{object{"Name": "FunctionName", "Value": function}},
		},
	}}
}

func TestAlarm_MonitorSilentForFiveMinutes(t *testing.T) {
	t.Parallel()
	s := newStack(t, withHTTPAPI)
	s.is("MonitorSilent", map[string]any{
		"Properties/ComparisonOperator": "LessThanThreshold",
		"Properties/Threshold":          "1",
		"Properties/EvaluationPeriods":  "5",
		"Properties/DatapointsToAlarm":  "5",
		"Properties/TreatMissingData":   "breaching", // a run that was not made leaves no data
	})
	list := at(s.resources["MonitorSilent"], "Properties/Metrics").([]any)
	same(t, "metrics", list[1:], []any{
		metric("runs", "Invocations", "<MonitorFunction>"), metric("failed", "Errors", "<MonitorFunction>"),
	})
	same(t, "expression", at(list[0], "Expression"), any("FILL(runs, 0) - FILL(failed, 0)"))
	same(t, "result", at(list[0], "ReturnData"), any(true))
}

func TestAlarms_LookAtWhatTheySay(t *testing.T) {
	t.Parallel()
	s := newStack(t, withHTTPAPI)
	for id, function := range map[string]string{"PulseErrors": "<PulseFunction>", "WebErrors": "<WebFunction>"} {
		s.is(id, map[string]any{
			"Properties/Namespace":          "AWS/Lambda",
			"Properties/MetricName":         "Errors",
			"Properties/Statistic":          "Sum",
			"Properties/Dimensions/0/Value": function,
		})
	}
	s.is("RunsFailed", map[string]any{
		"Properties/Namespace":          "AWS/SQS",
		"Properties/MetricName":         "ApproximateNumberOfMessagesVisible",
		"Properties/Dimensions/0/Name":  "QueueName",
		"Properties/Dimensions/0/Value": "<FailedRuns.QueueName>",
	})
	s.is("RefusedPulses", map[string]any{
		"Properties/Namespace":          "AWS/ApiGateway",
		"Properties/MetricName":         "5xx",
		"Properties/Dimensions/0/Name":  "ApiId",
		"Properties/Dimensions/0/Value": "<HttpApi>",
	})
	newStack(t, withFunctionURL).is("RefusedPulses", map[string]any{
		"Properties/Namespace":          "AWS/Lambda",
		"Properties/MetricName":         "Url5xxCount",
		"Properties/Dimensions/0/Name":  "FunctionName",
		"Properties/Dimensions/0/Value": "<PulseFunction>",
	})
	list := at(s.resources["Throttled"], "Properties/Metrics").([]any)
	same(t, "throttles", list[1:], []any{
		metric("pulse", "Throttles", "<PulseFunction>"), metric("web", "Throttles", "<WebFunction>"),
		metric("monitor", "Throttles", "<MonitorFunction>"),
	})
	same(t, "sum", at(list[0], "Expression"), any("FILL(pulse, 0) + FILL(web, 0) + FILL(monitor, 0)"))
}

func TestAlarms_ReachWhoeverIsNamed(t *testing.T) {
	t.Parallel()
	s := newStack(t, map[string]string{"AlarmEmail": "ops@example.org"})
	s.is("AlarmSubscription", map[string]any{
		"Properties/TopicArn": "<Alarms>",
		"Properties/Protocol": "email",
		"Properties/Endpoint": "ops@example.org",
	})
	// Alarms could not use AWS's own key, and would be silent.
	s.is("Alarms", map[string]any{"Type": "AWS::SNS::Topic", "Properties/KmsMasterKeyId": nil})
	same(t, "subscriptions", newStack(t, withHTTPAPI).of("AWS::SNS::Subscription"), []string(nil))
}

func TestResources_CarryTheNameOfTheirStack(t *testing.T) {
	t.Parallel()
	untagged := []string{ // CloudFormation has no tags for them
		"AWS::Lambda::Permission", "AWS::Lambda::Url", "AWS::Lambda::EventInvokeConfig", "AWS::Scheduler::Schedule",
		"AWS::SNS::Subscription", "AWS::ApiGatewayV2::Route", "AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::ApiMapping",
		"AWS::Logs::MetricFilter",
	}
	for _, parameters := range []map[string]string{withFunctionURL, withDomain} {
		s := newStack(t, parameters)
		for id, r := range s.resources {
			if slices.Contains(untagged, at(r, "Type").(string)) {
				continue
			}
			switch got := fmt.Sprint(at(r, "Properties/Tags")); got {
			case "[map[Key:heartbeat Value:beat]]", "map[heartbeat:beat]":
			default:
				t.Errorf("%s has the tags %s", id, got)
			}
		}
	}
}
