package dash

import (
	"net/url"
	"slices"
	"strconv"

	"heartbeat"
	"heartbeat/internal/service"
)

// tableQuery is what the address of the dashboard asks for. Values that mean
// nothing are read as the default: a mistyped address still shows the table.
type tableQuery struct {
	service.Query
	// size is Query.PerPage if nothing else was asked for.
	size int
}

// sizes are the page sizes that a viewer can choose.
var sizes = [...]int{50, 100}

// maxPerPage bounds what an address can ask for.
const maxPerPage = 1000

// column is a column of the table by which it can be sorted.
type column struct {
	key  service.SortKey
	name string
	// desc is how the first click sorts.
	desc bool
	// up and down name the order in the list of sortings.
	up, down string
}

var columns = [...]column{
	{service.SortStatus, "Status", true, "Status, best first", "Status, worst first"},
	{service.SortHost, "Host", false, "Host, A to Z", "Host, Z to A"},
	{service.SortCategory, "Category", false, "Category, A to Z", "Category, Z to A"},
	{service.SortType, "Type", false, "Type, A to Z", "Type, Z to A"},
	{service.SortName, "Name", false, "Name, A to Z", "Name, Z to A"},
	{service.SortLast, "Last pulse", true, "Last pulse, oldest first", "Last pulse, newest first"},
	{service.SortCounted, "Counted time", true, "Counted time, least first", "Counted time, most first"},
	{service.SortDelta, "Delta", true, "Most time left first", "Late first"},
}

// statuses in the order in which people want to see them.
var statuses = [...]heartbeat.Status{
	heartbeat.StatusDown, heartbeat.StatusGrace, heartbeat.StatusUp, heartbeat.StatusNew, heartbeat.StatusPaused,
}

func parseQuery(v url.Values, size int) tableQuery {
	q := tableQuery{size: size, Query: service.Query{
		Filter: v.Get("q"), Sort: service.SortDelta, Desc: true, Page: 1, PerPage: size,
	}}
	if status := heartbeat.Status(v.Get("status")); slices.Contains(statuses[:], status) {
		q.Status = status
	}
	for _, c := range columns {
		switch v.Get("sort") {
		case string(c.key):
			q.Sort, q.Desc = c.key, false
		case "-" + string(c.key):
			q.Sort, q.Desc = c.key, true
		}
	}
	if n, err := strconv.Atoi(v.Get("page")); err == nil && n > 0 {
		q.Page = n
	}
	if n, err := strconv.Atoi(v.Get("per")); err == nil && n > 0 {
		q.PerPage = min(n, maxPerPage)
	}
	return q
}

// sort returns the parameter that asks for the order of q.
func (q tableQuery) sort() string {
	if q.Desc {
		return "-" + string(q.Sort)
	}
	return string(q.Sort)
}

// address returns the query part of the address that asks for q, without what
// is the default.
func (q tableQuery) address() string {
	v := url.Values{}
	if q.Project != "" {
		v.Set("project", string(q.Project))
	}
	if q.Filter != "" {
		v.Set("q", q.Filter)
	}
	if q.Status != "" {
		v.Set("status", string(q.Status))
	}
	if q.Sort != service.SortDelta || !q.Desc {
		v.Set("sort", q.sort())
	}
	if q.Page > 1 {
		v.Set("page", strconv.Itoa(q.Page))
	}
	if q.PerPage != q.size {
		v.Set("per", strconv.Itoa(q.PerPage))
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

// withStatus asks for the first page of checks with a status; empty for all.
func (q tableQuery) withStatus(s heartbeat.Status) tableQuery {
	q.Status, q.Page = s, 1
	return q
}

// onPage asks for another page of the same table.
func (q tableQuery) onPage(n int) tableQuery {
	q.Page = n
	return q
}

// by asks for the first page sorted by c; the other way round if it is already.
func (q tableQuery) by(c column) tableQuery {
	desc := c.desc
	if q.Sort == c.key {
		desc = !q.Desc
	}
	q.Sort, q.Desc, q.Page = c.key, desc, 1
	return q
}
