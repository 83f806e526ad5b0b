package dynamo_test

import (
	"regexp"
	"slices"
	"testing"

	"heartbeat/internal/store/dynamo"
)

// words are what DynamoDB's expressions are made of. Any other word would be the
// bare name of an attribute, and many names are reserved.
var words = []string{
	"SET", "REMOVE", "AND", "OR", "attribute_exists", "attribute_not_exists",
}

func TestExpressions_HoldNoBareName(t *testing.T) {
	t.Parallel()
	word := regexp.MustCompile(`[#:]?[A-Za-z_][A-Za-z0-9_]*`)
	for _, e := range dynamo.Expressions() {
		for _, w := range word.FindAllString(e, -1) {
			if w[0] != '#' && w[0] != ':' && !slices.Contains(words, w) {
				t.Errorf("%q has the bare name %q", e, w)
			}
		}
	}
}
