package hcapi

import (
	"time"

	"heartbeat"
	"heartbeat/internal/service"
	"heartbeat/internal/uniquekey"
)

// check is what is answered about a check. Members that are pointers are there or
// not, by what the check is and by what the caller's key may do.
type check struct {
	Name              string  `json:"name"`
	Slug              string  `json:"slug"`
	Tags              string  `json:"tags"`
	Desc              string  `json:"desc"`
	Grace             int64   `json:"grace"`
	Pings             int64   `json:"n_pings"`
	Status            string  `json:"status"`
	Started           bool    `json:"started"`
	LastPing          *string `json:"last_ping"`
	NextPing          *string `json:"next_ping"`
	ManualResume      bool    `json:"manual_resume"`
	Methods           string  `json:"methods"`
	Subject           string  `json:"subject"`
	SubjectFail       string  `json:"subject_fail"`
	StartWords        string  `json:"start_kw"`
	SuccessWords      string  `json:"success_kw"`
	FailureWords      string  `json:"failure_kw"`
	FilterSubject     bool    `json:"filter_subject"`
	FilterBody        bool    `json:"filter_body"`
	FilterHTTP        bool    `json:"filter_http_body"`
	FilterDefaultFail bool    `json:"filter_default_fail"`
	BadgeURL          string  `json:"badge_url"`
	LastDuration      *int64  `json:"last_duration,omitempty"`
	UniqueKey         string  `json:"unique_key,omitempty"`

	*access
	// Timeout is of checks with a period, Schedule of the others. Zone is of these
	// as well, and of those whose calendar goes by it.
	Timeout  *int64  `json:"timeout,omitempty"`
	Schedule *string `json:"schedule,omitempty"`
	Zone     string  `json:"tz,omitempty"`

	// What Healthchecks does not have.
	Host     string `json:"host"`
	Category string `json:"category"`
	Type     string `json:"type"`
	Worktime string `json:"worktime"`
	Holidays string `json:"holidays"`
}

// access is what only those may know who may write.
type access struct {
	UUID      string `json:"uuid"`
	PingURL   string `json:"ping_url"`
	UpdateURL string `json:"update_url"`
	PauseURL  string `json:"pause_url"`
	ResumeURL string `json:"resume_url"`
	Channels  string `json:"channels"`
}

// object makes the answer about a check.
func (c *call) object(row *service.Row) (check, error) {
	badges, err := c.cfg.Badges(c.Context())
	if err != nil {
		return check{}, err
	}
	o := check{
		Name: row.Name, Slug: row.Slug, Tags: row.Tags, Desc: row.Desc,
		Grace: int64(row.Grace / time.Second), Pings: row.Pings,
		Status: c.statusOf(row), Started: row.Started(),
		LastPing: moment(row.LastPing), NextPing: moment(nextPing(row)),
		ManualResume: row.ManualResume, Methods: methodsOf(row.Rules),
		StartWords: row.StartWords, SuccessWords: row.SuccessWords, FailureWords: row.FailureWords,
		FilterSubject: row.FilterSubject, FilterBody: row.FilterBody,
		FilterHTTP: row.FilterHTTP, FilterDefaultFail: row.DefaultFail,
		BadgeURL: badges.Check(row.ID).SVG,
		Host:     row.Host, Category: row.Category, Type: row.Type,
		Worktime: row.Worktime, Holidays: row.Holidays,
	}
	if row.FilterSubject {
		o.Subject, o.SubjectFail = row.SuccessWords, row.FailureWords
	}
	if row.LastDuration != 0 {
		o.LastDuration = seconds(row.LastDuration)
	}
	if row.Kind == heartbeat.SchedulePeriod {
		o.Timeout = seconds(row.Period)
	} else {
		o.Schedule = &row.Expression
	}
	if row.Kind != heartbeat.SchedulePeriod || row.Worktime != "always" || row.Holidays != "" {
		o.Zone = row.Zone
	}
	if c.write {
		if err := c.readChannels(); err != nil {
			return check{}, err
		}
		o.access = c.access(row)
	} else {
		o.UniqueKey = uniquekey.Of(row.ID)
	}
	return o, nil
}

func (c *call) access(row *service.Row) *access {
	id := row.ID.String()
	url := c.checkURL(row.ID)
	return &access{
		UUID: id, PingURL: c.cfg.PingRoot + id,
		UpdateURL: url, PauseURL: url + "/pause", ResumeURL: url + "/resume",
		Channels: c.channelList(row.Labels),
	}
}

// checkURL is the check's address in the version that was called.
func (c *call) checkURL(id heartbeat.CheckID) string {
	return c.cfg.Root + "/api/" + c.version + "/checks/" + id.String()
}

// statusOf is the status to show. Version 1 has a word of its own for checks that
// have a run going.
func (c *call) statusOf(row *service.Row) string {
	if c.version == "v1" && row.Running(c.now) {
		return "started"
	}
	return string(row.Shown)
}

// nextPing is when a ping is expected, as Healthchecks has it: of a check with a
// run going, it is the run's start if that is earlier.
func nextPing(row *service.Row) time.Time {
	next := row.Due
	if row.Started() && row.Status != heartbeat.StatusDown && (next.IsZero() || row.LastStart.Before(next)) {
		next = row.LastStart
	}
	return next
}

func methodsOf(r heartbeat.Rules) string {
	if r.PostOnly {
		return "POST"
	}
	return ""
}

func seconds(d time.Duration) *int64 {
	n := int64(d / time.Second)
	return &n
}

// moment writes a time in whole seconds; nil for none.
func moment(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format("2006-01-02T15:04:05+00:00")
	return &text
}
