package hcapi

import (
	"slices"
	"strings"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule"
	"heartbeat/internal/service"
	"heartbeat/internal/slug"
)

// request is what a body asks of a check. What is nil is not asked for.
type request struct {
	desc, name, slug, tags             *string
	schedule, zone                     *string
	grace, timeout                     *time.Duration
	manualResume                       *bool
	methods                            *string
	filterSubject, filterBody          *bool
	filterHTTP, defaultFail            *bool
	startWords, successWords, failures *string
	subject, subjectFail               *string
	unique                             []string

	// What Healthchecks does not have.
	host, category, kind *string
	worktime, holidays   *string

	// channels is what is to be stored, unless that would show nothing else than
	// what is stored.
	channels *string
	shown    func(heartbeat.Labels) string
}

// Bounds of texts, in characters, of desc and tags in bytes.
const (
	maxName     = 100
	maxWords    = heartbeat.MaxWords
	maxDesc     = heartbeat.MaxDesc // Healthchecks has no bound; a store's row does
	maxShort    = 200               // of what Healthchecks does not have
	maxHolidays = 10_000            // likewise
	unbounded   = maxBody           // the text itself says whether it is right
)

// request reads the members of the body. They are checked in Healthchecks' order, and
// the first that is wrong is told.
func (c *call) request() (*request, error) {
	r := reader{fields: c.fields}
	limits := limitsOf(c.fields, c.now)
	var q request
	channels := r.text("channels", unbounded)
	q.desc = r.bytes("desc", maxDesc)
	q.failures = r.text("failure_kw", maxWords)
	q.filterSubject = r.flag("filter_subject")
	q.filterBody = r.flag("filter_body")
	q.filterHTTP = r.flag("filter_http_body")
	q.defaultFail = r.flag("filter_default_fail")
	q.grace = r.seconds("grace", limits.minGrace, limits.maxGrace)
	q.manualResume = r.flag("manual_resume")
	q.methods = r.methods()
	q.name = r.text("name", limits.name)
	q.schedule = r.schedule(limits.after)
	q.slug = r.slug()
	q.startWords = r.text("start_kw", maxWords)
	q.subject = r.text("subject", maxWords)
	q.subjectFail = r.text("subject_fail", maxWords)
	q.successWords = r.text("success_kw", maxWords)
	q.tags = r.bytes("tags", heartbeat.MaxTags)
	q.timeout = r.seconds("timeout", limits.minTimeout, limits.maxTimeout)
	q.zone = r.zone()
	q.unique = r.words("unique", "name", "slug", "tags", "timeout", "grace")
	q.host = r.text("host", maxShort)
	q.category = r.text("category", maxShort)
	q.kind = r.text("type", maxShort)
	q.worktime = r.text("worktime", maxShort)
	q.holidays = r.text("holidays", maxHolidays)
	if r.err != nil {
		return nil, r.err
	}
	if q.name != nil && q.slug == nil && c.version != "v3" {
		made := slug.Of(*q.name)
		q.slug = &made
	}
	err := c.readChannels()
	if err != nil {
		return nil, err
	}
	q.channels, err = c.assignment(channels)
	if channels == nil || *channels != "*" {
		q.shown = c.channelList
	}
	return &q, err
}

// limits bound what Healthchecks bounds more narrowly than we do.
type limits struct {
	name                   int
	minGrace, maxGrace     time.Duration
	minTimeout, maxTimeout time.Duration
	after                  time.Time // a schedule must have a moment after it
}

// limitsOf returns Healthchecks' limits, or ours for a body that holds a worktime:
// its sender knows us, or sends back what it has read here, such as a check that
// pulses made and that has no grace, or one whose schedule is over.
func limitsOf(f fields, now time.Time) limits {
	const least, most = time.Minute, 365 * 24 * time.Hour
	if _, ours := f["worktime"]; ours {
		return limits{heartbeat.MaxName, 0, heartbeat.MaxGrace, heartbeat.MinPeriod, heartbeat.MaxPeriod, time.Time{}}
	}
	return limits{maxName, least, most, least, most, now}
}

func (r *reader) methods() *string {
	raw, ok := r.member("methods")
	if !ok {
		return nil
	}
	text := (&reader{fields: fields{"methods": raw}}).text("methods", len("POST"))
	if text == nil || *text != "" && *text != "POST" {
		r.fail("methods has unexpected value")
	}
	return text
}

// schedule reads an expression that names a moment after the one given.
func (r *reader) schedule(after time.Time) *string {
	text := r.text("schedule", heartbeat.MaxExpression)
	if text == nil {
		return nil
	}
	compiled, err := schedule.Compile(heartbeat.Spec{
		Kind: schedule.Guess(*text), Expression: *text, Period: heartbeat.DefaultPeriod, Worktime: "always",
	})
	if err != nil || compiled.Due(after).IsZero() {
		r.fail("schedule is not a valid cron or OnCalendar expression")
	}
	return text
}

func (r *reader) slug() *string {
	text := r.text("slug", heartbeat.MaxSlug)
	if text != nil && *text != "" && service.ValidSlug(*text) != nil {
		r.fail("slug does not match pattern")
	}
	return text
}

func (r *reader) zone() *string {
	text := r.text("tz", unbounded)
	if text == nil {
		return nil
	}
	name, ok := schedule.TranslateZone(*text)
	if !ok {
		r.fail("tz is not a valid timezone")
	}
	return &name
}

// match returns a function that finds the checks that an upsert means; nil if it
// can mean none, as when a member is to be unique that was not sent.
func (q *request) match(sent fields) func(heartbeat.Check) bool {
	for _, field := range q.unique {
		if _, ok := sent[field]; !ok {
			return nil
		}
	}
	if len(q.unique) == 0 {
		return nil
	}
	return func(c heartbeat.Check) bool {
		return !slices.ContainsFunc(q.unique, func(field string) bool { return !q.same(field, c) })
	}
}

func (q *request) same(field string, c heartbeat.Check) bool {
	switch field {
	case "name":
		return c.Name == *q.name
	case "slug":
		return c.Slug == *q.slug
	case "tags":
		return c.Tags == *q.tags
	case "timeout":
		return c.Period == *q.timeout
	}
	return c.Grace == *q.grace
}

// apply makes the changes that are asked for.
func (q *request) apply(d *service.Details) error {
	set(&d.Host, q.host)
	set(&d.Category, q.category)
	set(&d.Type, q.kind)
	set(&d.Name, q.name)
	set(&d.Slug, q.slug)
	set(&d.Tags, q.tags)
	set(&d.Desc, q.desc)
	q.applyChannels(&d.Labels)
	q.applySchedule(d)
	q.applyRules(&d.Rules)
	return nil
}

func set[T any](to, asked *T) {
	if asked != nil {
		*to = *asked
	}
}

// applyChannels changes who is told. "All", and channels that are gone, survive
// that somebody sends back what was read.
func (q *request) applyChannels(l *heartbeat.Labels) {
	if q.channels == nil {
		return
	}
	next := *l
	next.Channels = *q.channels
	if q.shown == nil || q.shown(next) != q.shown(*l) {
		*l = next
	}
}

// applySchedule changes when pings are due. An expression makes the timeout
// unheard.
func (q *request) applySchedule(d *service.Details) {
	set(&d.Zone, q.zone)
	set(&d.Holidays, q.holidays)
	if q.worktime != nil {
		if d.Worktime = strings.TrimSpace(*q.worktime); d.Worktime == "" {
			d.Worktime = "always"
		}
	}
	setSeconds(&d.Grace, q.grace)
	switch {
	case q.schedule != nil:
		d.Kind, d.Expression = schedule.Guess(*q.schedule), *q.schedule
	case q.timeout != nil:
		d.Kind = heartbeat.SchedulePeriod
		setSeconds(&d.Period, q.timeout)
	}
}

// setSeconds leaves alone what is the same in whole seconds: they are all that
// was read.
func setSeconds(to, asked *time.Duration) {
	if asked != nil && to.Truncate(time.Second) != *asked {
		*to = *asked
	}
}

func (q *request) applyRules(r *heartbeat.Rules) {
	if q.subject != nil || q.subjectFail != nil {
		set(&r.SuccessWords, q.subject)
		set(&r.FailureWords, q.subjectFail)
		r.FilterSubject = r.SuccessWords != "" || r.FailureWords != ""
	}
	set(&r.SuccessWords, q.successWords)
	set(&r.FailureWords, q.failures)
	set(&r.StartWords, q.startWords)
	set(&r.FilterSubject, q.filterSubject)
	set(&r.FilterBody, q.filterBody)
	set(&r.FilterHTTP, q.filterHTTP)
	set(&r.DefaultFail, q.defaultFail)
	set(&r.ManualResume, q.manualResume)
	if q.methods != nil {
		r.PostOnly = *q.methods == "POST"
	}
}
