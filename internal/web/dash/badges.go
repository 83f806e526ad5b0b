package dash

import (
	"cmp"
	"context"
	"encoding/base64"
	"html"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"heartbeat"
	"heartbeat/internal/service"
	"heartbeat/internal/web/badge"
)

// badgesPage shows the badges of a project: one for all its checks, and one for
// each tag.
type badgesPage struct {
	frame
	// Name is the project's; Switch leads to the badges of the others. Both are
	// empty if there is but one project.
	Name   string
	Switch []projectLink
	// Badges are none if the project has no checks, and one if they have no tags.
	Badges []groupBadge
	// CreateURL leads to the form that makes a check of the project.
	CreateURL string
}

// groupBadge is the badge of checks that have something in common.
type groupBadge struct {
	// ID tells it from the others, Name says what its checks have in common, and URL
	// shows them.
	ID, Name, URL string
	// Checks says how many there are; Down and Late count those that are.
	Checks     string
	Down, Late int
	Badge      *badgeView
}

// badgeView shows a badge, and what to put into a page to have it there.
type badgeView struct {
	// Two and Three are its pictures, with two states and with three.
	Two, Three template.URL
	Codes      []address
}

func (h *handler) badges(w http.ResponseWriter, r *http.Request) error {
	if h.Badges == nil {
		return errNoPage
	}
	projects, err := h.Service.Projects(r.Context())
	if err != nil {
		return err
	}
	project, ok := projects.Find(cmp.Or(heartbeat.ProjectID(r.URL.Query().Get("project")), heartbeat.DefaultProject))
	if !ok {
		return errNoProject
	}
	f := h.frame(r, "Badges", "projects")
	f.Live = true
	page := badgesPage{frame: f, CreateURL: h.createURL(project.ID)}
	if len(projects) > 1 {
		page.Project, page.Name, page.Title = project.ID, project.Name, "Badges of "+project.Name
		page.Switch = badgeSwitch(projects, project.ID, f.Base)
	}
	rows, err := h.Service.ProjectChecks(r.Context(), f.clock.now, project.ID)
	if err != nil {
		return err
	}
	links, err := h.Badges(r.Context())
	if err != nil {
		return err
	}
	counts := badge.Tags{}
	for i := range rows {
		counts.Add(rows[i].Labels, rows[i].Shown)
	}
	page.Badges = page.groups(counts, project.ID, links)
	return h.render(w, http.StatusOK, "badges", &page)
}

// badgeSwitch are the links from the badges of one project to those of another.
func badgeSwitch(projects heartbeat.Projects, current heartbeat.ProjectID, base string) []projectLink {
	all := make([]projectLink, len(projects))
	for i, p := range projects {
		all[i] = projectLink{Name: p.Name, URL: badgesURL(base, p.ID), Current: p.ID == current}
	}
	return all
}

func badgesURL(base string, id heartbeat.ProjectID) string {
	return base + "/badges?" + url.Values{"project": {string(id)}}.Encode()
}

// groups are the badges for what was counted: first all checks, then tag by tag.
func (page *badgesPage) groups(counts badge.Tags, project heartbeat.ProjectID, links badge.Links) []groupBadge {
	all, ok := counts[badge.All]
	if !ok {
		return nil
	}
	delete(counts, badge.All)
	group := func(tag, name, url string, view badge.View) groupBadge {
		return groupBadge{
			ID: "tag-" + tag, Name: name, URL: url,
			Checks: plural(view.Total, "check", "checks"), Down: view.Down, Late: view.Grace,
			Badge: viewBadge(view, links.Tag(string(project), tag)),
		}
	}
	groups := []groupBadge{group(badge.All, "All checks", projectURL(page.Base, project), all)}
	for _, tag := range slices.Sorted(maps.Keys(counts)) {
		groups = append(groups, group(tag, tag, tagURL(page.Base, page.Project, tag), counts[tag]))
	}
	return groups
}

// checkBadge returns nil where there are no badges.
func (h *handler) checkBadge(ctx context.Context, r *service.Row) (*badgeView, error) {
	if h.Badges == nil {
		return nil, nil
	}
	links, err := h.Badges(ctx)
	if err != nil {
		return nil, err
	}
	return viewBadge(badge.OfCheck(&r.Check, r.Shown), links.Check(r.ID)), nil
}

func viewBadge(view badge.View, urls badge.URLs) *badgeView {
	return &badgeView{
		Two: picture(view.SVG(badge.TwoStates)), Three: picture(view.SVG(badge.ThreeStates)),
		Codes: []address{
			{Name: "Markdown", URL: "![" + markdownText.Replace(view.Label) + "](" + urls.SVG3 + ")"},
			{Name: "HTML", URL: `<img src="` + html.EscapeString(urls.SVG3) + `" alt="` + html.EscapeString(view.Label) + `">`},
			{Name: "SVG, three states", URL: urls.SVG3},
			{Name: "SVG, two states", URL: urls.SVG, Note: "Late is still up."},
			{Name: "JSON", URL: urls.JSON3},
			{Name: "shields.io", URL: urls.Shields3},
		},
	}
}

// markdownText escapes what would end the text of a link or hide a part of it.
var markdownText = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, "<", `\<`, "`", "\\`")

// picture puts an SVG into an address, so that the page shows it whatever the
// badge's own address is.
func picture(svg []byte) template.URL {
	return template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg)) //nolint:gosec // our own drawing, in which all text is escaped
}
