package dash_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"heartbeat"
)

// TestScreenshots takes pictures of every page into the folder that
// HEARTBEAT_SHOTS names, for people to look at.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("HEARTBEAT_SHOTS")
	if dir == "" {
		t.Skip("set HEARTBEAT_SHOTS to a folder to take pictures of every page")
	}
	w := newWorld(t)
	w.seed()
	failed := heartbeat.Names{Host: "build-02", Category: "deploy", Type: "pipeline", Name: "staging"}.ID(heartbeat.DefaultProject).String()
	late := heartbeat.Names{Host: "db-03", Category: "backup", Type: "pg_dump", Name: "customers"}.ID(heartbeat.DefaultProject).String()
	b := w.open()
	b.shoot(dir, "login", "/login")
	b.login()
	b.shoot(dir, "dashboard", "/dashboard")
	b.shoot(dir, "check", "/check?id="+failed)
	b.shoot(dir, "late", "/check?id="+late)
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

	empty := newWorld(t)
	b = empty.open()
	b.login()
	b.shoot(dir, "empty", "/dashboard")
}

// shoot takes a picture of the whole page on wide and narrow screens, light
// and dark. An empty path is the page that is open.
func (b *browser) shoot(dir, name, path string) {
	b.t.Helper()
	if path != "" {
		b.run(chromedp.Navigate(b.url + path))
	}
	for _, width := range []int64{1280, 390} {
		for _, dark := range []bool{false, true} {
			scheme := map[bool]string{false: "light", true: "dark"}[dark]
			b.screen(width, dark)
			b.run(chromedp.Sleep(100 * time.Millisecond))
			if wide := eval[[]string](b, overflowing); len(wide) > 0 {
				b.t.Errorf("%s is wider than %d: %q", name, width, wide)
			}
			picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
			if err != nil {
				b.t.Fatal(err)
			}
			if width < 700 {
				top, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
				if err != nil {
					b.t.Fatal(err)
				}
				_ = os.WriteFile(filepath.Join(dir, name+"-top-"+scheme+".png"), top, 0o600)
			}
			file := filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, scheme))
			if err := os.WriteFile(file, picture, 0o600); err != nil {
				b.t.Fatal(err)
			}
		}
	}
}

// overflowing lists what makes a page wider than the screen.
const overflowing = `document.documentElement.scrollWidth <= innerWidth ? [] :
	[...document.querySelectorAll("main *, header *, footer *")]
		.filter((e) => e.getBoundingClientRect().right > innerWidth && !e.closest(".code, .sr"))
		.map((e) => e.tagName + "." + e.getAttribute("class") + " " + Math.round(e.getBoundingClientRect().right))`

// trouble lets the channel fail for some messages after it took others.
func (w *world) trouble() {
	w.t.Helper()
	ctx := w.t.Context()
	notices, err := w.service.Notices(ctx, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for i, n := range notices {
		d := heartbeat.Delivery{Channel: "slack", State: heartbeat.DeliverySent, Attempts: 1, Done: n.Created.Add(time.Second)}
		n.Next = time.Time{}
		switch i {
		case 0, 1:
			d = heartbeat.Delivery{Channel: "slack", State: heartbeat.DeliveryWaiting, Attempts: 4, Next: noon.Add(3 * time.Minute), Error: "hooks.slack.com answered 503"}
			n.Next = d.Next
		case 3:
			d.State, d.Attempts, d.Error = heartbeat.DeliveryFailed, 30, "hooks.slack.com answered 404 no_service"
		}
		n.Deliveries = []heartbeat.Delivery{d}
		if err := w.store.SaveNotice(ctx, n); err != nil {
			w.t.Fatal(err)
		}
	}
}
