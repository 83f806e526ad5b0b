package dash

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"heartbeat"
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
	Pings    []pingView
	Flips    []flipView
	Paused   bool
	// NotKept tells that there were pulses that the store has not kept.
	NotKept bool
}

// fact is a line of what is known about a check.
type fact struct {
	Name, Text string
	When       stamp
}

// historyShown is how many pings and flips the page lists.
const historyShown = 100

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
	pings, flips, err := h.Service.History(r.Context(), id, historyShown)
	if err != nil {
		return err
	}
	f.Live, f.Title = true, titleOf(&row.Check)
	f.Done = h.done(r.Context(), f.clock, r.URL.Query())
	if row.Shown == heartbeat.StatusDown {
		f.Icon, f.Title = icon(1), "Down: "+f.Title
	}
	page := checkPage{
		frame: f, Row: rowOf(&row, &f),
		Why: why(&row, flips, f.clock), Facts: facts(&row, f.clock),
		Timeline: timelineOf(&row, pings, flips, f.clock),
		Pings:    pingViews(pings, f.clock), Flips: flipViews(flips, f.clock),
		Paused:  row.Status == heartbeat.StatusPaused,
		NotKept: row.Pings > 0 && len(pings) == 0,
	}
	return h.render(w, http.StatusOK, "check", &page)
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
func facts(r *service.Row, c clock) []fact {
	all := []fact{
		{Name: "Threshold", Text: exact(r.Period)},
		{Name: "Grace", Text: graceText(r.Grace)},
		{Name: "Worktime", Text: r.Worktime + ", " + r.Zone},
	}
	if r.Holidays != "" {
		all = append(all, fact{Name: "Holidays", Text: strings.ReplaceAll(r.Holidays, ",", ", ")})
	}
	all = append(all, fact{Name: "Last pulse", When: c.stamp(r.LastPing), Text: "none yet"})
	if !r.Due.IsZero() {
		all = append(all, fact{Name: "Next pulse due", When: c.stamp(r.Due)})
	}
	if !r.Deadline.IsZero() {
		all = append(all, fact{Name: "Goes down", When: c.stamp(r.Deadline)})
	}
	if r.LastDuration > 0 {
		all = append(all, fact{Name: "Last run took", Text: span(r.LastDuration)})
	}
	return append(all,
		fact{Name: "Pulses so far", Text: strconv.FormatInt(r.Pings, 10)},
		fact{Name: "Known since", When: c.stamp(r.Created)},
	)
}

func graceText(d time.Duration) string {
	if d == 0 {
		return "none"
	}
	return exact(d)
}
