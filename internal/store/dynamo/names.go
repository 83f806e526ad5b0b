package dynamo

import (
	"regexp"

	"heartbeat"
)

// Suffixes of the tables' names.
const (
	stateSuffix = "-state"
	logSuffix   = "-log"
)

// Keys of the tables.
const (
	keyCheck = "_id" // state: the check; its placeholder is #i
	keyRow   = "id"  // log: what the row belongs to
	keyAt    = "at"  // log: its place there
)

// Attributes of a check's item.
const (
	attrSchema   = "v"  // of what form the item is
	attrRev      = "r"  // the revision
	attrBirth    = "b"  // the first revision
	attrStatus   = "st" // and so on for the fields of heartbeat.Check
	attrSince    = "si"
	attrLastPing = "lp"
	attrStart    = "ls"
	attrRun      = "ru"
	attrDuration = "ld"
	attrPings    = "n"
	attrPeriod   = "pe"
	attrGrace    = "gr"
	attrCreated  = "cr"
	attrHost     = "h"
	attrCategory = "c"
	attrType     = "ty"
	attrName     = "na"
	attrWorktime = "wt"
	attrZone     = "tz"
	attrHolidays = "ho"
	attrTexts    = "tx" // where the texts are if not here

	// What few checks have. An item may lack them.
	attrProject    = "pj" // if it is not the default one, or the check has a slug
	attrSlug       = "sl"
	attrSchedule   = "sk" // the kind of schedule
	attrExpression = "ex" // a text
	attrLabels     = "lb" // a text: JSON, without the slug
	attrRules      = "rl" // a text: JSON
	attrRuled      = "rd" // 1 if there are rules
	attrPending    = "ob" // the flip that is not yet in the log

	// Marks of the last three writes, and how many pings there were after the
	// second and third last.
	attrMark0  = "w0"
	attrMark1  = "w1"
	attrMark2  = "w2"
	attrPings1 = "m1"
	attrPings2 = "m2"
)

// Attributes of rows of the log, and of flips within other rows.
const (
	attrExpires    = "x" // the time to live, in Unix seconds
	attrMoment     = "ts"
	attrKind       = "k"
	attrExit       = "e"
	attrScheme     = "sm"
	attrMethod     = "me"
	attrAddr       = "ad"
	attrAgent      = "ag"
	attrBody       = "bo"
	attrFlip       = "f"
	attrFrom       = "fr"
	attrTo         = "to"
	attrReason     = "re"
	attrDetail     = "de"
	attrCheck      = "ck"
	attrBlind      = "bl"
	attrNext       = "nx"
	attrDeliveries = "dv"
	attrNotice     = "no"
	attrNoticeRev  = "rv"
	attrValue      = "vl"
)

// readyID is the item that Ready writes. No check has such an ID.
const readyID = "#ready"

// Partitions of the log.
const (
	partPings   = "p#" // and the check
	partFlips   = "f#" // and the check
	partTexts   = "t#" // and the check
	partValues  = "v#" // and the key
	partNotices = "notices"
	partOwed    = "owed"    // pointers to unfinished notices
	partChanged = "changed" // checks whose deadline may have come nearer
	partSlugs   = "s#"      // and project and slug: the checks that may have it
)

func pingsOf(id heartbeat.CheckID) string { return partPings + id.String() }
func flipsOf(id heartbeat.CheckID) string { return partFlips + id.String() }
func slugsOf(named heartbeat.SlugRef) string {
	return partSlugs + string(named.Project) + "#" + named.Slug
}
func textsOf(id heartbeat.CheckID) string { return partTexts + id.String() }

// shift makes room for the mark of a write, and counts the revision up. It is
// part of every change of a check.
const shift = `#w2 = #w1, #w1 = #w0, #w0 = :w0, #m2 = #m1, #m1 = #n, #r = #r + :one`

const setState = `#st = :st, #si = :si, #lp = :lp, #ls = :ls, #ru = :ru, #ld = :ld, #n = :n`

const setCheck = setState + `, #v = :v, #pe = :pe, #gr = :gr, #cr = :cr, #tx = :tx, #h = :h, #c = :c, #ty = :ty, ` +
	`#na = :na, #wt = :wt, #tz = :tz, #ho = :ho, #pj = :pj, #sl = :sl, #sk = :sk, #ex = :ex, #lb = :lb, #rl = :rl, #rd = :rd`

// Every expression that is sent. All names in them are placeholders.
const (
	// A success of a check that is up, runs nothing, was last pinged before and has
	// no rules.
	exprPulse   = `SET #lp = :lp, #n = #n + :one, #ld = :zero, ` + shift
	condPulse   = `#st = :st AND #ls = :never AND #lp < :lp AND (attribute_not_exists(#rd) OR #rd = :zero)`
	withSlug    = ` AND #sl = :sl AND #pj = :pj`
	exprState   = `SET ` + setState + `, ` + shift
	exprCheck   = `SET ` + setCheck + `, ` + shift
	withPending = `, #ob = :ob`
	// A flip waits until the one before it is in the log.
	condRev     = `#r = :r`
	condRevFlip = `#r = :r AND attribute_not_exists(#ob)`
	condNew     = `attribute_not_exists(#i)`

	exprClear = `REMOVE #ob`
	condClear = `#ob.#r = :r`
	exprReady = `SET #ts = :ts`

	condNewRow   = `attribute_not_exists(#id)`
	condNotice   = `#rv = :rv`
	condOwed     = `#rv = :rv AND #nx > :never`
	condPointer  = `#rv <= :rv`
	condSlug     = `attribute_not_exists(#id) OR #rv <= :rv`
	condUnsent   = `#nx > :never`
	condOldValue = `#vl = :vl`
	exprExpire   = `SET #x = :x`

	keysOfPart = `#id = :id`
	keysFrom   = `#id = :id AND #at >= :at`
)

// expressions returns every expression that this package sends.
func expressions() []string {
	return []string{
		exprPulse, condPulse, condPulse + withSlug, exprState, exprState + withPending, exprCheck, exprCheck + withPending,
		condRev, condRevFlip, condNew, exprClear, condClear, exprReady,
		condNewRow, condNotice, condOwed, condPointer, condSlug, condUnsent, condOldValue, exprExpire, keysOfPart, keysFrom,
	}
}

var placeholder = regexp.MustCompile(`[#:][a-z0-9]+`)

// attribute is what the placeholder of a name stands for: itself, but for the
// key that begins with an underscore, which DynamoDB does not take.
func attribute(placeholder string) string {
	if placeholder == "#i" {
		return keyCheck
	}
	return placeholder[1:]
}

// namesIn returns what the names in the expressions stand for.
func namesIn(exprs ...string) map[string]string {
	names := map[string]string{}
	for _, e := range exprs {
		for _, p := range placeholder.FindAllString(e, -1) {
			if p[0] == '#' {
				names[p] = attribute(p)
			}
		}
	}
	return names
}

// valuesIn returns those of the values that the expressions use: DynamoDB
// refuses any other.
func valuesIn(values row, exprs ...string) row {
	used := row{}
	for _, e := range exprs {
		for _, p := range placeholder.FindAllString(e, -1) {
			if p[0] == ':' {
				used[p] = values[p[1:]]
			}
		}
	}
	if len(used) == 0 {
		return nil
	}
	return used
}
