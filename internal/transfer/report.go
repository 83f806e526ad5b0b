package transfer

import "heartbeat"

// Report says what became of a Source.
type Report struct {
	// What was stored, or would be in a dry run. Pings and flips are those of the
	// checks.
	Checks  int `json:"checks"`
	Pings   int `json:"pings"`
	Flips   int `json:"flips"`
	Notices int `json:"notices"`
	Values  int `json:"values"`
	// Same counts what was there already.
	Same int `json:"same"`
	// Kept is what was there already and differs: it stays as it is.
	Kept []Kept `json:"kept,omitempty"`
	// Wrong is what cannot be stored.
	Wrong []Wrong `json:"wrong,omitempty"`
	// NotSent counts values that were not sent to a running server, which has its
	// own.
	NotSent int `json:"not_sent,omitempty"`
	// Homeless counts the stored checks whose project is not there: they are shown with
	// those of all projects, and tell the channels of the default one.
	Homeless int `json:"homeless,omitempty"`
	// LeftOut counts old pings and flips that had no room in a request.
	LeftOut int `json:"left_out,omitempty"`
}

// Kept is something that the store had already.
type Kept struct {
	// What is the check's names or the value's key.
	What string `json:"what"`
	// Why says how the store's differs.
	Why string `json:"why"`
}

// Wrong is something that was refused.
type Wrong struct {
	ID   string `json:"id,omitempty"`
	What string `json:"what"`
	Why  string `json:"why"`
}

// add adds the report of another part of the same source.
func (r *Report) add(o Report) {
	r.Checks += o.Checks
	r.Pings += o.Pings
	r.Flips += o.Flips
	r.Notices += o.Notices
	r.Values += o.Values
	r.Same += o.Same
	r.NotSent += o.NotSent
	r.Homeless += o.Homeless
	r.LeftOut += o.LeftOut
	r.Kept = append(r.Kept, o.Kept...)
	r.Wrong = append(r.Wrong, o.Wrong...)
}

// difference says how a check that is there differs from the one that was to
// come; empty if it does not.
func difference(here, given heartbeat.Check) string {
	here, given = bare(here), bare(given)
	switch {
	case here == given:
		return ""
	case here.Names != given.Names:
		return "the check with this id has other names here: " + here.Names.String()
	case here.Settings != given.Settings:
		return "it has other settings here"
	case here.LastPing.After(given.LastPing) || here.Pings > given.Pings:
		return "it has had newer pings here"
	case given.LastPing.After(here.LastPing) || given.Pings > here.Pings:
		return "its pings here are older: delete it here to import it again"
	}
	return "it is in another state here: " + string(here.Status)
}

// bare is a check without what is the store's own.
func bare(c heartbeat.Check) heartbeat.Check {
	c.Rev = 0
	c.Created, c.Since = plain(c.Created), plain(c.Since)
	c.LastPing, c.LastStart = plain(c.LastPing), plain(c.LastStart)
	return c
}
