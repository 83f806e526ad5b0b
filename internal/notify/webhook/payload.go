package webhook

import (
	"time"

	"heartbeat"
	"heartbeat/internal/notify"
)

// Version is the version of [Payload].
const Version = 1

// Payload is the body of a request. Times are RFC 3339 in UTC.
type Payload struct {
	Version int `json:"version"`
	// Text says in one line what the message is about: "2 checks are down".
	Text string `json:"text"`
	// Dashboard is the link to all checks.
	Dashboard string `json:"dashboard"`
	// Test says that nothing has happened: somebody wants to see whether messages
	// arrive.
	Test bool `json:"test"`
	// Events are in the order in which they happened; at least one unless it is a test.
	Events []Event `json:"events"`
}

// Event is one thing that happened: exactly one of Flip and Blind is not null.
type Event struct {
	// Notice identifies the event; it is the same if the event is sent again.
	Notice string `json:"notice"`
	Flip   *Flip  `json:"flip"`
	Blind  *Blind `json:"blind"`
}

// Flip is a check's change of status.
type Flip struct {
	// Check is the check's UUID.
	Check string `json:"check"`
	Names Names  `json:"names"`
	// Slug names the check in ping URLs; "" if it has none. A check that has no
	// names either is known by its UUID alone.
	Slug string `json:"slug"`
	// Project is the name of the check's project; "" if there is only one.
	Project string `json:"project"`
	// Tags are the check's, with blanks between; Desc is its description. Both may be
	// empty.
	Tags string `json:"tags"`
	Desc string `json:"desc"`
	// Link leads to the check's page.
	Link   string `json:"link"`
	Status Status `json:"status"`
	// Reason is late, overrun, fail or ping; Detail says more, such as "exit status
	// 3", or is empty.
	Reason string `json:"reason"`
	Detail string `json:"detail"`
	// At is when the new status began: for a late check its deadline.
	At time.Time `json:"at"`
	// Since is when the status before it had begun; null if that is not known.
	Since *time.Time `json:"since"`
	// LastPing is the last success or failure before the flip; null if there was
	// none.
	LastPing *time.Time `json:"last_ping"`
	// Schedule is a cron or OnCalendar expression; "" where ThresholdSeconds says
	// when pings are due.
	Schedule string `json:"schedule"`
	// ThresholdSeconds is the longest time between two pings, 0 with a Schedule;
	// GraceSeconds what a late one or a run is given on top. Both count in working
	// time.
	ThresholdSeconds float64 `json:"threshold_seconds"`
	GraceSeconds     float64 `json:"grace_seconds"`
	// Worktime, TZ and Holidays say which time is working time: "mon-fri" in the
	// IANA zone "Europe/Berlin" less "de-by". They are the check's settings now.
	Worktime string `json:"worktime"`
	TZ       string `json:"tz"`
	Holidays string `json:"holidays"`
}

// Names are a check's four names.
type Names struct {
	Host     string `json:"host"`
	Category string `json:"category"`
	Type     string `json:"type"`
	Name     string `json:"name"`
}

// Status is what a check's status was and has become: new, up, down or paused.
type Status struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Blind is time in which Heartbeat itself was not watching.
type Blind struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Seconds float64   `json:"seconds"`
	// Held counts the checks whose deadline fell into it and was moved.
	Held int `json:"held"`
}

func payload(m notify.Message) Payload {
	p := Payload{
		Version:   Version,
		Text:      notify.Headline(m),
		Dashboard: m.Dashboard,
		Test:      m.Test,
		Events:    make([]Event, 0, len(m.Events)),
	}
	for _, e := range m.Events {
		event := Event{Notice: string(e.Notice)}
		if e.Blind != nil {
			event.Blind = blind(e.Blind)
		} else {
			event.Flip = flip(e)
		}
		p.Events = append(p.Events, event)
	}
	return p
}

func flip(e notify.Event) *Flip {
	c, f := e.Check, e.Flip
	threshold := c.Period
	if c.Kind != heartbeat.SchedulePeriod {
		threshold = 0
	}
	return &Flip{
		Check:            c.ID.String(),
		Names:            Names{Host: c.Host, Category: c.Category, Type: c.Type, Name: c.Name},
		Slug:             c.Slug,
		Project:          e.Project,
		Tags:             c.Tags,
		Desc:             c.Desc,
		Link:             e.Link,
		Status:           Status{From: string(f.From), To: string(f.To)},
		Reason:           string(f.Reason),
		Detail:           f.Detail,
		At:               f.At.UTC(),
		Since:            optional(f.Since),
		LastPing:         optional(f.LastPing),
		Schedule:         c.Expression,
		ThresholdSeconds: threshold.Seconds(),
		GraceSeconds:     c.Grace.Seconds(),
		Worktime:         c.Worktime,
		TZ:               c.Zone,
		Holidays:         c.Holidays,
	}
}

func blind(b *heartbeat.BlindReport) *Blind {
	return &Blind{From: b.From.UTC(), To: b.To.UTC(), Seconds: b.Length().Seconds(), Held: b.Held}
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
