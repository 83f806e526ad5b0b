package deploy_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// stack is what CloudFormation would make of the template with some parameters:
// all functions are carried out, and what the conditions exclude is left out. A
// reference to a resource is its logical ID in angle brackets, with the
// attribute if there is one.
type stack struct {
	t          *testing.T
	template   object
	values     map[string]string // of parameters and pseudo parameters
	conditions map[string]bool
	resources  object
	outputs    object
}

// noValue is what !Ref AWS::NoValue gives: what has it is left out.
type noValue struct{}

// Stacks of all shapes.
var (
	withHTTPAPI     = map[string]string{}
	withFunctionURL = map[string]string{"FunctionUrl": "true"}
	withDomain      = map[string]string{
		"DomainName":     "beat.example.org",
		"CertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/c",
		"AlarmEmail":     "ops@example.org",
	}
)

func newStack(t *testing.T, parameters map[string]string) *stack {
	t.Helper()
	s := &stack{t: t, template: parse(t), conditions: map[string]bool{}, values: map[string]string{
		"AWS::AccountId": "123456789012", "AWS::Partition": "aws", "AWS::Region": "eu-west-1",
		"AWS::StackName": "beat", "AWS::URLSuffix": "amazonaws.com", "CodeBucket": "code", "CodeKey": "code.zip",
	}}
	for name, p := range s.template["Parameters"].(object) {
		if value, ok := p.(object)["Default"].(string); ok {
			s.values[name] = value
		}
	}
	maps.Copy(s.values, parameters)
	for _, name := range slices.Sorted(maps.Keys(s.template["Conditions"].(object))) {
		s.conditions[name] = s.condition(name)
	}
	s.resources = s.present(s.template["Resources"].(object))
	s.outputs = s.present(s.template["Outputs"].(object))
	s.resources = s.resolve(s.resources).(object)
	s.outputs = s.resolve(s.outputs).(object)
	return s
}

// present returns those that no condition excludes.
func (s *stack) present(all object) object {
	in := object{}
	for id, v := range all {
		name, conditional := v.(object)["Condition"].(string)
		if !conditional || s.condition(name) {
			in[id] = v
		}
	}
	return in
}

func (s *stack) condition(name string) bool {
	s.t.Helper()
	v, ok := s.template["Conditions"].(object)[name]
	if !ok {
		s.t.Fatalf("there is no condition %s", name)
	}
	return s.resolve(v).(bool)
}

func (s *stack) resolve(v any) any {
	s.t.Helper()
	switch v := v.(type) {
	case object:
		out := object{}
		for key, value := range v {
			if r := s.resolve(value); r != (noValue{}) {
				out[key] = r
			}
		}
		return out
	case []any:
		out := []any{}
		for _, value := range v {
			if r := s.resolve(value); r != (noValue{}) {
				out = append(out, r)
			}
		}
		return out
	case fn:
		return s.call(v)
	}
	return v
}

func (s *stack) call(f fn) any {
	s.t.Helper()
	if f.name == "If" {
		list := f.arg.([]any)
		if s.condition(list[0].(string)) {
			return s.resolve(list[1])
		}
		return s.resolve(list[2])
	}
	arg := s.resolve(f.arg)
	list, _ := arg.([]any)
	switch f.name {
	case "Ref":
		return s.ref(arg.(string))
	case "GetAtt":
		return s.attribute(arg.(string))
	case "Sub":
		return s.sub(arg)
	case "Equals":
		return list[0] == list[1]
	case "Not":
		return !list[0].(bool)
	case "And":
		return !slices.Contains(list, any(false))
	case "Condition":
		return s.condition(arg.(string))
	case "Split":
		parts := []any{}
		for _, part := range strings.Split(list[1].(string), list[0].(string)) {
			parts = append(parts, part)
		}
		return parts
	case "Select":
		i, err := strconv.Atoi(list[0].(string))
		if parts := list[1].([]any); err == nil && i < len(parts) {
			return parts[i]
		}
	}
	s.t.Fatalf("cannot make sense of !%s %v", f.name, f.arg)
	return nil
}

func (s *stack) ref(name string) any {
	s.t.Helper()
	if name == "AWS::NoValue" {
		return noValue{}
	}
	if value, ok := s.values[name]; ok {
		return value
	}
	return "<" + s.resource(name) + ">"
}

func (s *stack) attribute(path string) string {
	s.t.Helper()
	id, attr, _ := strings.Cut(path, ".")
	if s.resource(id); attr == "FunctionUrl" {
		return "https://" + id + ".lambda-url/"
	}
	return "<" + path + ">"
}

// resource says that there is none with this ID, if so.
func (s *stack) resource(id string) string {
	s.t.Helper()
	if _, ok := s.resources[id]; s.resources != nil && !ok {
		s.t.Errorf("with %v there is no %s, but something refers to it", s.values, id)
	}
	return id
}

var variable = regexp.MustCompile(`\$\{([^}]+)\}`)

func (s *stack) sub(arg any) string {
	s.t.Helper()
	text, local := arg, object{}
	if list, ok := arg.([]any); ok {
		text, local = list[0], list[1].(object)
	}
	return variable.ReplaceAllStringFunc(text.(string), func(v string) string {
		name := v[2 : len(v)-1]
		if value, ok := local[name]; ok {
			return value.(string)
		}
		if strings.Contains(name, ".") {
			return s.attribute(name)
		}
		return s.ref(name).(string)
	})
}

// at returns what is at a path of keys and indexes below v, such as
// "Properties/Target/Arn"; nil if there is nothing.
func at(v any, path string) any {
	for step := range strings.SplitSeq(path, "/") {
		switch in := v.(type) {
		case object:
			v = in[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

// of returns the IDs of the resources of a type, in order.
func (s *stack) of(kind string) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(s.resources)) {
		if at(s.resources[id], "Type") == kind {
			ids = append(ids, id)
		}
	}
	return ids
}

// is compares what is at paths below a resource.
func (s *stack) is(id string, want map[string]any) {
	s.t.Helper()
	r, ok := s.resources[id]
	if !ok {
		s.t.Errorf("there is no %s", id)
		return
	}
	for _, path := range slices.Sorted(maps.Keys(want)) {
		if got := at(r, path); fmt.Sprint(got) != fmt.Sprint(want[path]) {
			s.t.Errorf("%s: %s is %v, want %v", id, path, got, want[path])
		}
	}
}
