package cost

import "time"

// What DynamoDB is asked for, in its units: writing an item of up to 1 KB is a
// write unit, reading one of up to 4 KB consistently a read unit. The tests of
// internal/store/dynamo count the requests and sizes from which these follow.
const (
	// A pulse of a healthy check is one conditional update and no read.
	pulseWrites = 1
	// Its row in the log is another item.
	logWrites = 1
	// Each minute the monitor moves its watermark,
	minuteWrites = 1
	// asks for changes that others have made, and for messages that are owed,
	minuteReads = 2
	// and reads afresh each check whose remembered deadline has passed: at most
	// once in each period, because pulses only move it later.
	lookReads = 1
	// A scan of all checks reads one after another, so that many fit a unit; that is
	// what the store's tests allow. One that need not be fresh is half the price.
	scanReads      = 0.04
	freshScanReads = 2 * scanReads
	// pageReads is what a page of the dashboard reads beside all checks: messages
	// and watermark.
	pageReads = 3
)

// How often things happen, and for how long rows stay: see internal/monitor and
// internal/store/dynamo.
const (
	runEvery  = time.Minute
	scanEvery = 10 * time.Minute
	rowsStay  = 30 * 24 * time.Hour
	// rowsPeriods is how many periods of its check a row stays, if that is longer.
	rowsPeriods = 400
)

// Sizes in bytes. DynamoDB counts 100 for each item beside what is in it.
const (
	checkSize = 400 + 100
	rowSize   = 150 + 100
	gigabyte  = 1 << 30
)

// What the functions are given, as in the template, and how long they take. Times
// are billed from a warm function's call to its end. Those of the monitor and the
// dashboard follow from 5.3 µs of a whole core for each check that is decoded,
// which was measured, at the share of a core that comes with the memory; the
// others are what calls of DynamoDB within a region take. None of them was
// measured at AWS.
const (
	pulseMemory   = 0.25 // GB
	webMemory     = 0.25
	monitorMemory = 0.5

	pulseTime = 8 * time.Millisecond
	rowTime   = 4 * time.Millisecond // more, for the row in the log
	runTime   = 50 * time.Millisecond
	lookTime  = 500 * time.Microsecond // more, for each check that is read afresh
	scanTime  = 20 * time.Microsecond  // more, for each check that is scanned
	pageTime  = 50 * time.Millisecond
	rowOfPage = 40 * time.Microsecond // more, for each check of the table
)

// alarmMetrics is how many metrics the template's alarms look at.
const alarmMetrics = 10

// metricsMade is how many metrics the template makes: of messages that were not
// taken. It has values only while that happens, so this is the most.
const metricsMade = 1

// units are what a month uses.
type units struct {
	pulseWrites, logWrites, monitorWrites float64 // write units
	monitorReads, pageReads               float64 // read units
	storage                               float64 // GB
	calls                                 float64 // of functions
	time                                  float64 // GB-seconds
	requests                              float64 // over HTTP
	runs                                  float64 // of the monitor
}

func (l Load) units() units {
	checks, pages := float64(l.Checks), float64(l.Pages)
	u := units{runs: often(runEvery), requests: l.Pulses + pages}
	u.calls = u.requests + u.runs

	u.pulseWrites = l.Pulses * pulseWrites
	perPulse := pulseTime
	if l.Log {
		u.logWrites = l.Pulses * logWrites
		perPulse += rowTime
	}
	scans := often(scanEvery) * checks // checks that are scanned
	looks := min(l.Pulses, checks*u.runs)
	u.monitorWrites = u.runs * minuteWrites
	u.monitorReads = u.runs*minuteReads + looks*lookReads + scans*scanReads
	u.pageReads = pages * (pageReads + checks*freshScanReads)
	u.storage = (checks*checkSize + l.rows()*rowSize) / gigabyte

	u.time = pulseMemory*l.Pulses*perPulse.Seconds() +
		monitorMemory*(u.runs*runTime.Seconds()+looks*lookTime.Seconds()+scans*scanTime.Seconds()) +
		webMemory*pages*(pageTime.Seconds()+checks*rowOfPage.Seconds())
	return u
}

// rows is how many rows of pulses the log table holds in the long run.
func (l Load) rows() float64 {
	if !l.Log {
		return 0
	}
	return max(l.Pulses*float64(rowsStay)/float64(Month), min(1, l.Pulses)*float64(l.Checks)*rowsPeriods)
}

// often is how many times in a month something happens that happens every so
// often.
func often(every time.Duration) float64 { return float64(Month) / float64(every) }
