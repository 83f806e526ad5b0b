package dash_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"heartbeat"
)

// TestBrowser_MakesAndPings makes a check by hand, looking at what is previewed,
// and copies what its job needs.
func TestBrowser_MakesAndPings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open()
	b.login()
	b.complaints() // the browser says of the login form that it is a 401
	b.previewsWhileTyping()
	b.creates()
	b.copies(w)
	b.looksAtEvents(w)
	b.makesAProject()
	if got := b.complaints(); len(got) > 0 {
		t.Errorf("the browser complains: %q", got)
	}
}

func (b *browser) previewsWhileTyping() {
	b.t.Helper()
	b.run(
		chromedp.Navigate(b.url+"/create"),
		chromedp.SendKeys(chromedp.CSS("#name"), "Nightly Dümp!"),
	)
	b.until(`document.getElementById("slug").value === "nightly-dump"`)
	b.run(chromedp.SendKeys(chromedp.CSS("#slug"), "-2"), chromedp.SendKeys(chromedp.CSS("#name"), " of all"))
	b.until(`document.getElementById("slug").value === "nightly-dump-2"`)
	b.until(`getComputedStyle(document.querySelector(".for-cron")).display === "none" && !document.querySelector("button.preview").offsetParent`)
	b.run(chromedp.Click(chromedp.CSS("[name=kind][value=cron]")), chromedp.WaitVisible(chromedp.CSS("#cron")))
	b.until(`getComputedStyle(document.querySelector(".for-period")).display === "none"`)
	b.until(`document.querySelector("#preview .problem")?.textContent.startsWith("Expression")`)
	b.run(chromedp.SendKeys(chromedp.CSS("#cron"), "30 3 * * 6"))
	b.until(`[...document.querySelectorAll(".dues time")].map((e) => e.textContent).join().startsWith("Sat 21 Nov 2026, 03:30 CET,Sat 28")`)
	b.until(`document.querySelector(".dues span").textContent === "Sat 21 Nov 2026, 11:30 JST"`)
	eval[bool](b, `(document.getElementById("worktime").value = "", true)`)
	b.run(chromedp.SendKeys(chromedp.CSS("#worktime"), "mon-fri"))
	b.until(`document.querySelector(".dues .moved")?.textContent === "moved from Sat 21 Nov 2026, 03:30 CET: weekend"`)
	b.until(`document.querySelector(".dues time").textContent === "Mon 23 Nov 2026, 00:00 CET"`)
}

func (b *browser) creates() {
	b.t.Helper()
	b.run(chromedp.Click(chromedp.CSS(".fields .main")), chromedp.WaitVisible(chromedp.CSS("#done")))
	b.until(`document.getElementById("done").textContent.includes("Created: Nightly Dümp! of all")`)
	b.until(`document.querySelector("h1").textContent === "Nightly Dümp! of all"`)
}

// copies takes what the buttons put into the clipboard.
func (b *browser) copies(w *world) {
	b.t.Helper()
	eval[bool](b, `(navigator.clipboard.writeText = async (text) => { window.copied = text }, true)`)
	b.run(chromedp.Click(chromedp.CSS(".urls .copy")))
	b.until(`document.querySelector(".urls .copy").textContent === "Copied"`)
	b.until(`window.copied === document.querySelector(".urls code").textContent && window.copied.endsWith(new URLSearchParams(location.search).get("id"))`)
	b.until(`document.querySelector(".urls .copy").textContent === "Copy"`)
	b.run(chromedp.Click(chromedp.CSS("label[for=t-python]")), chromedp.WaitVisible(chromedp.CSS("#t-python + label + .tab .copy")))
	b.until(`[...document.querySelectorAll(".tab")].filter((e) => e.offsetParent).length === 1`)
	b.run(chromedp.Click(chromedp.CSS("#t-python + label + .tab .copy")))
	b.until(`window.copied.startsWith("import time\n")`)
	// Without the modern way, as on a plain HTTP address, the old one does.
	eval[bool](b, `(navigator.clipboard.writeText = () => Promise.reject(new Error("not allowed")), document.execCommand = (what) => { window.copied = what + " " + getSelection(); return true }, true)`)
	b.run(chromedp.Click(chromedp.CSS(".urls .copy")))
	b.until(`window.copied === "copy " + document.querySelector(".urls code").textContent`)
}

// looksAtEvents lets a run come in while its body, a language and a filter are
// chosen, and refreshes.
func (b *browser) looksAtEvents(w *world) {
	b.t.Helper()
	id, err := heartbeat.ParseCheckID(eval[string](b, `new URLSearchParams(location.search).get("id")`))
	if err != nil {
		b.t.Fatal(err)
	}
	w.run(id, noon.Add(-time.Hour), noon.Add(-50*time.Minute), true)
	eval[bool](b, `document.dispatchEvent(new Event("visibilitychange"))`)
	b.until(`document.querySelectorAll(".events li").length === 3`)
	b.run(chromedp.Click(chromedp.CSS(".events summary")), chromedp.WaitVisible(chromedp.CSS(".events pre")))
	w.run(id, noon.Add(-time.Minute), noon, false)
	eval[bool](b, `document.dispatchEvent(new Event("visibilitychange"))`)
	b.until(`document.querySelectorAll(".events li").length === 6`)
	b.until(`document.querySelector("#p2 details").open && !document.querySelector("#p4 details").open && document.getElementById("t-python").checked`)
	b.run(chromedp.Click(chromedp.CSS(".kinds a[href*=fail]")))
	b.until(`document.querySelectorAll(".events li").length === 1 && document.querySelector(".events .fail + time") !== null`)
}

func (b *browser) makesAProject() {
	b.t.Helper()
	b.run(
		chromedp.Navigate(b.url+"/projects"),
		chromedp.SendKeys(chromedp.CSS("#made"), "Shop\n"),
	)
	b.until(`document.querySelectorAll(".project").length === 2`)
	b.run(chromedp.Click(chromedp.CSS(".project:last-of-type .keys button")), chromedp.WaitVisible(chromedp.CSS("#secret")))
	b.until(`document.getElementById("secret").textContent.length === 22`)
	b.run(chromedp.Click(chromedp.CSS("#project-default h2 a")), chromedp.WaitVisible(chromedp.CSS(".projects")))
	b.until(`document.querySelector(".projects [aria-current]").textContent === "Default"`)
	b.run(chromedp.Click(chromedp.CSS(".top nav a")))
	b.until(`document.querySelector(".projects [aria-current]").textContent === "Default" && location.search === "?project=default"`)
}
