package deploy_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"heartbeat/deploy"
)

// object is a mapping of the template.
type object = map[string]any

// fn is an intrinsic function in its short form, such as !Ref.
type fn struct {
	name string
	arg  any
}

// parse returns the template as objects, lists, strings, numbers, booleans and
// functions.
func parse(t *testing.T) object {
	t.Helper()
	template, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	return template
}

var parsed = sync.OnceValues(func() (object, error) { return parseYAML(deploy.Template) })

func parseYAML(text string) (object, error) {
	file, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		return nil, err
	}
	if len(file.Docs) != 1 {
		return nil, fmt.Errorf("there are %d documents", len(file.Docs))
	}
	v, err := value(file.Docs[0].Body)
	if err != nil {
		return nil, err
	}
	return v.(object), nil
}

func value(node ast.Node) (any, error) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return mapping(n.Values)
	case *ast.MappingValueNode:
		return mapping([]*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		list := make([]any, len(n.Values))
		for i := range n.Values {
			var err error
			if list[i], err = value(n.Values[i]); err != nil {
				return nil, err
			}
		}
		return list, nil
	case *ast.TagNode:
		arg, err := value(n.Value)
		return fn{strings.TrimPrefix(n.Start.Value, "!"), arg}, err
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.StringNode:
		return n.Value, nil
	case *ast.IntegerNode:
		return fmt.Sprint(n.Value), nil
	case *ast.BoolNode:
		return n.Value, nil
	}
	// Anchors and aliases above all, which CloudFormation does not take.
	return nil, fmt.Errorf("line %d: a %v has no place here", node.GetToken().Position.Line, node.Type())
}

func mapping(pairs []*ast.MappingValueNode) (object, error) {
	m := object{}
	for _, pair := range pairs {
		key := pair.Key.GetToken().Value
		if pair.Key.Type() != ast.StringType {
			return nil, fmt.Errorf("line %d: the key %s is a %v", pair.Key.GetToken().Position.Line, key, pair.Key.Type())
		}
		if strings.HasPrefix(key, "Fn::") || key == "Ref" {
			return nil, fmt.Errorf("line %d: write %s in its short form", pair.Key.GetToken().Position.Line, key)
		}
		v, err := value(pair.Value)
		if err != nil {
			return nil, err
		}
		m[key] = v
	}
	return m, nil
}

func TestParse_TakesNoAnchors(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a: &x 1\nb: 2", "a: &x {c: 1}\nb: *x", "a: &x {c: 1}\nb: {<<: *x}", "a: {Ref: b}"} {
		if v, err := parseYAML(text); err == nil {
			t.Errorf("%q is taken as %v", text, v)
		}
	}
	got, err := parseYAML("a: [1, 'on', true, !Sub '${x}y', !If [c, {d: e}, f]]")
	if want := "map[a:[1 on true {Sub ${x}y} {If [c map[d:e] f]}]]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("got %v, %v; want %s", got, err, want)
	}
}
