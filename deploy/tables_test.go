package deploy_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"heartbeat/internal/store/dynamo"
)

func TestTables_AreKeptAndPaidByRequest(t *testing.T) {
	t.Parallel()
	s := newStack(t, withHTTPAPI)
	same(t, "tables", s.of("AWS::DynamoDB::Table"), []string{"LogTable", "StateTable"})
	for _, id := range s.of("AWS::DynamoDB::Table") {
		s.is(id, map[string]any{
			"DeletionPolicy":                       "Retain",
			"UpdateReplacePolicy":                  "Retain",
			"Properties/BillingMode":               "PAY_PER_REQUEST",
			"Properties/DeletionProtectionEnabled": true,
			"Properties/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled": true,
		})
	}
	same(t, "StateTable", at(s.outputs["StateTable"], "Value"), any("<StateTable>"))
	same(t, "LogTable", at(s.outputs["LogTable"], "Value"), any("<LogTable>"))
}

// The store makes tables too, for tests and trials; here it tells a stand-in for
// DynamoDB which ones. So the template's names are those of the store.
func TestTables_AreThoseOfTheStore(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	asked := map[string]object{} // of each table
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := object{}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		table := fmt.Sprint(body["TableName"])
		mu.Lock()
		defer mu.Unlock()
		if asked[table] == nil {
			asked[table] = object{}
		}
		for _, part := range []string{"AttributeDefinitions", "KeySchema", "TimeToLiveSpecification"} {
			if v, ok := body[part]; ok {
				asked[table][part] = v
			}
		}
		answer := "{}"
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".DescribeTable") {
			answer = `{"Table":{"TableStatus":"ACTIVE"}}`
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	ok(t, dynamo.CreateTables(t.Context(), dynamo.Config{Prefix: "other", Region: "eu-west-1", Endpoint: server.URL}))

	s := newStack(t, map[string]string{"TablePrefix": "other"})
	for _, id := range s.of("AWS::DynamoDB::Table") {
		p := at(s.resources[id], "Properties").(object)
		want := asked[p["TableName"].(string)]
		if len(want) < 2 {
			t.Errorf("%s is %v, of which the store asks %v", id, p["TableName"], asked)
		}
		for _, part := range []string{"AttributeDefinitions", "KeySchema", "TimeToLiveSpecification"} {
			same(t, id+" "+part, p[part], want[part])
		}
	}
	if len(asked) != 2 || asked["other-log"]["TimeToLiveSpecification"] == nil {
		t.Errorf("the store asks for %v", asked)
	}
}
