package dash

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"heartbeat"
	"heartbeat/internal/notify"
	"heartbeat/internal/service"
)

// checkPage is one check: how it stands and why, and what happened to it.
type checkPage struct {
	frame
	Row row
	// Why says in sentences why the check stands as it does and what comes next.
	Why      []string
	Facts    []fact
	Timeline timeline
	// Desc are the paragraphs of the description.
	Desc    []string
	Events  []event
	Filters []eventFilter
	// Kind is the one that is listed; empty for all.
	Kind   string
	Ping   pinging
	Badge  *badgeView
	Paused bool
	// NotKept tells that there were pulses that the store has not kept.
	NotKept bool
}

// fact is a line of what is known about a check.
type fact struct {
	Name, Text string
	When       stamp
}

func (h *handler) check(w http.ResponseWriter, r *http.Request) error {
	id, err := checkID(r)
	if err != nil {
		return err
	}
	f := h.frame(r, "Check", "checks")
	row, err := h.Service.Look(r.Context(), f.clock.now, id)
	if err != nil {
		return err
	}
	kind, limit := eventKind(r.URL.Query()), eventsShown
	if kind != "" {
		limit = eventsSearched
	}
	pings, flips, err := h.Service.History(r.Context(), id, limit)
	if err != nil {
		return err
	}
	directory, err := h.Channels(r.Context())
	if err != nil {
		return err
	}
	project := f.place(directory.Projects, &row.Check)
	f.Live, f.Title = true, row.Title()
	f.Done = h.done(r.Context(), f.clock, r.URL.Query())
	if row.Shown == heartbeat.StatusDown {
		f.Icon, f.Title = icon(1), "Down: "+f.Title
	}
	page := checkPage{
		frame: f, Row: rowOf(&row, &f), Desc: paragraphs(row.Desc),
		Why: why(&row, flips, f.clock), Facts: h.facts(&row, pings, directory, f.clock),
		Timeline: timelineOf(&row, pings, flips, f.clock),
		Events:   events(pings, flips, kind, f.clock), Filters: eventFilters(f.Base+"/check?id="+id.String(), kind), Kind: kind,
		Ping:    h.pinging(r, &row.Check),
		Paused:  row.Status == heartbeat.StatusPaused,
		NotKept: row.Pings > 0 && len(pings) == 0,
	}
	page.Row.Project = project
	if page.Badge, err = h.checkBadge(r.Context(), &row); err != nil {
		return err
	}
	return h.render(w, http.StatusOK, "check", &page)
}

func paragraphs(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
}

// act pauses or resumes a check.
func (h *handler) act(w http.ResponseWriter, r *http.Request) error {
	id, err := checkID(r)
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	return h.pauseOrResume(w, r, id)
}

func (h *handler) pauseOrResume(w http.ResponseWriter, r *http.Request, id heartbeat.CheckID) error {
	done := ""
	var err error
	switch r.PostForm.Get("action") {
	case "pause":
		done, err = "paused", h.Service.Pause(r.Context(), h.Now(), id)
	case "resume":
		done, err = "resumed", h.Service.Resume(r.Context(), h.Now(), id)
	default:
		err = &heartbeat.Invalid{Field: "action", Problem: "must be pause or resume"}
	}
	if err != nil {
		return err
	}
	page := "/check?"
	if h.Bare {
		page = "/dashboard?"
	}
	h.redirect(w, r, page+url.Values{"id": {id.String()}, "done": {done}}.Encode())
	return nil
}

// facts are what is known about a check beside its names.
func (h *handler) facts(r *service.Row, pings []heartbeat.Ping, d notify.Directory, c clock) []fact {
	all := append(scheduleFacts(r), fact{Name: "Last pulse", When: c.stamp(r.LastPing), Text: "none yet"})
	if !r.Due.IsZero() {
		all = append(all, fact{Name: "Next pulse due", When: c.stamp(r.Due)})
	}
	if !r.Deadline.IsZero() {
		all = append(all, fact{Name: "Goes down", When: c.stamp(r.Deadline)})
	}
	if r.LastDuration > 0 {
		all = append(all, fact{Name: "Last run took", Text: span(r.LastDuration)})
	}
	if text := senders(pings); text != "" {
		all = append(all, fact{Name: "Senders", Text: text})
	}
	return append(all,
		fact{Name: "Tells", Text: told(r, d)},
		fact{Name: "Pulses so far", Text: strconv.FormatInt(r.Pings, 10)},
		fact{Name: "Known since", When: c.stamp(r.Created)},
	)
}

func scheduleFacts(r *service.Row) []fact {
	all := []fact{{Name: "Period", Text: exact(r.Period)}}
	if service.NamedByPulses(r.Check) {
		all[0].Name = "Threshold"
	}
	switch r.Kind {
	case heartbeat.ScheduleCron:
		all[0] = fact{Name: "Cron", Text: r.Expression}
	case heartbeat.ScheduleOnCalendar:
		all[0] = fact{Name: "OnCalendar", Text: strings.ReplaceAll(r.Expression, "\n", "; ")}
	}
	all = append(all, fact{Name: "Grace", Text: graceText(r.Grace)}, fact{Name: "Worktime", Text: r.Worktime + ", " + r.Zone})
	if r.Holidays != "" {
		all = append(all, fact{Name: "Holidays", Text: strings.ReplaceAll(r.Holidays, ",", ", ")})
	}
	if text := rulesText(r.Rules); text != "" {
		all = append(all, fact{Name: "Rules", Text: text})
	}
	return all
}

// rulesText says in a few words which pings are not taken at their word.
func rulesText(r heartbeat.Rules) string {
	var all []string
	if r.ManualResume {
		all = append(all, "only Resume ends a pause")
	}
	if r.PostOnly {
		all = append(all, "POST only")
	}
	if r.FilterHTTP || r.FilterBody || r.FilterSubject {
		all = append(all, "keywords decide")
	}
	return strings.Join(all, ", ")
}

// told names the channels that hear of the check.
func told(r *service.Row, d notify.Directory) string {
	var names []string
	for _, id := range d.Projects.Told(r.Project, r.Labels) {
		names = append(names, channelName(d, id, r.Project))
	}
	if names == nil {
		return "nobody"
	}
	return strings.Join(names, ", ")
}

func graceText(d time.Duration) string {
	if d == 0 {
		return "none"
	}
	return exact(d)
}
