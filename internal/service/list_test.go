package service_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"heartbeat"
	"heartbeat/internal/service"
	"heartbeat/internal/store/memory"
)

// zoo has a check of every status at monday + 30 h; each name says which.
func zoo(t testing.TB) (*bench, time.Time) {
	t.Helper()
	b := setUp(t)
	add := func(name, threshold string, at time.Time, kind heartbeat.Kind) {
		p := pulse(name, at)
		p.Threshold, p.Ping.Kind, p.Worktime = threshold, kind, "always"
		b.pulse(t, p)
	}
	now := monday.Add(30 * time.Hour)
	add("late", "24", monday, heartbeat.KindSuccess)
	add("later", "12", monday, heartbeat.KindSuccess)
	add("failed", "24", now.Add(-time.Hour), heartbeat.KindFail)
	add("fresh", "24", now.Add(-time.Hour), heartbeat.KindSuccess)
	add("stale", "24", now.Add(-20*time.Hour), heartbeat.KindSuccess)
	add("grace", "24", now.Add(-25*time.Hour), heartbeat.KindSuccess)
	add("new", "24", now.Add(-time.Hour), heartbeat.KindLog)
	add("paused", "24", monday, heartbeat.KindSuccess)
	if err := b.Edit(t.Context(), id("grace"), service.Edit{Grace: new("5")}); err != nil {
		t.Fatal(err)
	}
	if err := b.Pause(t.Context(), monday, id("paused")); err != nil {
		t.Fatal(err)
	}
	return b, now
}

func list(t testing.TB, b *bench, now time.Time, q service.Query) service.List {
	t.Helper()
	l, err := b.List(t.Context(), now, q)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestCount_IsWhatTheTableShows(t *testing.T) {
	t.Parallel()
	b, now := zoo(t)
	got, err := b.Count(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	if want := list(t, b, now, service.Query{}).ByStatus; !maps.Equal(got, want) {
		t.Errorf("counted %v, the table has %v", got, want)
	}
}

func shown(l service.List) string {
	var all []string
	for _, row := range l.Rows {
		all = append(all, row.Name)
	}
	return strings.Join(all, " ")
}

func TestList_Order(t *testing.T) {
	t.Parallel()
	b, now := zoo(t)
	for _, c := range []struct {
		sort service.SortKey
		desc bool
		want string
	}{
		{"", false, "later late failed grace stale fresh new paused"},
		{"made up", false, "later late failed grace stale fresh new paused"},
		{service.SortDelta, true, "later late failed grace stale fresh new paused"},
		{service.SortName, false, "failed fresh grace late later new paused stale"},
		{service.SortName, true, "stale paused new later late grace fresh failed"},
		{service.SortStatus, true, "failed late later grace fresh stale new paused"},
		{service.SortStatus, false, "paused new fresh stale grace failed late later"},
		{service.SortHost, true, "failed fresh grace late later new paused stale"},
		{service.SortLast, true, "failed fresh stale grace late later paused new"},
		{service.SortCounted, true, "late later paused grace stale failed fresh new"},
	} {
		if got := shown(list(t, b, now, service.Query{Sort: c.sort, Desc: c.desc})); got != c.want {
			t.Errorf("sorted by %q, descending %v:\n got %s\nwant %s", c.sort, c.desc, got, c.want)
		}
	}
}

func TestList_FiltersAndCounts(t *testing.T) {
	t.Parallel()
	b, now := zoo(t)
	for _, c := range []struct {
		filter string
		status heartbeat.Status
		want   string
	}{
		{filter: "LATE", want: "late later"},
		{filter: "web1 / cron / backup / later", want: "later"},
		{filter: "cron  stale", want: "stale"},
		{filter: "cron nothing"},
		{status: heartbeat.StatusDown, want: "failed late later"},
		{status: heartbeat.StatusDown, filter: "lat", want: "late later"},
		{status: heartbeat.StatusGrace, want: "grace"},
	} {
		l := list(t, b, now, service.Query{Filter: c.filter, Status: c.status, Sort: service.SortName})
		if got := shown(l); got != c.want || l.Matched != len(l.Rows) || l.Total != 8 {
			t.Errorf("%+v: %s, matched %d of %d", c, got, l.Matched, l.Total)
		}
		if l.ByStatus[heartbeat.StatusDown] != 3 || l.ByStatus[heartbeat.StatusUp] != 2 || l.ByStatus[heartbeat.StatusPaused] != 1 {
			t.Errorf("%+v: by status %v, want all checks counted", c, l.ByStatus)
		}
	}
}

// One check that cannot be judged must not hide all others, nor itself.
func TestList_ACheckThatCannotBeJudgedComesFirstAndCanBeMended(t *testing.T) {
	t.Parallel()
	b, now := zoo(t)
	broken := b.check(t, "fresh")
	broken.Names = names("broken")
	broken.ID, broken.Zone = id("broken"), "Europe/Atlantis"
	if err := b.store.Add(t.Context(), broken); err != nil {
		t.Fatal(err)
	}
	l := list(t, b, now, service.Query{})
	if first := l.Rows[0]; len(l.Rows) != 9 || first.Name != "broken" || first.Problem == "" || first.Shown != heartbeat.StatusUp {
		t.Errorf("first of %d rows: %+v", len(l.Rows), first)
	}
	if err := b.Edit(t.Context(), id("broken"), service.Edit{Zone: new("Europe/Berlin")}); err != nil {
		t.Fatal(err)
	}
	if row, err := b.Look(t.Context(), now, id("broken")); err != nil || row.Problem != "" || row.Counted == 0 {
		t.Errorf("mended: %+v, %v", row, err)
	}
}

func TestList_EmptyStoreHasOneEmptyPage(t *testing.T) {
	t.Parallel()
	l := list(t, setUp(t), monday, service.Query{Page: 9})
	if l.Page != 1 || l.Pages != 1 || len(l.Rows) != 0 {
		t.Errorf("got %+v", l)
	}
}

// However the table is sorted and cut, its pages put together are each check
// once, in an order that does not depend on the size of pages.
func TestList_PagesTile(t *testing.T) {
	t.Parallel()
	b, now := zoo(t)
	rapid.Check(t, func(rt *rapid.T) {
		q := service.Query{
			Sort:    service.SortKey(rapid.SampledFrom([]string{"delta", "host", "last", "status", "counted", "type"}).Draw(rt, "sort")),
			Desc:    rapid.Bool().Draw(rt, "desc"),
			PerPage: rapid.IntRange(1, 10).Draw(rt, "per page"),
		}
		whole := shown(list(t, b, now, service.Query{Sort: q.Sort, Desc: q.Desc}))
		var parts []string
		for q.Page = 1; ; q.Page++ {
			l := list(t, b, now, q)
			parts = append(parts, shown(l))
			if q.Page == l.Pages {
				break
			}
		}
		if got := strings.Join(parts, " "); got != whole {
			rt.Fatalf("pages %s, whole %s", got, whole)
		}
	})
}

func TestList_NamesInAnyScriptSortWithoutCase(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	want := []string{"alpha", "Beta", "gamma", "Zeta", "ärger", "Österreich", "Ωmega"}
	for _, name := range slices.Backward(want) {
		b.pulse(t, pulse(name, monday))
	}
	if got := shown(list(t, b, monday, service.Query{Sort: service.SortName})); got != strings.Join(want, " ") {
		t.Errorf("got %s, want %v", got, want)
	}
}

func BenchmarkList(b *testing.B) {
	for _, size := range []int{1_000, 10_000} {
		s := setUp(b)
		for i := range size {
			p := pulse(fmt.Sprint("Job ", i), monday.Add(time.Duration(i)*time.Second))
			p.Host, p.Worktime = fmt.Sprint("host", i%97), []string{"mon-fri", "always", "mon-sat 08:00-18:00"}[i%3]
			s.pulse(b, p)
		}
		for _, q := range []service.Query{
			{}, {Sort: service.SortHost}, {Filter: "host1 job"},
		} {
			b.Run(fmt.Sprintf("%d/sort=%s,filter=%s", size, q.Sort, strings.ReplaceAll(q.Filter, " ", "+")), func(b *testing.B) {
				for b.Loop() {
					list(b, s, monday.Add(30*time.Hour), q)
				}
			})
		}
	}
}

func TestLook_DeltaOfAnExpressionIsCountedToItsNextMoment(t *testing.T) {
	t.Parallel()
	store := memory.New()
	s := service.New(service.Config{Store: store})
	for _, c := range []struct {
		kind       heartbeat.ScheduleKind
		expression string
		allowed    time.Duration
		delta      time.Duration
	}{
		{heartbeat.ScheduleCron, "0 18 * * *", 6 * time.Hour, -2 * time.Hour},
		{heartbeat.ScheduleCron, "0 13 * * *", time.Hour, 3 * time.Hour},
		{heartbeat.ScheduleOnCalendar, "2020-01-01", 4 * time.Hour, 0}, // nothing more is due
	} {
		check := heartbeat.Check{
			ID: service.NewID(), Project: heartbeat.DefaultProject,
			Settings: heartbeat.Settings{Spec: heartbeat.Spec{
				Kind: c.kind, Expression: c.expression, Period: time.Minute, Worktime: "always", Zone: "UTC",
			}},
			State: heartbeat.State{Status: heartbeat.StatusUp, Since: monday, LastPing: monday},
		}
		if err := store.Add(t.Context(), check); err != nil {
			t.Fatal(err)
		}
		row, err := s.Look(t.Context(), monday.Add(4*time.Hour), check.ID)
		if err != nil || row.Problem != "" || row.Allowed != c.allowed || row.Delta != c.delta {
			t.Errorf("%s: allowed %v, delta %v, %s %v; want %v and %v", c.expression, row.Allowed, row.Delta, row.Problem, err, c.allowed, c.delta)
		}
	}
}

func TestList_ByProjectAndTag(t *testing.T) {
	t.Parallel()
	b := setUp(t)
	shop, err := b.MakeProject(t.Context(), monday, "Shop")
	if err != nil {
		t.Fatal(err)
	}
	b.pulse(t, pulse("nightly", monday.Add(-100*time.Hour)))
	for name, tags := range map[string]string{"orders": "Prod db", "stock": "production"} {
		if _, err := b.Create(t.Context(), monday, shop.ID, service.Edit{Name: &name, Tags: &tags}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		q              service.Query
		total, matched int
	}{
		{service.Query{}, 3, 3},
		{service.Query{Project: shop.ID}, 2, 2},
		{service.Query{Filter: "tag:prod"}, 3, 1},
		{service.Query{Filter: "prod", Project: shop.ID}, 2, 2},
		{service.Query{Filter: "tag:prod", Project: heartbeat.DefaultProject}, 1, 0},
	} {
		list, err := b.List(t.Context(), monday, c.q)
		if err != nil || list.Total != c.total || list.Matched != c.matched {
			t.Errorf("%+v: %d of %d, %v; want %d of %d", c.q, list.Matched, list.Total, err, c.matched, c.total)
		}
		if got := list.ByProject[shop.ID]; got != (service.Tally{Total: 2}) {
			t.Errorf("%+v counts %+v in the shop", c.q, got)
		}
	}
}
