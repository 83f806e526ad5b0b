package dynamo

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"heartbeat"
)

const (
	// schema is the form of items that this code writes.
	schema = 1
	// maxItem is how large a check's item may be: a write of more costs twice.
	maxItem = 1024
	// maxTexts is how many bytes of texts the item holds; more are put elsewhere.
	// maxSchedule is how many of them stay here for the monitor even then.
	maxTexts    = 300
	maxSchedule = 150
	markSize    = 6
)

// item is a check as the state table has it.
type item struct {
	check   heartbeat.Check
	broken  error // why its texts elsewhere cannot be read
	birth   int64
	texts   int64 // where the texts are; 0 if they are here
	ruled   bool  // there are rules, which are among the texts
	pending *entry
	marks   [3][]byte // the last write's first
	counts  [3]int64  // how many pings there were after each of these writes
}

// entry is a flip that is not yet in the log.
type entry struct {
	rev    int64 // the check's revision after the flip
	notice string
	flip   heartbeat.Flip
}

// wrote tells which of the last writes had the mark: 0 is the last, -1 none.
func (it *item) wrote(mark []byte) int {
	for i, m := range it.marks {
		if bytes.Equal(m, mark) {
			return i
		}
	}
	return -1
}

// newMark returns the mark of one write.
func newMark() []byte {
	mark := make([]byte, markSize)
	rand.Read(mark) // which never fails: it ends the program
	return mark
}

// plain drops what a time does not keep.
func plain(t time.Time) time.Time { return t.Round(0).UTC() }

func stateRow(s heartbeat.State) row {
	return row{
		attrStatus: text(string(s.Status)), attrSince: nano(s.Since), attrLastPing: nano(s.LastPing),
		attrStart: nano(s.LastStart), attrRun: text(string(s.StartRun)), attrDuration: num(int64(s.LastDuration)),
		attrPings: num(s.Pings),
	}
}

func readState(s *scan) heartbeat.State {
	return heartbeat.State{
		Status: heartbeat.Status(s.text(attrStatus)), Since: s.time(attrSince), LastPing: s.time(attrLastPing),
		LastStart: s.time(attrStart), StartRun: heartbeat.RunID(s.text(attrRun)),
		LastDuration: time.Duration(s.int(attrDuration)), Pings: s.int(attrPings),
	}
}

// textRow returns what may take much room.
func textRow(c *heartbeat.Check) row {
	labels, rules, said := c.Labels, "", ""
	if labels.Slug = ""; labels != (heartbeat.Labels{}) {
		said = encode(labels)
	}
	if c.Rules != (heartbeat.Rules{}) {
		rules = encode(c.Rules)
	}
	r := row{
		attrHost: text(c.Host), attrCategory: text(c.Category), attrType: text(c.Type), attrName: text(c.Name),
		attrLabels: text(said), attrRules: text(rules),
	}
	maps.Copy(r, scheduleRow(c))
	return r
}

// scheduleRow is the part of the texts that the monitor needs.
func scheduleRow(c *heartbeat.Check) row {
	return row{
		attrWorktime: text(c.Worktime), attrZone: text(c.Zone), attrHolidays: text(c.Holidays),
		attrExpression: text(c.Expression),
	}
}

// scheduled tells whether what the monitor needs is in the item itself.
func (it *item) scheduled() bool {
	c := it.check
	return it.texts == 0 || c.Worktime != "" || c.Zone != "" || c.Holidays != ""
}

func readTexts(s *scan, c *heartbeat.Check) {
	c.Host, c.Category, c.Type, c.Name = s.text(attrHost), s.text(attrCategory), s.text(attrType), s.text(attrName)
	c.Worktime, c.Zone, c.Holidays = s.text(attrWorktime), s.text(attrZone), s.text(attrHolidays)
	c.Expression = s.optional(attrExpression)
	slug := c.Slug
	if s.optional(attrLabels) != "" {
		s.json(attrLabels, &c.Labels)
	}
	c.Slug = slug
	if s.optional(attrRules) != "" {
		s.json(attrRules, &c.Rules)
	}
}

// encode writes labels or rules as JSON, which always works.
func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// checkRow returns the fields of a check, with its texts unless they are at
// texts; and even then with its schedule, if that is not what is long.
func checkRow(c heartbeat.Check, texts int64) row {
	r := row{
		attrSchema: num(schema), attrPeriod: num(int64(c.Period)), attrGrace: num(int64(c.Grace)),
		attrCreated: nano(c.Created), attrTexts: num(texts),
		attrProject: text(""), attrSlug: text(c.Slug), attrSchedule: text(string(c.Kind)), attrRuled: num(0),
	}
	if c.Slug != "" || c.Project != heartbeat.DefaultProject {
		r[attrProject] = text(string(c.Project))
	}
	if c.Rules != (heartbeat.Rules{}) {
		r[attrRuled] = num(1)
	}
	maps.Copy(r, stateRow(c.State))
	if texts != 0 {
		c.Names, c.Labels, c.Rules = heartbeat.Names{}, heartbeat.Labels{}, heartbeat.Rules{}
		if size(scheduleRow(&c)) > maxSchedule {
			c.Spec = heartbeat.Spec{}
		}
	}
	maps.Copy(r, textRow(&c))
	return r
}

// birthRow is the item of a check that is made.
func birthRow(c heartbeat.Check, texts, rev int64, mark []byte, pending *entry) row {
	r := checkRow(c, texts)
	r[keyCheck] = text(c.ID.String())
	r[attrRev], r[attrBirth] = num(rev), num(rev)
	r[attrMark0], r[attrMark1], r[attrMark2] = blob(mark), blob([]byte{0}), blob([]byte{0})
	r[attrPings1], r[attrPings2] = num(0), num(0)
	for _, name := range []string{attrProject, attrSlug, attrSchedule, attrExpression, attrLabels, attrRules} {
		if v, ok := r[name].(*types.AttributeValueMemberS); ok && v.Value == "" {
			delete(r, name)
		}
	}
	if c.Rules == (heartbeat.Rules{}) {
		delete(r, attrRuled)
	}
	if pending != nil {
		r[attrPending] = pendingRow(pending)
	}
	return r
}

func pendingRow(e *entry) types.AttributeValue {
	return &types.AttributeValueMemberM{Value: row{
		attrRev: num(e.rev), attrNotice: text(e.notice),
		attrFlip: &types.AttributeValueMemberM{Value: flipRow(e.flip)},
	}}
}

// readItem reads an item. If its texts are elsewhere they are left out. The error
// is an ErrUnreadable unless the item is of another form than this program's:
// then so may all others be.
func readItem(r row) (*item, error) {
	s := &scan{row: r}
	if v := s.int(attrSchema); s.err == nil && v != schema {
		return nil, fmt.Errorf("dynamo: an item is of form %d, and this program knows form %d: "+
			"use a newer Heartbeat", v, schema)
	}
	it, err := readForm(s)
	if err != nil {
		return nil, unreadable(s.text(keyCheck), err)
	}
	return it, nil
}

// unreadable says that the check of this key is, and why.
func unreadable(key string, why error) error {
	return fmt.Errorf("dynamo: check %q %w: %w", key, heartbeat.ErrUnreadable, why)
}

// readForm reads an item of this program's form.
func readForm(s *scan) (*item, error) {
	it := &item{birth: s.int(attrBirth), texts: s.int(attrTexts)}
	c := &it.check
	var err error
	if c.ID, err = heartbeat.ParseCheckID(s.text(keyCheck)); err != nil {
		return nil, err
	}
	c.State, c.Rev, c.Created = readState(s), s.int(attrRev), s.time(attrCreated)
	c.Period, c.Grace = time.Duration(s.int(attrPeriod)), time.Duration(s.int(attrGrace))
	c.Project = heartbeat.ProjectID(cmp.Or(s.optional(attrProject), string(heartbeat.DefaultProject)))
	c.Slug, c.Kind = s.optional(attrSlug), heartbeat.ScheduleKind(s.optional(attrSchedule))
	it.ruled = s.has(attrRuled) && s.int(attrRuled) != 0
	readTexts(s, c)
	it.marks = [3][]byte{s.bytes(attrMark0), s.bytes(attrMark1), s.bytes(attrMark2)}
	it.counts = [3]int64{c.Pings, s.int(attrPings1), s.int(attrPings2)}
	if p := s.part(attrPending); p != nil {
		e := &scan{row: p}
		it.pending = &entry{rev: e.int(attrRev), notice: e.text(attrNotice)}
		it.pending.flip, err = readFlip(e.part(attrFlip))
		if err != nil {
			return nil, err
		}
	}
	return it, s.err
}

// overhead is what every item has beside the fields of its check.
const overhead = 39 + 2*12 + 3*(2+markSize) + 2*6

// fits says what is wrong with an item of n bytes that is too large.
func fits(c heartbeat.Check, n int) error {
	if n <= maxItem {
		return nil
	}
	return fmt.Errorf("dynamo: check %v would take %d bytes, and the most is %d: use a run id shorter than "+
		"its %d bytes", c.ID, n, maxItem, len(c.StartRun))
}
