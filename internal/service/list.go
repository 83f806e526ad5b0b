package service

import (
	"context"
	"slices"
	"strings"
	"time"

	"heartbeat"
)

// SortKey names a column to sort by.
type SortKey string

// The columns. SortDelta, descending, is the default: late first.
const (
	SortDelta    SortKey = "delta"
	SortHost     SortKey = "host"
	SortCategory SortKey = "category"
	SortType     SortKey = "type"
	SortName     SortKey = "name"
	SortLast     SortKey = "last"
	SortCounted  SortKey = "counted"
	SortStatus   SortKey = "status"
)

// Query selects, orders and pages the table of checks.
type Query struct {
	// Project selects the checks of one project; empty selects all.
	Project heartbeat.ProjectID
	// Filter holds words that must all occur in a check's names, slug or tags,
	// whatever their case; empty selects all. "tag:prod" asks for the whole tag. A
	// lone slash is no word, so that names can be pasted from a message, as "web1 /
	// cron / backup / nightly".
	Filter string
	// Status selects checks that are shown with this status; empty selects all.
	Status heartbeat.Status
	// Sort is a column; empty or unknown means SortDelta, descending.
	Sort SortKey
	Desc bool
	// Page counts from 1; PerPage is how many rows a page has, DefaultPerPage if it
	// is not positive.
	Page, PerPage int
}

// DefaultPerPage is how many rows a page has if nobody says otherwise.
const DefaultPerPage = 100

// List is one page of the table.
type List struct {
	Rows []Row
	// Total counts all checks of the project, Matched those that the filters select.
	Total, Matched int
	// ByStatus counts the project's checks by the status they are shown with.
	ByStatus map[heartbeat.Status]int
	// ByProject counts the checks of every project, whatever was asked for.
	ByProject map[heartbeat.ProjectID]Tally
	// Page is the page that was returned: the nearest that exists.
	Page, Pages int
}

// Tally counts the checks of a project, and those that are down.
type Tally struct{ Total, Down int }

// count counts the row for its project.
func (l *List) count(r *Row) {
	tally := l.ByProject[r.Project]
	tally.Total++
	if r.Shown == heartbeat.StatusDown {
		tally.Down++
	}
	l.ByProject[r.Project] = tally
}

// List returns one page of the table at now. Down checks come first when sorted
// by status or delta (descending); ties are broken by names.
func (s *Service) List(ctx context.Context, now time.Time, q Query) (List, error) {
	checks, err := s.cfg.Store.Checks(ctx)
	if err != nil {
		return List{}, err
	}
	watch, err := s.recentWatch(ctx, now)
	if err != nil {
		return List{}, err
	}
	list := List{ByStatus: make(map[heartbeat.Status]int), ByProject: make(map[heartbeat.ProjectID]Tally)}
	rows := make([]Row, len(checks))
	words := filterWords(q.Filter)
	matched := make([]*Row, 0, len(checks))
	for i := range checks {
		judge(&rows[i], &checks[i], now, watch.Blinds)
		list.count(&rows[i])
		if q.Project != "" && q.Project != checks[i].Project {
			continue
		}
		list.Total++
		list.ByStatus[rows[i].Shown]++
		if (q.Status == "" || q.Status == rows[i].Shown) && matches(&checks[i], words) {
			matched = append(matched, &rows[i])
		}
	}
	sortRows(matched, q.Sort, q.Desc)
	list.Matched = len(matched)
	list.cut(matched, q.Page, q.PerPage)
	return list, nil
}

// Count counts all checks by the status they are shown with at now, a moment
// old at most. It keeps none of them, however many there are.
func (s *Service) Count(ctx context.Context, now time.Time) (map[heartbeat.Status]int, error) {
	watch, err := s.recentWatch(ctx, now)
	if err != nil {
		return nil, err
	}
	counts := make(map[heartbeat.Status]int)
	for check, err := range s.cfg.Store.Timers(ctx) {
		if err != nil {
			return nil, err
		}
		var row Row
		judge(&row, &check, now, watch.Blinds)
		counts[row.Shown]++
	}
	return counts, nil
}

// cut takes the wanted page, or the nearest that exists, out of rows.
func (l *List) cut(rows []*Row, page, perPage int) {
	if perPage <= 0 {
		perPage = DefaultPerPage
	}
	l.Pages = max(1, (len(rows)+perPage-1)/perPage)
	l.Page = min(max(page, 1), l.Pages)
	from := (l.Page - 1) * perPage
	rows = rows[from:min(from+perPage, len(rows))]
	l.Rows = make([]Row, len(rows))
	for i, row := range rows {
		l.Rows[i] = *row
	}
}

func filterWords(filter string) []string {
	var words []string
	for word := range strings.FieldsSeq(strings.ToLower(filter)) {
		if word != "/" {
			words = append(words, word)
		}
	}
	return words
}

// matches tells whether every word, in lower case, occurs in one of the names,
// in the slug or in the tags, or is one of the tags.
func matches(c *heartbeat.Check, words []string) bool {
	if len(words) == 0 {
		return true
	}
	texts := [...]string{
		strings.ToLower(c.Host), strings.ToLower(c.Category), strings.ToLower(c.Type), strings.ToLower(c.Name),
		c.Slug, strings.ToLower(c.Tags),
	}
	for _, word := range words {
		if tag, ok := strings.CutPrefix(word, "tag:"); ok {
			if !slices.Contains(strings.Fields(texts[len(texts)-1]), tag) {
				return false
			}
			continue
		}
		if !slices.ContainsFunc(texts[:], func(text string) bool { return strings.Contains(text, word) }) {
			return false
		}
	}
	return true
}
