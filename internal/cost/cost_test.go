package cost_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"heartbeat/internal/cost"
)

// lineOf returns the line whose name begins so.
func lineOf(t *testing.T, b cost.Bill, name string) cost.Line {
	t.Helper()
	for _, l := range b {
		if strings.HasPrefix(l.Name, name) {
			return l
		}
	}
	t.Fatalf("there is no line %q in %+v", name, b)
	return cost.Line{}
}

// about compares amounts of money to the cent.
func about(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 0.005 {
		t.Errorf("%s is %.4f, want %.2f", what, got, want)
	}
}

// The figures were worked out by hand from the prices.
func TestEstimate_Pulses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                    string
		checks                  int
		period                  time.Duration
		pulses, writes, gateway float64
	}{
		{"100 hourly", 100, time.Hour, 73_000, 0.05, 0.07},
		{"1,000 every 5 minutes", 1000, 5 * time.Minute, 8_760_000, 5.475, 8.76},
		{"100,000 daily", 100_000, 24 * time.Hour, 3_041_667, 1.90, 3.04},
		// Beyond 300 million requests the HTTP API costs less: 300 + 4,080 × 0.90.
		{"100,000 every minute", 100_000, time.Minute, 4_380_000_000, 2737.50, 3972},
	} {
		load := cost.Load{Checks: c.checks, Pulses: cost.Pulses(c.checks, c.period), Log: true}
		if math.Round(load.Pulses) != c.pulses {
			t.Errorf("%s: %v pulses, want %v", c.name, load.Pulses, c.pulses)
		}
		b := cost.Estimate(load)
		about(t, c.name+": writes", lineOf(t, b, "DynamoDB writes: pulses").Amount, c.writes)
		about(t, c.name+": rows", lineOf(t, b, "DynamoDB writes: log rows").Amount, c.writes)
		about(t, c.name+": HTTP API", lineOf(t, b, "HTTP API").Amount, c.gateway)
		load.FunctionURL, load.Log = true, false
		b = cost.Estimate(load)
		about(t, c.name+": Function URL", lineOf(t, b, "HTTP API").Amount, 0)
		about(t, c.name+": no rows", lineOf(t, b, "DynamoDB writes: log rows").Amount, 0)
	}
}

func TestEstimate_AQuietStack(t *testing.T) {
	t.Parallel()
	b := cost.Estimate(cost.Load{})
	// 43,800 minutes: a write unit, two read units and a run each.
	about(t, "writes", lineOf(t, b, "DynamoDB writes: monitor").Quantity*1e6, 43_800)
	about(t, "reads", lineOf(t, b, "DynamoDB reads: monitor").Quantity*1e6, 87_600)
	about(t, "runs", lineOf(t, b, "EventBridge").Quantity*1e6, 43_800)
	about(t, "calls", lineOf(t, b, "Lambda requests").Quantity*1e6, 43_800)
	about(t, "GB-seconds", lineOf(t, b, "Lambda time").Quantity, 43_800*0.5*0.05)
	about(t, "total", b.Total(), 0.03+0.01+0.01+0.01+0.04+1.00+0.30+0.0041)
	about(t, "free", b.Free(), 0.01+0.01+0.04+1.00+0.30+0.0073)
}

// What the monitor reads for checks that do not pulse: a scan of them all, ten
// minutes apart; 100,000 take 4,000 units each time.
func TestEstimate_Scans(t *testing.T) {
	t.Parallel()
	reads := func(checks int) float64 {
		return lineOf(t, cost.Estimate(cost.Load{Checks: checks}), "DynamoDB reads: monitor").Quantity * 1e6
	}
	about(t, "reads", reads(100_000)-reads(0), 4380*4000)
}

// Each check is read afresh once a period, but not more than once a minute.
func TestEstimate_ReadsAfresh(t *testing.T) {
	t.Parallel()
	reads := func(pulses float64) float64 {
		return lineOf(t, cost.Estimate(cost.Load{Checks: 10, Pulses: pulses}), "DynamoDB reads: monitor").Quantity * 1e6
	}
	about(t, "hourly", reads(cost.Pulses(10, time.Hour))-reads(0), 7300)
	about(t, "each second", reads(cost.Pulses(10, time.Second))-reads(0), 438_000)
}

func TestEstimate_Pages(t *testing.T) {
	t.Parallel()
	load := cost.Load{Checks: 1000, Pages: 500}
	b := cost.Estimate(load)
	about(t, "reads", lineOf(t, b, "DynamoDB reads: dashboard").Quantity*1e6, 500*(3+80))
	about(t, "requests", lineOf(t, b, "HTTP API").Quantity*1e6, 500)
}

// Rows stay for 30 days and for 400 periods of their check.
func TestEstimate_Storage(t *testing.T) {
	t.Parallel()
	rows := func(period time.Duration) float64 {
		load := cost.Load{Checks: 1000, Pulses: cost.Pulses(1000, period)}
		without := lineOf(t, cost.Estimate(load), "DynamoDB storage").Quantity
		load.Log = true
		return (lineOf(t, cost.Estimate(load), "DynamoDB storage").Quantity - without) * (1 << 30) / 250
	}
	about(t, "every 5 minutes", rows(5*time.Minute), 1000*30*24*12)
	about(t, "daily", rows(24*time.Hour), 1000*400)
}

func TestBill_FreeIsNeverMoreThanTheAmount(t *testing.T) {
	t.Parallel()
	for _, checks := range []int{0, 100, 100_000, 10_000_000} {
		load := cost.Load{Checks: checks, Pulses: cost.Pulses(checks, time.Minute), Pages: cost.UsualPages, Log: true}
		b := cost.Estimate(load)
		for _, l := range b {
			if l.Free > l.Amount || l.Amount < 0 {
				t.Errorf("%d checks: %+v", checks, l)
			}
		}
		if free := b.Free(); free <= 0 || free > b.Total() {
			t.Errorf("%d checks: %v of %v are free", checks, free, b.Total())
		}
	}
}
