package dash

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"heartbeat"
	"heartbeat/internal/service"
)

// projectsPage lists the projects with their keys.
type projectsPage struct {
	frame
	Projects []projectView
	// Made is what stands in the field of a new project's name.
	Made field
	// Secret is a key that was made just now; its project and kind are in Of.
	Secret, Of string
}

// projectView is one project.
type projectView struct {
	ID, URL string
	Name    field
	// Checks says how many there are; Down counts those that are down.
	Checks string
	Down   int
	Keys   []keyView
	// Channels says how many it has of its own, which is Own; ChannelsURL shows them.
	Channels, ChannelsURL string
	Own                   int
	// BadgesURL is empty if there are no badges.
	BadgesURL string
	// RemoveURL is empty if the project stays.
	RemoveURL string
}

// keyView is a key that a project has or could have.
type keyView struct {
	Kind, Name, Does string
	Set              bool
	// Was tells the key that the viewer knows of from one that is made meanwhile.
	Was string
	// Flag is the setting that gives another key of this kind; empty if none does.
	Flag string
}

// wrongName is a name of a project that cannot be, and what is wrong with it.
type wrongName struct {
	project heartbeat.ProjectID // empty for a new one
	typed   string
	problem string
}

func (h *handler) projects(w http.ResponseWriter, r *http.Request) error {
	page, err := h.projectsPage(r, wrongName{})
	if err != nil {
		return err
	}
	page.Done = map[string]string{
		"made": "The project is made.", "renamed": "Renamed.", "removed": "The project is removed, with its checks and channels.", "revoked": "The key is revoked.",
		"stale": "Nothing was changed: that key had been replaced or revoked meanwhile.",
	}[r.URL.Query().Get("done")]
	return h.render(w, http.StatusOK, "projects", page)
}

func (h *handler) projectsPage(r *http.Request, wrong wrongName) (*projectsPage, error) {
	f := h.frame(r, "Projects", "projects")
	projects, err := h.Service.Projects(r.Context())
	if err != nil {
		return nil, err
	}
	list, err := h.Service.List(r.Context(), f.clock.now, service.Query{PerPage: 1})
	if err != nil {
		return nil, err
	}
	page := &projectsPage{frame: f, Made: field{Name: "name", Label: "Name"}}
	if wrong.problem != "" && wrong.project == "" {
		page.Made.Value, page.Made.Problem = wrong.typed, wrong.problem
	}
	for _, p := range projects {
		view := viewProject(p, list.ByProject[p.ID], f.Base)
		if h.Badges != nil && !h.Bare {
			view.BadgesURL = badgesURL(f.Base, p.ID)
		}
		if wrong.project == p.ID {
			view.Name.Value, view.Name.Problem = wrong.typed, wrong.problem
		}
		page.Projects = append(page.Projects, view)
	}
	return page, nil
}

func viewProject(p heartbeat.Project, tally service.Tally, base string) projectView {
	view := projectView{
		ID: string(p.ID), URL: projectURL(base, p.ID), Name: field{Name: "name-" + string(p.ID), Label: "Name", Value: p.Name},
		Checks: plural(tally.Total, "check", "checks"), Down: tally.Down,
		Channels: plural(len(p.Channels), "channel", "channels"), Own: len(p.Channels), ChannelsURL: base + "/channels#project-" + string(p.ID),
		Keys: []keyView{
			keyOf(service.KeyPing, "Ping key", "Lets jobs ping by slug and by names", p.PingKey),
			keyOf(service.KeyAPI, "API key", "Lets programs read and change all of it", p.APIKey),
			keyOf(service.KeyReadOnly, "Read-only key", "Lets programs read", p.ReadOnlyKey),
		},
	}
	if view.Own == 0 {
		view.Channels = "no channel of its own"
	}
	if p.ID == heartbeat.DefaultProject {
		for i, flag := range [...]string{"--ping-key", "--api-key", "--api-key-read-only"} {
			view.Keys[i].Flag = flag
		}
	} else {
		view.RemoveURL = base + "/projects/remove?" + url.Values{"project": {string(p.ID)}}.Encode()
	}
	return view
}

// wasShown is how many characters of a key's hash tell it from another.
const wasShown = 12

func keyOf(kind service.KeyKind, name, does, hash string) keyView {
	return keyView{Kind: string(kind), Name: name, Does: does, Set: hash != "", Was: hash[:min(len(hash), wasShown)]}
}

// changeProject does what one of the page's forms asks for.
func (h *handler) changeProject(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	ctx, id := r.Context(), heartbeat.ProjectID(r.PostForm.Get("project"))
	name, done := r.PostForm.Get("name"), ""
	var err error
	switch r.PostForm.Get("action") {
	case "make":
		done, id = "made", ""
		_, err = h.Service.MakeProject(ctx, h.Now(), name)
	case "rename":
		done, err = "renamed", h.Service.RenameProject(ctx, id, name)
	case "remove":
		done, err = "removed", h.removeProject(ctx, id)
	case "key", "revoke":
		return h.changeKey(w, r, id, service.KeyKind(r.PostForm.Get("kind")))
	default:
		return &heartbeat.Invalid{Field: "action", Problem: "must be make, rename, remove, key or revoke"}
	}
	if isNotFound(err) {
		return errNoProject
	}
	var invalid *heartbeat.Invalid
	if errors.As(err, &invalid) && invalid.Field == "name" {
		page, err := h.projectsPage(r, wrongName{id, name, invalid.Problem})
		if err != nil {
			return err
		}
		return h.render(w, http.StatusUnprocessableEntity, "projects", page)
	}
	if err != nil {
		return err
	}
	h.redirect(w, r, "/projects?done="+done)
	return nil
}

func (h *handler) removeProject(ctx context.Context, id heartbeat.ProjectID) error {
	if id == heartbeat.DefaultProject {
		return &heartbeat.Invalid{Field: "project", Problem: "is the default one, which stays"}
	}
	return h.Service.RemoveProject(ctx, id)
}

// changeKey makes or revokes a key, unless it is not the one any more that the
// viewer saw: a form that is sent again must not replace the key that was just
// copied. A new key is shown in the answer and nowhere else, ever.
func (h *handler) changeKey(w http.ResponseWriter, r *http.Request, id heartbeat.ProjectID, kind service.KeyKind) error {
	projects, err := h.Service.Projects(r.Context())
	if err != nil {
		return err
	}
	project, ok := projects.Find(id)
	if !ok {
		return errNoProject
	}
	for _, key := range viewProject(project, service.Tally{}, "").Keys {
		if key.Kind != string(kind) {
			continue
		}
		switch {
		case key.Was != r.PostForm.Get("was"):
			h.redirect(w, r, "/projects?done=stale")
			return nil
		case r.PostForm.Get("action") == "revoke":
			if err := h.Service.RevokeKey(r.Context(), id, kind); err != nil {
				return err
			}
			h.redirect(w, r, "/projects?done=revoked")
			return nil
		}
		return h.showNewKey(w, r, project, key)
	}
	return &heartbeat.Invalid{Field: "kind", Problem: "must be ping, api or read-only"}
}

func (h *handler) showNewKey(w http.ResponseWriter, r *http.Request, p heartbeat.Project, key keyView) error {
	secret, err := h.Service.MakeKey(r.Context(), p.ID, service.KeyKind(key.Kind))
	if err != nil {
		return err
	}
	page, err := h.projectsPage(r, wrongName{})
	if err != nil {
		return err
	}
	page.Secret, page.Of = secret, key.Name+" of "+p.Name
	return h.render(w, http.StatusOK, "projects", page)
}

func (h *handler) removeProjectForm(w http.ResponseWriter, r *http.Request) error {
	page, err := h.projectsPage(r, wrongName{})
	if err != nil {
		return err
	}
	for _, p := range page.Projects {
		if p.ID == r.URL.Query().Get("project") && p.RemoveURL != "" {
			page.Title = "Remove " + p.Name.Value
			return h.render(w, http.StatusOK, "remove", p.removal(page.frame))
		}
	}
	return errNoProject
}

// removal asks whether the project is to go.
func (p projectView) removal(f frame) *removePage {
	channels := ""
	if p.Own > 0 {
		channels = " its " + p.Channels + ","
	}
	return &removePage{
		frame: f, Name: p.Name.Value, Back: "Projects", BackURL: f.Base + "/projects", Project: p.ID,
		Says: []string{
			"That removes its " + p.Checks + ", with all pings and flips," + channels + " and its keys: jobs that ping there are refused from then on. Messages about its checks that wait are not sent any more.",
			"It cannot be undone.",
		},
		Button: "Remove it and its " + p.Checks,
	}
}

// errNoProject says that the project that a form or an address names is not there.
var errNoProject = &gone{"There is no such project.", "It may have been removed meanwhile. Nothing was changed."}
