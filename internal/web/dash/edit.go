package dash

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule"
	"heartbeat/internal/service"
)

// editPage is the form that changes a check.
type editPage struct {
	frame
	Row                                         row
	Why                                         []string
	Threshold, Grace, Worktime, Zones, Holidays field
	Saturday                                    field
	Paused                                      bool
	ZoneNames                                   []string
	// Wrong counts the fields that must be corrected.
	Wrong int
	// Problem is what is wrong with no field in particular.
	Problem   string
	DeleteURL string
}

// field is one input of the form: what stands in it, and what is wrong with it.
type field struct {
	Value, Problem string
	Checked        bool
}

func (h *handler) editForm(w http.ResponseWriter, r *http.Request) error {
	id, err := checkID(r)
	if err != nil {
		return err
	}
	return h.showEdit(w, r, id, nil, nil)
}

// edit takes the form, or the original's: threshold, saturday, and delete=del.
func (h *handler) edit(w http.ResponseWriter, r *http.Request) error {
	id, err := checkID(r)
	if err != nil {
		return err
	}
	if err := parseForm(r); err != nil {
		return err
	}
	switch {
	case r.PostForm.Get("delete") != "":
		return h.remove(w, r, id)
	case h.Bare && r.PostForm.Get("action") != "":
		return h.pauseOrResume(w, r, id)
	}
	typed := typedEdit(r.PostForm)
	err = h.Service.Edit(r.Context(), id, typed)
	if invalids, ok := allInvalid(err); ok {
		return h.showEdit(w, r, id, &typed, invalids)
	}
	if err != nil {
		return err
	}
	h.redirect(w, r, "/dashboard?"+url.Values{"done": {"saved"}, "id": {id.String()}}.Encode())
	return nil
}

// allInvalid returns what is wrong with the fields, if that is what err says.
func allInvalid(err error) (service.Invalids, bool) {
	var invalids service.Invalids
	if errors.As(err, &invalids) {
		return invalids, true
	}
	var invalid *heartbeat.Invalid
	if errors.As(err, &invalid) {
		return service.Invalids{invalid}, true
	}
	return nil, false
}

// typedEdit reads the fields that the form has. A box that is not ticked is not
// sent, so that the form sends "0" before it: the last value counts.
func typedEdit(form url.Values) service.Edit {
	get := func(name string) *string {
		values := form[name]
		if len(values) == 0 {
			return nil
		}
		return &values[len(values)-1]
	}
	return service.Edit{
		Threshold: get("threshold"), Grace: get("grace"), Saturday: get("saturday"),
		Worktime: get("worktime"), Zone: get("tz"), Holidays: get("holidays"),
	}
}

// showEdit shows the form with what is stored, or with what was typed and what
// is wrong with it.
func (h *handler) showEdit(w http.ResponseWriter, r *http.Request, id heartbeat.CheckID, typed *service.Edit, wrong service.Invalids) error {
	f := h.frame(r, "Edit", "checks")
	check, err := h.Service.Look(r.Context(), f.clock.now, id)
	if err != nil {
		return err
	}
	_, flips, err := h.Service.History(r.Context(), id, 1)
	if err != nil {
		return err
	}
	f.Title = "Edit " + check.Name
	page := editPage{
		frame: f, Row: rowOf(&check, &f), Why: why(&check, flips, f.clock),
		Threshold: field{Value: schedule.FormatHours(check.Period)},
		Grace:     field{Value: schedule.FormatHours(check.Grace)},
		Worktime:  field{Value: check.Worktime},
		Zones:     field{Value: check.Zone},
		Holidays:  field{Value: check.Holidays},
		Saturday:  field{Checked: countsSaturday(check.Spec)},
		Paused:    check.Status == heartbeat.StatusPaused,
		ZoneNames: zoneNames[:],
		DeleteURL: f.Base + "/delete?id=" + id.String(),
	}
	code := http.StatusOK
	if len(wrong) > 0 {
		code = http.StatusUnprocessableEntity
		page.keep(typed)
		page.blame(wrong)
	}
	return h.render(w, code, "edit", &page)
}

// keep puts back what was typed.
func (p *editPage) keep(typed *service.Edit) {
	for _, f := range []struct {
		field *field
		typed *string
	}{
		{&p.Threshold, typed.Threshold},
		{&p.Grace, typed.Grace},
		{&p.Worktime, typed.Worktime},
		{&p.Zones, typed.Zone},
		{&p.Holidays, typed.Holidays},
	} {
		if f.typed != nil {
			f.field.Value = *f.typed
		}
	}
	if typed.Saturday != nil {
		p.Saturday.Checked = *typed.Saturday == "1"
	}
}

// blame puts each problem beside its field.
func (p *editPage) blame(wrong service.Invalids) {
	fields := map[string]*field{
		"threshold": &p.Threshold, "grace": &p.Grace, "worktime": &p.Worktime,
		"tz": &p.Zones, "holidays": &p.Holidays, "saturday": &p.Saturday,
	}
	p.Wrong = len(wrong)
	for _, invalid := range wrong {
		if f, ok := fields[invalid.Field]; ok {
			f.Problem = invalid.Problem
		} else {
			p.Problem = invalid.Error()
		}
	}
}

// countsSaturday tells whether any part of a Saturday counts.
func countsSaturday(spec heartbeat.Spec) bool {
	spec.Zone, spec.Holidays = "UTC", ""
	sched, err := schedule.Compile(spec)
	if err != nil {
		return false
	}
	saturday := time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)
	return sched.Elapsed(saturday, saturday.Add(day)) > 0
}
