package cost_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"heartbeat/internal/cost"
)

var update = flag.Bool("update", false, "write the tables of docs/cost.md anew")

const page = "../../docs/cost.md"

// Between such marks the page has what the code says.
var generated = regexp.MustCompile(`(?s)(<!-- (\w+): go test ./internal/cost -update -->\n)(.*?)(<!-- end -->)`)

func TestDocs_ShowWhatTheCodeSays(t *testing.T) {
	t.Parallel()
	is, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]func() string{"months": months, "million": million}
	want := generated.ReplaceAllStringFunc(string(is), func(part string) string {
		m := generated.FindStringSubmatch(part)
		write, ok := parts[m[2]]
		if !ok {
			t.Errorf("nobody knows part %s of the page", m[2])
			return part
		}
		delete(parts, m[2])
		return m[1] + write() + m[4]
	})
	for name := range parts {
		t.Errorf("the page has no part %s", name)
	}
	if !strings.Contains(want, cost.Region) || !strings.Contains(want, cost.Date) {
		t.Errorf("the page does not say that prices are those of %s on %s", cost.Region, cost.Date)
	}
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if want != string(is) {
		t.Error("docs/cost.md is not what the code says: run \"go test ./internal/cost -update\" and look at the difference")
	}
}

// months is the monthly bill of three installations.
func months() string {
	loads := []cost.Load{
		{Checks: 100, Pulses: cost.Pulses(100, time.Hour)},
		{Checks: 1000, Pulses: cost.Pulses(1000, 5*time.Minute)},
		{Checks: 100_000, Pulses: cost.Pulses(100_000, 24*time.Hour)},
	}
	bills := func(change func(*cost.Load)) []cost.Bill {
		var all []cost.Bill
		for _, load := range loads {
			load.Log, load.Pages = true, cost.UsualPages
			change(&load)
			all = append(all, cost.Estimate(load))
		}
		return all
	}
	table := new(table)
	table.row("US dollars a month", "100 checks, hourly", "1,000 checks, every 5 minutes", "100,000 checks, daily")
	table.row("---", "---:", "---:", "---:")
	api := bills(func(*cost.Load) {})
	for i, l := range api[0] {
		table.money(l.Name, api, func(b cost.Bill) float64 { return b[i].Amount })
	}
	urls := bills(func(l *cost.Load) { l.FunctionURL = true })
	bare := bills(func(l *cost.Load) { l.FunctionURL, l.Log = true, false })
	table.money("**with the HTTP API**", api, cost.Bill.Total)
	table.money("after what is free for everybody", api, net)
	table.money("**with Function URLs**", urls, cost.Bill.Total)
	table.money("after what is free for everybody", urls, net)
	table.money("**with Function URLs, without log rows**", bare, cost.Bill.Total)
	table.money("after what is free for everybody", bare, net)
	return table.String()
}

func net(b cost.Bill) float64 { return b.Total() - b.Free() }

// million is what each further million of pulses costs.
func million() string {
	table := new(table)
	table.row("US dollars for a million pulses", "HTTP API", "Function URLs")
	table.row("---", "---:", "---:")
	for _, c := range []struct {
		name string
		log  bool
	}{{"with a log row each", true}, {"without", false}} {
		further := func(url bool) float64 {
			// Nothing but the pulses of checks that are looked at each minute anyway.
			bill := func(pulses float64) float64 {
				return cost.Estimate(cost.Load{Checks: 100, Pulses: pulses, FunctionURL: url, Log: c.log}).Total()
			}
			return (bill(20e6) - bill(10e6)) / 10
		}
		table.row(c.name, dollars(further(false)), dollars(further(true)))
	}
	return table.String()
}

// table is written as Markdown.
type table struct{ strings.Builder }

func (t *table) row(cells ...string) { fmt.Fprintf(t, "| %s |\n", strings.Join(cells, " | ")) }

func (t *table) money(name string, bills []cost.Bill, of func(cost.Bill) float64) {
	cells := []string{name}
	for _, b := range bills {
		cells = append(cells, dollars(of(b)))
	}
	t.row(cells...)
}

// dollars rounds to the cent, but says of less that it is not nothing.
func dollars(usd float64) string {
	switch {
	case usd == 0:
		return "0"
	case usd < 0.01:
		return "< 0.01"
	}
	return fmt.Sprintf("%.2f", usd)
}
