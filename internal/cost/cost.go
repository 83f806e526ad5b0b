// Package cost estimates what AWS charges for a month of the serverless home:
// from how much is asked of it, over the units in which AWS counts, to the bill.
//
// prices.go has the prices, units.go what Heartbeat uses; docs/cost.md shows what
// comes of it, and is held to it by a test.
package cost

import "time"

// Month is AWS's month of 730 hours.
const Month = 730 * time.Hour

// UsualPages is how many dashboard pages an estimate assumes if nothing is known:
// a tab that is open for two hours of each working day, and refreshes itself.
const UsualPages = 5000

// Load is what is asked of a stack in a month.
type Load struct {
	// Checks is how many there are.
	Checks int
	// Pulses is how many come in a month; see Pulses.
	Pulses float64
	// Pages is how often the dashboard is loaded or refreshed in a month.
	Pages int
	// FunctionURL says that function URLs take the place of the HTTP API.
	FunctionURL bool
	// Log says that each pulse gets a row in the log table.
	Log bool
}

// Pulses is how many pulses come in a month from checks that each pulse once a
// period.
func Pulses(checks int, period time.Duration) float64 {
	return float64(checks) * Month.Hours() / period.Hours()
}

// Line is one line of a bill. Money is in US dollars, a month.
type Line struct {
	// Name says what is paid for, such as "DynamoDB writes: pulses".
	Name string
	// Quantity is in units of Unit, such as 8.76 "million".
	Quantity float64
	Unit     string
	// Price is that of the first unit, Amount that of all of them.
	Price, Amount float64
	// Free is the part of Amount that AWS takes off for as long as nothing else in
	// the account uses up what is free for everybody, for good.
	Free float64
}

// Bill is what a month costs.
type Bill []Line

// Total is the sum in US dollars, with nothing taken off.
func (b Bill) Total() float64 {
	sum := 0.0
	for _, l := range b {
		sum += l.Amount
	}
	return sum
}

// Free is the part of Total that is free for everybody; see [Line.Free].
func (b Bill) Free() float64 {
	sum := 0.0
	for _, l := range b {
		sum += l.Free
	}
	return sum
}

// Estimate is the bill for a month of that load. Transfer of data and what people
// ask of AWS beside Heartbeat are not in it.
func Estimate(load Load) Bill {
	u := load.units()
	requests := u.requests
	if load.FunctionURL {
		requests = 0
	}
	return Bill{
		line("DynamoDB writes: pulses", u.pulseWrites, writeUnits),
		line("DynamoDB writes: log rows", u.logWrites, writeUnits),
		line("DynamoDB writes: monitor", u.monitorWrites, writeUnits),
		line("DynamoDB reads: monitor", u.monitorReads, readUnits),
		line("DynamoDB reads: dashboard", u.pageReads, readUnits),
		line("DynamoDB storage", u.storage, tableStorage),
		line("DynamoDB backups (point in time)", u.storage, backups),
		line("Lambda requests", u.calls, functionCalls),
		line("Lambda time", u.time, functionTime),
		line("HTTP API requests", requests, httpCalls),
		line("EventBridge Scheduler", u.runs, scheduled),
		line("CloudWatch alarms", alarmMetrics, alarms),
		line("CloudWatch metrics, at most", metricsMade, ownMetrics),
	}
}

// line prices a quantity of what is counted.
func line(name string, counted float64, p price) Line {
	units := counted / p.unit
	return Line{
		Name: name, Quantity: units, Unit: p.per, Price: p.usd,
		Amount: p.of(units), Free: p.of(min(units, p.free)),
	}
}
