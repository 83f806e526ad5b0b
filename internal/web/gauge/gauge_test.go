package gauge_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"pgregory.net/rapid"

	"heartbeat"
	"heartbeat/internal/uniquekey"
	"heartbeat/internal/web/gauge"
)

var (
	alice = heartbeat.CheckID{0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x41, 0x11, 0x81, 15: 0x11}
	bob   = heartbeat.CheckID{0: 2, 15: 9}
)

const aliceKey = "a0fd04db8396895e5a64a823e6c390e2498168e1"

func TestScenario245_Text(t *testing.T) {
	t.Parallel()
	got := string(gauge.Text([]gauge.Check{
		{ID: alice, Name: "Alice Was Here", Tags: "foo", Shown: heartbeat.StatusNew},
	}))
	labels := `{name="Alice Was Here", tags="foo", unique_key="` + aliceKey + `"}`
	want := `# HELP hc_check_up Whether the check is currently up (1 for yes, 0 for no).
# TYPE hc_check_up gauge
hc_check_up` + labels + ` 1

# HELP hc_check_started Whether the check is currently started (1 for yes, 0 for no).
# TYPE hc_check_started gauge
hc_check_started` + labels + ` 0

# HELP hc_check_grace Whether the check is currently in the grace period (1 for yes, 0 for no).
# TYPE hc_check_grace gauge
hc_check_grace` + labels + ` 0

# HELP hc_check_paused Whether the check is currently paused (1 for yes, 0 for no).
# TYPE hc_check_paused gauge
hc_check_paused` + labels + ` 0

# HELP hc_tag_up Whether all checks with this tag are up (1 for yes, 0 for no).
# TYPE hc_tag_up gauge
hc_tag_up{tag="foo"} 1

# HELP hc_checks_total The total number of checks.
# TYPE hc_checks_total gauge
hc_checks_total 1

# HELP hc_checks_down_total The number of checks currently down.
# TYPE hc_checks_down_total gauge
hc_checks_down_total 0
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestScenario249_NamesAndTagsAreEscaped(t *testing.T) {
	t.Parallel()
	got := string(gauge.Text([]gauge.Check{{ID: alice, Name: "a\nb\"", Tags: `c\d "`, Shown: heartbeat.StatusUp}}))
	for _, want := range []string{
		`hc_check_up{name="a\nb\"", tags="c\\d \"", unique_key="` + aliceKey + `"} 1` + "\n",
		`hc_tag_up{tag="\""} 1` + "\n" + `hc_tag_up{tag="c\\d"} 1` + "\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nlacks %s", got, want)
		}
	}
}

func TestScenario250_EveryStatusHasItsGauge(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		shown                    heartbeat.Status
		started                  bool
		up, start, grace, paused float64
		tag                      float64
		downs                    float64
	}{
		{shown: heartbeat.StatusNew, up: 1, tag: 1},
		{shown: heartbeat.StatusUp, up: 1, tag: 1},
		{shown: heartbeat.StatusUp, started: true, up: 1, start: 1, tag: 1},
		{shown: heartbeat.StatusPaused, up: 1, paused: 1, tag: 1},
		{shown: heartbeat.StatusGrace, up: 1, grace: 1, tag: 1},
		{shown: heartbeat.StatusDown, downs: 1},
		{shown: heartbeat.StatusDown, started: true, start: 1, downs: 1},
	} {
		checks := []gauge.Check{{ID: alice, Name: "a", Tags: "foo", Shown: tt.shown, Started: tt.started}}
		labels := fmt.Sprintf(`{"name":"a","tags":"foo","unique_key":%q}`, aliceKey)
		want := map[string]float64{
			"hc_check_up" + labels: tt.up, "hc_check_started" + labels: tt.start,
			"hc_check_grace" + labels: tt.grace, "hc_check_paused" + labels: tt.paused,
			`hc_tag_up{"tag":"foo"}`: tt.tag, "hc_checks_total{}": 1, "hc_checks_down_total{}": tt.downs,
		}
		if diff := cmp.Diff(want, parse(t, gauge.Text(checks))); diff != "" {
			t.Errorf("%s, started %t (-want +got):\n%s", tt.shown, tt.started, diff)
		}
	}
}

func TestText_OneDownCheckTakesItsTagsDown(t *testing.T) {
	t.Parallel()
	for _, checks := range [][]gauge.Check{
		{{ID: alice, Tags: "foo  bar", Shown: heartbeat.StatusDown}, {ID: bob, Tags: "foo baz", Shown: heartbeat.StatusUp}},
		{{ID: bob, Tags: "foo baz", Shown: heartbeat.StatusUp}, {ID: alice, Tags: "foo bar", Shown: heartbeat.StatusDown}},
	} {
		want := "hc_tag_up{tag=\"bar\"} 0\nhc_tag_up{tag=\"baz\"} 1\nhc_tag_up{tag=\"foo\"} 0\n\n"
		if got := string(gauge.Text(checks)); !strings.Contains(got, want) {
			t.Errorf("%s\nlacks\n%s", got, want)
		}
	}
}

func TestText_OfNoChecksIsWhole(t *testing.T) {
	t.Parallel()
	want := map[string]float64{"hc_checks_total{}": 0, "hc_checks_down_total{}": 0}
	if diff := cmp.Diff(want, parse(t, gauge.Text(nil))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// parse reads the text as Prometheus does: series by name and labels.
func parse(t rapid.TB, text []byte) map[string]float64 {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	series := map[string]float64{}
	for name, family := range families {
		for _, metric := range family.GetMetric() {
			labels := []string{}
			for _, l := range metric.GetLabel() {
				labels = append(labels, fmt.Sprintf("%q:%q", l.GetName(), l.GetValue()))
			}
			key := name + "{" + strings.Join(labels, ",") + "}"
			if _, twice := series[key]; twice {
				t.Errorf("%s is told twice", key)
			}
			series[key] = metric.GetGauge().GetValue()
		}
	}
	return series
}

func TestText_IsReadAsItWasMeant(t *testing.T) {
	t.Parallel()
	statuses := []heartbeat.Status{
		heartbeat.StatusNew, heartbeat.StatusUp, heartbeat.StatusGrace, heartbeat.StatusDown, heartbeat.StatusPaused,
	}
	raw := rapid.SliceOfN(rapid.SampledFrom([]byte("ab\\\"\n{}, =\x00\xff")), 0, 8)
	words := rapid.OneOf(rapid.String(), rapid.Map(raw, func(b []byte) string { return string(b) }))
	drawn := rapid.Custom(func(t *rapid.T) gauge.Check {
		return gauge.Check{
			ID:      heartbeat.CheckID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")),
			Name:    words.Draw(t, "name"),
			Tags:    words.Draw(t, "tags"),
			Shown:   rapid.SampledFrom(statuses).Draw(t, "shown"),
			Started: rapid.Bool().Draw(t, "started"),
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		checks := rapid.SliceOfNDistinct(drawn, 0, 5, func(c gauge.Check) string { return uniquekey.Of(c.ID) }).Draw(rt, "checks")
		got := parse(rt, gauge.Text(checks))
		if diff := cmp.Diff(expected(checks), got); diff != "" {
			rt.Errorf("%+v (-want +got):\n%s", checks, diff)
		}
	})
}

// expected says in another way what series the checks are.
func expected(checks []gauge.Check) map[string]float64 {
	is := map[bool]float64{true: 1}
	var downs []string // their tags
	want := map[string]float64{"hc_checks_total{}": float64(len(checks))}
	var all []string
	for _, c := range checks {
		name, tags := strings.ToValidUTF8(c.Name, "\ufffd"), strings.ToValidUTF8(c.Tags, "\ufffd")
		labels := fmt.Sprintf(`{"name":%q,"tags":%q,"unique_key":%q}`, name, tags, uniquekey.Of(c.ID))
		want["hc_check_up"+labels] = is[c.Shown != heartbeat.StatusDown]
		want["hc_check_started"+labels] = is[c.Started]
		want["hc_check_grace"+labels] = is[c.Shown == heartbeat.StatusGrace]
		want["hc_check_paused"+labels] = is[c.Shown == heartbeat.StatusPaused]
		all = append(all, strings.Fields(tags)...)
		if c.Shown == heartbeat.StatusDown {
			downs = append(downs, strings.Fields(tags)...)
			want["hc_checks_down_total{}"]++
		}
	}
	for _, tag := range all {
		want[fmt.Sprintf(`hc_tag_up{"tag":%q}`, tag)] = is[!slices.Contains(downs, tag)]
	}
	if _, ok := want["hc_checks_down_total{}"]; !ok {
		want["hc_checks_down_total{}"] = 0
	}
	return want
}

func FuzzText(f *testing.F) {
	f.Add("a\nb", `c\d`)
	f.Add("a", "\xff \xfe") // two tags that cannot be told apart in the text
	f.Add("\xff\"} 1", "\x00 {a=\"")
	f.Fuzz(func(t *testing.T, name, tags string) {
		checks := []gauge.Check{{ID: alice, Name: name, Tags: tags, Shown: heartbeat.StatusDown}}
		if diff := cmp.Diff(expected(checks), parse(t, gauge.Text(checks))); diff != "" {
			t.Errorf("%q, %q (-want +got):\n%s", name, tags, diff)
		}
	})
}
