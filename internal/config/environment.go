package config

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

const prefix = "HEARTBEAT_"

// Environment reads settings from environment variables, given as "NAME=value".
// It is a kong resolver that obeys the tag "setting". kong's own "env" tag
// would read the process's environment, which a test cannot replace, and would
// not notice a variable that nothing reads.
type Environment struct{ values map[string]string }

// NewEnvironment returns the settings in environ, as os.Environ gives it.
func NewEnvironment(environ []string) *Environment {
	values := make(map[string]string)
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, prefix) && !orchestrator(name, value) {
			values[name] = value
		}
	}
	return &Environment{values: values}
}

// links are variables that Kubernetes and Docker set in every container beside
// a service that happens to be called "heartbeat…".
var links = regexp.MustCompile(`_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?$`)

func orchestrator(name, value string) bool {
	return links.MatchString(name) || strings.HasSuffix(name, "_PORT") && strings.Contains(value, "://")
}

// VariableError says what is wrong with an environment variable.
type VariableError struct{ Name, Problem string }

func (e *VariableError) Error() string { return "environment variable " + e.Name + " " + e.Problem }

// Validate reports every HEARTBEAT_ variable that is no setting of app: a
// setting with a typing error would silently not be in force.
func (e *Environment) Validate(app *kong.Application) error {
	var known []string
	err := kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok && flag.Tag.Has("setting") {
			known = append(known, flag.Tag.Get("setting"))
		}
		return next(nil)
	})
	if err != nil {
		return err
	}
	var errs []error
	for name, value := range e.values {
		if !slices.Contains(known, name) {
			errs = append(errs, unknownVariable(name, known))
		} else if value == "" {
			errs = append(errs, &VariableError{name, "is set but empty: unset it, or give it a value"})
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

func unknownVariable(name string, known []string) error {
	if near := Nearest(name, known); near != "" {
		return &VariableError{name, "is no setting: did you mean " + near + "?"}
	}
	return &VariableError{name, "is no setting: unset it; heartbeat serve --help lists all"}
}

// Resolve returns the value of the flag's variable, nil if it is not set.
func (e *Environment) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value := e.values[flag.Tag.Get("setting")]
	if value == "" {
		return nil, nil
	}
	if !flag.IsSlice() {
		return value, nil
	}
	var items []any
	for _, item := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == '\n' }) {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	if len(items) == 0 {
		return nil, &VariableError{flag.Tag.Get("setting"), "holds nothing but separators"}
	}
	return items, nil
}

// HelpWithVariable is a kong.HelpValueFormatter that names the flag's variable.
func HelpWithVariable(value *kong.Value) string {
	if !value.Tag.Has("setting") {
		return value.Help
	}
	return value.Help + " ($" + value.Tag.Get("setting") + ")"
}
