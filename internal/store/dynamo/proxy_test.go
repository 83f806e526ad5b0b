package dynamo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// fault is what the proxy does with a call.
type fault int

const (
	pass     fault = iota
	throttle       // refuse it, as if too much came in
	deny           // refuse it for ever
	fail           // answer 500 without carrying it out
	drop           // close the connection without carrying it out
	lose           // carry it out, and close the connection, unless it is refused
	loseFail       // carry it out, and answer 500, unless it is refused
	stale          // answer what this call was answered first
	partly         // read only the first key of a batch
)

// call is one request to DynamoDB.
type call struct {
	n     int    // from 1
	op    string // such as "UpdateItem"
	table string // "state" or "log", or "" for both
	body  map[string]any
}

// key tells calls apart that are answered differently.
func (c call) key() string { return fmt.Sprint(c.op, c.body["Segment"]) }

// proxy stands before dynalite, does harm and counts.
type proxy struct {
	*httptest.Server
	target string
	plan   func(call) fault
	page   int  // how many items a page has at most, if not 0
	priced bool // what calls cost is reckoned up

	mu          sync.Mutex
	n           int
	calls       map[string]int
	bill        bill
	expressions map[string]bool
	first       map[string][]byte // answers, by the key of their call
}

func newProxy(t *testing.T, plan func(call) fault) *proxy {
	t.Helper()
	p := &proxy{target: local.URL(t), plan: plan, expressions: map[string]bool{}, first: map[string][]byte{}}
	p.reset()
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

// reset begins to count anew.
func (p *proxy) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls, p.bill = map[string]int{}, bill{}
}

// admit records a call and decides about it.
func (p *proxy) admit(c call) fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	c.n = p.n
	p.calls[c.op+" "+c.table]++
	for _, name := range []string{"UpdateExpression", "ConditionExpression", "KeyConditionExpression"} {
		if e, ok := c.body[name].(string); ok {
			p.expressions[e] = true
		}
	}
	if p.plan == nil {
		return pass
	}
	return p.plan(c)
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	c := call{body: map[string]any{}}
	_, c.op, _ = strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if err := json.Unmarshal(raw, &c.body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if table, ok := c.body["TableName"].(string); ok {
		c.table = table[strings.LastIndex(table, "-")+1:]
	}
	switch f := p.admit(c); f {
	case throttle:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}`)
	case deny:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"com.amazonaws.dynamodb.v20120810#AccessDeniedException","message":"not yours"}`)
	case fail:
		http.Error(w, "{}", http.StatusInternalServerError)
	case drop:
		hangUp(w)
	case lose, loseFail:
		switch status, answer := p.send(r, c); {
		case status != http.StatusOK:
			w.WriteHeader(status)
			_, _ = w.Write(answer)
		case f == loseFail:
			http.Error(w, "{}", http.StatusInternalServerError)
		default:
			hangUp(w)
		}
	case stale:
		p.mu.Lock()
		old := p.first[c.key()]
		p.mu.Unlock()
		_, _ = w.Write(old)
	case partly:
		p.partly(w, r, c)
	default:
		p.forward(w, r, c)
	}
}

func hangUp(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// send lets dynalite answer.
func (p *proxy) send(r *http.Request, c call) (status int, answer []byte) {
	if p.page > 0 && (c.op == "Scan" || c.op == "Query") {
		c.body["Limit"] = p.page
	}
	var before int
	if p.priced {
		before = p.stored(r, c)
	}
	status, answer = p.ask(r, c.body)
	if status == http.StatusBadRequest {
		answer = p.withOld(r, c, answer)
	}
	if p.priced {
		p.charge(c, before, p.stored(r, c), answer)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.first[c.key()]; !ok {
		p.first[c.key()] = answer
	}
	return status, answer
}

// withOld adds the refused item to an answer, where that was asked for, as
// DynamoDB does and dynalite does not.
func (p *proxy) withOld(r *http.Request, c call, answer []byte) []byte {
	told := map[string]any{}
	_ = json.Unmarshal(answer, &told)
	kind, _ := told["__type"].(string)
	if c.body["ReturnValuesOnConditionCheckFailure"] != "ALL_OLD" || !strings.HasSuffix(kind, "#ConditionalCheckFailedException") {
		return answer
	}
	if item := p.item(r, c); item != nil {
		told["Item"] = item
	}
	answer, _ = json.Marshal(told)
	return answer
}

// ask lets dynalite answer a request with another body.
func (p *proxy) ask(r *http.Request, body any) (status int, answer []byte) {
	raw, _ := json.Marshal(body)
	out, err := http.NewRequestWithContext(r.Context(), r.Method, p.target, bytes.NewReader(raw))
	if err != nil {
		return http.StatusInternalServerError, nil
	}
	out.Header = r.Header.Clone()
	resp, err := http.DefaultClient.Do(out)
	if err != nil {
		return http.StatusInternalServerError, nil
	}
	defer resp.Body.Close()
	answer, _ = io.ReadAll(resp.Body)
	return resp.StatusCode, answer
}

func (p *proxy) forward(w http.ResponseWriter, r *http.Request, c call) {
	status, answer := p.send(r, c)
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

// partly reads the first key of a batch and gives the others back.
func (p *proxy) partly(w http.ResponseWriter, r *http.Request, c call) {
	rest := map[string]any{}
	for table, asked := range c.body["RequestItems"].(map[string]any) {
		asked := asked.(map[string]any)
		keys := asked["Keys"].([]any)
		left := maps.Clone(asked)
		asked["Keys"], left["Keys"] = keys[:1], keys[1:]
		if len(keys) > 1 {
			rest[table] = left
		}
	}
	status, raw := p.send(r, c)
	answer := map[string]any{}
	_ = json.Unmarshal(raw, &answer)
	answer["UnprocessedKeys"] = rest
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}
