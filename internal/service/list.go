package service

import (
	"context"
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
	// Filter holds words that must all occur in a check's names, whatever their
	// case; empty selects all. A lone slash is no word, so that names can be pasted
	// from a message, as "web1 / cron / backup / nightly".
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
	// Total counts all checks, Matched those that the filters select.
	Total, Matched int
	// ByStatus counts all checks by the status they are shown with.
	ByStatus map[heartbeat.Status]int
	// Page is the page that was returned: the nearest that exists.
	Page, Pages int
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
	list := List{Total: len(checks), ByStatus: make(map[heartbeat.Status]int)}
	rows := make([]Row, len(checks))
	words := filterWords(q.Filter)
	matched := make([]*Row, 0, len(checks))
	for i := range checks {
		judge(&rows[i], &checks[i], now, watch.Blinds)
		list.ByStatus[rows[i].Shown]++
		if (q.Status == "" || q.Status == rows[i].Shown) && matches(checks[i].Names, words) {
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

// matches tells whether every word, in lower case, occurs in one of the names.
func matches(n heartbeat.Names, words []string) bool {
	if len(words) == 0 {
		return true
	}
	names := [...]string{
		strings.ToLower(n.Host), strings.ToLower(n.Category), strings.ToLower(n.Type), strings.ToLower(n.Name),
	}
	for _, word := range words {
		if !strings.Contains(names[0], word) && !strings.Contains(names[1], word) &&
			!strings.Contains(names[2], word) && !strings.Contains(names[3], word) {
			return false
		}
	}
	return true
}
