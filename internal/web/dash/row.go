package dash

import (
	"cmp"
	"math"
	"net/url"
	"strconv"

	"heartbeat"
	"heartbeat/internal/service"
)

// row is one check in the table.
type row struct {
	ID                         string
	Host, Category, Type, Name string
	// Title is the name, or what the check is called by without one.
	Title, Slug string
	Tags        []tag
	// Project is nil where there is but one, and in tables.
	Project *projectLink
	Status  statusView
	Last    stamp
	// Counted and Period are amounts of the schedule's own time; Delta is signed.
	// Counted and Delta are empty before the first pulse, and so is Period where
	// there is an expression.
	Counted, Period, Delta string
	// Over tells that the delta is on the wrong side.
	Over bool
	Bar  bar
	// Note says in a few words what the numbers do not, such as "job failed".
	Note string
	// CheckURL and EditURL lead to the check's pages.
	CheckURL, EditURL string
}

// tag is one of a check's tags, and where all checks are that have it.
type tag struct{ Name, URL string }

// nameOf is what a check is called by, with host, category and type.
func nameOf(c *heartbeat.Check) string { return cmp.Or(c.Names.String(), c.Title()) }

// tagsOf are the check's tags, and where all checks with them are: of the
// project, if there is one.
func tagsOf(c *heartbeat.Check, base string, project heartbeat.ProjectID) []tag {
	var all []tag
	for _, name := range c.TagList() {
		all = append(all, tag{name, tagURL(base, project, name)})
	}
	return all
}

func tagURL(base string, project heartbeat.ProjectID, name string) string {
	query := url.Values{"q": {"tag:" + name}}
	if project != "" {
		query.Set("project", string(project))
	}
	return base + "/dashboard?" + query.Encode()
}

// statusView is a status as word, colour and shape.
type statusView struct {
	// Word is the status' own word: style sheet and shapes are named by it.
	Word, Text string
}

func viewStatus(s heartbeat.Status) statusView { return statusView{string(s), title(string(s))} }

// bar shows how much of the period is used up. All lengths are in the units of
// its box, in which the deadline's mark stands at 100 of barLength.
type bar struct {
	// Fill is what is used, up to the mark; Beyond what lies behind it.
	Fill, Beyond string
	// Tone colours the fill: "up", "soon", "grace" or "down".
	Tone  string
	Label string
}

// barLength is the length of the whole bar: 100 up to the mark, then the space
// in which lateness grows, ever slower.
const (
	barLength = 124
	barMark   = 100
)

func rows(list []service.Row, f *frame) []row {
	all := make([]row, len(list))
	for i := range list {
		all[i] = rowOf(&list[i], f)
	}
	return all
}

func rowOf(r *service.Row, f *frame) row {
	c, id := f.clock, r.ID.String()
	view := row{
		ID: id, Host: r.Host, Category: r.Category, Type: r.Type, Name: r.Name,
		Title: r.Title(), Slug: r.Slug, Tags: tagsOf(&r.Check, f.Base, f.Project),
		Status: viewStatus(r.Shown), Last: c.stamp(r.LastPing),
		Period: periodOf(r), Bar: barOf(r),
		CheckURL: f.Base + "/check?id=" + id, EditURL: f.Base + "/edit?id=" + id,
	}
	if f.Bare {
		view.CheckURL = view.EditURL
	}
	if !r.LastPing.IsZero() {
		view.Counted = counted(r.Counted)
	}
	if r.Allowed > 0 {
		view.Delta, view.Over = signed(r.Delta), r.Delta >= 0 && r.Shown != heartbeat.StatusPaused
	}
	switch {
	case r.Problem != "":
		view.Note = "cannot be judged"
	case failed(r.State):
		view.Note = "job failed"
	case r.Started():
		view.Note = "running for " + coarse(c.now.Sub(r.LastStart))
	}
	return view
}

// periodOf is how much time may pass between two pings; with an expression, from
// the last ping to the next, and nothing before the first.
func periodOf(r *service.Row) string {
	switch {
	case r.Kind == heartbeat.SchedulePeriod:
		return exact(r.Period)
	case r.Allowed > 0:
		return exact(r.Allowed)
	}
	return ""
}

// failed tells whether a down check has reported failure. After any way down
// only a failure can move the last ping: a success would have ended it.
func failed(s heartbeat.State) bool {
	return s.Status == heartbeat.StatusDown && !s.LastPing.Before(s.Since)
}

// soon is the part of the period after which a bar turns amber.
const soon = 0.75

func barOf(r *service.Row) bar {
	switch {
	case r.LastPing.IsZero():
		return bar{Fill: "0", Label: "no pulse yet"}
	case r.Allowed <= 0:
		return bar{Fill: "0", Label: "no further pulse is due"}
	}
	used := float64(r.Counted) / float64(r.Allowed)
	b := bar{
		Fill:  tenths(barMark * min(used, 1)),
		Tone:  tone(r.Shown, used),
		Label: percent(used) + " of " + exact(r.Allowed) + " used",
	}
	if over := used - 1; over > 0 {
		b.Beyond = tenths((barLength - barMark) * (1 - 1/(1+2*over)))
	}
	return b
}

func tone(s heartbeat.Status, used float64) string {
	switch {
	case s == heartbeat.StatusUp && used >= soon:
		return "soon"
	case s == heartbeat.StatusNew:
		return "paused"
	}
	return string(s)
}

func tenths(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }

func percent(f float64) string {
	return strconv.FormatFloat(math.Floor(f*100), 'f', 0, 64) + "\u00a0%"
}
