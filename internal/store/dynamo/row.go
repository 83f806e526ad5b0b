package dynamo

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"heartbeat"
)

// row is an item or a part of one.
type row = map[string]types.AttributeValue

// never is the zero time, which is before all others.
const never = -1

func num(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func blob(b []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: b} }

// text keeps any string: one that is not UTF-8, as a header may be, as bytes.
func text(s string) types.AttributeValue {
	if !utf8.ValidString(s) {
		return blob([]byte(s))
	}
	return &types.AttributeValueMemberS{Value: s}
}

func nano(t time.Time) types.AttributeValue {
	if t.IsZero() {
		return num(never)
	}
	return num(t.UnixNano())
}

// scan reads attributes and remembers the first that is not as it should be.
type scan struct {
	row row
	err error
}

func (s *scan) wrong(name string) {
	if s.err == nil {
		s.err = fmt.Errorf("dynamo: attribute %q is not of the form that was written", name)
	}
}

func (s *scan) int(name string) int64 {
	v, ok := s.row[name].(*types.AttributeValueMemberN)
	if !ok {
		s.wrong(name)
		return 0
	}
	n, err := strconv.ParseInt(v.Value, 10, 64)
	if err != nil {
		s.wrong(name)
	}
	return n
}

func (s *scan) time(name string) time.Time {
	n := s.int(name)
	if n == never {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

func (s *scan) text(name string) string {
	switch v := s.row[name].(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberB:
		return string(v.Value)
	}
	s.wrong(name)
	return ""
}

// optional is text, or nothing where there is none.
func (s *scan) optional(name string) string {
	if !s.has(name) {
		return ""
	}
	return s.text(name)
}

func (s *scan) bytes(name string) []byte {
	v, ok := s.row[name].(*types.AttributeValueMemberB)
	if !ok {
		s.wrong(name)
		return nil
	}
	return v.Value
}

// part reads a row within the row; nil if there is none.
func (s *scan) part(name string) row {
	switch v := s.row[name].(type) {
	case *types.AttributeValueMemberM:
		return v.Value
	case nil:
		return nil
	}
	s.wrong(name)
	return nil
}

// json reads what jsonText wrote.
func (s *scan) json(name string, into any) {
	if err := json.Unmarshal([]byte(s.text(name)), into); err != nil {
		s.wrong(name)
	}
}

func jsonText(v any) (types.AttributeValue, error) {
	b, err := json.Marshal(v)
	return text(string(b)), err
}

// has tells whether the row has the attribute.
func (s *scan) has(name string) bool { return s.row[name] != nil }

func flipRow(f heartbeat.Flip) row {
	return row{
		attrMoment: nano(f.At), attrFrom: text(string(f.From)), attrTo: text(string(f.To)),
		attrReason: text(string(f.Reason)), attrSince: nano(f.Since), attrLastPing: nano(f.LastPing),
		attrDetail: text(f.Detail),
	}
}

func readFlip(r row) (heartbeat.Flip, error) {
	s := scan{row: r}
	f := heartbeat.Flip{
		At: s.time(attrMoment), From: heartbeat.Status(s.text(attrFrom)), To: heartbeat.Status(s.text(attrTo)),
		Reason: heartbeat.Reason(s.text(attrReason)), Since: s.time(attrSince), LastPing: s.time(attrLastPing),
		Detail: s.text(attrDetail),
	}
	return f, s.err
}

// size is how many bytes DynamoDB counts for the row.
func size(r row) int {
	n := 0
	for name, v := range r {
		n += len(name) + valueSize(v)
	}
	return n
}

func valueSize(v types.AttributeValue) int {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return len(v.Value)/2 + 2 // at most
	case *types.AttributeValueMemberM:
		return 3 + size(v.Value) + len(v.Value)
	}
	return 1
}

// pointsTo is the check that a row of the log leads to.
func pointsTo(r row) (heartbeat.CheckID, error) {
	s := scan{row: r}
	return heartbeat.ParseCheckID(s.text(attrCheck))
}
