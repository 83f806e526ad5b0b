package heartbeat_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"heartbeat"
)

// TestNamesID_Golden pins identities that are in people's databases and URLs.
// If it fails, the code is wrong and not the test.
func TestNamesID_Golden(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		project heartbeat.ProjectID
		names   heartbeat.Names
		want    string
	}{
		{
			heartbeat.DefaultProject,
			heartbeat.Names{Host: "web1.example.org", Category: "backup", Type: "nightly", Name: "database"},
			"eac5c98e-4f58-81c9-a018-4201d1dca6ec",
		},
		{
			heartbeat.DefaultProject,
			heartbeat.Names{Host: "שרת", Category: "a/b", Type: " ", Name: "日本 👩‍👩‍👧"},
			"3b19d24e-cac2-8606-9ec5-ac09f6dd07dc",
		},
		{
			"other",
			heartbeat.Names{Host: strings.Repeat("ü", 200), Category: "c", Type: "t", Name: "n"},
			"229c88cf-f5b6-881e-bfda-dc6aca894d49",
		},
	} {
		if got := test.names.ID(test.project).String(); got != test.want {
			t.Errorf("%v in %s: got %s, want %s", test.names, test.project, got, test.want)
		}
	}
}

// TestNamesID_PartsAreNotMixedUp cuts one text into five parts in two ways.
func TestNamesID_PartsAreNotMixedUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("a/ |:\x01\x00")), 0, 12, -1).Draw(t, "text")
		cut := func(label string) [5]string {
			at := rapid.SliceOfN(rapid.IntRange(0, len(text)), 4, 4).Draw(t, label)
			var parts [5]string
			from := 0
			for i, to := range at {
				to = max(from, to)
				parts[i] = text[from:to]
				from = to
			}
			parts[4] = text[from:]
			return parts
		}
		a, b := cut("one way"), cut("another way")
		if same := identity(a) == identity(b); same != (a == b) {
			t.Errorf("%q and %q: same ID %v, want %v", a, b, same, a == b)
		}
	})
}

func identity(parts [5]string) heartbeat.CheckID {
	n := heartbeat.Names{Host: parts[1], Category: parts[2], Type: parts[3], Name: parts[4]}
	return n.ID(heartbeat.ProjectID(parts[0]))
}

func TestNamesID_IsAUUIDOfVersion8(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := heartbeat.Names{Host: rapid.String().Draw(t, "host")}.ID(heartbeat.DefaultProject)
		if id[6]>>4 != 8 || id[8]>>6 != 2 {
			t.Errorf("%v is not a UUID of version 8", id)
		}
		if parsed, err := heartbeat.ParseCheckID(id.String()); err != nil || parsed != id {
			t.Errorf("%v reads back as %v, %v", id, parsed, err)
		}
	})
}

func TestParseCheckID_RefusesOtherForms(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "-", "0e4b1b1e7c0b8a539c4d3f7f5b1c2d3e",
		"0E4B1B1E-7C0B-8A53-9C4D-3F7F5B1C2D3E",
		"0e4b1b1e-7c0b-8a53-9c4d-3f7f5b1c2d3", "0e4b1b1e-7c0b-8a53-9c4d-3f7f5b1c2d3e ",
		"{0e4b1b1e-7c0b-8a53-9c4d-3f7f5b1c2d3}", "0e4b1b1e_7c0b-8a53-9c4d-3f7f5b1c2d3e",
		"-0e4b1b1-7c0b-8a53-9c4d-3f7f5b1c2d3e", "0e-b1b1e-7c0b-8a53-9c4d-3f7f5b1c2d3e",
		"0e4b1b1e-7c0b-8a53-9c4d-3f7f5b1c2d3g", "0e4b1b1e7-c0b-8a53-9c4d-3f7f5b1c2d3e",
	} {
		id, err := heartbeat.ParseCheckID(s)
		var invalid *heartbeat.Invalid
		if !errors.As(err, &invalid) || id != (heartbeat.CheckID{}) {
			t.Errorf("%q: got %v, %v; want it refused", s, id, err)
		}
	}
}

func FuzzParseCheckID(f *testing.F) {
	f.Add("0e4b1b1e-7c0b-8a53-9c4d-3f7f5b1c2d3e")
	f.Add("00000000-0000-0000-0000-000000000000")
	f.Add("0E4B1B1E-7c0b-8a53-9c4d-3f7f5b1c2d3e")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := heartbeat.ParseCheckID(s)
		if err == nil && id.String() != s {
			t.Errorf("%q was read as %v", s, id)
		}
	})
}

func TestNamesValidate(t *testing.T) {
	t.Parallel()
	good := heartbeat.Names{Host: "h", Category: "c", Type: "t", Name: "n"}
	for _, test := range []struct {
		value string
		want  string // part of the problem; "" if there is none
	}{
		{"a", ""},
		{" ", ""},
		{"a/b|c", ""},
		{"\u202eסוף", ""},
		{strings.Repeat("a", 200), ""},
		{strings.Repeat("𝒽", 200), ""},
		{"", "missing"},
		{strings.Repeat("a", 201), "201 characters"},
		{strings.Repeat("𝒽", 201), "201 characters"},
		{"a\nb", "control"},
		{"\x00", "control"},
		{"a\u0085", "control"},
		{"a\xff", "UTF-8"},
		{strings.Repeat("\xff", 300), "UTF-8"},
	} {
		for field, set := range map[string]func(*heartbeat.Names){
			"host":     func(n *heartbeat.Names) { n.Host = test.value },
			"category": func(n *heartbeat.Names) { n.Category = test.value },
			"type":     func(n *heartbeat.Names) { n.Type = test.value },
			"name":     func(n *heartbeat.Names) { n.Name = test.value },
		} {
			names := good
			set(&names)
			err := names.Validate()
			if test.want == "" {
				if err != nil {
					t.Errorf("%s %q: got error %v", field, test.value, err)
				}
				continue
			}
			var invalid *heartbeat.Invalid
			if !errors.As(err, &invalid) || invalid.Field != field || !strings.Contains(invalid.Problem, test.want) {
				t.Errorf("%s %q: got error %v, want one of this field that says %q", field, test.value, err, test.want)
			}
		}
	}
}

func FuzzNamesValidate(f *testing.F) {
	f.Add("web1", "backup", "nightly", "database")
	f.Add("", "a\n", "\xff", strings.Repeat("a", 201))
	f.Fuzz(func(t *testing.T, host, category, typ, name string) {
		good := true
		for _, s := range []string{host, category, typ, name} {
			n := utf8.RuneCountInString(s)
			good = good && n >= 1 && n <= heartbeat.MaxName && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
		}
		err := heartbeat.Names{Host: host, Category: category, Type: typ, Name: name}.Validate()
		if (err == nil) != good {
			t.Errorf("got error %v, want good names: %v", err, good)
		}
	})
}

func TestNames_String(t *testing.T) {
	t.Parallel()
	names := heartbeat.Names{Host: "web1", Category: "backup", Type: "nightly", Name: "database"}
	if got, want := names.String(), "web1 / backup / nightly / database"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
