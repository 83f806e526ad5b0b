package dynamo_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"heartbeat"
	"heartbeat/internal/store/dynamo"
)

// What each operation asks of DynamoDB: the calls, and their price in units,
// which follows from the size of items. A change here is a change of the bill.
func TestCost_OfEachOperation(t *testing.T) {
	t.Parallel()
	s, _, p := through(t, nil)
	ctx := t.Context()
	c := usual(1)
	ok(t, s.Add(ctx, c))
	pinged := func(kind heartbeat.Kind, after time.Duration) func() error {
		return func() error {
			_, err := s.Ping(ctx, c.ID, ping(kind, after), nil)
			return err
		}
	}
	var owed []heartbeat.Notice
	for _, o := range []struct {
		name        string
		calls       string
		write, read float64
		do          func() error
	}{
		{"pulse", "PutItem log, UpdateItem state", 2, 0, pinged(heartbeat.KindSuccess, time.Hour)},
		{"pulse again", "PutItem log, UpdateItem state", 2, 0, pinged(heartbeat.KindSuccess, 2*time.Hour)},
		{"start", "GetItem state, PutItem log ×2, UpdateItem state", 3, 1, pinged(heartbeat.KindStart, 3*time.Hour)},
		{
			"end of a run", "GetItem state, PutItem log, UpdateItem state ×2", 3, 1,
			pinged(heartbeat.KindSuccess, 4*time.Hour),
		},
		{"read", "GetItem state", 0, 1, func() error { _, err := s.Check(ctx, c.ID); return err }},
		{"nothing is owed", "Query log", 0, 1, func() error { _, err := s.Notices(ctx, noon, 100); return err }},
		{
			// The pointer, the announcement, the flip with the new state, its row, the
			// notice, the entry cleared.
			"late", "GetItem state, PutItem log ×4, UpdateItem state ×2", 6, 1,
			func() error {
				read, err := s.Check(ctx, c.ID)
				if err != nil {
					return err
				}
				down, flip := late(read)
				return s.Save(ctx, down, flip)
			},
		},
		{"one is owed", "BatchGetItem , Query log", 0, 2, func() (err error) {
			owed, err = s.Notices(ctx, noon.Add(100*time.Hour), 100)
			return err
		}},
		{"sent", "DeleteItem log, PutItem log", 2, 0, func() error {
			owed[0].Next = time.Time{}
			return s.SaveNotice(ctx, owed[0])
		}},
		{"ready", "UpdateItem state", 1, 0, func() error { return s.Ready(ctx) }},
	} {
		p.reset()
		ok(t, o.do())
		if got := summary(p.calls); got != o.calls || p.write != o.write || p.read != o.read {
			t.Errorf("%s: %s: %v units written, %v read; want %s: %v and %v",
				o.name, got, p.write, p.read, o.calls, o.write, o.read)
		}
	}
}

func summary(calls map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		part := name
		if n := calls[name]; n > 1 {
			part += " ×" + strconv.Itoa(n)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

func stored(t *testing.T, cfg dynamo.Config, id heartbeat.CheckID) map[string]types.AttributeValue {
	t.Helper()
	client := dynamodb.New(dynamodb.Options{
		Region: cfg.Region, Credentials: cfg.Credentials, BaseEndpoint: &cfg.Endpoint,
	})
	out, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String(cfg.Prefix + "-state"),
		Key:       map[string]types.AttributeValue{"_id": &types.AttributeValueMemberS{Value: id.String()}},
	})
	ok(t, err)
	return out.Item
}

func TestItem_OfAUsualCheckIsSmall(t *testing.T) {
	t.Parallel()
	cfg := fresh(t, "")
	s := open(t, cfg)
	defer s.Close()
	c := usual(1)
	ok(t, s.Add(t.Context(), c))
	for i, kind := range []heartbeat.Kind{heartbeat.KindSuccess, heartbeat.KindStart, heartbeat.KindSuccess, heartbeat.KindSuccess} {
		p := ping(kind, time.Duration(i+1)*time.Hour+123456789)
		p.Body = make([]byte, heartbeat.MaxBody)
		must(s.Ping(t.Context(), c.ID, p, nil))(t)
	}
	item := stored(t, cfg, c.ID)
	if n := dynamo.Size(item); n == 0 || n >= 400 {
		t.Errorf("the item takes %d bytes, want less than 400: %v", n, item)
	}
}

func TestItem_IsNeverLargerThanOneUnit(t *testing.T) {
	t.Parallel()
	cfg := fresh(t, "")
	s := open(t, cfg)
	defer s.Close()
	c := usual(1)
	long := strings.Repeat("𝒽", heartbeat.MaxName)
	c.Names = heartbeat.Names{Host: long, Category: long, Type: long, Name: long}
	c.Holidays = strings.Repeat("2026-12-24,", 1000)
	ok(t, s.Add(t.Context(), c))
	if n := dynamo.Size(stored(t, cfg, c.ID)); n == 0 || n > 1024 {
		t.Errorf("the item takes %d bytes, want at most 1024", n)
	}
	p := ping(heartbeat.KindStart, time.Hour)
	p.Run = heartbeat.RunID(strings.Repeat("r", 2000))
	_, err := s.Ping(t.Context(), c.ID, p, nil)
	if err == nil || !strings.Contains(err.Error(), "run id") {
		t.Errorf("got error %v, want one that says what is too long", err)
	}
	if got := must(s.Check(t.Context(), c.ID))(t); got.Pings != c.Pings || got.Names != c.Names {
		t.Errorf("got %+v", got)
	}
}

// A scan of 100,000 checks may cost 4,000 units.
func TestCost_OfAScan(t *testing.T) {
	t.Parallel()
	s, direct, p := through(t, nil)
	const checks = 500
	var adders errgroup.Group
	adders.SetLimit(16)
	for i := range checks {
		adders.Go(func() error { return direct.Add(t.Context(), usual(i)) })
	}
	ok(t, adders.Wait())
	p.reset()
	n := 0
	for _, err := range s.Timers(t.Context()) {
		ok(t, err)
		n++
	}
	if n != checks || p.read > checks*4000.0/100_000 {
		t.Errorf("a scan of %d checks out of %d cost %v units", n, checks, p.read)
	}
	t.Logf("%v units for %d checks", p.read, checks)
}
