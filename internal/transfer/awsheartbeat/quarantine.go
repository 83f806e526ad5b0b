package awsheartbeat

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Quarantined is an item that no check can be made of.
type Quarantined struct {
	// ID is the item's _id; empty if that is missing.
	ID       string    `json:"id"`
	Problems []Problem `json:"problems"`
	// Item is all of it, in the JSON of DynamoDB's own tools.
	Item map[string]any `json:"item"`
}

// String says what is wrong, one line for each problem.
func (q Quarantined) String() string {
	text := ""
	for _, p := range q.Problems {
		value := ""
		if p.Value != nil {
			value = fmt.Sprintf(" = %.100q", *p.Value)
		}
		text += fmt.Sprintf("%s: %s%s %s\n", q.ID, p.Attribute, value, p.Reason)
	}
	return text
}

// Write writes the item as one line of JSON.
func (q Quarantined) Write(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(q)
}

func plainItem(item map[string]types.AttributeValue) map[string]any {
	plain := make(map[string]any, len(item))
	for name, v := range item {
		plain[name] = plainValue(v)
	}
	return plain
}

// plainValue is a value as DynamoDB's own tools write it in JSON: its type and
// what it holds.
func plainValue(v types.AttributeValue) map[string]any {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return map[string]any{"S": v.Value}
	case *types.AttributeValueMemberN:
		return map[string]any{"N": v.Value}
	case *types.AttributeValueMemberB:
		return map[string]any{"B": v.Value}
	case *types.AttributeValueMemberBOOL:
		return map[string]any{"BOOL": v.Value}
	case *types.AttributeValueMemberNULL:
		return map[string]any{"NULL": v.Value}
	case *types.AttributeValueMemberSS:
		return map[string]any{"SS": v.Value}
	case *types.AttributeValueMemberNS:
		return map[string]any{"NS": v.Value}
	case *types.AttributeValueMemberBS:
		return map[string]any{"BS": v.Value}
	case *types.AttributeValueMemberM:
		return map[string]any{"M": plainItem(v.Value)}
	case *types.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i, element := range v.Value {
			list[i] = plainValue(element)
		}
		return map[string]any{"L": list}
	}
	return nil
}
