package dash_test

import (
	"testing"

	"github.com/chromedp/chromedp"
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
