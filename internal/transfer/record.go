package transfer

import (
	"encoding/json"
	"time"
	"unicode/utf8"

	"heartbeat"
)

// format is what the first line of a file says.
const format = "heartbeat-export"

// version is the form of files that this code writes. One that an older program
// would misread gets the next number.
const version = 1

// line is one line of a file: the first has Format, the last End, and each other
// one of the rest. Pings and flips belong to the check before them. Fields may
// be added, never renamed.
type line struct {
	Format  string           `json:"format,omitempty"`
	Version int              `json:"version,omitempty"`
	Time    time.Time        `json:"time,omitzero"`
	Watch   *heartbeat.Watch `json:"watch,omitempty"`

	Value  *Value        `json:"value,omitempty"`
	Check  *checkRecord  `json:"check,omitempty"`
	Pings  []pingRecord  `json:"pings,omitempty"`
	Flips  []flipRecord  `json:"flips,omitempty"`
	Notice *noticeRecord `json:"notice,omitempty"`

	End *counts `json:"end,omitempty"`
}

// counts are of everything in a file, so that one that was cut off is known.
type counts struct {
	Values  int `json:"values"`
	Checks  int `json:"checks"`
	Pings   int `json:"pings"`
	Flips   int `json:"flips"`
	Notices int `json:"notices"`
}

func (c *counts) add(item Item) {
	switch {
	case item.Value != nil:
		c.Values++
	case item.Check != nil:
		c.Checks++
		c.Pings += len(item.Check.Pings)
		c.Flips += len(item.Check.Flips)
	case item.Notice != nil:
		c.Notices++
	}
}

type checkRecord struct {
	ID       string              `json:"id"`
	Project  heartbeat.ProjectID `json:"project"`
	Host     string              `json:"host,omitempty"`
	Category string              `json:"category,omitempty"`
	Type     string              `json:"type,omitempty"`
	Name     string              `json:"name,omitempty"`
	Labels   heartbeat.Labels    `json:"labels,omitzero"`

	Schedule   heartbeat.ScheduleKind `json:"schedule,omitempty"`
	Expression string                 `json:"expression,omitempty"`
	Period     span                   `json:"period"`
	Worktime   string                 `json:"worktime"`
	Zone       string                 `json:"zone"`
	Holidays   string                 `json:"holidays,omitempty"`
	Grace      span                   `json:"grace"`
	Rules      heartbeat.Rules        `json:"rules,omitzero"`

	Status       heartbeat.Status `json:"status"`
	Since        time.Time        `json:"since"`
	LastPing     time.Time        `json:"last_ping,omitzero"`
	LastStart    time.Time        `json:"last_start,omitzero"`
	StartRun     text             `json:"start_run,omitempty"`
	LastDuration span             `json:"last_duration,omitempty"`
	Pings        int64            `json:"pings"`
	Created      time.Time        `json:"created"`
}

func recordCheck(c heartbeat.Check) *checkRecord {
	return &checkRecord{
		ID: c.ID.String(), Project: c.Project, Host: c.Host, Category: c.Category, Type: c.Type, Name: c.Name, Labels: c.Labels,
		Schedule: c.Kind, Expression: c.Expression, Period: span(c.Period), Worktime: c.Worktime, Zone: c.Zone, Holidays: c.Holidays, Grace: span(c.Grace), Rules: c.Rules,
		Status: c.Status, Since: plain(c.Since), LastPing: plain(c.LastPing), LastStart: plain(c.LastStart),
		StartRun: text(c.StartRun), LastDuration: span(c.LastDuration), Pings: c.Pings, Created: plain(c.Created),
	}
}

func (r *checkRecord) check() (heartbeat.Check, error) {
	id, err := heartbeat.ParseCheckID(r.ID)
	return heartbeat.Check{
		ID:      id,
		Project: r.Project,
		Names:   heartbeat.Names{Host: r.Host, Category: r.Category, Type: r.Type, Name: r.Name},
		Labels:  r.Labels,
		Settings: heartbeat.Settings{
			Spec: heartbeat.Spec{
				Kind: r.Schedule, Expression: r.Expression,
				Period: time.Duration(r.Period), Worktime: r.Worktime, Zone: r.Zone, Holidays: r.Holidays,
			},
			Grace: time.Duration(r.Grace),
			Rules: r.Rules,
		},
		State: heartbeat.State{
			Status: r.Status, Since: plain(r.Since), LastPing: plain(r.LastPing), LastStart: plain(r.LastStart),
			StartRun: heartbeat.RunID(r.StartRun), LastDuration: time.Duration(r.LastDuration), Pings: r.Pings,
		},
		Created: plain(r.Created),
	}, err
}

type pingRecord struct {
	N        int64          `json:"n"`
	At       time.Time      `json:"at"`
	Kind     heartbeat.Kind `json:"kind"`
	Exit     *int           `json:"exit,omitempty"`
	Run      text           `json:"run,omitempty"`
	Duration span           `json:"duration,omitempty"`
	Scheme   text           `json:"scheme,omitempty"`
	Method   text           `json:"method,omitempty"`
	Addr     text           `json:"addr,omitempty"`
	Agent    text           `json:"agent,omitempty"`
	Body     []byte         `json:"body,omitempty"`
}

func recordPing(p heartbeat.Ping) pingRecord {
	return pingRecord{
		N: p.N, At: plain(p.At), Kind: p.Kind, Exit: p.Exit, Run: text(p.Run), Duration: span(p.Duration),
		Scheme: text(p.Scheme), Method: text(p.Method), Addr: text(p.Addr), Agent: text(p.Agent), Body: p.Body,
	}
}

func (r pingRecord) ping() heartbeat.Ping {
	return heartbeat.Ping{
		N: r.N, At: plain(r.At), Kind: r.Kind, Exit: r.Exit, Run: heartbeat.RunID(r.Run), Duration: time.Duration(r.Duration),
		Scheme: string(r.Scheme), Method: string(r.Method), Addr: string(r.Addr), Agent: string(r.Agent), Body: r.Body,
	}
}

type flipRecord struct {
	At       time.Time        `json:"at"`
	From     heartbeat.Status `json:"from"`
	To       heartbeat.Status `json:"to"`
	Reason   heartbeat.Reason `json:"reason"`
	Since    time.Time        `json:"since,omitzero"`
	LastPing time.Time        `json:"last_ping,omitzero"`
	Detail   text             `json:"detail,omitempty"`
}

func recordFlip(f heartbeat.Flip) flipRecord {
	return flipRecord{
		At: plain(f.At), From: f.From, To: f.To, Reason: f.Reason,
		Since: plain(f.Since), LastPing: plain(f.LastPing), Detail: text(f.Detail),
	}
}

func (r flipRecord) flip() heartbeat.Flip {
	return heartbeat.Flip{
		At: plain(r.At), From: r.From, To: r.To, Reason: r.Reason,
		Since: plain(r.Since), LastPing: plain(r.LastPing), Detail: string(r.Detail),
	}
}

type noticeRecord struct {
	Check      string                 `json:"check"`
	Flip       *flipRecord            `json:"flip,omitempty"`
	Blind      *heartbeat.BlindReport `json:"blind,omitempty"`
	Created    time.Time              `json:"created"`
	Next       time.Time              `json:"next,omitzero"`
	Deliveries []heartbeat.Delivery   `json:"deliveries,omitempty"`
}

func recordNotice(n heartbeat.Notice) *noticeRecord {
	r := &noticeRecord{
		Check: n.Check.String(), Blind: n.Blind, Created: plain(n.Created), Next: plain(n.Next), Deliveries: n.Deliveries,
	}
	if n.Flip != (heartbeat.Flip{}) {
		flip := recordFlip(n.Flip)
		r.Flip = &flip
	}
	return r
}

func (r *noticeRecord) notice() (heartbeat.Notice, error) {
	id, err := heartbeat.ParseCheckID(r.Check)
	n := heartbeat.Notice{
		Check: id, Blind: r.Blind, Created: plain(r.Created), Next: plain(r.Next), Deliveries: r.Deliveries,
	}
	if r.Flip != nil {
		n.Flip = r.Flip.flip()
	}
	return n, err
}

// span is a duration as Go writes it, such as "24h0m0s": exact, and people can
// read and write it.
type span time.Duration

// MarshalText implements [encoding.TextMarshaler].
func (s span) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *span) UnmarshalText(b []byte) error {
	d, err := time.ParseDuration(string(b))
	*s = span(d)
	return err
}

// text is a string that may not be UTF-8, as what a client sends may be: then it
// is written as an object that holds its bytes.
type text string

type rawText struct {
	Bytes []byte `json:"bytes"`
}

// MarshalJSON implements [json.Marshaler].
func (t text) MarshalJSON() ([]byte, error) {
	if !utf8.ValidString(string(t)) {
		return json.Marshal(rawText{Bytes: []byte(t)})
	}
	return json.Marshal(string(t))
}

// UnmarshalJSON implements [json.Unmarshaler].
func (t *text) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		var raw rawText
		err := json.Unmarshal(b, &raw)
		*t = text(raw.Bytes)
		return err
	}
	var s string
	err := json.Unmarshal(b, &s)
	*t = text(s)
	return err
}
