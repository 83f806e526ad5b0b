package dash

import (
	"cmp"
	"net/http"
	"net/url"

	"heartbeat"
	"heartbeat/internal/service"
)

// createPage is the form that makes a check.
type createPage struct {
	frame
	Form *checkForm
	// Projects are offered if there is more than one.
	Projects []option
}

func (h *handler) createForm(w http.ResponseWriter, r *http.Request) error {
	return h.showCreate(w, r, url.Values{"project": {r.URL.Query().Get("project")}}, nil)
}

// create makes the check, or only previews it.
func (h *handler) create(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	if r.PostForm.Has("preview") {
		return h.showCreate(w, r, r.PostForm, nil)
	}
	project := cmp.Or(heartbeat.ProjectID(r.PostForm.Get("project")), heartbeat.DefaultProject)
	check, err := h.Service.Create(r.Context(), h.Now(), project, typedEdit(r.PostForm))
	if invalids, ok := allInvalid(err); ok {
		return h.showCreate(w, r, r.PostForm, invalids)
	}
	if isNotFound(err) {
		return errNoProject
	}
	if err != nil {
		return err
	}
	h.redirect(w, r, "/check?"+url.Values{"done": {"created"}, "id": {check.ID.String()}}.Encode())
	return nil
}

func (h *handler) showCreate(w http.ResponseWriter, r *http.Request, typed url.Values, wrong service.Invalids) error {
	f := h.frame(r, "New check", "checks")
	directory, err := h.Channels(r.Context())
	if err != nil {
		return err
	}
	projects := directory.Projects
	page := createPage{frame: f, Form: h.formOf(h.Service.Blank(""), directory, typed, wrong)}
	h.addPreview(page.Form, h.Service.Blank(""), &f)
	if len(projects) > 1 {
		for _, p := range projects {
			page.Projects = append(page.Projects, option{string(p.ID), p.Name, typed.Get("project") == string(p.ID)})
		}
	}
	code := http.StatusOK
	if len(wrong) > 0 {
		code = http.StatusUnprocessableEntity
	}
	return h.render(w, code, "create", &page)
}

// addPreview previews what stands in the form for the check.
func (h *handler) addPreview(form *checkForm, c heartbeat.Check, f *frame) {
	form.Preview = h.previewOf(c, form.values, f.clock)
	if !h.Bare {
		form.PreviewURL = f.Base + "/preview"
		if !form.New {
			form.PreviewURL += "?id=" + c.ID.String()
		}
	}
}
