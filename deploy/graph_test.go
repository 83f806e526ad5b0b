package deploy_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// references returns the names that v refers to, whatever the conditions are.
func references(v any) map[string]bool {
	names := map[string]bool{}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case object:
			for _, value := range v {
				walk(value)
			}
		case []any:
			for _, value := range v {
				walk(value)
			}
		case fn:
			switch arg := v.arg.(type) {
			case string:
				switch v.name {
				case "Ref", "GetAtt":
					add(names, arg)
				case "Sub":
					for _, m := range variable.FindAllStringSubmatch(arg, -1) {
						add(names, m[1])
					}
				}
			case []any:
				if v.name == "Sub" { // [text, {name: value}]
					local := arg[1].(object)
					for _, m := range variable.FindAllStringSubmatch(arg[0].(string), -1) {
						if _, ok := local[m[1]]; !ok {
							add(names, m[1])
						}
					}
				}
				walk(v.arg)
			}
		}
	}
	walk(v)
	return names
}

func add(names map[string]bool, name string) {
	name, _, _ = strings.Cut(name, ".")
	names[name] = true
}

// graph says for each resource on which others it depends.
func graph(resources object) map[string][]string {
	g := map[string][]string{}
	for id, r := range resources {
		needs := references(r)
		switch on := at(r, "DependsOn").(type) {
		case string:
			needs[on] = true
		case []any:
			for _, name := range on {
				needs[name.(string)] = true
			}
		}
		for name := range needs {
			if _, ok := resources[name]; ok {
				g[id] = append(g[id], name)
			}
		}
	}
	return g
}

// cycle returns resources that wait for each other, nil if there are none.
func cycle(g map[string][]string) []string {
	done := map[string]bool{}
	var path []string
	var visit func(string) []string
	visit = func(id string) []string {
		if i := slices.Index(path, id); i >= 0 {
			return append(slices.Clone(path[i:]), id)
		}
		if done[id] {
			return nil
		}
		path = append(path, id)
		for _, next := range g[id] {
			if found := visit(next); found != nil {
				return found
			}
		}
		path = path[:len(path)-1]
		done[id] = true
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(g)) {
		if found := visit(id); found != nil {
			return found
		}
	}
	return nil
}

func TestTemplate_HasNoCycle(t *testing.T) {
	t.Parallel()
	resources := parse(t)["Resources"].(object)
	g := graph(resources)
	if found := cycle(g); found != nil {
		t.Errorf("these wait for each other: %v", found)
	}
	// The check itself: a web function that is told its own URL.
	if !slices.Contains(g["WebUrl"], "WebFunction") {
		t.Fatalf("the URL of web is not seen to need its function, but %v", g["WebUrl"])
	}
	for _, told := range []any{
		fn{"GetAtt", "WebUrl.FunctionUrl"},
		fn{"Sub", "${WebUrl.FunctionUrl}x"},
		fn{"Ref", "WebUrl"},
		fn{"If", []any{"UseHttpApi", "x", fn{"Sub", []any{"${y}${WebUrl}", object{"y": "z"}}}}},
		fn{"Sub", []any{"${y}", object{"y": fn{"GetAtt", "WebUrl.FunctionUrl"}}}},
	} {
		wrong := maps.Clone(resources)
		wrong["WebFunction"] = object{"Properties": object{"Environment": []any{told}}}
		if found := cycle(graph(wrong)); found == nil {
			t.Errorf("a cycle through %v is not found", told)
		}
	}
	wrong := maps.Clone(resources)
	wrong["WebFunction"] = object{"DependsOn": "WebUrl"}
	if found := cycle(graph(wrong)); found == nil {
		t.Error("a cycle through DependsOn is not found")
	}
}

func TestTemplate_EveryNameIsKnown(t *testing.T) {
	t.Parallel()
	template := parse(t)
	known := map[string]bool{}
	for _, section := range []string{"Parameters", "Resources"} {
		for name := range template[section].(object) {
			known[name] = true
		}
	}
	used := references(template)
	for name := range used {
		if !known[name] && !strings.HasPrefix(name, "AWS::") {
			t.Errorf("something refers to %s, which is not there", name)
		}
	}
	for name := range template["Parameters"].(object) {
		if !used[name] {
			t.Errorf("nothing refers to parameter %s", name)
		}
	}
	for _, parameters := range []map[string]string{withHTTPAPI, withFunctionURL, withDomain} {
		newStack(t, parameters) // complains of references to what a condition has left out
	}
}
