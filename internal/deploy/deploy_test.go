package deploy_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"heartbeat/internal/auth"
	"heartbeat/internal/deploy"
	"heartbeat/internal/deploy/artefact"
	"heartbeat/internal/store/dynamo"
)

// code is a zip file that looks like one for Lambda.
func code(t *testing.T, text string) artefact.Artefact {
	t.Helper()
	packed, err := artefact.Pack([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return artefact.Artefact{Zip: packed, From: "made by a test"}
}

// options are those of a first deployment without any flag but --yes.
func options(t *testing.T, c *cloud) deploy.Options {
	t.Helper()
	return deploy.Options{
		Code: code(t, "one"), Version: "v1.0.0",
		Load:    deploy.Load{Pulses: 72_000, Checks: 100},
		NewWord: auth.RandomWord,
		Seed: func(ctx context.Context, stack deploy.Stack, secrets deploy.Secrets) (string, error) {
			store := c.store(t, stack.Tables())
			if err := auth.Seed(ctx, store, secrets.Secret, secrets.PingKey); err != nil {
				return "", err
			}
			a, _, err := auth.Open(ctx, store, auth.Config{Seeded: true})
			if err != nil {
				return "", err
			}
			return a.Link(), nil
		},
	}
}

func (c *cloud) store(t *testing.T, tables string) *dynamo.Store {
	t.Helper()
	cfg := c.config()
	store, err := dynamo.Open(t.Context(), dynamo.Config{
		Prefix: tables, Region: cfg.Region, Credentials: cfg.Credentials, Endpoint: c.URL,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

func mustDeploy(t *testing.T, d *deploy.Deployer, opts deploy.Options) {
	t.Helper()
	if err := d.Deploy(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
}

func (c *cloud) tables(t *testing.T) []string {
	t.Helper()
	out, err := dynamodb.NewFromConfig(c.config()).ListTables(t.Context(), &dynamodb.ListTablesInput{})
	if err != nil {
		t.Fatal(err)
	}
	return out.TableNames
}

// keys are the objects in the bucket of the account; nil if there is no bucket.
func (c *cloud) keys(t *testing.T) []string {
	t.Helper()
	client := s3.NewFromConfig(c.config())
	buckets, err := client.ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil {
		t.Fatal(err)
	}
	bucket := deploy.BucketName("123456789012", c.region)
	keys := []string{}
	for _, b := range buckets.Buckets {
		if *b.Name != bucket {
			continue
		}
		out, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range out.Contents {
			keys = append(keys, *o.Key)
		}
		return keys
	}
	return nil
}

func (c *cloud) parameters(t *testing.T) []types.Parameter {
	t.Helper()
	out, err := ssm.NewFromConfig(c.config()).GetParametersByPath(t.Context(), &ssm.GetParametersByPathInput{
		Path: aws.String("/heartbeat"), Recursive: aws.Bool(true), WithDecryption: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Parameters
}

func (c *cloud) stacks(t *testing.T) int {
	t.Helper()
	out, err := cloudformation.NewFromConfig(c.config()).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{})
	if err != nil {
		t.Fatal(err)
	}
	return len(out.Stacks)
}

// nothing fails the test if anything was left in the region.
func (c *cloud) nothing(t *testing.T) {
	t.Helper()
	if n, tables, keys, parameters := c.stacks(t), c.tables(t), c.keys(t), c.parameters(t); n+len(tables)+len(parameters) > 0 || keys != nil {
		t.Errorf("left behind: %d stacks, tables %v, bucket %v, %d parameters", n, tables, keys, len(parameters))
	}
}

func TestDeploy_LifeOfAStack(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "eu-central-1")
	d, out := c.deployer(t, "heartbeat")
	opts := options(t, c)
	opts.Secrets.SlackWebhooks = []string{"https://example.org/slack"}
	opts.Settings.AlarmEmail = aws.String("ops@example.org")

	mustDeploy(t, d, opts)
	secrets, err := d.ReadSecrets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text := out.take()
	for _, want := range []string{
		"Stack      heartbeat (new)", "add  StateTable", "AlarmEmail      ops@example.org", "slack-webhook   will be set",
		"/heartbeat/dashboard?secret=", "curl '" + c.URL + "/heartbeat/" + secrets.PingKey + "/pulse?host=",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not shown in:\n%s", want, text)
		}
	}
	if strings.Contains(text, secrets.Secret) || strings.Contains(text, "https://example.org/slack") {
		t.Errorf("a secret is shown in:\n%s", text)
	}
	checkSecrets(t, c, secrets)
	if keys := c.keys(t); len(keys) != 1 || keys[0] != "heartbeat/"+opts.Code.Sum()+".zip" {
		t.Errorf("the bucket has %v", keys)
	}
	checkLogin(t, c, text, secrets)

	t.Log("the same again")
	mustDeploy(t, d, opts)
	out.shows("none: the stack is up to date", "The stack is up to date.", "Heartbeat runs.", secrets.PingKey)

	t.Log("an update: what is not said stays")
	update := options(t, c)
	update.Code, update.Version = code(t, "two"), "v1.1.0"
	update.Settings.Timezone = aws.String("Europe/Berlin")
	mustDeploy(t, d, update)
	out.shows("create complete; Heartbeat v1.0.0)", "Timezone        Europe/Berlin (was UTC)", "slack-webhook   stays")
	stack, err := d.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s := stack.Settings; s["Version"] != "v1.1.0" || s["Timezone"] != "Europe/Berlin" || s["AlarmEmail"] != "ops@example.org" {
		t.Errorf("settings after the update: %v", s)
	}
	if now, err := d.ReadSecrets(t.Context()); err != nil || now.PingKey != secrets.PingKey || len(now.SlackWebhooks) != 1 {
		t.Errorf("the update changed secrets: %v", err)
	}

	t.Log("destroy keeps tables and secrets")
	if err := d.Destroy(t.Context(), deploy.DestroyOptions{}); err != nil {
		t.Fatal(err)
	}
	out.shows("Stays:", "table heartbeat-state", "Tables and secrets are kept", "--delete-tables heartbeat")
	if tables := c.tables(t); len(tables) != 2 || c.keys(t) != nil || c.stacks(t) != 0 || len(c.parameters(t)) != 3 {
		t.Errorf("after destroy: tables %v, bucket %v, %d stacks", tables, c.keys(t), c.stacks(t))
	}

	t.Log("and the next deployment takes them over")
	c.forget(t)
	mustDeploy(t, d, update)
	calls := c.called("CreateChangeSet")
	if last := calls[len(calls)-1]; last.Get("ImportExistingResources") != "true" || last.Get("ChangeSetType") != "CREATE" {
		t.Errorf("the change set would not take over tables that are there: %v", last)
	}
	if now, err := d.ReadSecrets(t.Context()); err != nil || now.PingKey != secrets.PingKey || now.Secret != secrets.Secret {
		t.Errorf("secrets are others after another deployment: %v", err)
	}
	out.take()

	t.Log("tables go only by their name")
	err = d.Destroy(t.Context(), deploy.DestroyOptions{DeleteTables: "heartbaet"})
	if err == nil || !strings.Contains(err.Error(), "type --delete-tables heartbeat") || len(c.tables(t)) != 2 || c.stacks(t) != 1 {
		t.Errorf("with a wrong name: %v", err)
	}
	if err := d.Destroy(t.Context(), deploy.DestroyOptions{DeleteTables: "heartbeat"}); err != nil {
		t.Fatal(err)
	}
	out.shows("TABLE heartbeat-state WITH ALL THAT IS IN IT", "deleted table heartbeat-log")
	c.nothing(t)
}

// forget deletes what moto would fall over at another deployment: the tables that
// were kept, which CloudFormation imports and moto cannot, and the log groups,
// which CloudFormation deletes with the stack and moto does not.
func (c *cloud) forget(t *testing.T) {
	t.Helper()
	client := dynamodb.NewFromConfig(c.config())
	for _, name := range c.tables(t) {
		if _, err := client.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{TableName: &name, DeletionProtectionEnabled: aws.Bool(false)}); err != nil {
			t.Fatal(err)
		}
		if _, err := client.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: &name}); err != nil {
			t.Fatal(err)
		}
	}
	logs := cloudwatchlogs.NewFromConfig(c.config())
	groups, err := logs.DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups.LogGroups {
		if _, err := logs.DeleteLogGroup(t.Context(), &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: g.LogGroupName}); err != nil {
			t.Fatal(err)
		}
	}
}

func checkSecrets(t *testing.T, c *cloud, secrets deploy.Secrets) {
	t.Helper()
	if len(secrets.Secret) != 32 || len(secrets.PingKey) != 32 || secrets.Secret == secrets.PingKey {
		t.Errorf("secret of %d and ping key of %d characters", len(secrets.Secret), len(secrets.PingKey))
	}
	for _, p := range c.parameters(t) {
		if p.Type != types.ParameterTypeSecureString {
			t.Errorf("%s is a %s", *p.Name, p.Type)
		}
	}
	for _, call := range c.called("CreateChangeSet") {
		for _, values := range call {
			if slices.ContainsFunc(values, func(v string) bool {
				return strings.Contains(v, secrets.Secret) || strings.Contains(v, secrets.PingKey) || strings.Contains(v, "example.org/slack")
			}) {
				t.Error("a secret went into the change set")
			}
		}
	}
}

// checkLogin follows what was printed: the ping key lets pulses in and the link
// opens the dashboard, in a process that only has the tables.
func checkLogin(t *testing.T, c *cloud, text string, secrets deploy.Secrets) {
	t.Helper()
	_, rest, _ := strings.Cut(text, "dashboard?secret=")
	token, _, _ := strings.Cut(rest, "\n")
	c.opens(t, token, secrets.PingKey)
}

// opens fails the test unless the token is that of a login link and the tables
// have the hash of the ping key.
func (c *cloud) opens(t *testing.T, token, pingKey string) {
	t.Helper()
	store := c.store(t, "heartbeat")
	a, _, err := auth.Open(t.Context(), store, auth.Config{Seeded: true})
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := a.Redeem(t.Context(), token); !ok || err != nil {
		t.Errorf("the login link does not work: %v", err)
	}
	kept, err := store.Value(t.Context(), "auth/ping-key")
	if want := sha256.Sum256([]byte(pingKey)); err != nil || string(kept) != hex.EncodeToString(want[:]) {
		t.Errorf("the tables do not know the ping key: %v", err)
	}
}

func TestDeploy_DryRunLeavesNothing(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "eu-west-1")
	d, out := c.deployer(t, "heartbeat")
	opts := options(t, c)
	opts.DryRun = true
	mustDeploy(t, d, opts)
	out.shows("add  StateTable", "This was a dry run: nothing was changed.")
	c.nothing(t)

	opts.DryRun = false
	mustDeploy(t, d, opts)
	before, _ := d.Find(t.Context())
	opts.DryRun, opts.Settings.Timezone, opts.Code = true, aws.String("Asia/Tokyo"), code(t, "two")
	mustDeploy(t, d, opts)
	out.shows("Asia/Tokyo (was UTC)")
	after, err := d.Find(t.Context())
	if err != nil || after.Settings["Timezone"] != "UTC" || !after.Changed.Equal(before.Changed) || len(c.keys(t)) != 1 {
		t.Errorf("after a dry run: %v, %v, bucket %v", after, err, c.keys(t))
	}
	if made, deleted := len(c.called("CreateChangeSet")), len(c.called("DeleteChangeSet")); made != 3 || deleted != 2 {
		t.Errorf("%d change sets were made and %d deleted", made, deleted)
	}
}

func TestDeploy_DeclinedLeavesNothing(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "eu-west-2")
	d, _ := c.deployer(t, "heartbeat")
	opts := options(t, c)
	opts.Confirm = func(context.Context, string) (bool, error) { return false, nil }
	if err := d.Deploy(t.Context(), opts); !errors.Is(err, deploy.ErrDeclined) {
		t.Errorf("got %v", err)
	}
	c.nothing(t)

	t.Log("whoever presses Ctrl-C at the question declines too")
	ctx, cancel := context.WithCancel(t.Context())
	opts.Confirm = func(ctx context.Context, _ string) (bool, error) {
		cancel()
		return false, ctx.Err()
	}
	if err := d.Deploy(ctx, opts); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	c.nothing(t)
}

func TestDeploy_StacksStandSideBySide(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "eu-west-3")
	staging, _ := c.deployer(t, "staging")
	other, _ := c.deployer(t, "Prod-2")
	mustDeploy(t, staging, options(t, c))
	mustDeploy(t, other, options(t, c))
	if tables := c.tables(t); len(tables) != 4 || !slices.Contains(tables, "Prod-2-state") || len(c.keys(t)) != 2 {
		t.Errorf("tables %v, bucket %v", tables, c.keys(t))
	}
	if err := staging.Destroy(t.Context(), deploy.DestroyOptions{DeleteTables: "staging"}); err != nil {
		t.Fatal(err)
	}
	if tables := c.tables(t); len(tables) != 2 || len(c.keys(t)) != 1 || len(c.parameters(t)) != 2 {
		t.Errorf("after one was destroyed: tables %v, bucket %v", tables, c.keys(t))
	}
}

func TestDeploy_NewerSchemaIsNotTouched(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "eu-north-1")
	d, _ := c.deployer(t, "heartbeat")
	mustDeploy(t, d, options(t, c))
	c.edit = func(_ url.Values, xml string) string {
		return strings.ReplaceAll(xml, "<ParameterKey>Schema</ParameterKey><ParameterValue>1<", "<ParameterKey>Schema</ParameterKey><ParameterValue>99<")
	}
	calls := len(c.called("CreateChangeSet"))
	err := d.Deploy(t.Context(), options(t, c))
	if err == nil || !strings.Contains(err.Error(), "schema 99") || !strings.Contains(err.Error(), "Deploy with Heartbeat v1.0.0 or a newer one") {
		t.Errorf("got %v", err)
	}
	if len(c.called("CreateChangeSet")) != calls {
		t.Error("a change set was made")
	}
}
