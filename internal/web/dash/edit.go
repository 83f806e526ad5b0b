package dash

import (
	"errors"
	"net/http"
	"net/url"

	"heartbeat"
	"heartbeat/internal/service"
)

// editPage is the form that changes a check.
type editPage struct {
	frame
	Row       row
	Why       []string
	Form      *checkForm
	Paused    bool
	DeleteURL string
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
	if r.PostForm.Has("preview") {
		return h.showEdit(w, r, id, r.PostForm, nil)
	}
	err = h.Service.Edit(r.Context(), id, typedEdit(r.PostForm))
	if invalids, ok := allInvalid(err); ok {
		return h.showEdit(w, r, id, r.PostForm, invalids)
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

// showEdit shows the form with what is stored, or with what was typed and what
// is wrong with it.
func (h *handler) showEdit(w http.ResponseWriter, r *http.Request, id heartbeat.CheckID, typed url.Values, wrong service.Invalids) error {
	f := h.frame(r, "Edit", "checks")
	check, err := h.Service.Look(r.Context(), f.clock.now, id)
	if err != nil {
		return err
	}
	_, flips, err := h.Service.History(r.Context(), id, 1)
	if err != nil {
		return err
	}
	directory, err := h.Channels(r.Context())
	if err != nil {
		return err
	}
	project := f.place(directory.Projects, &check.Check)
	page := editPage{
		frame: f, Row: rowOf(&check, &f), Why: why(&check, flips, f.clock),
		Form:      h.formOf(check.Check, directory, typed, wrong),
		Paused:    check.Status == heartbeat.StatusPaused,
		DeleteURL: f.Base + "/delete?id=" + id.String(),
	}
	page.Row.Project = project
	page.Title = "Edit " + page.Row.Title
	h.addPreview(page.Form, check.Check, &f)
	code := http.StatusOK
	if len(wrong) > 0 {
		code = http.StatusUnprocessableEntity
	}
	return h.render(w, code, "edit", &page)
}
