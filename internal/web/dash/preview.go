package dash

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule"
	"heartbeat/internal/service"
)

// preview says when pings would be due.
type preview struct {
	// Problems say why that is not known yet.
	Problems []string
	// Schedule is what is asked for, in a line.
	Schedule string
	// From says from when on is counted.
	From string
	Dues []dueView
	// Viewer is the viewer's zone, if it shows other times than the check's.
	Viewer string
	// End says when people are told if the first of them stays out.
	End string
}

// dueView is when a ping is due.
type dueView struct {
	ISO, Rel string
	// Here is in the check's zone, Viewer in the viewer's if that differs.
	Here, Viewer string
	// Moved says why it is later than one might think.
	Moved string
}

const (
	// duesShown is how many due times a preview has.
	duesShown = 5
	// reasonsShown is how many reasons it gives for one of them.
	reasonsShown = 3
)

// preview answers the script with a preview of what is typed: a part of a page.
func (h *handler) preview(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	c := clock{now: h.Now(), zone: h.viewerZone(r)}
	check := h.Service.Blank("")
	if query.Has("id") {
		id, err := checkID(r)
		if err != nil {
			return err
		}
		row, err := h.Service.Look(r.Context(), c.now, id)
		if err != nil {
			return err
		}
		check = row.Check
	}
	return h.renderPart(w, "preview", h.previewOf(check, query, c))
}

// previewOf tells when the check would be due with what is typed.
func (h *handler) previewOf(c heartbeat.Check, typed url.Values, at clock) preview {
	edit := typedEdit(typed)
	next, err := h.Service.Try(c, service.Edit{
		Kind: edit.Kind, Expression: edit.Expression, Threshold: edit.Threshold, Unit: edit.Unit, Grace: edit.Grace, GraceUnit: edit.GraceUnit,
		Saturday: edit.Saturday, Worktime: edit.Worktime, Zone: edit.Zone, Holidays: edit.Holidays,
	})
	if err == nil {
		return previewCheck(next, at)
	}
	var p preview
	invalids, _ := allInvalid(err)
	for _, invalid := range invalids {
		name, problem := blamed(invalid, typed)
		p.Problems = append(p.Problems, labelOf(name, service.NamedByPulses(c))+" "+problem)
	}
	return p
}

// previewCheck tells when the check is due.
func previewCheck(c heartbeat.Check, at clock) preview {
	sched, err := schedule.Compile(c.Spec)
	if err != nil {
		return preview{Problems: []string{err.Error()}}
	}
	p := preview{Schedule: schedule.Describe(c.Spec)}
	from := p.begin(c, sched, at.now)
	dues, err := schedule.Occurrences(c.Spec, from, duesShown)
	if err != nil {
		return preview{Problems: []string{err.Error()}}
	}
	if len(dues) == 0 {
		return preview{Problems: []string{"No ping is ever due again."}}
	}
	for _, o := range dues {
		due := viewDue(o, at)
		if off := daysOff(c.Spec, from); off != "" {
			due.Moved = "not counted: " + off
		}
		p.Dues, from = append(p.Dues, due), o.Due
	}
	if slices.ContainsFunc(p.Dues, func(d dueView) bool { return d.Viewer != "" }) {
		p.Viewer = at.zone.String()
	}
	if end := sched.Add(dues[0].Due, c.Grace); !end.IsZero() {
		p.End = longTime(end.In(dues[0].Due.Location()))
	}
	return p
}

// begin says from when on due times are counted: from the last ping if the next
// one is not due yet, else from now.
func (p *preview) begin(c heartbeat.Check, sched schedule.Schedule, now time.Time) time.Time {
	if !c.LastPing.IsZero() && sched.Due(c.LastPing).After(now) {
		return c.LastPing
	}
	if c.Kind == heartbeat.SchedulePeriod {
		p.From = "if a ping came now"
	}
	return now
}

func viewDue(o schedule.Occurrence, at clock) dueView {
	d := dueView{ISO: o.Due.UTC().Format(time.RFC3339), Rel: relative(at.now, o.Due), Here: longTime(o.Due)}
	if local := o.Due.In(at.zone); local.Format("02 15:04") != o.Due.Format("02 15:04") {
		d.Viewer = longTime(local)
	}
	if o.Moved() {
		d.Moved = "moved from " + longTime(o.MovedFrom) + ": " + o.Why
	}
	return d
}

// daysOff names what kept whole days from counting on the way to the next due
// time after a ping at begin.
func daysOff(spec heartbeat.Spec, begin time.Time) string {
	if spec.Kind != heartbeat.SchedulePeriod {
		return "" // occurrences say it themselves
	}
	e, err := schedule.Explain(spec, begin, 0)
	if err != nil {
		return ""
	}
	var reasons []string
	for _, d := range e.Days {
		if d.Off != "" && !slices.Contains(reasons, d.Off) {
			reasons = append(reasons, d.Off)
		}
	}
	if len(reasons) > reasonsShown {
		reasons = append(reasons[:reasonsShown], "…")
	}
	return strings.Join(reasons, ", ")
}

// longTime says a moment on the clocks of its zone, in full.
func longTime(t time.Time) string {
	if t.Second() == 0 {
		return t.Format("Mon 2 Jan 2006, 15:04 MST")
	}
	return t.Format("Mon 2 Jan 2006, 15:04:05 MST")
}
