package slug_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"heartbeat/internal/slug"
)

func TestOf_FollowsHealthchecks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, want string }{
		// The specification's vectors.
		{"Hello Wörld_X -y!", "hello-world_x-y"},
		{"__a__", "a"},
		{"日本", ""},
		{"a.b/c", "abc"},

		{"", ""},
		{"backup", "backup"},
		{"DB Backup 2", "db-backup-2"},
		{" -- a \t - b -- ", "a-b"},
		{"-_-", ""},
		{"_-a-_-b-_", "a-_-b"},
		{"a!-!b", "a-b"},             // punctuation between hyphens leaves one run
		{"a\u00a0b\u3000c", "a-b-c"}, // compatibility forms of the space
		{"a\x1cb", "a-b"},
		{"a\x00b", "ab"},
		{"a\u2014b", "ab"}, // an em dash is not a hyphen
		{"ﬁne ½ Ｆｕｌｌ ²", "fine-12-full-2"},
		{"ÀÉÎÕÜ çñ", "aeiou-cn"},
		{"ß Ø æ ł", ""}, // do not decompose
		{"\xff\xfea", "a"},
	} {
		if got := slug.Of(tt.name); got != tt.want {
			t.Errorf("Of(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestOf_IsCutToMax(t *testing.T) {
	t.Parallel()
	if got, want := slug.Of(strings.Repeat("a", 300)), strings.Repeat("a", slug.Max); got != want {
		t.Errorf("got %d characters, want %d", len(got), len(want))
	}
	// The cut falls behind a hyphen, which may not stay at the end.
	if got, want := slug.Of(strings.Repeat("a", slug.Max-1)+" b"), strings.Repeat("a", slug.Max-1); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

var valid = regexp.MustCompile(`^([a-z0-9]([a-z0-9_-]*[a-z0-9])?)?$`)

func TestOf_LawsHoldForAnyName(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-cA-C _é½.\-\t]{0,120}`)).Draw(t, "name")
		got := slug.Of(name)
		if !valid.MatchString(got) || len(got) > slug.Max || strings.Contains(got, "--") {
			t.Errorf("Of(%q) = %q, which is no slug", name, got)
		}
		if again := slug.Of(got); again != got {
			t.Errorf("Of(%q) = %q, a slug must stay itself", got, again)
		}
		if upper := slug.Of(strings.ToUpper(got)); upper != got {
			t.Errorf("case matters: Of(%q) = %q", strings.ToUpper(got), upper)
		}
	})
}

func FuzzOf(f *testing.F) {
	f.Add("Hello Wörld_X -y!")
	f.Add("\xff ﷺ ㎏")
	f.Fuzz(func(t *testing.T, name string) {
		if got := slug.Of(name); !valid.MatchString(got) || len(got) > slug.Max {
			t.Errorf("Of(%q) = %q, which is no slug", name, got)
		}
	})
}
