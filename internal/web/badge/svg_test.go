package badge_test

import (
	"encoding/xml"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"heartbeat/internal/web/badge"
)

// picture is what a badge's SVG must be made of.
type picture struct {
	Width  int    `xml:"width,attr"`
	Height int    `xml:"height,attr"`
	Role   string `xml:"role,attr"`
	Aria   string `xml:"aria-label,attr"`
	Title  string `xml:"title"`
	Paths  []struct {
		Fill string `xml:"fill,attr"`
	} `xml:"path"`
	Texts []struct {
		X      float64 `xml:"x,attr"`
		Length float64 `xml:"textLength,attr"`
		Text   string  `xml:",chardata"`
	} `xml:"g>text"`
}

func draw(t testing.TB, v badge.View) picture {
	t.Helper()
	var p picture
	if err := xml.Unmarshal(v.SVG(badge.ThreeStates), &p); err != nil {
		t.Fatalf("%+v: %v\n%s", v, err, v.SVG(badge.ThreeStates))
	}
	return p
}

func TestSVG_SaysStateByWordAndColour(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		view        badge.View
		color, word string
	}{
		{badge.View{Label: "foo", Total: 2}, "#4c1", "up"},
		{badge.View{Label: "foo", Total: 2, Grace: 1}, "#fe7d37", "late"},
		{badge.View{Label: "foo", Total: 2, Grace: 1, Down: 1}, "#e05d44", "down"},
		{badge.View{Label: "foo"}, "#9f9f9f", "no checks"},
	} {
		p := draw(t, tt.view)
		if len(p.Paths) != 2 || p.Paths[0].Fill != "#555" || p.Paths[1].Fill != tt.color {
			t.Errorf("%s: segments %+v, want #555 and %s", tt.word, p.Paths, tt.color)
		}
		if len(p.Texts) != 2 || p.Texts[0].Text != "foo" || p.Texts[1].Text != tt.word {
			t.Errorf("%s: texts %+v", tt.word, p.Texts)
		}
		if want := "foo: " + tt.word; p.Height != 20 || p.Role != "img" || p.Aria != want || p.Title != want {
			t.Errorf("%s: got %+v, want 20 high and called %q", tt.word, p, want)
		}
	}
}

func TestSVG_TextsFillTheirSegmentsButForThePadding(t *testing.T) {
	t.Parallel()
	for _, label := range []string{"a", "iii", "WWW", "Alice Was Here", "日本語", "🚀 deploy", "e\u0301"} {
		p := draw(t, badge.View{Label: label, Total: 1})
		left, right := p.Texts[0], p.Texts[1]
		split := left.Length + 10
		if left.X != split/2 || right.X != split+(right.Length+10)/2 || float64(p.Width) != split+right.Length+10 {
			t.Errorf("%q: texts at %g (%g long) and %g (%g long) in %d pixels",
				label, left.X, left.Length, right.X, right.Length, p.Width)
		}
	}
}

func TestSVG_WidthIsTheTexts(t *testing.T) {
	t.Parallel()
	for label, want := range map[string]float64{
		"":         0,
		"i":        4,  // 3.014
		"W":        11, // 10.879
		"foo":      18, // 17.226
		"日本":       22,
		"éé":       14,
		"e\u0301":  7, // an accent is drawn over its letter
		"👩\u200d💻": 15,
		"👍🏽":       15,
		"🇩🇪":       15,
	} {
		p := draw(t, badge.View{Label: label, Total: 1})
		if got := float64(p.Width) - 10 - p.Texts[len(p.Texts)-1].Length - 10; got != want {
			t.Errorf("%q is %g wide, want %g", label, got, want)
		}
	}
}

func TestSVG_LabelsCannotBreakOut(t *testing.T) {
	t.Parallel()
	for label, want := range map[string]string{
		`<script>alert(1)</script>`: `<script>alert(1)</script>`,
		`" onload="x`:               `" onload="x`,
		"a\nb\x00c\u202ed":          "a b cd",
		"\xff\ufffe":                "\ufffd\ufffd",
		"]]>&amp;'":                 "]]>&amp;'",
	} {
		v := badge.View{Label: label, Total: 1}
		p := draw(t, v)
		if p.Texts[0].Text != want || p.Aria != want+": up" {
			t.Errorf("%q: got %q and %q, want %q", label, p.Texts[0].Text, p.Aria, want)
		}
		if svg := string(v.SVG(badge.TwoStates)); strings.Contains(svg, "<script") || strings.Contains(svg, `" onload`) {
			t.Errorf("%q is not escaped: %s", label, svg)
		}
	}
}

func TestSVG_NeedsNothingThatOthersForbid(t *testing.T) {
	t.Parallel()
	// A policy for content, or a second badge in the same page, breaks these.
	svg := string(badge.View{Label: "foo", Total: 1}.SVG(badge.ThreeStates))
	for _, forbidden := range []string{"style", "class", "id=", "href", "url(", "script", "import"} {
		if strings.Contains(svg, forbidden) {
			t.Errorf("%s holds %q", svg, forbidden)
		}
	}
}

func FuzzSVG(f *testing.F) {
	f.Add("foo")
	f.Add("<&\"'>\x00\xff\u202e\ufffe👩\u200d💻")
	f.Fuzz(func(t *testing.T, label string) {
		p := draw(t, badge.View{Label: label, Total: 1})
		if p.Width < 20 || p.Width > 60+15*utf8.RuneCountInString(label) {
			t.Errorf("%q makes the badge %d pixels wide", label, p.Width)
		}
		text, err := badge.View{Label: label, Total: 1}.Shields(badge.TwoStates)
		if err != nil {
			t.Errorf("%s: %v", strconv.Quote(label), err)
		}
		if !utf8.Valid(text) {
			t.Errorf("%s: shields: not UTF-8: %q", strconv.Quote(label), text)
		}
	})
}
