package dash

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"heartbeat"
	"heartbeat/internal/schedule"
)

//go:embed templates
var templateFiles embed.FS

// pages are the templates by the name of their page, each with the frame.
type pages map[string]*template.Template

// pageNames are the pages; each has a template file.
var pageNames = [...]string{"dashboard", "check", "create", "edit", "delete", "channels", "projects", "badges", "remove", "login", "error"}

func parsePages() pages {
	shared := template.Must(template.ParseFS(templateFiles, "templates/frame.html", "templates/parts.html", "templates/form.html"))
	all := pages{}
	for _, name := range pageNames {
		t := template.Must(shared.Clone())
		all[name] = template.Must(t.ParseFS(templateFiles, "templates/"+name+".html"))
	}
	return all
}

// frame is what surrounds every page. Page structs embed it.
type frame struct {
	Title string
	// Nav is the entry of the navigation that the page belongs to.
	Nav string
	// Base is the path before every link, such as "/heartbeat".
	Base string
	// Style and Script are the addresses of the assets, Icon is the tab's picture.
	Style, Script string
	Icon          template.URL
	LoggedIn      bool
	// Now is when the page was made, Clock its time of day, Zone the viewer's zone.
	Now         stamp
	Clock, Zone string
	// Banners are what everybody must see first; Done says what the viewer has just done.
	Banners []banner
	Done    string
	// Live tells whether the script may refresh the page under its reader, and
	// Every how often: milliseconds.
	Live  bool
	Every int64
	// Bare is Config.Bare; then InlineStyle and InlineScript are the assets.
	Bare         bool
	InlineStyle  template.CSS
	InlineScript template.JS
	// Project is the one that the page is about, where there are several.
	Project heartbeat.ProjectID
	clock   clock
}

func (h *handler) frame(r *http.Request, title, nav string) frame {
	c := clock{now: h.Now(), zone: h.viewerZone(r)}
	f := frame{
		Title:    title,
		Nav:      nav,
		Base:     h.BasePath + "/heartbeat",
		Style:    h.link("/static/" + h.assets.named["app.css"]),
		Script:   h.link("/static/" + h.assets.named["app.js"]),
		Icon:     icon(0),
		LoggedIn: true,
		Now:      c.stamp(c.now),
		Clock:    c.now.In(c.zone).Format("15:04:05"),
		Zone:     c.zone.String(),
		Every:    max(h.Every/2, refreshEvery).Milliseconds(),
		Bare:     h.Bare,
		clock:    c,
	}
	if h.Bare {
		f.InlineStyle = template.CSS(h.assets.content("app.css")) //nolint:gosec // our own file
		f.InlineScript = template.JS(h.assets.content("app.js"))  //nolint:gosec // our own file
	}
	return f
}

// refreshEvery is how often the script refreshes a page at most.
const refreshEvery = 10 * time.Second

// render executes a page as a whole before it sends the first byte, so that an
// error never leaves half a page behind.
func (h *handler) render(w http.ResponseWriter, code int, name string, page any) error {
	return send(w, code, h.pages()[name], "frame", page)
}

// renderPart answers with a part of a page, for the script to put in its place.
func (h *handler) renderPart(w http.ResponseWriter, name string, part any) error {
	return send(w, http.StatusOK, h.pages()["create"], name, part)
}

func send(w http.ResponseWriter, code int, t *template.Template, name string, data any) error {
	var buf bytes.Buffer
	if err := t.ExecuteTemplate(&buf, name, data); err != nil {
		return fmt.Errorf("render %T: %w", data, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(buf.Len()))
	w.WriteHeader(code)
	_, _ = w.Write(buf.Bytes()) // the browser has gone: nobody is left to tell
	return nil
}

// zoneCookie carries the browser's IANA zone; the script sets it.
const zoneCookie = "heartbeat_tz"

func (h *handler) viewerZone(r *http.Request) *time.Location {
	cookie, err := r.Cookie(zoneCookie)
	if err != nil || len(cookie.Value) > 100 {
		return h.zone
	}
	name, err := url.QueryUnescape(cookie.Value)
	if err != nil || name == "" {
		return h.zone
	}
	zone, err := schedule.Zone(name)
	if err != nil {
		return h.zone
	}
	return zone
}

// icon is the picture in the browser's tab: a beat on green, or the number of
// checks that are down on red.
func icon(down int) template.URL {
	const beat = `<path d='M5 17h5l3-8 5 15 3-7h6' fill='none' stroke='#fff' stroke-width='3' stroke-linecap='round' stroke-linejoin='round'/>`
	fill, mark := "#12805c", beat
	if down > 0 {
		text := strconv.Itoa(down)
		if down > 99 {
			text = "99+"
		}
		size := []string{"22", "18", "13"}[len(text)-1]
		fill = "#c62f2f"
		mark = `<text x='16' y='16' dy='.36em' font-size='` + size +
			`' font-family='system-ui,sans-serif' font-weight='700' text-anchor='middle' fill='#fff'>` + text + `</text>`
	}
	svg := `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' rx='8' fill='` + fill + `'/>` + mark + `</svg>`
	return template.URL("data:image/svg+xml," + url.PathEscape(svg)) //nolint:gosec // made of constants and a number
}
