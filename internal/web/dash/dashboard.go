package dash

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"heartbeat"
	"heartbeat/internal/service"
)

// dashboardPage is the table of all checks.
type dashboardPage struct {
	frame
	// Projects lead from one to the other; there are none if there is but one.
	Projects []projectLink
	Headline string
	// Mood colours the headline: "down", "grace", "up" or "new".
	Mood   string
	Tiles  []tile
	Share  []slice
	Query  formQuery
	Heads  []head
	Rows   []row
	Pager  pager
	Curl   string
	Client string
	// None says why the table has no rows, if there are checks at all.
	None string
	// Empty tells that there are no checks yet.
	Empty bool
	// Plain tells that no check in the table has a host, category or type.
	Plain bool
	// CreateURL leads to the form that makes a check; empty if it cannot be reached.
	CreateURL string
}

// tile counts the checks of one status and leads to them.
type tile struct {
	Count   int
	Word    string
	Status  string
	URL     string
	Current bool
}

// slice is one status' part of the bar above the table, in percent.
type slice struct {
	Status   string
	From, To string
}

// formQuery is the form above the table.
type formQuery struct {
	Filter, Status, Sort, Per, Project string
	Sorts                              []option
	Clear                              string
}

type option struct {
	Value, Text string
	Selected    bool
}

// head is the head of a sortable column.
type head struct {
	Key, Name, URL string
	// Sorted is the value of aria-sort; empty if the table is sorted otherwise.
	Sorted string
}

// pager leads from page to page.
type pager struct {
	From, To, Matched int
	Previous, Next    string
	Many              bool
	Sizes             []pageSize
}

type pageSize struct {
	Rows    int
	URL     string
	Current bool
}

func (h *handler) dashboard(w http.ResponseWriter, r *http.Request) error {
	q := parseQuery(r.URL.Query(), h.PageSize)
	projects, project, remembered, err := h.scope(w, r)
	if err != nil {
		return err
	}
	if remembered {
		query := r.URL.Query()
		query.Set("project", string(project))
		h.redirect(w, r, "/dashboard?"+query.Encode())
		return nil
	}
	q.Project = project
	f := h.frame(r, "Checks", "checks")
	list, err := h.Service.List(r.Context(), f.clock.now, q.Query)
	if err != nil {
		return err
	}
	q.Page = list.Page
	f.Live, f.Project = true, project
	f.Banners = h.banners(r.Context(), f.clock, list.ByProject)
	f.Done = h.done(r.Context(), f.clock, r.URL.Query())
	page := dashboardPage{
		frame: f, Empty: list.Total == 0,
		Tiles: tiles(list, q, f.Base), Share: share(list),
		Query: formOf(q, f.Base), Heads: heads(q, f.Base),
		Rows: rows(list.Rows, &f), Pager: pagerOf(list, q, f.Base),
		Curl: h.curl(r), Client: h.origin(r) + f.Base + "/PING-KEY",
		Projects: projectLinks(projects, list, q, f.Base),
		Plain:    !slices.ContainsFunc(list.Rows, func(r service.Row) bool { return r.Host+r.Category+r.Type != "" }),
	}
	page.CreateURL = h.createURL(project)
	trouble := slices.ContainsFunc(f.Banners, func(b banner) bool { return b.Tone == "bad" })
	page.Headline, page.Mood = headline(list, trouble)
	if down := list.ByStatus[heartbeat.StatusDown]; down > 0 {
		page.Title, page.Icon = strconv.Itoa(down)+" down", icon(down)
	}
	if list.Matched == 0 && list.Total > 0 {
		page.None = "No check matches."
	}
	return h.render(w, http.StatusOK, "dashboard", &page)
}

// createURL leads to the form that makes a check of the project; empty if it
// cannot be reached.
func (h *handler) createURL(project heartbeat.ProjectID) string {
	switch {
	case h.Bare:
		return ""
	case project == "":
		return h.link("/create")
	}
	return h.link("/create?" + url.Values{"project": {string(project)}}.Encode())
}

// headline says in one sentence how things are. While Heartbeat itself is in
// trouble, they are not all well.
func headline(list service.List, trouble bool) (text, mood string) {
	n := list.ByStatus
	down, grace, up := n[heartbeat.StatusDown], n[heartbeat.StatusGrace], n[heartbeat.StatusUp]
	switch {
	case down == 1:
		return "1 check is down", "down"
	case down > 1:
		return strconv.Itoa(down) + " checks are down", "down"
	case grace == 1:
		return "Nothing is down, 1 check is due", "grace"
	case grace > 1:
		return "Nothing is down, " + strconv.Itoa(grace) + " checks are due", "grace"
	case up > 0 && trouble:
		return "Nothing is known to be down", "grace"
	case up > 0:
		return "All is well", "up"
	}
	return "Nothing is being watched yet", "new"
}

func tiles(list service.List, q tableQuery, base string) []tile {
	all := []tile{{
		Count: list.Total, Word: "All", Status: "all",
		URL: base + "/dashboard" + q.withStatus("").address(), Current: q.Status == "",
	}}
	for _, s := range statuses {
		all = append(all, tile{
			Count: list.ByStatus[s], Word: title(string(s)), Status: string(s),
			URL: base + "/dashboard" + q.withStatus(s).address(), Current: q.Status == s,
		})
	}
	return all
}

func share(list service.List) []slice {
	var all []slice
	seen := 0
	for _, s := range statuses {
		n := list.ByStatus[s]
		if n == 0 {
			continue
		}
		all = append(all, slice{
			Status: string(s),
			From:   decimal(float64(seen) * 100 / float64(list.Total)),
			To:     decimal(float64(n) * 100 / float64(list.Total)),
		})
		seen += n
	}
	return all
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) }

func formOf(q tableQuery, base string) formQuery {
	f := formQuery{Filter: q.Filter, Status: string(q.Status), Sort: q.sort(), Project: string(q.Project)}
	if q.PerPage != q.size {
		f.Per = strconv.Itoa(q.PerPage)
	}
	for _, c := range columns {
		key, text := string(c.key), c.up
		other, otherText := "-"+key, c.down
		f.Sorts = append(f.Sorts, option{key, text, f.Sort == key}, option{other, otherText, f.Sort == other})
	}
	if q.Filter != "" || q.Status != "" {
		all := q.withStatus("")
		all.Filter = ""
		f.Clear = base + "/dashboard" + all.address()
	}
	return f
}

func heads(q tableQuery, base string) []head {
	all := make([]head, len(columns))
	for i, c := range columns {
		all[i] = head{Key: string(c.key), Name: c.name, URL: base + "/dashboard" + q.by(c).address()}
		if q.Sort == c.key {
			all[i].Sorted = "ascending"
			if q.Desc {
				all[i].Sorted = "descending"
			}
		}
	}
	return all
}

func pagerOf(list service.List, q tableQuery, base string) pager {
	first := (list.Page - 1) * q.PerPage
	p := pager{From: first + 1, To: first + len(list.Rows), Matched: list.Matched, Many: list.Pages > 1}
	if list.Page > 1 {
		p.Previous = base + "/dashboard" + q.onPage(list.Page-1).address()
	}
	if list.Page < list.Pages {
		p.Next = base + "/dashboard" + q.onPage(list.Page+1).address()
	}
	if list.Matched > sizes[0] {
		for _, n := range sizes {
			other := q.onPage(1)
			other.PerPage = n
			p.Sizes = append(p.Sizes, pageSize{n, base + "/dashboard" + other.address(), n == q.PerPage})
		}
	}
	return p
}

// origin is scheme and host of the address that jobs use.
func (h *handler) origin(r *http.Request) string {
	switch {
	case h.Origin != "":
		return h.Origin
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// curl is a line that sends a first pulse, once the key is filled in.
func (h *handler) curl(r *http.Request) string {
	address := h.origin(r) + h.link("/PING-KEY/pulse")
	return `curl -fsS "` + strings.ReplaceAll(address, `"`, "%22") +
		`?host=$(hostname)&category=backup&type=cron&name=nightly"`
}

// done says what the form that led here has done.
func (h *handler) done(ctx context.Context, c clock, v url.Values) string {
	did, ok := map[string]string{
		"saved": "Saved", "created": "Created", "paused": "Paused", "resumed": "Resumed", "deleted": "Deleted",
	}[v.Get("done")]
	if !ok {
		return ""
	}
	id, err := heartbeat.ParseCheckID(v.Get("id"))
	if err != nil {
		return did + "."
	}
	check, err := h.Service.Look(ctx, c.now, id)
	if err != nil {
		return did + "."
	}
	return did + ": " + nameOf(&check.Check)
}
