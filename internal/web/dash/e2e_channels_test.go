package dash_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"heartbeat/internal/app"
	"heartbeat/internal/notify/notifytest"
)

// TestBrowser_Channels makes the first channel, tests, renames and removes it, by
// keyboard but for the links.
func TestBrowser_Channels(t *testing.T) {
	t.Parallel()
	w, r := newWorldTelling(t, app.Targets{}), notifytest.NewReceiver(t)
	b := w.open()
	b.login()
	b.complaints() // the browser says of the login form that it is a 401
	b.addsAChannel(r.URL() + "/hush-hush")
	b.testsIt(r)
	b.renamesIt()
	b.removesIt()
	if got := b.complaints(); len(got) > 0 {
		t.Errorf("the browser complains: %q", got)
	}
}

func (b *browser) addsAChannel(target string) {
	b.t.Helper()
	b.run(
		chromedp.Click(chromedp.CSS(".banner.warn a")),
		chromedp.WaitVisible(chromedp.CSS(".first")),
		chromedp.SendKeys(chromedp.CSS("#name-default"), "Ops"),
		chromedp.SendKeys(chromedp.CSS("#target-default"), "nowhere\n"),
		chromedp.WaitVisible(chromedp.CSS("#target-default-problem")),
	)
	b.complaints() // the browser says of every 422 that it is one
	b.until(`document.getElementById("target-default").value === "nowhere" && document.getElementById("name-default").value === "Ops"`)
	b.until(`document.querySelector(".for-slack").offsetParent !== null`)
	b.run(chromedp.Click(chromedp.CSS("[value=webhook]")))
	b.until(`document.querySelector(".for-slack").offsetParent === null`)
	eval[bool](b, `(document.getElementById("target-default").value = "", true)`)
	b.run(
		chromedp.SendKeys(chromedp.CSS("#target-default"), target+"\n"),
		chromedp.WaitVisible(chromedp.CSS(".channel")),
	)
	b.until(`document.getElementById("done").textContent.includes("Added: Ops") && location.search === ""`)
	b.until(`document.querySelector(".channel .facts").textContent.includes("Webhook") && !document.querySelector(".first")`)
	b.until(`!document.documentElement.outerHTML.includes("hush-hush")`)
}

func (b *browser) testsIt(r *notifytest.Receiver) {
	b.t.Helper()
	b.run(chromedp.SendKeys(chromedp.CSS(".channel [value=test]"), "\n"))
	b.until(`document.getElementById("done")?.textContent.includes("Ops has taken the test message")`)
	if got := r.Wait(b.t, 1); len(got) != 1 || !strings.Contains(string(got[0].Body), `"test":true`) {
		b.t.Errorf("arrived: %s", got)
	}
	r.Next(notifytest.Answer{Status: 404, Body: "no_service"})
	b.run(chromedp.SendKeys(chromedp.CSS(".channel [value=test]"), "\n"), chromedp.WaitVisible(chromedp.CSS(".channel .problem")))
	b.complaints()
	b.until(`document.querySelector(".channel .problem").textContent.endsWith("answered 404 Not Found: no_service")`)
}

// renamesIt unfolds the form, and refreshes the page while a name is typed.
func (b *browser) renamesIt() {
	b.t.Helper()
	b.run(
		chromedp.Navigate(b.url+"/channels"),
		chromedp.SendKeys(chromedp.CSS(".channel summary"), "\n"),
		chromedp.WaitVisible(chromedp.CSS(".channel [name=name]")),
		chromedp.SendKeys(chromedp.CSS(".channel [name=name]"), "<b>Dev</b> & "),
	)
	eval[bool](b, `(document.getElementById("updated").dataset.old = "yes", document.dispatchEvent(new Event("visibilitychange")), true)`)
	b.until(`document.getElementById("updated").dataset.old === undefined`)
	b.until(`document.activeElement.name === "name" && document.activeElement.value === "<b>Dev</b> & Ops"`)
	b.run(chromedp.SendKeys(chromedp.CSS(".channel [name=name]"), "\n"))
	b.until(`document.getElementById("done")?.textContent === "Saved: <b>Dev</b> & Ops"`)
	b.until(`document.querySelector(".channel h3").textContent === "<b>Dev</b> & Ops" && !document.querySelector(".channel details").open`)
}

func (b *browser) removesIt() {
	b.t.Helper()
	b.run(
		chromedp.SendKeys(chromedp.CSS(".channel summary"), "\n"),
		chromedp.Click(chromedp.CSS(".channel a.danger")),
		chromedp.WaitVisible(chromedp.CSS(".ask .problem")),
		chromedp.SendKeys(chromedp.CSS("button.danger"), "\n"),
		chromedp.WaitVisible(chromedp.CSS(".first")),
	)
	b.until(`document.getElementById("done").textContent === "The channel is removed." && !document.querySelector(".channel")`)
}
