package dash

import (
	"net/http"
	"net/url"

	"heartbeat"
	"heartbeat/internal/service"
)

// projectLink leads to the checks of a project, or of all.
type projectLink struct {
	Name, URL string
	// Down counts its checks that are down.
	Down    int
	Current bool
}

// projectCookie carries the project that was looked at last.
const projectCookie = "heartbeat_project"

// allProjects is what an address says that asks for all projects.
const allProjects = "all"

// scope returns all projects, and the one that the address of the dashboard asks
// for; empty for all. Where the address says nothing, it is the one that was
// looked at last, and remembered is true.
func (h *handler) scope(w http.ResponseWriter, r *http.Request) (all heartbeat.Projects, one heartbeat.ProjectID, remembered bool, err error) {
	all, err = h.Service.Projects(r.Context())
	if err != nil || len(all) < 2 {
		return all, "", false, err
	}
	query := r.URL.Query()
	if !query.Has("project") {
		if cookie, err := r.Cookie(projectCookie); err == nil {
			one = heartbeat.ProjectID(cookie.Value)
		}
		_, known := all.Find(one)
		return all, one, known, nil
	}
	one = heartbeat.ProjectID(query.Get("project"))
	if _, known := all.Find(one); !known {
		one = "" // a mistyped address still shows the table
	}
	http.SetCookie(w, &http.Cookie{
		Name: projectCookie, Value: string(one), Path: h.link("/"), MaxAge: 365 * 24 * 3600,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	})
	return all, one, false, nil
}

// projectLinks are the links from project to project; none if there is but one.
func projectLinks(projects heartbeat.Projects, list service.List, q tableQuery, base string) []projectLink {
	if len(projects) < 2 {
		return nil
	}
	all := []projectLink{{Name: "All projects", URL: base + "/dashboard?project=" + allProjects, Current: q.Project == ""}}
	for _, p := range projects {
		all = append(all, projectLink{
			Name: p.Name, URL: projectURL(base, p.ID), Down: list.ByProject[p.ID].Down, Current: q.Project == p.ID,
		})
	}
	return all
}

func projectURL(base string, id heartbeat.ProjectID) string {
	return base + "/dashboard?" + url.Values{"project": {string(id)}}.Encode()
}

// place returns which of the projects is that of the check that the page is about,
// if there is more than one, and tells the frame; else nil.
func (f *frame) place(projects heartbeat.Projects, c *heartbeat.Check) *projectLink {
	p, ok := projects.Find(c.Project)
	if !ok || len(projects) < 2 {
		return nil
	}
	f.Project = p.ID
	return &projectLink{Name: p.Name, URL: projectURL(f.Base, p.ID)}
}
