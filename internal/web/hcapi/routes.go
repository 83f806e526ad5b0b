package hcapi

import (
	"net/http"
	"slices"
	"strings"

	"heartbeat"
)

// route is an address, without its beginning /api/vN/. A collection's ends in a
// slash, and is answered without it as well.
type route struct {
	path    string
	methods []method
	private bool // no other site's page may ask
}

// method is what one HTTP method does at an address.
type method struct {
	name  string
	needs need
	do    func(*call) error
}

// need is the key that a caller must have.
type need int

const (
	noKey    need = iota // anybody may
	anyKey               // a key that may read
	writeKey             // a key that may write
)

// routes are all addresses. <check> is a check's ID, <key> its unique key and <n>
// a number.
func routes() []route {
	return []route{
		{path: "checks/", methods: []method{
			{http.MethodGet, anyKey, (*call).list},
			{http.MethodPost, writeKey, (*call).create},
		}},
		{path: "checks/<check>", methods: []method{
			{http.MethodGet, anyKey, ofCheck((*call).read)},
			{http.MethodPost, writeKey, ofCheck((*call).update)},
			{http.MethodDelete, writeKey, ofCheck((*call).remove)},
		}},
		{path: "checks/<key>", methods: []method{{http.MethodGet, anyKey, ofCheck((*call).read)}}},
		{path: "checks/<check>/pause", methods: []method{{http.MethodPost, writeKey, ofCheck((*call).pause)}}},
		{path: "checks/<check>/resume", methods: []method{{http.MethodPost, writeKey, ofCheck((*call).resume)}}},
		{path: "checks/<check>/pings/", methods: []method{{http.MethodGet, writeKey, ofCheck((*call).pings)}}},
		{path: "checks/<check>/pings/<n>/body", methods: []method{{http.MethodGet, writeKey, ofCheck((*call).body)}}},
		{path: "checks/<check>/flips/", methods: []method{{http.MethodGet, anyKey, ofCheck((*call).flips)}}},
		{path: "checks/<key>/flips/", methods: []method{{http.MethodGet, anyKey, ofCheck((*call).flips)}}},
		{path: "channels/", methods: []method{{http.MethodGet, writeKey, (*call).listChannels}}},
		{path: "badges/", methods: []method{{http.MethodGet, anyKey, (*call).badges}}},
		{path: "openapi.json", methods: []method{{http.MethodGet, noKey, (*call).openAPI}}},
		{path: "status/", private: true, methods: []method{
			{http.MethodGet, noKey, (*call).status},
			{http.MethodHead, noKey, (*call).status},
		}},
		{path: "metrics/", private: true, methods: []method{{http.MethodGet, noKey, (*call).metrics}}},
	}
}

// place is what a path names.
type place struct {
	check heartbeat.CheckID
	key   string // the check's unique key, if that was given
	n     string // digits
}

// match tells whether path is the route's, and fills p with what it names.
func (r *route) match(path string, p *place) bool {
	pattern := strings.TrimSuffix(r.path, "/")
	if pattern != r.path {
		path = strings.TrimSuffix(path, "/")
	}
	*p = place{}
	for {
		want, moreWanted := cutSegment(&pattern)
		got, more := cutSegment(&path)
		if !p.take(want, got) || more != moreWanted {
			return false
		}
		if !more {
			return true
		}
	}
}

// cutSegment takes the first segment off path, and tells whether others follow.
func cutSegment(path *string) (segment string, more bool) {
	segment, *path, more = strings.Cut(*path, "/")
	return segment, more
}

func (p *place) take(want, got string) bool {
	switch want {
	case "<check>":
		var err error
		p.check, err = heartbeat.ParseCheckID(got)
		return err == nil
	case "<key>":
		p.key = got
		return len(got) == 40 && !strings.ContainsFunc(got, func(c rune) bool {
			return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9')
		})
	case "<n>":
		p.n = got
		return got != "" && strings.Trim(got, "0123456789") == ""
	}
	return want == got
}

func (r *route) method(name string) *method {
	i := slices.IndexFunc(r.methods, func(m method) bool { return m.name == name })
	if i < 0 {
		return nil
	}
	return &r.methods[i]
}

// allowed lists the methods for headers.
func (r *route) allowed() string {
	var names []string
	for _, m := range r.methods {
		names = append(names, m.name)
	}
	if !r.private {
		names = append(names, http.MethodOptions)
	}
	return strings.Join(names, ", ")
}
