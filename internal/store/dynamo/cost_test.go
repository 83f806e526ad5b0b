package dynamo_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"heartbeat"
	"heartbeat/internal/monitor"
	"heartbeat/internal/store/dynamo"
)

// priced opens a store through a proxy that reckons up what calls cost.
func priced(t *testing.T) (*dynamo.Store, *proxy) {
	t.Helper()
	s, _, p := through(t, nil)
	p.priced = true
	return s, p
}

// A pulse is one unit, and one more for its row in the log.
func TestCost_OfAPulse(t *testing.T) {
	t.Parallel()
	for _, log := range []bool{true, false} {
		p := newProxy(t, nil)
		cfg := fresh(t, p.URL)
		cfg.NoPingLog = !log
		s := open(t, cfg)
		defer s.Close()
		ok(t, s.Add(t.Context(), usual(1)))
		p.priced = true
		const pulses = 5
		p.reset()
		for i := range pulses {
			pulse := ping(heartbeat.KindSuccess, time.Duration(i+1)*time.Hour)
			pulse.Body = make([]byte, 500)
			must(s.Ping(t.Context(), usual(1).ID, pulse, nil))(t)
		}
		want, calls := bill{write: pulses}, fmt.Sprintf("UpdateItem state ×%d", pulses)
		if log {
			want, calls = bill{write: 2 * pulses}, fmt.Sprintf("PutItem log ×%d, %s", pulses, calls)
		}
		if p.bill.write != want.write || p.bill.read != 0 || p.summary() != calls {
			t.Errorf("log %v: %s: %+v, want %s: %+v", log, p.summary(), p.bill, calls, want)
		}
	}
}

// What each operation asks of DynamoDB: the calls, and their price in units,
// which follows from the size of items. A change here is a change of the bill.
func TestCost_OfEachOperation(t *testing.T) {
	t.Parallel()
	s, p := priced(t)
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
			// The first is refused, and the refusal says how the check stands.
			"end of a run", "PutItem log, UpdateItem state ×2", 3, 0,
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
		if got := p.summary(); got != o.calls || p.bill.write != o.write || p.bill.read != o.read {
			t.Errorf("%s: %s: %v units written, %v read; want %s: %v and %v",
				o.name, got, p.bill.write, p.bill.read, o.calls, o.write, o.read)
		}
		t.Logf("%s: %v units written, %v read, %d bytes sent, %d received",
			o.name, p.bill.write, p.bill.read, p.bill.sent, p.bill.received)
	}
}

func stored(t *testing.T, cfg dynamo.Config, id heartbeat.CheckID) map[string]types.AttributeValue {
	t.Helper()
	client := dynamodb.New(dynamodb.Options{
		Region: cfg.Region, Credentials: cfg.Credentials, BaseEndpoint: aws.String(local.URL(t)),
	})
	out, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String(cfg.Prefix + "-state"),
		Key:       map[string]types.AttributeValue{"_id": &types.AttributeValueMemberS{Value: id.String()}},
	})
	ok(t, err)
	return out.Item
}

// lived is the item of a usual check that has had pings of several kinds.
func lived(t *testing.T, cfg dynamo.Config, s *dynamo.Store) map[string]types.AttributeValue {
	t.Helper()
	c := usual(1)
	ok(t, s.Add(t.Context(), c))
	for i, kind := range []heartbeat.Kind{heartbeat.KindSuccess, heartbeat.KindStart, heartbeat.KindSuccess, heartbeat.KindSuccess} {
		p := ping(kind, time.Duration(i+1)*time.Hour+123456789)
		p.Body = make([]byte, heartbeat.MaxBody)
		must(s.Ping(t.Context(), c.ID, p, nil))(t)
	}
	return stored(t, cfg, c.ID)
}

func TestItem_OfAUsualCheckIsSmall(t *testing.T) {
	t.Parallel()
	cfg := fresh(t, "")
	s := open(t, cfg)
	defer s.Close()
	item := lived(t, cfg, s)
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

// A quiet minute of a warm monitor reads two units, however many checks there
// are, and writes its watermark.
func TestCost_OfAQuietMinute(t *testing.T) {
	t.Parallel()
	for _, checks := range []int{1, 60} {
		s, p := priced(t)
		for i := range checks {
			c := usual(i)
			c.Worktime, c.LastPing = "always", time.Now()
			ok(t, s.Add(t.Context(), c))
		}
		m := monitor.New(monitor.Config{
			Store: s, Changes: s.Changes, Logger: slog.New(slog.DiscardHandler),
			Every: time.Minute, Restart: 3 * time.Minute,
		})
		// The minutes lie ahead, where nobody has just added checks.
		for minute := range 5 {
			p.reset()
			must(m.Once(t.Context(), time.Now().Add(time.Duration(5+minute)*time.Minute)))(t)
			if minute == 0 {
				continue // the cold start reads all
			}
			if p.bill.read > 2 || p.bill.write > 1 || p.summary() != "PutItem log, Query log ×2" {
				t.Errorf("%d checks, minute %d: %s: %+v", checks, minute, p.summary(), p.bill)
			}
		}
	}
}

// fill stores checks like the one that is there, with names of their own, and
// returns the size of all items.
func fill(t *testing.T, cfg dynamo.Config, item map[string]types.AttributeValue, checks int) (size int) {
	t.Helper()
	client := dynamodb.New(dynamodb.Options{
		Region: cfg.Region, Credentials: cfg.Credentials, BaseEndpoint: aws.String(local.URL(t)),
	})
	var puts []types.WriteRequest
	for i := range checks {
		c := usual(i)
		item["_id"] = &types.AttributeValueMemberS{Value: c.ID.String()}
		item["na"] = &types.AttributeValueMemberS{Value: c.Name}
		one := make(map[string]types.AttributeValue, len(item))
		for name, v := range item {
			one[name] = v
		}
		size += dynamo.Size(one)
		puts = append(puts, types.WriteRequest{PutRequest: &types.PutRequest{Item: one}})
	}
	for some := range slices.Chunk(puts, 25) {
		_, err := client.BatchWriteItem(context.Background(), &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{cfg.Prefix + "-state": some},
		})
		ok(t, err)
	}
	return size
}

// A scan of 100,000 usual checks may cost 4,000 units. What that follows from,
// the size of one item, is tried out with 2,000.
func TestCost_OfAScan(t *testing.T) {
	t.Parallel()
	const checks, all, most, segments = 2000, 100_000, 4000.0, 4
	p := newProxy(t, nil)
	cfg := fresh(t, p.URL)
	s := open(t, cfg)
	defer s.Close()
	size := fill(t, cfg, lived(t, cfg, s), checks)
	reckoned := float64(size) / checks * all / 4096 / 2
	if reckoned > most {
		t.Errorf("a scan of %d checks of %d bytes would cost %.0f units, want at most %v", all, size/checks, reckoned, most)
	}
	p.priced = true
	p.reset()
	n := 0
	for _, err := range s.Timers(t.Context()) {
		ok(t, err)
		n++
	}
	// Each segment rounds up by itself; and numbers may be smaller than the store
	// reckons to be on the safe side.
	if want := float64(size) / 4096 / 2; n != checks || p.bill.read > want+0.5*segments || p.bill.read < 0.8*want {
		t.Errorf("a scan of %d checks out of %d cost %v units, want about %.1f", n, checks, p.bill.read, want)
	}
	t.Logf("%d bytes an item: %v units for %d checks, %.0f for %d", size/checks, p.bill.read, checks, reckoned, all)
}
