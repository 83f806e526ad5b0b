package dash_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"heartbeat"
)

// TestBrowser walks through the pages as somebody at a screen does.
func TestBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, badges)
	b := w.open()
	w.seed()
	id := w.pulse("zoo-01/backup/cron/feeding", 2*time.Hour).String()
	b.logsIn()
	b.sorts()
	b.filtersWhileTyping()
	b.refreshesItself(w)
	b.edits(id)
	b.pausesAndResumes()
	b.deletes(id)
	b.fitsNarrowScreens()
	if got := b.complaints(); len(got) > 0 {
		t.Errorf("the browser complains: %q", got)
	}
}

// rowsAre waits for the names in the table's first rows.
func (b *browser) rowsAre(column, want string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`[...document.querySelectorAll("tbody .c-%s")].map((e) => e.textContent.trim()).join().startsWith(%q)`, column, want))
}

func (b *browser) logsIn() {
	b.t.Helper()
	b.run(
		chromedp.Navigate(b.url+"/dashboard?status=down"),
		chromedp.SendKeys(chromedp.CSS("#secret"), "wrong\n"),
		chromedp.WaitVisible(chromedp.CSS("#secret-problem")),
		chromedp.SendKeys(chromedp.CSS("#secret"), secret+"\n"),
		chromedp.WaitVisible(chromedp.CSS("#headline")),
	)
	b.until(`location.search === "?status=down"`)
	b.until(`document.getElementById("zone").textContent === "Asia/Tokyo"`)
	b.until(`document.title === "3 down – Heartbeat"`)
	for _, complaint := range b.complaints() {
		b.t.Logf("expected of a refused login: %s", complaint)
	}
}

func (b *browser) sorts() {
	b.t.Helper()
	b.run(chromedp.Navigate(b.url + "/dashboard"))
	b.rowsAre("status", "Down,Down,Down,Grace,Up")
	b.run(chromedp.Click(chromedp.CSS("th.c-host a")))
	b.rowsAre("host", "build-01,build-01")
	b.run(chromedp.Click(chromedp.CSS("th.c-host a")))
	b.rowsAre("host", "zoo-01,web-03")
	b.run(chromedp.Navigate(b.url + "/dashboard"))
}

func (b *browser) filtersWhileTyping() {
	b.t.Helper()
	b.run(chromedp.SendKeys(chromedp.CSS("[name=q]"), "ZOO feed"))
	b.rowsAre("name", "feeding")
	b.until(`location.search === "?q=ZOO+feed" && document.querySelectorAll("tbody tr").length === 1`)
	b.until(`document.activeElement.name === "q" && document.activeElement.value === "ZOO feed"`)
}

// refreshesItself lets a pulse come in while a filter is typed and a link has
// the focus, and then takes the server away for a moment.
func (b *browser) refreshesItself(w *world) {
	b.t.Helper()
	b.until(`document.querySelector("tbody time").textContent.includes("2\u00a0h")`)
	b.run(chromedp.Focus(chromedp.CSS("tbody .c-edit a")))
	w.pulse("zoo-01/backup/cron/feeding", 0)
	eval[bool](b, `document.dispatchEvent(new Event("visibilitychange"))`)
	b.until(`document.querySelector("tbody time").textContent === "just now"`)
	b.until(`document.activeElement.matches("tbody .c-edit a") && document.querySelector("[name=q]").value === "ZOO feed"`)
	eval[bool](b, `(window.realFetch = fetch, window.fetch = () => Promise.reject(new TypeError("gone")), true)`)
	eval[bool](b, `document.dispatchEvent(new Event("visibilitychange"))`)
	b.until(`!document.getElementById("lost").hidden`)
	eval[bool](b, `(window.fetch = window.realFetch, true)`)
	eval[bool](b, `document.dispatchEvent(new Event("visibilitychange"))`)
	b.until(`document.getElementById("lost").hidden`)
}

func (b *browser) edits(id string) {
	b.t.Helper()
	b.run(
		chromedp.Click(chromedp.CSS("tbody .c-edit a")),
		chromedp.WaitVisible(chromedp.CSS("#threshold")),
		chromedp.SetValue(chromedp.CSS("#threshold"), "soon"),
		chromedp.Click(chromedp.CSS(".fields .main")),
		chromedp.WaitVisible(chromedp.CSS("#threshold-problem")),
	)
	b.complaints() // the browser says of every 422 that it is one
	b.until(`document.getElementById("threshold").value === "soon"`)
	b.run(
		chromedp.SetValue(chromedp.CSS("#threshold"), "3"),
		chromedp.Click(chromedp.CSS("[type=checkbox][name=saturday]")),
		chromedp.Click(chromedp.CSS(".fields .main")),
		chromedp.WaitVisible(chromedp.CSS("#done")),
	)
	b.until(`location.search === "" && document.querySelector("#c` + id + ` .c-counted").textContent.includes("of 3\u00a0h")`)
}

func (b *browser) pausesAndResumes() {
	b.t.Helper()
	b.run(
		chromedp.SendKeys(chromedp.CSS("[name=q]"), "feeding\n"),
	)
	b.until(`document.querySelectorAll("tbody tr").length === 1`)
	b.run(chromedp.Click(chromedp.CSS("tbody .c-name a")), chromedp.WaitVisible(chromedp.CSS("[value=pause]")))
	b.run(chromedp.Click(chromedp.CSS("[value=pause]")), chromedp.WaitVisible(chromedp.CSS("[value=resume]")))
	b.until(`document.querySelector(".big").textContent.includes("Paused")`)
	b.run(chromedp.Click(chromedp.CSS("[value=resume]")), chromedp.WaitVisible(chromedp.CSS("[value=pause]")))
	b.until(`document.querySelector(".big").textContent.includes("New")`)
}

func (b *browser) deletes(id string) {
	b.t.Helper()
	b.run(
		chromedp.Navigate(b.url+"/edit?id="+id),
		chromedp.Click(chromedp.CSS("a.danger")),
		chromedp.Click(chromedp.CSS("button.danger")),
		chromedp.WaitVisible(chromedp.CSS("#done")),
	)
	b.until(`!document.getElementById("c` + id + `") && document.getElementById("done").textContent.includes("Deleted")`)
}

// fitsNarrowScreens fails if a page must be scrolled sideways on a phone.
func (b *browser) fitsNarrowScreens() {
	b.t.Helper()
	other := heartbeat.Names{Host: "build-02", Category: "deploy", Type: "pipeline", Name: "staging"}.ID(heartbeat.DefaultProject).String()
	b.screen(390, false)
	for _, path := range []string{"/dashboard", "/check?id=" + other, "/edit?id=" + other, "/delete?id=" + other, "/channels", "/create", "/projects", "/badges"} {
		b.run(chromedp.Navigate(b.url + path))
		if wide := eval[[]string](b, overflowing); len(wide) > 0 {
			b.t.Errorf("%s is wider than the screen: %q", path, wide)
		}
	}
}
