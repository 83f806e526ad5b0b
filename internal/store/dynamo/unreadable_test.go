package dynamo_test

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"heartbeat"
	"heartbeat/internal/store/dynamo"
)

// raw is somebody's own hand in the tables.
type raw struct {
	*testing.T
	client *dynamodb.Client
	cfg    dynamo.Config
}

func newRaw(t *testing.T, cfg dynamo.Config) raw {
	t.Helper()
	client := dynamodb.New(dynamodb.Options{Region: cfg.Region, Credentials: cfg.Credentials, BaseEndpoint: &cfg.Endpoint})
	return raw{t, client, cfg}
}

// set writes over an attribute of a check's item.
func (r raw) set(id heartbeat.CheckID, attribute string, value types.AttributeValue) {
	r.Helper()
	_, err := r.client.UpdateItem(r.Context(), &dynamodb.UpdateItemInput{
		TableName:                 aws.String(r.cfg.Prefix + "-state"),
		Key:                       map[string]types.AttributeValue{"_id": &types.AttributeValueMemberS{Value: id.String()}},
		UpdateExpression:          aws.String("SET #a = :v"),
		ExpressionAttributeNames:  map[string]string{"#a": attribute},
		ExpressionAttributeValues: map[string]types.AttributeValue{":v": value},
	})
	ok(r.T, err)
}

// lookAt returns how many checks the monitor and the pages find.
func lookAt(t *testing.T, s *dynamo.Store) (timers, pages int, failed error) {
	t.Helper()
	for _, err := range s.Timers(t.Context()) {
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		timers++
	}
	all, err := s.Checks(t.Context())
	return timers, len(all), errors.Join(failed, err)
}

// One item that somebody has broken hides no other check, and owes nobody else's
// messages; the log names it.
func TestUnreadable_OneCheckIsLeftOutAndNamed(t *testing.T) {
	t.Parallel()
	for what, broken := range map[string]struct {
		attribute string
		value     types.AttributeValue
	}{
		"status": {"st", &types.AttributeValueMemberN{Value: "1"}},
		"form":   {"v", &types.AttributeValueMemberS{Value: "one"}},
		"flip":   {"ob", &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{}}},
		"texts":  {"tx", &types.AttributeValueMemberN{Value: "77"}}, // where there are none
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			cfg, log := fresh(t, ""), new(bytes.Buffer)
			cfg.Logger = slog.New(slog.NewTextHandler(log, nil))
			s := open(t, cfg)
			for i := range 3 {
				ok(t, s.Add(t.Context(), usual(i)))
			}
			down, flip := late(must(s.Check(t.Context(), usual(2).ID))(t))
			ok(t, s.Save(t.Context(), down, flip))
			bad := usual(1).ID
			r := newRaw(t, cfg)
			r.set(bad, "wt", &types.AttributeValueMemberS{}) // the monitor, too, wants the texts that are elsewhere
			r.set(bad, "tz", &types.AttributeValueMemberS{})
			r.set(bad, "ho", &types.AttributeValueMemberS{})
			r.set(bad, broken.attribute, broken.value)
			if timers, pages, err := lookAt(t, s); timers != 2 || pages != 2 || err != nil {
				t.Errorf("%d and %d checks are found, want 2: %v", timers, pages, err)
			}
			if said := log.String(); strings.Count(said, "level=ERROR") != 2 || strings.Count(said, bad.String()) != 2 {
				t.Errorf("the log says: %s", said)
			}
			if _, err := s.Check(t.Context(), bad); !errors.Is(err, heartbeat.ErrUnreadable) {
				t.Errorf("the check itself: %v", err)
			}
			if owed := must(s.Notices(t.Context(), time.Now().Add(1000*time.Hour), 10))(t); len(owed) != 1 {
				t.Errorf("%d notices are owed, want 1", len(owed))
			}
		})
	}
}

// Texts that are elsewhere are broken for one check only.
func TestUnreadable_TextsElsewhere(t *testing.T) {
	t.Parallel()
	cfg := fresh(t, "")
	s := open(t, cfg)
	for i := range 3 {
		c := usual(i)
		c.Holidays = strings.Repeat("2026-12-24,", 30)
		ok(t, s.Add(t.Context(), c))
	}
	r := newRaw(t, cfg)
	table, bad := aws.String(cfg.Prefix+"-log"), usual(1).ID
	out, err := r.client.Scan(t.Context(), &dynamodb.ScanInput{TableName: table})
	ok(t, err)
	at := slices.IndexFunc(out.Items, func(row map[string]types.AttributeValue) bool {
		id, _ := row["id"].(*types.AttributeValueMemberS)
		return id != nil && id.Value == "t#"+bad.String()
	})
	out.Items[at]["wt"] = &types.AttributeValueMemberN{Value: "1"}
	_, err = r.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: out.Items[at]})
	ok(t, err)
	if timers, pages, err := lookAt(t, s); timers != 2 || pages != 2 || err != nil {
		t.Errorf("%d and %d checks are found, want 2: %v", timers, pages, err)
	}
	if _, err := s.Check(t.Context(), bad); !errors.Is(err, heartbeat.ErrUnreadable) {
		t.Errorf("the check itself: %v", err)
	}
}

// What a newer version has written is not a broken item: all of it may mean
// something else, so nothing is judged.
func TestUnreadable_ANewerFormIsAnErrorForAll(t *testing.T) {
	t.Parallel()
	cfg := fresh(t, "")
	s := open(t, cfg)
	for i := range 3 {
		ok(t, s.Add(t.Context(), usual(i)))
	}
	r := newRaw(t, cfg)
	r.set(usual(1).ID, "v", &types.AttributeValueMemberN{Value: "2"})
	r.set(usual(1).ID, "b", &types.AttributeValueMemberS{Value: "changed"})
	_, pages, err := lookAt(t, s)
	if pages != 0 || err == nil || errors.Is(err, heartbeat.ErrUnreadable) || !strings.Contains(err.Error(), "use a newer Heartbeat") {
		t.Errorf("%d checks are found: %v", pages, err)
	}
}
