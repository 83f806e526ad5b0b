package dash_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"heartbeat"
	"heartbeat/internal/app"
)

// TestScreenshots takes pictures of every page into the folder that
// HEARTBEAT_SHOTS names, for people to look at.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("HEARTBEAT_SHOTS")
	if dir == "" {
		t.Skip("set HEARTBEAT_SHOTS to a folder to take pictures of every page")
	}
	w := newWorld(t, badges)
	w.seed()
	w.delivered()
	failed := heartbeat.Names{Host: "build-02", Category: "deploy", Type: "pipeline", Name: "staging"}.ID(heartbeat.DefaultProject).String()
	late := heartbeat.Names{Host: "db-03", Category: "backup", Type: "pg_dump", Name: "customers"}.ID(heartbeat.DefaultProject).String()
	b := w.open()
	b.shoot(dir, "login", "/login")
	b.login()
	b.shoot(dir, "dashboard", "/dashboard")
	b.shoot(dir, "check", "/check?id="+failed)
	b.shoot(dir, "late", "/check?id="+late)
	b.shoot(dir, "create", "/create")
	b.shoot(dir, "edit", "/edit?id="+late)
	b.run(
		chromedp.SetValue(chromedp.CSS("#threshold"), "soon"), chromedp.SetValue(chromedp.CSS("#tz"), "Mars/Olympus"),
		chromedp.Click(chromedp.CSS(".fields .button.main")), chromedp.WaitVisible(chromedp.CSS(".problem")),
	)
	b.shoot(dir, "edit-wrong", "")
	b.shoot(dir, "delete", "/delete?id="+late)
	b.shoot(dir, "missing", "/check?id=nothing")
	w.trouble()
	b.shoot(dir, "channels", "/channels")
	w.mark(noon.Add(-14*time.Minute), heartbeat.Blind{From: noon.Add(-5 * time.Hour), To: noon.Add(-4 * time.Hour)})
	b.shoot(dir, "alarm", "/dashboard")

	w.mark(noon)
	cron, fresh := w.seedByHand()
	b.shoot(dir, "projects", "/projects")
	b.shoot(dir, "projects-dashboard", "/dashboard")
	b.shoot(dir, "cron", "/check?id="+cron.String())
	b.shoot(dir, "fresh", "/check?id="+fresh.String())
	b.shoot(dir, "edit-cron", "/edit?id="+cron.String())
	b.shootChannels(dir, w)
	b.shootBadges(dir, w, cron)

	empty := newWorld(t)
	b = empty.open()
	b.login()
	b.shoot(dir, "empty", "/dashboard")
	empty = newWorldTelling(t, app.Targets{})
	b = empty.open()
	b.login()
	b.shoot(dir, "channels-none", "/channels")
	empty.project("Billing")
	b.shoot(dir, "channels-silent", "/channels")
}

func (b *browser) shootBadges(dir string, w *world, tagged heartbeat.CheckID) {
	b.t.Helper()
	check, err := w.store.Check(w.t.Context(), tagged)
	if err != nil {
		b.t.Fatal(err)
	}
	b.shoot(dir, "badges", "/badges")
	b.run(chromedp.Navigate(b.url + "/badges?project=" + string(check.Project)))
	b.run(chromedp.Click(chromedp.CSS("#tag-prod summary")))
	b.shoot(dir, "badges-open", "")
	b.shoot(dir, "badges-empty", "/badges?project="+string(w.project("Archive")))
}

func (b *browser) shootChannels(dir string, w *world) {
	b.t.Helper()
	project, id := w.seedChannels()
	b.shoot(dir, "channels-projects", "/channels")
	b.run(
		chromedp.Click(chromedp.CSS("#channel-"+string(id)+" summary")), chromedp.Click(chromedp.CSS("#add-"+string(project)+" summary")),
		chromedp.SendKeys(chromedp.CSS("#name-"+string(id)), "\t"),
	)
	b.shoot(dir, "channels-open", "")
	b.run(
		chromedp.SendKeys(chromedp.CSS("#name-"+string(project)), strings.Repeat("x", 100)+"\n"),
		chromedp.WaitVisible(chromedp.CSS("#target-"+string(project)+"-problem")),
	)
	b.shoot(dir, "channels-wrong", "")
	b.shoot(dir, "channels-remove", "/channels/remove?"+aimedAt(project, id, "").Encode())
	b.shoot(dir, "channels-gone", "/channels/remove")
	b.shoot(dir, "channels-projects-page", "/projects")
	b.shoot(dir, "channels-create", "/create")
	b.run(chromedp.Click(chromedp.CSS(".more summary")), chromedp.Click(chromedp.CSS("[name=told][value=some]")))
	b.shoot(dir, "channels-choices", "")
	b.shoot(dir, "channels-dashboard", "/dashboard")
}

// shoot takes pictures of the whole page and of what is seen at first, on wide
// and narrow screens, light and dark. An empty path is the page that is open.
func (b *browser) shoot(dir, name, path string) {
	b.t.Helper()
	if path != "" {
		b.run(chromedp.Navigate(b.url + path))
	}
	for _, width := range []int64{1280, 390} {
		for _, dark := range []bool{false, true} {
			scheme := map[bool]string{false: "light", true: "dark"}[dark]
			b.screen(width, dark)
			b.run(chromedp.Sleep(200 * time.Millisecond))
			if wide := eval[[]string](b, overflowing); len(wide) > 0 {
				b.t.Errorf("%s is wider than %d: %q", name, width, wide)
			}
			for part, take := range map[string]chromedp.Action[[]byte]{
				"": chromedp.FullScreenshot(100), "-top": chromedp.CaptureScreenshot(),
			} {
				picture, err := chromedp.Run(b.ctx, take)
				if err != nil {
					b.t.Fatal(err)
				}
				file := filepath.Join(dir, fmt.Sprintf("%s%s-%d-%s.png", name, part, width, scheme))
				if err := os.WriteFile(file, picture, 0o600); err != nil {
					b.t.Fatal(err)
				}
			}
		}
	}
}

// overflowing lists what makes a page wider than the screen.
const overflowing = `document.documentElement.scrollWidth <= innerWidth ? [] :
	[...document.querySelectorAll("main *, header *, footer *")]
		.filter((e) => e.getBoundingClientRect().right > innerWidth && !e.closest(".code, .sr"))
		.map((e) => e.tagName + "." + e.getAttribute("class") + " " + Math.round(e.getBoundingClientRect().right))`
