package parameters_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heartbeat/internal/parameters"
)

// store answers as the Parameter Store does.
func store(t *testing.T, answer http.HandlerFunc) *parameters.Reader {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return parameters.New(parameters.Config{Region: "eu-central-1", Endpoint: server.URL})
}

func TestRead_AsksForTheNamesAndSigns(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "key")
	t.Setenv("AWS_SESSION_TOKEN", "token")
	var asked struct {
		Names          []string
		WithDecryption bool
	}
	var header http.Header
	reader := store(t, func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &asked); err != nil {
			t.Error(err)
		}
		fmt.Fprint(w, `{"Parameters":[{"Name":"/heartbeat/s/slack-webhook","Value":"https://example.org/x"}],"InvalidParameters":["/heartbeat/s/webhook"]}`)
	})
	found, err := reader.Read(t.Context(), "/heartbeat/s", "slack-webhook", "webhook")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"slack-webhook": "https://example.org/x"}, found); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"/heartbeat/s/slack-webhook", "/heartbeat/s/webhook"}, asked.Names); diff != "" || !asked.WithDecryption {
		t.Error("asked for", asked)
	}
	if target := header.Get("X-Amz-Target"); target != "AmazonSSM.GetParameters" {
		t.Error("target", target)
	}
	signature := header.Get("Authorization")
	if !strings.HasPrefix(signature, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") ||
		!strings.Contains(signature, "/eu-central-1/ssm/aws4_request") || header.Get("X-Amz-Security-Token") != "token" {
		t.Error("signed as", signature)
	}
}

func TestRead_TriesAgainWhatMayPassAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		status     int
		calls      int32
		says       string
	}{
		{"throttled", `{"__type":"ThrottlingException","message":"slowly"}`, 400, 2, ""},
		{"broken", `oops`, 502, 2, ""},
		{"denied", `{"__type":"AccessDeniedException","message":"not for you"}`, 400, 1, "not for you"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			reader := store(t, func(w http.ResponseWriter, _ *http.Request) {
				if calls.Add(1) > 1 {
					fmt.Fprint(w, `{"Parameters":[]}`)
					return
				}
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			})
			_, err := reader.Read(t.Context(), "/p", "n")
			if calls.Load() != c.calls {
				t.Errorf("%d calls, want %d", calls.Load(), c.calls)
			}
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}
