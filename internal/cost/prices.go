package cost

// Region and Date say where and when the prices below hold. AWS's other regions
// cost from the same to about half as much again.
const (
	Region = "us-east-1"
	Date   = "2026-11-22"
)

// price is what one unit costs in US dollars, without taxes.
type price struct {
	per  string  // the unit, as people read it
	unit float64 // how many of what is counted make one
	usd  float64 // what a unit costs
	// then is what a unit costs after the first upTo units; not if upTo is 0.
	upTo, then float64
	// free is how many units a month each account has for nothing, for good.
	free float64
}

const million = 1e6

// The prices, as they were read in public pages on Date. Those without a
// source are what is generally known, and were not checked.
var (
	// On demand; half of what it was before November 2024, which many pages still
	// name. Source: airbyte.com, 2025-07-21.
	writeUnits = price{per: "million", unit: million, usd: 0.625}
	readUnits  = price{per: "million", unit: million, usd: 0.125}
	// Source: aws.amazon.com/dynamodb/pricing.
	tableStorage = price{per: "GB", unit: 1, usd: 0.25, free: 25}
	backups      = price{per: "GB", unit: 1, usd: 0.20}
	// On arm64. The init of a function is billed like its run since August 2025.
	// Source: pages of 2026-05.
	functionCalls = price{per: "million", unit: million, usd: 0.20, free: 1}
	functionTime  = price{per: "GB-second", unit: 1, usd: 0.0000133334, free: 400_000}
	// Source: pages of 2025-05 and 2026.
	httpCalls = price{per: "million", unit: million, usd: 1.00, upTo: 300, then: 0.90}
	// Source: AWS's price list of 2024-10-01.
	scheduled = price{per: "million", unit: million, usd: 1.00, free: 14}
	// Standard resolution, for each metric that an alarm looks at.
	alarms = price{per: "metric", unit: 1, usd: 0.10, free: 10}
	// For each metric that is not AWS's own, in hours in which it has values.
	ownMetrics = price{per: "metric", unit: 1, usd: 0.30, free: 10}
)

// of is what a number of units costs.
func (p price) of(units float64) float64 {
	if p.upTo == 0 || units <= p.upTo {
		return units * p.usd
	}
	return p.upTo*p.usd + (units-p.upTo)*p.then
}
