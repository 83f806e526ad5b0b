package dash

import (
	"cmp"
	"context"
	"encoding/base64"
	"html"
	"html/template"
	"strings"

	"heartbeat/internal/service"
	"heartbeat/internal/web/badge"
)

// badgeView shows a check's badge, and what to put into a page to have it there.
type badgeView struct {
	// Two and Three are its pictures, with two states and with three.
	Two, Three template.URL
	Codes      []address
}

// badge returns nil where there are no badges.
func (h *handler) badge(ctx context.Context, r *service.Row) (*badgeView, error) {
	if h.Badges == nil {
		return nil, nil
	}
	links, err := h.Badges(ctx)
	if err != nil {
		return nil, err
	}
	urls, name := links.Check(r.ID), cmp.Or(r.Names.String(), "check")
	view := badge.View{Label: name}
	view.Add(r.Shown)
	return &badgeView{
		Two: picture(view.SVG(badge.TwoStates)), Three: picture(view.SVG(badge.ThreeStates)),
		Codes: []address{
			{Name: "Markdown", URL: "![" + strings.NewReplacer("[", `\[`, "]", `\]`, `\`, `\\`).Replace(name) + "](" + urls.SVG3 + ")"},
			{Name: "HTML", URL: `<img src="` + html.EscapeString(urls.SVG3) + `" alt="` + html.EscapeString(name) + `">`},
			{Name: "SVG, three states", URL: urls.SVG3},
			{Name: "SVG, two states", URL: urls.SVG, Note: "Late is still up."},
			{Name: "JSON", URL: urls.JSON3},
			{Name: "shields.io", URL: urls.Shields3},
		},
	}, nil
}

// picture puts an SVG into an address, so that the page shows it whatever the
// badge's own address is.
func picture(svg []byte) template.URL {
	return template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg)) //nolint:gosec // our own drawing, in which all text is escaped
}
