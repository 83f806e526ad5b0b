package deploy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Parameters of the template.
const (
	settingBucket      = "CodeBucket"
	settingCode        = "CodeKey"
	settingTables      = "TablePrefix"
	settingTimezone    = "Timezone"
	settingFunctionURL = "FunctionUrl"
	settingAlarmEmail  = "AlarmEmail"
	settingDomain      = "DomainName"
	settingCertificate = "CertificateArn"
	settingVersion     = "Version"
	settingSchema      = "Schema"
	settingLogDays     = "LogDays"
	settingPingLog     = "PingLog"

	// These two have no flag: a stack keeps what its owner gave it by other means.
	settingThrottleRate  = "ThrottleRate"
	settingThrottleBurst = "ThrottleBurst"
)

// known tells whether the template has a parameter of this name. That of a later
// release may have others.
func known(name string) bool {
	switch name {
	case settingBucket, settingCode, settingTables, settingTimezone, settingFunctionURL, settingAlarmEmail,
		settingDomain, settingCertificate, settingVersion, settingSchema, settingLogDays, settingPingLog,
		settingThrottleRate, settingThrottleBurst:
		return true
	}
	return false
}

// Settings are what can be chosen about a deployment. What is nil keeps its
// value from the deployment before, or gets the template's default.
type Settings struct {
	// Timezone of new checks, an IANA name.
	Timezone *string
	// FunctionURL puts functions behind URLs of their own, without an HTTP API.
	FunctionURL *bool
	// AlarmEmail is who hears that Heartbeat itself is in trouble; empty for nobody.
	AlarmEmail *string
	// Domain is the host name to answer at, Certificate the ARN of one for it in the
	// same region. Both empty for the name that AWS gives.
	Domain, Certificate *string
	// LogDays is how long the functions' log lines are kept.
	LogDays *int
	// PingLog keeps a row for each ping.
	PingLog *bool
}

// Check says what cannot be as it was set, with all flags that need a change.
func (s Settings) Check() error {
	var wrong []error
	if s.AlarmEmail != nil && *s.AlarmEmail != "" && !strings.Contains(strings.Trim(*s.AlarmEmail, "@"), "@") {
		wrong = append(wrong, fmt.Errorf("--alarm-email %q is no address: type one such as ops@example.org", *s.AlarmEmail))
	}
	if aws.ToString(s.Domain) != "" && s.Certificate == nil {
		wrong = append(wrong, errors.New("--domain needs --certificate too: the ARN of a certificate for that name, in the same region"))
	}
	if s.Certificate != nil && s.Domain == nil {
		wrong = append(wrong, errors.New("--certificate needs --domain too: the host name to answer at"))
	}
	if c := aws.ToString(s.Certificate); c != "" && !strings.HasPrefix(c, "arn:") {
		wrong = append(wrong, fmt.Errorf("--certificate %q is no ARN, which begins with arn:aws:acm", c))
	}
	return errors.Join(wrong...)
}

// given returns the settings as the template's parameters.
func (s Settings) given() map[string]string {
	values := make(map[string]string)
	for name, value := range map[string]*string{
		settingTimezone: s.Timezone, settingAlarmEmail: s.AlarmEmail,
		settingDomain: s.Domain, settingCertificate: s.Certificate,
	} {
		if value != nil {
			values[name] = *value
		}
	}
	if s.FunctionURL != nil {
		values[settingFunctionURL] = strconv.FormatBool(*s.FunctionURL)
	}
	if s.LogDays != nil {
		values[settingLogDays] = strconv.Itoa(*s.LogDays)
	}
	if s.PingLog != nil {
		values[settingPingLog] = map[bool]string{true: "on", false: "off"}[*s.PingLog]
	}
	return values
}

// parameters are the values for a change set over the stack: those in values,
// and what the stack has already for the rest.
func parameters(values map[string]string, stack Stack) []types.Parameter {
	var list []types.Parameter
	for _, name := range slices.Sorted(maps.Keys(values)) {
		list = append(list, types.Parameter{ParameterKey: aws.String(name), ParameterValue: aws.String(values[name])})
	}
	if stack.state() != stateLive {
		return list
	}
	for _, name := range slices.Sorted(maps.Keys(stack.Settings)) {
		if _, ok := values[name]; !ok && known(name) {
			list = append(list, types.Parameter{ParameterKey: aws.String(name), UsePreviousValue: aws.Bool(true)})
		}
	}
	return list
}
