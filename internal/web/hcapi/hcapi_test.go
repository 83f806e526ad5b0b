package hcapi_test

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"heartbeat"
	"heartbeat/internal/store/dynamo"
	"heartbeat/internal/store/dynamo/dynalite"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/store/sqlite"
	"heartbeat/internal/web/hcapi"
)

// local is the DynamoDB of the tests.
var local dynalite.Server

func TestMain(m *testing.M) {
	defer local.Stop()
	m.Run()
}

// stores are all that the API must work over.
func stores() map[string]func(*testing.T) heartbeat.Store {
	return map[string]func(*testing.T) heartbeat.Store{
		"memory": func(*testing.T) heartbeat.Store { return memory.New() },
		"sqlite": func(t *testing.T) heartbeat.Store {
			store, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "heartbeat.db")})
			if err != nil {
				t.Fatal(err)
			}
			return store
		},
		"dynamo": openDynamo,
	}
}

func openDynamo(t *testing.T) heartbeat.Store {
	cfg := dynamo.Config{
		Prefix: "hcapi", Region: "eu-central-1", Endpoint: local.URL(t),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "nobody", SecretAccessKey: "nothing"}, nil
		}),
	}
	if err := dynamo.CreateTables(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	store, err := dynamo.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// scenario is one of the specification's, by its number, or several that share
// their beginning.
type scenario struct {
	name string
	run  func(*testing.T, *site)
}

func scenarios() []scenario {
	return slices.Concat(authScenarios(), createScenarios(), upsertScenarios(), updateScenarios(), readScenarios(),
		historyScenarios(), publicScenarios(), statusScenarios(), ownScenarios())
}

// TestScenarios runs every scenario over every store, and then looks whether all
// that the OpenAPI document promises was seen.
func TestScenarios(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := open(t)
			t.Cleanup(func() { _ = store.Close() })
			h := newHouse(t, store)
			t.Run("scenarios", func(t *testing.T) {
				for _, s := range scenarios() {
					t.Run(s.name, func(t *testing.T) {
						t.Parallel()
						s.run(t, h.site(t))
					})
				}
			})
			for _, answer := range h.doc.all(t) {
				if !h.doc.seen[answer] {
					t.Errorf("the document promises %s, which no scenario has got", answer)
				}
			}
		})
	}
}

func TestDocument_HasEveryAddressAndMethodAndNoOther(t *testing.T) {
	t.Parallel()
	d := readDocument(t)
	var documented []string
	for path := range d.Paths {
		for _, method := range d.methods(path) {
			documented = append(documented, method+" "+path)
		}
	}
	answered := slices.Compact(sorted(hcapi.Addresses()))
	if diff := cmp.Diff(answered, sorted(documented)); diff != "" {
		t.Errorf("addresses (-answered +documented):\n%s", diff)
	}
}

func TestDocument_IsServed(t *testing.T) {
	t.Parallel()
	s := newHouse(t, memory.New()).site(t)
	want, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if a := s.send("GET", "/api/v2/openapi.json", "").is(200); a.text != string(want) {
		t.Error("another document is served")
	}
}

func TestStoreThatIsAway_IsToldAsJSON(t *testing.T) {
	t.Parallel()
	h := newHouse(t, memory.New())
	s := h.site(t)
	s.get("checks/").is(200)
	_ = h.store.Close()
	for _, path := range []string{"checks/", "status/", "badges/"} {
		r := httptest.NewRequest("GET", "/api/v3/"+path, nil)
		r.Header.Set("X-Api-Key", s.rw)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.HasPrefix(w.Body.String(), `{"error":"`) {
			t.Errorf("%s: got %d %v %s", path, w.Code, w.Header(), w.Body)
		}
	}
}
