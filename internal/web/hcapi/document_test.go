package hcapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// document is the OpenAPI document, and which of its answers were seen.
type document struct {
	Paths      map[string]map[string]json.RawMessage
	Components struct {
		Responses map[string]response
		Schemas   map[string]*schema
	}
	patterns map[string]*regexp.Regexp

	mu   sync.Mutex
	seen map[string]bool
}

type operation struct{ Responses map[string]response }

type response struct {
	Ref     string `json:"$ref"`
	Content map[string]struct{ Schema *schema }
}

// schema is as much of JSON Schema as the document uses.
type schema struct {
	Ref         string `json:"$ref"`
	Type        any
	Description string
	Enum        []any
	Pattern     string
	MaxLength   *int
	Minimum     *float64
	Maximum     *float64
	Items       *schema
	AnyOf       []*schema
	Required    []string
	Properties  map[string]*schema
	Additional  json.RawMessage `json:"additionalProperties"`
}

func readDocument(t testing.TB) *document {
	t.Helper()
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	d := &document{patterns: map[string]*regexp.Regexp{}, seen: map[string]bool{}}
	if err := json.Unmarshal(text, d); err != nil {
		t.Fatal(err)
	}
	parameter := regexp.MustCompile(`\\\{\w+\\\}`)
	for path := range d.Paths {
		pattern := parameter.ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`)
		if strings.HasSuffix(path, "/") {
			pattern += "?"
		}
		d.patterns[path] = regexp.MustCompile(`^/api/v[123]` + pattern + `$`)
	}
	return d
}

// methods are those that a path has in the document.
func (d *document) methods(path string) []string {
	var methods []string
	for name := range d.Paths[path] {
		if name != "parameters" {
			methods = append(methods, strings.ToUpper(name))
		}
	}
	return methods
}

// all are all answers that the document knows: "GET /checks/ 200".
func (d *document) all(t testing.TB) []string {
	var all []string
	for path := range d.Paths {
		for _, method := range d.methods(path) {
			for status := range d.operation(t, path, method).Responses {
				all = append(all, method+" "+path+" "+status)
			}
		}
	}
	return all
}

func (d *document) operation(t testing.TB, path, method string) (o operation) {
	if err := json.Unmarshal(d.Paths[path][strings.ToLower(method)], &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// check tells in what an answer is not as the document says.
func (d *document) check(method, target string, w *httptest.ResponseRecorder) error {
	if !strings.HasPrefix(target, "/api/") {
		return nil
	}
	for path, pattern := range d.patterns {
		if !pattern.MatchString(target) {
			continue
		}
		raw, ok := d.Paths[path][strings.ToLower(method)]
		if !ok {
			return undocumented(method, w)
		}
		var o operation
		if err := json.Unmarshal(raw, &o); err != nil {
			return err
		}
		r, ok := o.Responses[fmt.Sprint(w.Code)]
		if !ok && w.Code == http.StatusMethodNotAllowed {
			return nil // of a unique key, which shares its path with IDs
		}
		if !ok {
			return fmt.Errorf("%s %s has no such answer", method, path)
		}
		d.mu.Lock()
		d.seen[fmt.Sprint(method, " ", path, " ", w.Code)] = true
		d.mu.Unlock()
		return d.body(r, w)
	}
	if w.Code != http.StatusNotFound {
		return fmt.Errorf("there is no such address")
	}
	return nil
}

// undocumented is what methods must get that the document does not list.
func undocumented(method string, w *httptest.ResponseRecorder) error {
	if method == "OPTIONS" && w.Code == http.StatusNoContent || w.Code == http.StatusMethodNotAllowed || w.Code == http.StatusNotFound {
		return nil
	}
	return fmt.Errorf("the method is not documented")
}

func (d *document) body(r response, w *httptest.ResponseRecorder) error {
	if r.Ref != "" {
		r = d.Components.Responses[r.Ref[strings.LastIndexByte(r.Ref, '/')+1:]]
	}
	if len(r.Content) == 0 {
		return nil // of HEAD; what there is of it in a recorder is not sent
	}
	content, ok := r.Content[w.Header().Get("Content-Type")]
	if !ok {
		return fmt.Errorf("the content is of type %q", w.Header().Get("Content-Type"))
	}
	if w.Header().Get("Content-Type") == "text/plain" {
		return nil
	}
	var v any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		return err
	}
	return d.valid(content.Schema, v, "answer")
}

// valid tells in what v is not as the schema says.
func (d *document) valid(s *schema, v any, where string) error {
	if s.Ref != "" {
		return d.valid(d.Components.Schemas[s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]], v, where)
	}
	if s.AnyOf != nil {
		var err error
		for _, one := range s.AnyOf {
			if err = d.valid(one, v, where); err == nil {
				return nil
			}
		}
		return err
	}
	types := []any{s.Type}
	if several, ok := s.Type.([]any); ok {
		types = several
	}
	if !slices.Contains(types, any(typeOf(v))) && (typeOf(v) != "integer" || !slices.Contains(types, any("number"))) {
		return fmt.Errorf("%s: %v is a %s, want %v", where, v, typeOf(v), s.Type)
	}
	if s.Enum != nil && !slices.Contains(s.Enum, v) {
		return fmt.Errorf("%s: %v is none of %v", where, v, s.Enum)
	}
	switch v := v.(type) {
	case string:
		if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(v) {
			return fmt.Errorf("%s: %q does not match %s", where, v, s.Pattern)
		}
		if s.MaxLength != nil && utf8.RuneCountInString(v) > *s.MaxLength {
			return fmt.Errorf("%s: %q is longer than %d", where, v, *s.MaxLength)
		}
	case float64:
		if s.Minimum != nil && v < *s.Minimum || s.Maximum != nil && v > *s.Maximum {
			return fmt.Errorf("%s: %v is out of bounds", where, v)
		}
	case []any:
		for i, item := range v {
			if err := d.valid(s.Items, item, fmt.Sprintf("%s[%d]", where, i)); err != nil {
				return err
			}
		}
	case map[string]any:
		return d.validObject(s, v, where)
	}
	return nil
}

func (d *document) validObject(s *schema, v map[string]any, where string) error {
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			return fmt.Errorf("%s: %s is missing", where, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		member, ok := s.Properties[name]
		if !ok {
			switch string(s.Additional) {
			case "": // anything goes
				continue
			case "false":
				return fmt.Errorf("%s: %s is not documented", where, name)
			}
			member = new(schema)
			if err := json.Unmarshal(s.Additional, member); err != nil {
				return err
			}
		}
		if err := d.valid(member, v[name], where+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	}
	return "object"
}
