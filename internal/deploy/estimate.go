package deploy

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"heartbeat/internal/cost"
)

// Load is what the estimate of the cost is made for.
type Load struct {
	// Checks is how many there will be, Pulses how many come in a month.
	Checks, Pulses int
}

// cent is the least that is worth a line of its own.
const cent = 0.005

// show prints what a month would cost with these settings.
func (l Load) show(w io.Writer, settings map[string]string) {
	bill := cost.Estimate(cost.Load{
		Checks:      l.Checks,
		Pulses:      float64(l.Pulses),
		Pages:       cost.UsualPages,
		FunctionURL: settings[settingFunctionURL] == "true",
		Log:         settings[settingPingLog] != "off",
	})
	fmt.Fprintf(w, "A month with %s pulses of %s checks costs about (US dollars, prices of %s on %s):\n\n",
		thousands(l.Pulses), thousands(l.Checks), cost.Region, cost.Date)
	for _, line := range bill {
		if line.Amount >= cent {
			fmt.Fprintf(w, "  %9.2f  %s\n", line.Amount, line.Name)
		}
	}
	fmt.Fprintf(w, "  %9.2f  in all\n", bill.Total())
	if free := bill.Free(); free >= cent {
		fmt.Fprintf(w, "\n  AWS takes %.2f of it off while nothing else in the account uses up what is free.\n", free)
	}
	fmt.Fprintf(w, "  For other numbers: --checks N --pulses N (a month)\n")
}

// thousands is n with commas: 1,234,567.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	var parts []string
	for len(digits) > 3 {
		parts = append([]string{digits[len(digits)-3:]}, parts...)
		digits = digits[:len(digits)-3]
	}
	return strings.Join(append([]string{digits}, parts...), ",")
}
