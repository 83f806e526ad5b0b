package dynamo_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// bill is what calls cost, reckoned up from the sizes of items as DynamoDB's
// price list says.
type bill struct {
	write, read    float64 // units
	sent, received int     // bytes of requests and answers
}

// stored is the size of the item that a call writes, as it is now.
func (p *proxy) stored(r *http.Request, c call) int { return itemSize(p.item(r, c)) }

// item is the item that a call writes, as it is now; nil if there is none.
func (p *proxy) item(r *http.Request, c call) map[string]any {
	key, ok := c.body["Key"].(map[string]any)
	if c.op == "PutItem" {
		item := c.body["Item"].(map[string]any)
		key, ok = map[string]any{}, true
		for _, name := range []string{"_id", "id", "at"} {
			if v, there := item[name]; there {
				key[name] = v
			}
		}
	}
	if !ok || c.op == "GetItem" {
		return nil
	}
	r = r.Clone(r.Context())
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
	_, raw := p.ask(r, map[string]any{"TableName": c.body["TableName"], "Key": key, "ConsistentRead": true})
	var answer struct{ Item map[string]any }
	_ = json.Unmarshal(raw, &answer)
	return answer.Item
}

// charge adds a call to the bill. A write costs a unit for each kilobyte of the
// larger of the old and the new item, at least one, even if it was refused. A
// read costs a unit for each 4 kB, of each item by itself, but of all items of a
// page taken together; half of that if it was not consistent.
func (p *proxy) charge(c call, before, after int, raw []byte) {
	var answer struct {
		Item      map[string]any
		Items     []map[string]any
		Responses map[string][]map[string]any
	}
	_ = json.Unmarshal(raw, &answer)
	p.mu.Lock()
	defer p.mu.Unlock()
	body, _ := json.Marshal(c.body)
	p.bill.sent += len(body)
	p.bill.received += len(raw)
	reading := 0.5
	if c.body["ConsistentRead"] == true {
		reading = 1
	}
	switch c.op {
	case "PutItem", "UpdateItem", "DeleteItem":
		p.bill.write += units(max(before, after), 1024)
	case "GetItem":
		p.bill.read += reading * units(itemSize(answer.Item), 4096)
	case "Query", "Scan":
		total := 0
		for _, item := range answer.Items {
			total += itemSize(item)
		}
		p.bill.read += reading * units(total, 4096)
	case "BatchGetItem":
		for _, items := range answer.Responses {
			for _, item := range items {
				p.bill.read += units(itemSize(item), 4096) // all are consistent
			}
		}
	}
}

// units is how many units of the given size there are begun, at least one.
func units(bytes, size int) float64 { return float64(max(1, (bytes+size-1)/size)) }

func itemSize(item map[string]any) int {
	total := 0
	for name, v := range item {
		total += len(name) + attributeSize(v.(map[string]any))
	}
	return total
}

func attributeSize(v map[string]any) int {
	for kind, value := range v {
		switch kind {
		case "S":
			return len(value.(string))
		case "B":
			return base64.StdEncoding.DecodedLen(len(value.(string))) - strings.Count(value.(string), "=")
		case "N":
			return numberSize(value.(string))
		case "M":
			return 3 + len(value.(map[string]any)) + itemSize(value.(map[string]any))
		}
	}
	panic("no attribute of an item is of such a type")
}

// numberSize is a byte for every two digits that count, and one; one more for a
// minus.
func numberSize(n string) int {
	digits := strings.Trim(strings.TrimPrefix(n, "-"), "0")
	return (len(digits)+1)/2 + 1 + strings.Count(n, "-")
}

// summary are the calls so far, with how often each was made.
func (p *proxy) summary() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(p.calls)) {
		part := name
		if n := p.calls[name]; n > 1 {
			part += " ×" + strconv.Itoa(n)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}
