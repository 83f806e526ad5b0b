package awsheartbeat

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"heartbeat"
	"heartbeat/internal/schedule"
	"heartbeat/internal/service"
	"heartbeat/internal/transfer"
)

// Attributes of the original's items.
const (
	attrID        = "_id"
	attrHost      = "host"
	attrCategory  = "category"
	attrType      = "typeF"
	attrName      = "nameF"
	attrTimestamp = "timestampF"
	attrThreshold = "thresholdF"
	attrSaturday  = "saturday"
)

const (
	// TellWithin is how long a pulse may have been late at most for people to be
	// told of it. The original has told them of older ones at each of its runs,
	// which lie six hours apart at most.
	TellWithin = 24 * time.Hour
	// ahead is by how much a clock may be wrong.
	ahead = 2 * time.Minute
	// wasLate is said of a check that is imported as down.
	wasLate = "was late already when it was imported from AWS Heartbeat"
)

// pulse is an item of the original's table that can be understood.
type pulse struct {
	id                  string
	names               heartbeat.Names
	at                  time.Time
	threshold, saturday string
}

// Problem is one reason for which an item cannot become a check.
type Problem struct {
	Attribute string `json:"attribute"`
	// Value is what stands there; nil if the attribute is missing.
	Value  *string `json:"value"`
	Reason string  `json:"reason"`
}

// reader reads attributes and collects what is wrong.
type reader struct {
	item     map[string]types.AttributeValue
	problems []Problem
}

func (r *reader) wrong(attribute, reason string) {
	p := Problem{Attribute: attribute, Reason: reason}
	if v, ok := r.item[attribute]; ok {
		p.Value = new(show(v))
	}
	r.problems = append(r.problems, p)
}

// text reads a string. A number, which somebody may have typed into AWS's
// console, is as good.
func (r *reader) text(attribute string) (text string, ok bool) {
	switch v := r.item[attribute].(type) {
	case *types.AttributeValueMemberS:
		return v.Value, true
	case *types.AttributeValueMemberN:
		return v.Value, true
	case nil:
		r.wrong(attribute, "is missing")
	default:
		r.wrong(attribute, "is no string")
	}
	return "", false
}

// read understands an item, or says all that is wrong with it.
func read(item map[string]types.AttributeValue, now time.Time) (pulse, []Problem) {
	r := &reader{item: item}
	var p pulse
	p.id, _ = r.text(attrID)
	if r.onlySettings() {
		r.wrong(attrHost, "is missing, and so is all that a pulse brings: an edit of an unknown id has made this item")
		return p, r.problems
	}
	p.names = r.names(p.id)
	p.at = r.moment(now)
	p.threshold, p.saturday = r.settings()
	return p, r.problems
}

func (r *reader) onlySettings() bool {
	for _, attribute := range []string{attrHost, attrCategory, attrType, attrName, attrTimestamp} {
		if _, ok := r.item[attribute]; ok {
			return false
		}
	}
	return true
}

// names reads the four words and checks that the item is really theirs: the
// original finds a pulse's item by the hash of them.
func (r *reader) names(id string) heartbeat.Names {
	var n heartbeat.Names
	whole := true
	for _, f := range []struct {
		attribute string
		word      *string
	}{{attrHost, &n.Host}, {attrCategory, &n.Category}, {attrType, &n.Type}, {attrName, &n.Name}} {
		var ok bool
		*f.word, ok = r.text(f.attribute)
		whole = whole && ok
	}
	if !whole {
		return n
	}
	var invalid *heartbeat.Invalid
	if err := n.Validate(); errors.As(err, &invalid) {
		attribute := map[string]string{"type": attrType, "name": attrName}[invalid.Field]
		if attribute == "" {
			attribute = invalid.Field
		}
		r.wrong(attribute, invalid.Problem)
		return n
	}
	sum := sha256.Sum256([]byte(n.Host + n.Category + n.Type + n.Name))
	if id != hex.EncodeToString(sum[:]) {
		r.wrong(attrID, "is not the hash of host, category, type and name: no pulse has written this item, or its names were changed since")
	}
	return n
}

func (r *reader) moment(now time.Time) time.Time {
	text, ok := r.text(attrTimestamp)
	if !ok {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	switch {
	case err != nil:
		r.wrong(attrTimestamp, "is no time such as 2019-08-05T09:12:33.123Z")
	case at.Year() < 2000:
		r.wrong(attrTimestamp, "is before the original was written")
	case at.After(now.Add(ahead)):
		r.wrong(attrTimestamp, "lies in the future: until then the check could not be late")
	}
	return at.UTC()
}

func (r *reader) settings() (threshold, saturday string) {
	var ok bool
	if threshold, ok = r.text(attrThreshold); ok {
		var invalid *heartbeat.Invalid
		if _, err := schedule.ParseHours("threshold", threshold); errors.As(err, &invalid) {
			r.wrong(attrThreshold, invalid.Problem)
		}
	}
	if saturday, ok = r.text(attrSaturday); ok && saturday != "0" && saturday != "1" {
		r.wrong(attrSaturday, `must be "0" or "1"`)
	}
	return threshold, saturday
}

// made is a check that was made of a pulse.
type made struct {
	check *transfer.Check
	// late says that it is late, but not for so long that it comes as down.
	late bool
}

// check is what the same pulse, sent to Heartbeat, would have made: a later one
// of the same names finds it.
func (p pulse) check(zone string, now time.Time) (made, []Problem) {
	settings, err := service.Pulse{Initial: service.Initial{Threshold: p.threshold, Saturday: p.saturday}}.Settings(zone)
	var sched schedule.Schedule
	if err == nil {
		sched, err = schedule.Compile(settings.Spec)
	}
	if err != nil {
		return made{}, []Problem{{Attribute: attrThreshold, Value: &p.threshold, Reason: err.Error()}}
	}
	c := heartbeat.Check{
		ID: p.names.ID(heartbeat.DefaultProject), Project: heartbeat.DefaultProject, Names: p.names, Settings: settings,
		State: heartbeat.State{Status: heartbeat.StatusNew, Since: p.at}, Created: p.at,
	}
	ping := heartbeat.Ping{At: p.at, Kind: heartbeat.KindSuccess}
	var first *heartbeat.Flip
	c.State, first = c.State.Ping(ping)
	ping.N = c.Pings
	m := made{check: &transfer.Check{Check: c, Pings: []heartbeat.Ping{ping}, Flips: []heartbeat.Flip{*first}}}
	down, flip := c.Tick(now, sched, nil)
	switch {
	case flip == nil:
	case now.Sub(flip.At) <= TellWithin:
		m.late = true
	default:
		flip.Detail = wasLate
		m.check.Check, m.check.Flips = down, []heartbeat.Flip{*flip, *first}
	}
	return m, nil
}

// show is a value for people.
func show(v types.AttributeValue) string {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return fmt.Sprintf("%v", plainValue(v))
}
