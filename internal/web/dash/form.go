package dash

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"heartbeat"
	"heartbeat/internal/notify"
	"heartbeat/internal/schedule"
	"heartbeat/internal/service"
)

// checkForm are the fields of the forms that make and change a check: what
// stands in them, and what is wrong with it.
type checkForm struct {
	// ByPulses tells that pulses find the check by its names: they cannot change,
	// and times are in hours, as pulses say them.
	ByPulses bool
	// New tells that the check is not made yet, Several that there are several
	// projects.
	New, Several bool
	Units        []service.Unit
	ZoneNames    []string
	Channels     []channelChoice
	// PreviewURL is where the script asks for previews; empty if it may not.
	PreviewURL string
	Preview    preview
	// Problem is what is wrong with no field in particular. Wrong counts all
	// problems.
	Problem  string
	Wrong    int
	values   url.Values
	problems map[string]string
}

// field is one input of a form.
type field struct{ Name, Label, Value, Problem string }

// channelChoice is a channel that may be told of the check.
type channelChoice struct {
	ID, Name string
	Told     bool
}

// Field returns the input with the name.
func (f *checkForm) Field(name string) field {
	return field{Name: name, Label: labelOf(name, f.ByPulses), Value: last(f.values[name]), Problem: f.problems[name]}
}

// Is tells whether the value is chosen in a list or a group of buttons, or
// whether a box is ticked, of which the value is 1.
func (f *checkForm) Is(name, value string) bool { return last(f.values[name]) == value }

// More tells whether something rarely used is in use, or wrong.
func (f *checkForm) More() bool {
	for _, name := range [...]string{"manual_resume", "post_only", "filter_http", "filter_body", "filter_subject"} {
		if f.Is(name, "1") {
			return true
		}
	}
	return f.problems["failure_words"]+f.problems["success_words"]+f.problems["start_words"] != "" || !f.Is("told", "all")
}

// labelOf is what stands above an input, or a group of them, where that is not
// its name.
func labelOf(name string, byPulses bool) string {
	switch name {
	case "threshold":
		if !byPulses {
			return "Period"
		}
	case "kind":
		return "Schedule"
	case "tz":
		return "Time zone"
	case "oncalendar":
		return "OnCalendar"
	case "cron":
		return "Expression"
	case "desc":
		return "Description"
	case "worktime":
		return "Working days and hours"
	case "told":
		return "Channels"
	}
	return title(strings.ReplaceAll(name, "_", " "))
}

// last is what a repeated field says: a box that is not ticked is not sent, so
// that forms send "0" before it.
func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// formOf returns the form for a check, with what was typed instead of what is
// stored where something was, and what is wrong with that.
func (h *handler) formOf(c heartbeat.Check, d notify.Directory, typed url.Values, wrong service.Invalids) *checkForm {
	f := &checkForm{
		ByPulses: service.NamedByPulses(c), New: isNew(c), Several: len(d.Projects) > 1,
		Units: service.Units(), ZoneNames: zoneNames[:],
		values: valuesOf(c), problems: map[string]string{}, Wrong: len(wrong),
	}
	for name, values := range typed {
		f.values[name] = values
	}
	f.Channels = choices(d, c, f.values)
	for _, invalid := range wrong {
		f.blame(invalid)
	}
	return f
}

// blame puts a problem beside its input.
func (f *checkForm) blame(invalid *heartbeat.Invalid) {
	name, problem := blamed(invalid, f.values)
	if _, ok := f.values[name]; ok {
		f.problems[name] = problem
	} else {
		f.Problem = labelOf(name, f.ByPulses) + " " + problem
	}
}

// blamed is the input of the form with these values that a problem belongs to, and
// the problem in words for somebody who sees the form.
func blamed(invalid *heartbeat.Invalid, values url.Values) (name, problem string) {
	switch invalid.Field {
	case "schedule":
		if kind := last(values["kind"]); kind == "cron" || kind == "oncalendar" {
			return kind, invalid.Problem
		}
		return "kind", "must be a period, cron or OnCalendar: choose one"
	case "channels":
		return "told", invalid.Problem
	case "saturday":
		return "saturday", "does not go with the working days and hours above: change those instead"
	}
	return invalid.Field, invalid.Problem
}

// valuesOf are the fields of the form as the check is stored.
func valuesOf(c heartbeat.Check) url.Values {
	v := url.Values{}
	set := func(pairs ...string) {
		for i := 0; i < len(pairs); i += 2 {
			v[pairs[i]] = []string{pairs[i+1]}
		}
	}
	set("name", c.Name, "slug", c.Slug, "tags", c.Tags, "desc", c.Desc)
	set("kind", "period", "cron", "", "oncalendar", "")
	if c.Kind != heartbeat.SchedulePeriod {
		set("kind", string(c.Kind), string(c.Kind), c.Expression)
	}
	period := cmp.Or(c.Period, heartbeat.DefaultPeriod)
	if service.NamedByPulses(c) {
		set("threshold", schedule.FormatHours(period), "grace", schedule.FormatHours(c.Grace), "saturday", flag(countsSaturday(c.Spec)))
	} else {
		number, unit := service.FormatSpan(period)
		set("threshold", number, "unit", unit)
		number, unit = service.FormatSpan(c.Grace)
		set("grace", number, "grace_unit", unit)
	}
	set("worktime", c.Worktime, "tz", c.Zone, "holidays", c.Holidays)
	set("told", "some")
	switch c.Channels {
	case "":
		set("told", "all")
	case heartbeat.NoChannels:
		set("told", "none")
	default:
		v["channel"] = strings.Split(c.Channels, ",")
	}
	r := c.Rules
	set("manual_resume", flag(r.ManualResume), "post_only", flag(r.PostOnly), "default_fail", flag(r.DefaultFail))
	set("filter_http", flag(r.FilterHTTP), "filter_body", flag(r.FilterBody), "filter_subject", flag(r.FilterSubject))
	set("failure_words", r.FailureWords, "success_words", r.SuccessWords, "start_words", r.StartWords)
	return v
}

func flag(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

// choices are the channels that the form offers: those that tell of the check's
// project, or all while the project is yet to be chosen, and whatever else the
// check names, also what is not there any more.
func choices(d notify.Directory, c heartbeat.Check, values url.Values) []channelChoice {
	ids, home := d.Tellers(c.Project), cmp.Or(c.Project, heartbeat.DefaultProject)
	if isNew(c) {
		ids, home = d.All(), ""
	}
	for _, named := range values["channel"] {
		if id := heartbeat.ChannelID(named); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	all := make([]channelChoice, len(ids))
	for i, id := range ids {
		all[i] = channelChoice{string(id), channelName(d, id, home), slices.Contains(values["channel"], string(id))}
	}
	return all
}

func isNew(c heartbeat.Check) bool { return c.ID == heartbeat.CheckID{} }

// typedEdit reads the fields that a form has; those it lacks are left alone.
func typedEdit(form url.Values) service.Edit {
	get := func(name string) *string {
		if values := form[name]; len(values) > 0 {
			return &values[len(values)-1]
		}
		return nil
	}
	e := service.Edit{
		Name: get("name"), Slug: get("slug"), Tags: get("tags"), Desc: get("desc"),
		Threshold: get("threshold"), Unit: get("unit"), Grace: get("grace"), GraceUnit: get("grace_unit"),
		Saturday: get("saturday"), Worktime: get("worktime"), Zone: get("tz"), Holidays: get("holidays"),
		Channels: typedChannels(form), Rules: typedRules(form),
	}
	if e.Kind = get("kind"); e.Kind != nil && *e.Kind != "period" {
		e.Threshold, e.Unit, e.Expression = nil, nil, get(*e.Kind) // what is hidden is not blamed
	}
	return e
}

func typedChannels(form url.Values) *string {
	told := ""
	switch form.Get("told") {
	case "all":
	case "none":
		told = heartbeat.NoChannels
	case "some":
		told = cmp.Or(strings.Join(form["channel"], ","), ",") // none ticked is none named: refused
	default:
		return nil
	}
	return &told
}

func typedRules(form url.Values) *heartbeat.Rules {
	if _, ok := form["failure_words"]; !ok {
		return nil
	}
	is := func(name string) bool { return last(form[name]) == "1" }
	return &heartbeat.Rules{
		ManualResume: is("manual_resume"), PostOnly: is("post_only"), DefaultFail: is("default_fail"),
		FilterHTTP: is("filter_http"), FilterBody: is("filter_body"), FilterSubject: is("filter_subject"),
		FailureWords: form.Get("failure_words"), SuccessWords: form.Get("success_words"), StartWords: form.Get("start_words"),
	}
}

// countsSaturday tells whether any part of a Saturday counts.
func countsSaturday(spec heartbeat.Spec) bool {
	spec = heartbeat.Spec{Period: heartbeat.DefaultPeriod, Worktime: spec.Worktime}
	sched, err := schedule.Compile(spec)
	if err != nil {
		return false
	}
	saturday := time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)
	return sched.Elapsed(saturday, saturday.Add(day)) > 0
}
