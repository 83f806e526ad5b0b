package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"heartbeat/internal/store/dynamo/dynalite"
)

// original makes a table as the original has it, of items that are lists of
// attribute and value.
func original(t *testing.T, endpoint, table string, items ...[]string) {
	t.Helper()
	client := dynamodb.New(dynamodb.Options{
		Region: "local", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("k", "s", ""),
	})
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("_id"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("_id"), KeyType: types.KeyTypeHash}},
	})
	if err != nil {
		t.Fatal(err)
	}
	wait := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 5*time.Millisecond, 50*time.Millisecond
	})
	if err := wait.Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: &table}, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	for _, pairs := range items {
		item := map[string]types.AttributeValue{}
		for i := 0; i < len(pairs); i += 2 {
			item[pairs[i]] = &types.AttributeValueMemberS{Value: pairs[i+1]}
		}
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: item}); err != nil {
			t.Fatal(err)
		}
	}
}

// pulsed is an item of the original.
func pulsed(name, threshold string, ago time.Duration) []string {
	sum := sha256.Sum256([]byte("web1" + "shop" + "cron" + name))
	return []string{
		"_id", hex.EncodeToString(sum[:]), "host", "web1", "category", "shop", "typeF", "cron", "nameF", name,
		"timestampF", time.Now().Add(-ago).UTC().Format("2006-01-02T15:04:05.000Z"), "thresholdF", threshold, "saturday", "0",
	}
}

// heartbeatOf runs the program and returns all that it said.
func heartbeatOf(t *testing.T, wantStatus int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	if status := run(context.Background(), args, nil, &out, &err); status != wantStatus {
		t.Fatalf("heartbeat %s: status %d, want %d\n%s%s", strings.Join(args, " "), status, wantStatus, &out, &err)
	}
	return out.String(), err.String()
}

func wantText(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("got:\n%s\nwant: %s", text, want)
		}
	}
}

// The original's table into a file, then on into DynamoDB and back: the same.
func TestImport_AWSHeartbeat(t *testing.T) {
	t.Parallel()
	var local dynalite.Server
	t.Cleanup(local.Stop)
	endpoint := local.URL(t)
	original(t, endpoint, "Heartbeat",
		pulsed("orders", "24", time.Minute), pulsed("bills", "1.5", time.Hour), pulsed("forgotten", "24", 9000*time.Hour),
		pulsed("odd", "abc", time.Minute), []string{"_id", "feed", "thresholdF", "24", "saturday", "1"})
	folder := t.TempDir()
	file := func(name string) string { return filepath.Join(folder, name) }
	args := []string{
		"import", "aws-heartbeat", "--table", "Heartbeat", "--region", "local", "--endpoint", endpoint,
		"--quarantine", file("quarantine.jsonl"), "--to", "sqlite:" + file("a.db"),
	}

	stdout, stderr := heartbeatOf(t, 3, append(args, "--dry-run")...)
	wantText(t, stdout, "would be imported: 3 checks", "in the table: 5 pulses", "2 QUARANTINED, NOT IMPORTED", "would be written to",
		"1 late for more than a day: shown as down")
	wantText(t, stderr, `thresholdF = "abc" must be a number of hours`, "feed: host is missing", "down since long: web1 / shop / cron / forgotten")
	if files, _ := os.ReadDir(folder); len(files) != 0 {
		t.Errorf("a dry run made %v", files)
	}

	stdout, _ = heartbeatOf(t, 3, args...)
	wantText(t, stdout, "imported: 3 checks with 3 pings and 4 flips", "see "+file("quarantine.jsonl"))
	quarantine, err := os.ReadFile(file("quarantine.jsonl"))
	if err != nil || bytes.Count(quarantine, []byte("\n")) != 2 {
		t.Errorf("the quarantine holds %s, %v", quarantine, err)
	}
	stdout, _ = heartbeatOf(t, 3, args...)
	wantText(t, stdout, "imported: 0 checks", "3 here already")

	tables := "dynamodb:moved?region=local&endpoint=" + endpoint
	heartbeatOf(t, 0, "export", "--store", "sqlite:"+file("a.db"), file("a.jsonl"))
	heartbeatOf(t, 0, "import", "--to", tables+"&create=true", file("a.jsonl"))
	heartbeatOf(t, 0, "export", "--store", tables, file("b.jsonl"))
	heartbeatOf(t, 0, "import", "--to", "sqlite:"+file("b.db"), file("b.jsonl"))
	heartbeatOf(t, 0, "export", "--store", "sqlite:"+file("b.db"), file("c.jsonl"))
	var files [3]string
	for i, name := range []string{"a.jsonl", "b.jsonl", "c.jsonl"} {
		whole, err := os.ReadFile(file(name))
		if err != nil {
			t.Fatal(err)
		}
		_, files[i], _ = strings.Cut(string(whole), "\n") // the first line says when
	}
	if files[0] != files[1] || files[1] != files[2] || !strings.Contains(files[0], "orders") {
		t.Errorf("the files differ:\n%s\n%s\n%s", files[0], files[1], files[2])
	}

	_, stderr = heartbeatOf(t, 1, "import", "aws-heartbeat", "--table", "None", "--region", "local", "--endpoint", endpoint, "--to", "sqlite:"+file("x.db"))
	wantText(t, stderr, "there is no table None in region local")
	_, stderr = heartbeatOf(t, 2, "import", "--to", "http://127.0.0.1:9", file("a.jsonl"))
	wantText(t, stderr, "--secret is missing: set HEARTBEAT_SECRET to the password")
	_, stderr = heartbeatOf(t, 2, "import", "--to", "http://127.0.0.1:9?x", "--secret", "12345678", file("a.jsonl"))
	wantText(t, stderr, "--to the address must hold no password")
	_, stderr = heartbeatOf(t, 2, "import", "aws-heartbeat", "--table", "Heartbeat", "--timezone", "Mars", "--to", "sqlite:"+file("x.db"))
	wantText(t, stderr, "--timezone")
}
