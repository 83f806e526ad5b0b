package transfer_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"heartbeat"
	"heartbeat/internal/store/dynamo"
	"heartbeat/internal/store/dynamo/dynalite"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/store/sqlite"
	"heartbeat/internal/transfer"
)

// local is the DynamoDB of all tests here.
var local dynalite.Server

var tables atomic.Int64

func TestMain(m *testing.M) {
	code := m.Run()
	local.Stop()
	os.Exit(code)
}

// noon is the present: recent, as DynamoDB forgets by time.
var noon = time.Now().UTC().Truncate(24 * time.Hour).Add(12*time.Hour + 123456789)

func inMemory(testing.TB) heartbeat.Store { return memory.New() }

func inSQLite(t testing.TB) heartbeat.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "heartbeat.db")})
	return opened(t, s, err)
}

func inDynamo(t testing.TB) heartbeat.Store {
	t.Helper()
	cfg := dynamo.Config{
		Prefix: fmt.Sprintf("transfer%d", tables.Add(1)), Region: "eu-central-1", Endpoint: local.URL(t),
	}
	if err := dynamo.CreateTables(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	s, err := dynamo.Open(t.Context(), cfg)
	return opened(t, s, err)
}

func opened(t testing.TB, s heartbeat.Store, err error) heartbeat.Store {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// clock stands still d after noon.
func clock(d time.Duration) func() time.Time {
	return func() time.Time { return noon.Add(d) }
}

func keys() []string { return []string{"auth/secret", "auth/ping-key", "auth/session"} }

func named(name string) heartbeat.Check {
	names := heartbeat.Names{Host: "web1.example.org", Category: "backup", Type: "nightly", Name: name}
	return heartbeat.Check{
		ID: names.ID(heartbeat.DefaultProject), Project: heartbeat.DefaultProject, Names: names, Created: noon.Add(-100 * time.Hour),
		Settings: heartbeat.Settings{
			Spec:  heartbeat.Spec{Period: 36 * time.Hour, Worktime: "mon-sat 09:00-17:30", Zone: "Europe/Berlin", Holidays: "de-by"},
			Grace: time.Hour + time.Millisecond,
		},
		State: heartbeat.State{Status: heartbeat.StatusNew, Since: noon.Add(-100 * time.Hour)},
	}
}

// lived fills a store as months of use would.
func lived(t testing.TB, s heartbeat.Store) heartbeat.Store {
	t.Helper()
	return livedBy(t, s, 12)
}

// livedBy is lived with a number of checks.
func livedBy(t testing.TB, s heartbeat.Store, checks int) heartbeat.Store {
	t.Helper()
	ctx := t.Context()
	kinds := []heartbeat.Kind{
		heartbeat.KindSuccess, heartbeat.KindStart, heartbeat.KindSuccess, heartbeat.KindFail, heartbeat.KindLog,
	}
	for i := range checks {
		c := named(fmt.Sprintf("job <%d> & \"sons\" \u2028 é", i))
		ok(t, s.Add(ctx, c))
		for n := range i * 3 {
			p := heartbeat.Ping{
				At: noon.Add(time.Duration(n-70) * time.Hour), Kind: kinds[(n+i)%len(kinds)], Run: heartbeat.RunID(fmt.Sprint("r", n/2)),
				Method: "POST", Addr: "192.0.2.7", Agent: "curl\xff/8.5", Body: bytes.Repeat([]byte{byte(n), 0xfe, '\n'}, n*50),
			}
			if n%2 == 0 {
				p.Exit = new(n % 256)
			}
			if _, err := s.Ping(ctx, c.ID, p, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	c, err := s.Check(ctx, named("job <0> & \"sons\" \u2028 é").ID)
	ok(t, err)
	var flip *heartbeat.Flip
	c.State, flip = c.Pause(noon.Add(-time.Hour))
	ok(t, s.Save(ctx, c, flip))
	outbox(t, s)
	for i, key := range keys() {
		ok(t, s.SetValue(ctx, key, nil, []byte{byte(i), 0, 0xff}))
	}
	ok(t, s.SetValue(ctx, heartbeat.KeyWatch, nil, []byte(fmt.Sprintf(
		`{"mark":%q,"blinds":[{"from":%q,"to":%q}]}`, stamp(0), stamp(-3*time.Hour), stamp(-2*time.Hour)))))
	return s
}

func stamp(d time.Duration) string { return noon.Add(d).Format(time.RFC3339Nano) }

// outbox brings notices into every state.
func outbox(t testing.TB, s heartbeat.Store) {
	t.Helper()
	ok(t, s.AddNotice(t.Context(), heartbeat.Notice{
		Created: noon, Next: noon,
		Blind: &heartbeat.BlindReport{Blind: heartbeat.Blind{From: noon.Add(-time.Hour), To: noon}, Held: 3},
	}))
	owed, err := s.Notices(t.Context(), noon.Add(24*time.Hour), 1000)
	ok(t, err)
	for i, n := range owed {
		n.Deliveries = []heartbeat.Delivery{
			{Channel: "slack", State: heartbeat.DeliverySent, Attempts: 1, Done: noon},
			{Channel: "webhook", State: heartbeat.DeliveryWaiting, Attempts: 3, Next: noon.Add(time.Minute), Error: "429: слишком часто…"},
		}
		switch i % 3 {
		case 0:
			continue
		case 1:
			n.Next = n.Deliveries[1].Next
		case 2:
			n.Deliveries[1] = heartbeat.Delivery{Channel: "webhook", State: heartbeat.DeliveryFailed, Attempts: 99, Done: noon, Error: "gone"}
			n.Next = time.Time{}
		}
		ok(t, s.SaveNotice(t.Context(), n))
	}
}

// export returns the file of a store.
func export(t testing.TB, s heartbeat.Store) []byte {
	t.Helper()
	src, err := transfer.Export(t.Context(), s, keys(), noon)
	ok(t, err)
	var file bytes.Buffer
	ok(t, transfer.Write(&file, src))
	return file.Bytes()
}

func source(t testing.TB, file []byte) transfer.Source {
	t.Helper()
	src, err := transfer.Read(bytes.NewReader(file))
	ok(t, err)
	return src
}

func load(t testing.TB, s heartbeat.Store, file []byte) transfer.Report {
	t.Helper()
	report, err := transfer.Load(t.Context(), s, source(t, file), transfer.Options{Now: clock(0), Keys: keys()})
	ok(t, err)
	return report
}

// sameFile compares files line by line.
func sameFile(t testing.TB, what string, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	t.Errorf("%s (-want +got):\n%s", what, cmp.Diff(lines(want), lines(got)))
}

func lines(file []byte) []string {
	var all []string
	for l := range bytes.Lines(file) {
		all = append(all, string(l))
	}
	return all
}

func equal(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func items(t testing.TB, src transfer.Source) []transfer.Item {
	t.Helper()
	var all []transfer.Item
	for item, err := range src.Items {
		ok(t, err)
		all = append(all, item)
	}
	return all
}

func one(c transfer.Check) transfer.Source {
	return transfer.Source{Time: noon, Items: func(yield func(transfer.Item, error) bool) {
		yield(transfer.Item{Check: &c}, nil)
	}}
}
