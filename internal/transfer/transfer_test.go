package transfer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/store/memory"
	"heartbeat/internal/store/storetest"
	"heartbeat/internal/transfer"
)

// Whatever way an installation moves, and back, it is the same.
func TestLoad_TakesNamesThatTheAPITakes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "two\nlines", "nul\x00"} {
		c := transfer.Check{Check: named("made by the API")}
		c.Names = heartbeat.Names{Name: name}
		s := inMemory(t)
		report, err := transfer.Load(t.Context(), s, one(c), transfer.Options{Now: clock(0)})
		ok(t, err)
		if got, err := s.Check(t.Context(), c.ID); err != nil || got.Name != name || len(report.Wrong) > 0 {
			t.Errorf("name %q became %q, error %v, %+v", name, got.Name, err, report.Wrong)
		}
	}
}

func TestRoundTrip_IsIdentical(t *testing.T) {
	t.Parallel()
	stores := map[string]func(testing.TB) heartbeat.Store{"memory": inMemory, "sqlite": inSQLite, "dynamodb": inDynamo}
	for name, trip := range map[string][]string{
		"sqlite to dynamodb and back": {"sqlite", "dynamodb", "sqlite"},
		"dynamodb to sqlite and back": {"dynamodb", "sqlite", "dynamodb"},
		"through memory":              {"memory", "sqlite", "memory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := export(t, lived(t, stores[trip[0]](t)))
			file := want
			for _, next := range trip[1:] {
				s := stores[next](t)
				report := load(t, s, file)
				if report.Same+len(report.Kept)+len(report.Wrong)+report.LeftOut != 0 {
					t.Fatalf("a fresh store in %s had something of it: %+v", next, report)
				}
				file = export(t, s)
				sameFile(t, "export of "+next, file, want)
			}
		})
	}
}

func TestLoad_TwiceChangesNothing(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB) heartbeat.Store{"memory": inMemory, "sqlite": inSQLite, "dynamodb": inDynamo} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := export(t, lived(t, inMemory(t)))
			s := open(t)
			first := load(t, s, file)
			second := load(t, s, file)
			equal(t, "second report", second, transfer.Report{Same: first.Checks + first.Notices + first.Values})
			sameFile(t, "store", export(t, s), file)
		})
	}
}

func TestLoad_DryRunStoresNothing(t *testing.T) {
	t.Parallel()
	file := export(t, lived(t, inMemory(t)))
	s := inSQLite(t)
	before := export(t, s)
	dry, err := transfer.Load(t.Context(), s, source(t, file), transfer.Options{Now: clock(0), Keys: keys(), DryRun: true})
	ok(t, err)
	sameFile(t, "store", export(t, s), before)
	equal(t, "report", load(t, s, file), dry)
}

// Whichever call of the store goes wrong, running it again finishes it.
func TestLoad_GoesOnWhereItWasBrokenOff(t *testing.T) {
	t.Parallel()
	file := export(t, livedBy(t, inMemory(t), 6))
	methods := []string{"Check", "Restore", "AddNotice", "NoticeLog", "Notices", "Value", "SetValue"}
	for _, fault := range []storetest.Fault{storetest.Fail(), storetest.Lose()} {
		for nth := 1; ; nth += 3 {
			inner := memory.New()
			s := storetest.Faulty(inner, storetest.Once(nth, fault, methods...))
			_, err := transfer.Load(t.Context(), s, source(t, file), transfer.Options{Now: clock(0), Keys: keys()})
			if err == nil {
				if nth < 40 {
					t.Errorf("the fault of call %d went unseen", nth)
				}
				break
			}
			if !errors.Is(err, storetest.ErrFault) {
				t.Fatal(err)
			}
			load(t, inner, file)
			sameFile(t, fmt.Sprintf("after a fault of call %d", nth), export(t, inner), file)
		}
	}
}

func TestLoad_WaitsForABusyStore(t *testing.T) {
	t.Parallel()
	file := export(t, lived(t, inMemory(t)))
	inner := memory.New()
	load(t, storetest.Faulty(inner, storetest.Once(3, storetest.Busy(), "Restore", "AddNotice")), file)
	sameFile(t, "store", export(t, inner), file)
}

func TestLoad_KeepsWhatIsThereAndListsIt(t *testing.T) {
	t.Parallel()
	file := export(t, lived(t, inMemory(t)))
	src := items(t, source(t, file))
	var checks []heartbeat.Check
	for _, item := range src {
		if item.Check != nil {
			checks = append(checks, item.Check.Check)
		}
	}
	s := inMemory(t)
	renamed, edited, newer, older, other := checks[0], checks[1], checks[2], checks[3], checks[4]
	renamed.Name = "another"
	edited.Grace = 7 * time.Hour
	newer.Pings++
	older.LastPing, older.Pings = time.Time{}, 0
	older.Status = heartbeat.StatusNew
	other.Status = heartbeat.StatusPaused
	for _, c := range []heartbeat.Check{renamed, edited, newer, older, other} {
		ok(t, s.Add(t.Context(), c))
	}
	ok(t, s.SetValue(t.Context(), "auth/ping-key", nil, []byte("mine")))
	report := load(t, s, file)
	var why []string
	for _, k := range report.Kept {
		why = append(why, k.Why)
	}
	for _, want := range []string{
		"has other names here: web1.example.org / backup / nightly / another", "other settings", "newer pings", "older", "another state here: paused",
		"another is set here",
	} {
		if !strings.Contains(strings.Join(why, "\n"), want) {
			t.Errorf("%q is not told in %q", want, why)
		}
	}
	equal(t, "checks stored", report.Checks, len(checks)-5)
	for _, c := range []heartbeat.Check{renamed, edited, newer, older, other} {
		got, err := s.Check(t.Context(), c.ID)
		ok(t, err)
		got.Rev, c.Rev = 0, 0
		equal(t, "kept check", got, c)
	}
}

func TestLoad_ListsWhatCannotBeStored(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*transfer.Check){
		"id is missing":                 func(c *transfer.Check) { c.ID = heartbeat.CheckID{} },
		"host must not contain control": func(c *transfer.Check) { c.Host = "a\nb" },
		"slug must consist of":          func(c *transfer.Check) { c.Slug = "Über uns" },
		"slug must have 1 to 100":       func(c *transfer.Check) { c.Slug = strings.Repeat("a", 101) },
		"tags has 501 bytes":            func(c *transfer.Check) { c.Tags = strings.Repeat("a", 501) },
		"desc has 10001 bytes":          func(c *transfer.Check) { c.Desc = strings.Repeat("a", 10001) },
		"start_words has 801 bytes":     func(c *transfer.Check) { c.Rules.StartWords = strings.Repeat("a", 801) },
		"project has 201 bytes":         func(c *transfer.Check) { c.Project = heartbeat.ProjectID(strings.Repeat("a", 201)) },
		"threshold must be":             func(c *transfer.Check) { c.Period = 0 },
		"tz ":                           func(c *transfer.Check) { c.Zone = "Mars/Olympus" },
		"grace ":                        func(c *transfer.Check) { c.Grace = -1 },
		`status "grace" is none of`:     func(c *transfer.Check) { c.Status = heartbeat.StatusGrace },
		"last_ping is missing":          func(c *transfer.Check) { c.Status = heartbeat.StatusUp },
		"pings and last_duration":       func(c *transfer.Check) { c.Check.Pings = -1 },
		"last_ping is 2":                func(c *transfer.Check) { c.LastPing = noon.Add(time.Hour) },
		"ping 7 is of an unknown":       func(c *transfer.Check) { c.Pings = []heartbeat.Ping{{N: 7, Kind: "shout"}} },
		"ping 8 has a body of 10001":    func(c *transfer.Check) { c.Pings = []heartbeat.Ping{{N: 8, Kind: "fail", Body: make([]byte, 10001)}} },
		"which no store keeps":          func(c *transfer.Check) { c.Pings = []heartbeat.Ping{{Kind: "fail", At: time.Unix(1<<40, 0)}} },
		"a time that no store keeps":    func(c *transfer.Check) { c.Flips = []heartbeat.Flip{{At: time.Unix(-1<<40, 0)}} },
	} {
		c := transfer.Check{Check: named("wrong")}
		spoil(&c)
		s := inMemory(t)
		report, err := transfer.Load(t.Context(), s, one(c), transfer.Options{Now: clock(0)})
		ok(t, err)
		if len(report.Wrong) != 1 || !strings.Contains(report.Wrong[0].Why, want) {
			t.Errorf("got %+v, want %q", report.Wrong, want)
		}
		if all, _ := s.Checks(t.Context()); len(all) != 0 {
			t.Errorf("a check that is wrong (%s) was stored", want)
		}
	}
}

func TestLoad_TellsOfEachCheckAndNotice(t *testing.T) {
	t.Parallel()
	file := export(t, lived(t, inMemory(t)))
	changed, owed := make(chan heartbeat.CheckID, 100), 0
	report, err := transfer.Load(t.Context(), inMemory(t), source(t, file), transfer.Options{
		Now: clock(0), Changed: func(id heartbeat.CheckID) { changed <- id }, Owed: func() { owed++ },
	})
	ok(t, err)
	if len(changed) != report.Checks || owed == 0 || owed >= report.Notices {
		t.Errorf("%d of %d checks were told, and %d of %d notices", len(changed), report.Checks, owed, report.Notices)
	}
	equal(t, "values without permission", len(report.Wrong), len(keys()))
}

// A store may have forgotten what is long done: it does not come again.
func TestLoad_FinishedNoticesThatWereForgottenStayForgotten(t *testing.T) {
	t.Parallel()
	old := inMemory(t)
	for i := range 5 {
		ok(t, old.AddNotice(t.Context(), heartbeat.Notice{Created: noon.Add(time.Duration(i-100) * time.Hour)}))
	}
	s := inMemory(t)
	for i := range 1000 {
		ok(t, s.AddNotice(t.Context(), heartbeat.Notice{Created: noon.Add(time.Duration(i))}))
	}
	equal(t, "report", load(t, s, export(t, old)), transfer.Report{Same: 5})
}

func TestRead_RefusesWhatIsNotWhole(t *testing.T) {
	t.Parallel()
	file := export(t, livedBy(t, inMemory(t), 5))
	all := bytes.SplitAfter(bytes.TrimSuffix(file, []byte("\n")), []byte("\n"))
	read := func(file []byte) error {
		src, err := transfer.Read(bytes.NewReader(file))
		if err != nil {
			return err
		}
		for _, err := range src.Items {
			if err != nil {
				return err
			}
		}
		return nil
	}
	ok(t, read(file))
	for n := range len(all) {
		if err := read(bytes.Join(all[:n], nil)); err == nil {
			t.Errorf("a file that ends after %d of %d lines is taken as whole", n, len(all))
		}
		if n == 0 {
			continue
		}
		without := append(append([][]byte{}, all[:n]...), all[n+1:]...)
		if err := read(bytes.Join(without, nil)); err == nil {
			t.Errorf("a file without line %d, %.60s, is taken as whole", n+1, all[n])
		}
	}
	for text, want := range map[string]string{
		"":                            "line 1 is missing: the file is empty",
		"hello\n":                     "no file of heartbeat export",
		"{}\n":                        "no file of heartbeat export",
		`{"format":"x"}`:              "no file of heartbeat export",
		string(all[0]) + "{\n":        "line 2 cannot be read",
		string(all[0]) + "{}\n":       "line 2 holds nothing",
		string(all[0]) + `{"eggs":1}`: "unknown field",
		string(all[0]) + `{"pings":[{"n":1,"at":"2026-01-01T00:00:00Z","kind":"fail"}]}`: "no check comes before it",
		string(file) + string(file): "comes after the end",
		strings.Replace(string(file), `"version":1`, `"version":2,"new":1`, 1): "use a newer Heartbeat",
		string(all[0]) + strings.Repeat(" ", 2<<20):                            "longer than",
	} {
		err := read([]byte(text))
		var invalid *heartbeat.Invalid
		if !errors.As(err, &invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got error %v, want %q", text, err, want)
		}
	}
}

// fill sets every field below v to something, so that a field that was added
// and is not moved is found out.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(noon.Add(time.Duration(*n))))
		return
	case heartbeat.CheckID:
		v.Set(reflect.ValueOf(heartbeat.CheckID{byte(*n)}))
		return
	case *heartbeat.Mail: // which is not kept
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.String:
		v.SetString(fmt.Sprint("text ", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8:
		v.SetUint(uint64(*n % 256))
	default:
		v.SetInt(int64(*n))
	}
}

func TestWrite_MovesEveryField(t *testing.T) {
	t.Parallel()
	n := 0
	var want []transfer.Item
	for range 3 {
		var item transfer.Item
		for _, part := range []any{&item.Value, &item.Check, &item.Notice} {
			item = transfer.Item{}
			fill(reflect.ValueOf(part).Elem(), &n)
			want = append(want, item)
		}
	}
	src := transfer.Source{Time: noon, Watch: &heartbeat.Watch{Mark: noon}, Items: func(yield func(transfer.Item, error) bool) {
		for _, item := range want {
			if !yield(item, nil) {
				return
			}
		}
	}}
	var file bytes.Buffer
	ok(t, transfer.Write(&file, src))
	got := source(t, file.Bytes())
	equal(t, "watch", got.Watch, src.Watch)
	for i := range want { // what is the store's own
		if want[i].Check != nil {
			want[i].Check.Rev = 0
			for j := range want[i].Check.Pings {
				want[i].Check.Pings[j].Mail = nil
			}
		}
		if want[i].Notice != nil {
			want[i].Notice.ID, want[i].Notice.Rev = "", 0
		}
	}
	equal(t, "items", items(t, got), want)
}

func TestWrite_LinesAreBounded(t *testing.T) {
	t.Parallel()
	c := transfer.Check{Check: named("long")}
	for i := range 100 {
		c.Pings = append(c.Pings, heartbeat.Ping{N: int64(i), Kind: heartbeat.KindLog, Body: make([]byte, heartbeat.MaxBody)})
		c.Flips = append(c.Flips, heartbeat.Flip{At: noon, Detail: strings.Repeat("\x00", 200)})
	}
	var file bytes.Buffer
	ok(t, transfer.Write(&file, one(c)))
	for _, l := range lines(file.Bytes()) {
		if len(l) > 128<<10 {
			t.Fatalf("a line has %d bytes", len(l))
		}
	}
	got := items(t, source(t, file.Bytes()))
	if len(got) != 1 || !reflect.DeepEqual(*got[0].Check, c) {
		t.Error("the check is not as it was")
	}
}

func watchOf(t *testing.T, s heartbeat.Store) heartbeat.Watch {
	t.Helper()
	raw, err := s.Value(t.Context(), heartbeat.KeyWatch)
	if errors.Is(err, heartbeat.ErrNotFound) {
		return heartbeat.Watch{}
	}
	ok(t, err)
	var w heartbeat.Watch
	ok(t, json.Unmarshal(raw, &w))
	return w
}

func between(from, to time.Duration) heartbeat.Blind {
	return heartbeat.Blind{From: noon.Add(from), To: noon.Add(to)}
}

func TestLoad_TheTimeInBetweenIsBlind(t *testing.T) {
	t.Parallel()
	moved := heartbeat.Watch{Mark: noon.Add(-time.Hour), Blinds: []heartbeat.Blind{between(-9*time.Hour, -8*time.Hour)}}
	for name, c := range map[string]struct{ here, want heartbeat.Watch }{
		"nobody has watched here": {heartbeat.Watch{}, moved},
		"somebody watches here": {
			heartbeat.Watch{Mark: noon, Blinds: []heartbeat.Blind{between(-8*time.Hour-30*time.Minute, -7*time.Hour)}},
			heartbeat.Watch{Mark: noon, Blinds: []heartbeat.Blind{between(-9*time.Hour, -7*time.Hour), between(-time.Hour, 0)}},
		},
		"nobody watches here any more": {
			heartbeat.Watch{Mark: noon.Add(-2 * time.Hour)},
			heartbeat.Watch{Mark: noon.Add(-2 * time.Hour), Blinds: []heartbeat.Blind{between(-9*time.Hour, -8*time.Hour), between(-time.Hour, 0)}},
		},
	} {
		s := inMemory(t)
		if !c.here.Mark.IsZero() {
			raw, err := json.Marshal(c.here)
			ok(t, err)
			ok(t, s.SetValue(t.Context(), heartbeat.KeyWatch, nil, raw))
		}
		src := one(transfer.Check{Check: named("a")})
		src.Watch = &moved
		_, err := transfer.Load(t.Context(), s, src, transfer.Options{Now: clock(0)})
		ok(t, err)
		equal(t, name, watchOf(t, s), c.want)
		// Whatever is there already needs no blind time.
		_, err = transfer.Load(t.Context(), s, src, transfer.Options{Now: clock(time.Hour)})
		ok(t, err)
		equal(t, name+", run again", watchOf(t, s), c.want)
	}
}
