package awsheartbeat_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"heartbeat"
	"heartbeat/internal/service"
	"heartbeat/internal/store/dynamo/dynalite"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/transfer"
	"heartbeat/internal/transfer/awsheartbeat"
)

// local is the DynamoDB of all tests here.
var local dynalite.Server

var tables atomic.Int64

func TestMain(m *testing.M) {
	code := m.Run()
	local.Stop()
	os.Exit(code)
}

// monday is the present.
var monday = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// table is one of the original's.
type table struct {
	t           *testing.T
	client      *dynamodb.Client
	cfg         awsheartbeat.Config
	quarantined []awsheartbeat.Quarantined
}

func newTable(t *testing.T) *table {
	t.Helper()
	tb := &table{t: t}
	tb.cfg = awsheartbeat.Config{
		AWS:      aws.Config{Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("k", "s", "")},
		Endpoint: local.URL(t), Table: fmt.Sprint("Heartbeat", tables.Add(1)), Zone: "Europe/Berlin",
		Now: func() time.Time { return monday },
		Quarantine: func(q awsheartbeat.Quarantined) error {
			tb.quarantined = append(tb.quarantined, q)
			return nil
		},
	}
	tb.client = dynamodb.NewFromConfig(tb.cfg.AWS, func(o *dynamodb.Options) { o.BaseEndpoint = &tb.cfg.Endpoint })
	_, err := tb.client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &tb.cfg.Table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("_id"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("_id"), KeyType: types.KeyTypeHash}},
	})
	ok(t, err)
	wait := dynamodb.NewTableExistsWaiter(tb.client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 5*time.Millisecond, 50*time.Millisecond
	})
	ok(t, wait.Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: &tb.cfg.Table}, 10*time.Second))
	return tb
}

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// pulsed is an item as the original's pulse writes it.
func pulsed(name string, at time.Time) item {
	sum := sha256.Sum256([]byte("web1" + "backup" + "nightly" + name))
	return item{
		"_id": text(hex.EncodeToString(sum[:])), "host": text("web1"), "category": text("backup"), "typeF": text("nightly"),
		"nameF": text(name), "timestampF": text(at.UTC().Format("2006-01-02T15:04:05.000Z")), "thresholdF": text("24"), "saturday": text("0"),
	}
}

func (tb *table) put(items ...item) {
	tb.t.Helper()
	for _, i := range items {
		_, err := tb.client.PutItem(tb.t.Context(), &dynamodb.PutItemInput{TableName: &tb.cfg.Table, Item: i})
		ok(tb.t, err)
	}
}

// load imports the table into s.
func (tb *table) load(s heartbeat.Store) (transfer.Report, *awsheartbeat.Counted) {
	tb.t.Helper()
	src, counted := awsheartbeat.Source(tb.t.Context(), tb.cfg)
	report, err := transfer.Load(tb.t.Context(), s, src, transfer.Options{Now: tb.cfg.Now})
	ok(tb.t, err)
	return report, counted
}

func named(name string) heartbeat.Names {
	return heartbeat.Names{Host: "web1", Category: "backup", Type: "nightly", Name: name}
}

func check(t *testing.T, s heartbeat.Store, name string) heartbeat.Check {
	t.Helper()
	c, err := s.Check(t.Context(), named(name).ID(heartbeat.DefaultProject))
	ok(t, err)
	return c
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", what, diff)
	}
}

// What is imported is what the same pulse would have made here, so that the
// next one finds it.
func TestSource_MakesWhatThePulseWouldHave(t *testing.T) {
	t.Parallel()
	tb := newTable(t)
	at := monday.Add(-3 * time.Hour)
	for _, c := range []struct{ name, threshold, saturday string }{
		{"plain", "24", "0"}, {"saturdays", "1.5", "1"}, {"né \"&<b>", "0.25", "0"}, {"long", "87600", "1"},
	} {
		i := pulsed(c.name, at)
		i["thresholdF"], i["saturday"] = text(c.threshold), text(c.saturday)
		tb.put(i)
		s, here := memory.New(), memory.New()
		if report, _ := tb.load(s); report.Checks == 0 || len(report.Wrong) != 0 {
			t.Fatalf("%s: got %+v", c.name, report)
		}
		_, err := service.New(service.Config{Store: here, Zone: tb.cfg.Zone}).Pulse(t.Context(), service.Pulse{
			Names: named(c.name), Initial: service.Initial{Threshold: c.threshold, Saturday: c.saturday},
			Ping: heartbeat.Ping{At: at, Kind: heartbeat.KindSuccess},
		})
		ok(t, err)
		got, want := check(t, s, c.name), check(t, here, c.name)
		got.Rev, want.Rev = 0, 0
		equal(t, c.name, got, want)
		gotPings, _ := s.Pings(t.Context(), got.ID, 10)
		wantPings, _ := here.Pings(t.Context(), got.ID, 10)
		equal(t, "pings of "+c.name, gotPings, wantPings)
		gotFlips, _ := s.Flips(t.Context(), got.ID, 10)
		wantFlips, _ := here.Flips(t.Context(), got.ID, 10)
		equal(t, "flips of "+c.name, gotFlips, wantFlips)
	}
}

// Sundays never count and Saturdays only if they were flagged. Who is late for
// long was told of by the original; who is late since today may not have been.
func TestSource_LateOnes(t *testing.T) {
	t.Parallel()
	tb := newTable(t)
	saturdays := pulsed("friday, saturdays count", monday.Add(-66*time.Hour))
	saturdays["saturday"] = text("1")
	tb.put(
		pulsed("friday evening", monday.Add(-66*time.Hour)), saturdays,
		pulsed("friday morning", monday.Add(-76*time.Hour)),
		pulsed("years ago", monday.AddDate(-7, 0, 0)),
	)
	s := memory.New()
	report, counted := tb.load(s)
	equal(t, "checks", report.Checks, 4)
	slices.SortFunc(counted.Down, func(a, b heartbeat.Names) int { return strings.Compare(a.Name, b.Name) })
	equal(t, "down", counted.Down, []heartbeat.Names{named("friday, saturdays count"), named("years ago")})
	equal(t, "late", counted.Late, []heartbeat.Names{named("friday morning")})
	for name, want := range map[string]heartbeat.Status{
		"friday evening": heartbeat.StatusUp, "friday, saturdays count": heartbeat.StatusDown,
		"friday morning": heartbeat.StatusUp, "years ago": heartbeat.StatusDown,
	} {
		if got := check(t, s, name).Status; got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	down := check(t, s, "years ago")
	flips, err := s.Flips(t.Context(), down.ID, 10)
	ok(t, err)
	if len(flips) != 2 || flips[0].Reason != heartbeat.ReasonLate || !strings.Contains(flips[0].Detail, "imported from AWS Heartbeat") {
		t.Errorf("flips %+v", flips)
	}
	owed, err := s.NoticeLog(t.Context(), 10)
	ok(t, err)
	if len(owed) != 0 {
		t.Errorf("%d messages are owed", len(owed))
	}
}

func TestSource_QuarantinesWhatItCannotUnderstand(t *testing.T) {
	t.Parallel()
	good := pulsed("good", monday.Add(-time.Hour))
	for name, c := range map[string]struct {
		spoil func(item)
		want  string
	}{
		"threshold empty":    {func(i item) { i["thresholdF"] = text("") }, `thresholdF = "" must be a number of hours`},
		"threshold abc":      {func(i item) { i["thresholdF"] = text("abc") }, `thresholdF = "abc" must be a number of hours`},
		"threshold NaN":      {func(i item) { i["thresholdF"] = text("NaN") }, `thresholdF = "NaN" must be`},
		"threshold negative": {func(i item) { i["thresholdF"] = text("-24") }, `thresholdF = "-24" must be`},
		"threshold huge":     {func(i item) { i["thresholdF"] = text("99999999999") }, `thresholdF = "99999999999" must be between`},
		"threshold zero":     {func(i item) { i["thresholdF"] = text("0") }, `must be between one second`},
		"threshold missing":  {func(i item) { delete(i, "thresholdF") }, `thresholdF is missing`},
		"threshold is a list": {func(i item) {
			i["thresholdF"] = &types.AttributeValueMemberL{Value: []types.AttributeValue{text("24")}}
		}, `thresholdF = "map[L:[map[S:24]]]" is no string`},
		"saturday 2":        {func(i item) { i["saturday"] = text("2") }, `saturday = "2" must be "0" or "1"`},
		"saturday missing":  {func(i item) { delete(i, "saturday") }, `saturday is missing`},
		"host missing":      {func(i item) { delete(i, "host") }, `host is missing`},
		"category missing":  {func(i item) { delete(i, "category") }, `category is missing`},
		"type missing":      {func(i item) { delete(i, "typeF") }, `typeF is missing`},
		"name missing":      {func(i item) { delete(i, "nameF") }, `nameF is missing`},
		"name too long":     {func(i item) { i["nameF"] = text(strings.Repeat("x", 201)) }, `nameF = "xxx`},
		"host with newline": {func(i item) { i["host"] = text("a\nb") }, `host = "a\nb" must not contain control`},
		"time missing":      {func(i item) { delete(i, "timestampF") }, `timestampF is missing`},
		"time malformed":    {func(i item) { i["timestampF"] = text("yesterday") }, `timestampF = "yesterday" is no time`},
		"time of old":       {func(i item) { i["timestampF"] = text("1970-01-01T00:00:00.000Z") }, `before the original was written`},
		"time ahead":        {func(i item) { i["timestampF"] = text("2026-11-23T12:03:00.000Z") }, `lies in the future`},
		"renamed":           {func(i item) { i["nameF"] = text("another") }, `_id = "`},
		"settings only": {func(i item) {
			maps.DeleteFunc(i, func(k string, _ types.AttributeValue) bool { return k != "_id" && k != "thresholdF" && k != "saturday" })
		}, `an edit of an unknown id has made this item`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tb := newTable(t)
			bad := pulsed("bad", monday.Add(-time.Hour))
			c.spoil(bad)
			tb.put(good, bad)
			s := memory.New()
			report, counted := tb.load(s)
			if len(tb.quarantined) != 1 || counted.Items != 2 || counted.Quarantined != 1 || report.Checks != 1 {
				t.Fatalf("got %+v, %+v, %v", report, counted, tb.quarantined)
			}
			q := tb.quarantined[0]
			if !strings.Contains(q.String(), c.want) || !strings.Contains(q.String(), q.ID+": ") {
				t.Errorf("got %q, want %q", q.String(), c.want)
			}
			var line bytes.Buffer
			ok(t, q.Write(&line))
			var back awsheartbeat.Quarantined
			ok(t, json.Unmarshal(line.Bytes(), &back))
			if len(back.Item) != len(bad) || len(back.Problems) == 0 || bytes.Count(line.Bytes(), []byte("\n")) != 1 {
				t.Errorf("the item is not whole in the file: %s", line.Bytes())
			}
		})
	}
}

// A number that somebody typed into AWS's console is as good as a string.
func TestSource_TakesNumbers(t *testing.T) {
	t.Parallel()
	tb := newTable(t)
	i := pulsed("number", monday.Add(-time.Hour))
	i["thresholdF"], i["saturday"] = &types.AttributeValueMemberN{Value: "36"}, &types.AttributeValueMemberN{Value: "1"}
	tb.put(i)
	s := memory.New()
	tb.load(s)
	c := check(t, s, "number")
	if c.Period != 36*time.Hour || c.Worktime != "mon-sat" {
		t.Errorf("got %v, %s", c.Period, c.Worktime)
	}
}

// Two pulses whose words run together alike had one item in the original, with
// the words of the last one. It is imported under those.
func TestSource_WordsThatRunTogether(t *testing.T) {
	t.Parallel()
	tb := newTable(t)
	i := pulsed("c", monday.Add(-time.Hour))
	i["host"], i["category"] = text("web"), text("1backup")
	tb.put(i)
	s := memory.New()
	tb.load(s)
	names := heartbeat.Names{Host: "web", Category: "1backup", Type: "nightly", Name: "c"}
	_, err := s.Check(t.Context(), names.ID(heartbeat.DefaultProject))
	ok(t, err)
}

func TestSource_ReadsEveryPageAndTwiceIsOnce(t *testing.T) {
	t.Parallel()
	tb := newTable(t)
	const many = 40
	for n := range many {
		i := pulsed(fmt.Sprint("job ", n), monday.Add(-time.Hour))
		i["padding"] = text(strings.Repeat("x", 100_000)) // so that there are several pages of 1 MB
		tb.put(i)
	}
	s := memory.New()
	first, counted := tb.load(s)
	equal(t, "items", counted.Items, many)
	equal(t, "checks", first.Checks, many)
	before, err := s.Checks(t.Context())
	ok(t, err)
	second, _ := tb.load(s)
	equal(t, "second report", second, transfer.Report{Same: many})
	after, err := s.Checks(t.Context())
	ok(t, err)
	equal(t, "number of checks", len(after), len(before))
}

// Until somebody watches the imported checks, nobody is blamed.
func TestSource_LeavesAWatermark(t *testing.T) {
	t.Parallel()
	tb := newTable(t)
	tb.put(pulsed("a", monday.Add(-time.Hour)))
	s := memory.New()
	tb.load(s)
	raw, err := s.Value(t.Context(), heartbeat.KeyWatch)
	ok(t, err)
	var w heartbeat.Watch
	ok(t, json.Unmarshal(raw, &w))
	equal(t, "watch", w, heartbeat.Watch{Mark: monday})
}

func TestSource_SaysThatThereIsNoTable(t *testing.T) {
	t.Parallel()
	tb := newTable(t)
	tb.cfg.Table = "Hartbeat"
	src, _ := awsheartbeat.Source(t.Context(), tb.cfg)
	_, err := transfer.Load(t.Context(), memory.New(), src, transfer.Options{Now: tb.cfg.Now})
	if err == nil || err.Error() != "there is no table Hartbeat in region eu-central-1: name it with --table, and its region with --region" {
		t.Errorf("got error %v", err)
	}
}
