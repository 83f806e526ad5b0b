package dash

import "html/template"

// Templates returns every page's template with the type of its data.
func Templates() map[string]struct {
	Template *template.Template
	Data     any
} {
	all := map[string]struct {
		Template *template.Template
		Data     any
	}{}
	data := map[string]any{
		"dashboard": &dashboardPage{}, "check": &checkPage{}, "create": &createPage{}, "edit": &editPage{}, "delete": &deletePage{},
		"channels": &channelsPage{}, "projects": &projectsPage{}, "badges": &badgesPage{}, "remove": &removePage{}, "login": &loginPage{}, "error": &errorPage{},
	}
	for name, t := range parsePages() {
		all[name] = struct {
			Template *template.Template
			Data     any
		}{t.Lookup("frame"), data[name]}
	}
	return all
}

// What tests of words and numbers need.
var (
	Span     = span
	Counted  = counted
	Exact    = exact
	Relative = relative
	ShowBody = showBody
)
