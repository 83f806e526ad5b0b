package dash_test

import (
	"context"
	"go/format"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"heartbeat"
	"heartbeat/internal/service"
	"heartbeat/internal/web/dash"
)

// byHand makes a check as somebody does with the form.
func (w *world) byHand(e service.Edit) heartbeat.Check {
	w.t.Helper()
	c, err := w.service.Create(w.t.Context(), w.clock(), heartbeat.DefaultProject, e)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// snippet returns the code that the check's page shows under the name.
func (w *world) snippet(c heartbeat.Check, id string) string {
	w.t.Helper()
	p := w.get("/heartbeat/check?id=" + c.ID.String()).wants(http.StatusOK)
	for i, radio := range p.all(".tabs [name=snippet]") {
		if attr(radio, "id") == "t-"+id {
			return rawText(p.all(".tabs .tab code")[i])
		}
	}
	w.t.Fatalf("there is no snippet %s", id)
	return ""
}

func TestCheck_ShowsItsPingURLs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(cfg *dash.Config) { cfg.Origin, cfg.BasePath = "https://watch.example.org", "/tools" })
	urls := func(id heartbeat.CheckID) []string {
		return texts(w.get("/heartbeat/check?id=" + id.String()).wants(http.StatusOK).all(".urls code"))
	}
	c := w.byHand(service.Edit{Name: new("Dump")})
	want := []string{"https://watch.example.org/tools/ping/" + c.ID.String(), "https://watch.example.org/tools/ping/PING-KEY/dump"}
	if got := urls(c.ID); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	id := w.pulse("web1/backup/a & b/näh", 0)
	want = []string{
		"https://watch.example.org/tools/ping/" + id.String(),
		"https://watch.example.org/tools/heartbeat/PING-KEY/pulse?category=backup&host=web1&name=n%C3%A4h&type=a%20%26%20b",
	}
	if got := urls(id); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCheck_PingURLsAreThoseOfTheirOwnHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(cfg *dash.Config) {
		cfg.PingRoot, cfg.Origin = "https://ping.example.org/", "https://watch.example.org"
	})
	c := w.byHand(service.Edit{Name: new("Dump")})
	w.get("/heartbeat/check?id="+c.ID.String()).says(".pinging .url", "https://ping.example.org/"+c.ID.String())
	crontab := w.snippet(c, "crontab")
	for _, want := range []string{"HEARTBEAT_BASE_URL=https://watch.example.org\n", "https://ping.example.org/" + c.ID.String() + "/$?"} {
		if !strings.Contains(crontab, want) {
			t.Errorf("%q is not in\n%s", want, crontab)
		}
	}
}

func TestSnippets_TakeTheChecksSchedule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cron := w.byHand(service.Edit{Name: new("Cron"), Kind: new("cron"), Expression: new("7  4 * * 1-5"), Zone: new("Asia/Tokyo")})
	timer := w.byHand(service.Edit{Name: new("Timer"), Kind: new("oncalendar"), Expression: new("Mon 04:00\nSat 05:00")})
	if got := w.snippet(cron, "crontab"); strings.Count(got, "\n7 4 * * 1-5  ") != 2 {
		t.Errorf("the crontab is\n%s", got)
	}
	if got := w.snippet(timer, "systemd"); !strings.Contains(got, "[Timer]\nOnCalendar=Mon 04:00\nOnCalendar=Sat 05:00\n") {
		t.Errorf("the unit is\n%s", got)
	}
	var job struct {
		Spec struct {
			Schedule string
			TimeZone string `yaml:"timeZone"`
		}
	}
	if err := yaml.Unmarshal([]byte(w.snippet(cron, "kubernetes")), &job); err != nil {
		t.Fatal(err)
	}
	if job.Spec.Schedule != "7 4 * * 1-5" || job.Spec.TimeZone != "Asia/Tokyo" {
		t.Errorf("the job is %+v", job)
	}
}

func TestSnippets_OfGoAreFormatted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.snippet(w.byHand(service.Edit{Name: new("Dump")}), "go") + "\n"
	if tidy, err := format.Source([]byte(code)); err != nil || string(tidy) != code {
		t.Errorf("%v\n%s", err, code)
	}
}

// TestSnippets_Ping runs the snippets whose interpreters are at hand with jobs
// that end well and badly.
func TestSnippets_Ping(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ id, program, good, bad, fail string }{
		{"bash", "bash", "true", "sh -c 'echo tape is full; exit 3'", "/3"},
		{"python", "python3", "backup = lambda: None", "def backup(): raise OSError('tape is full')", "/fail"},
		{"node", "node", "async function backup() {}", "function backup() { throw new Error('tape is full') }", "/fail"},
		{"php", "php", "function backup() {}", "function backup() { throw new Exception('tape is full'); }", "/fail"},
		{"ruby", "ruby", "def backup; end", "def backup; raise 'tape is full'; end", "/fail"},
	} {
		t.Run(c.id, func(t *testing.T) {
			t.Parallel()
			program := find(t, c.program)
			if c.id == "bash" {
				find(t, "curl")
			}
			end := map[string]string{c.good: "", c.bad: c.fail}
			if c.id == "bash" {
				end[c.good] = "/0"
			}
			for job, path := range end {
				receiver := newReceiver(t)
				w := newWorld(t, func(cfg *dash.Config) { cfg.Origin = receiver.url })
				check := w.byHand(service.Edit{Name: new("Dump")})
				failed := runSnippet(t, program, w.snippet(check, c.id), job)
				if failed != (job == c.bad) {
					t.Errorf("%q failed: %v", job, failed)
				}
				receiver.got("/ping/"+check.ID.String(), path, job == c.bad)
			}
		})
	}
}

func TestSnippets_OfCrontabsReportTheExitStatus(t *testing.T) {
	t.Parallel()
	find(t, "curl")
	receiver := newReceiver(t)
	w := newWorld(t, func(cfg *dash.Config) { cfg.Origin = receiver.url })
	check := w.byHand(service.Edit{Name: new("Dump"), Kind: new("cron"), Expression: new("5 4 * * *")})
	lines := strings.Split(w.snippet(check, "crontab"), "\n")
	command, ok := strings.CutPrefix(lines[len(lines)-1], "5 4 * * *  /usr/local/bin/backup; ")
	if !ok {
		t.Fatalf("the last line is %q", lines[len(lines)-1])
	}
	if output, err := exec.CommandContext(t.Context(), find(t, "sh"), "-c", "(exit 7); "+command).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if len(receiver.seen) != 1 || receiver.seen[0].Path != "/ping/"+check.ID.String()+"/7" {
		t.Errorf("got %v", receiver.seen)
	}
}

// find returns the path of a program; without it the test is skipped.
func find(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(name + " is not in PATH: install it to run what people copy")
	}
	return path
}

// runSnippet runs the code with the job in its place, and tells whether it failed.
func runSnippet(t *testing.T, program, code, job string) bool {
	t.Helper()
	switch filepath.Base(program) {
	case "bash":
		code = strings.Replace(code, "/usr/local/bin/backup", job, 1)
	case "php":
		code = strings.Replace(code, "<?php\n", "<?php\n"+job+"\n", 1)
	default:
		code = job + "\n" + code
	}
	file := filepath.Join(t.TempDir(), "job.mjs")
	if err := os.WriteFile(file, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	output, err := exec.CommandContext(ctx, program, file).CombinedOutput()
	t.Logf("%s", output)
	return err != nil
}

// receiver takes pings.
type receiver struct {
	t   *testing.T
	url string

	mu   sync.Mutex
	seen []*url.URL
	body string
}

func newReceiver(t *testing.T) *receiver {
	rc := &receiver{t: t}
	server := httptest.NewServer(rc)
	t.Cleanup(server.Close)
	rc.url = server.URL
	return rc
}

func (rc *receiver) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	if r.Method != http.MethodPost {
		rc.t.Errorf("%s %s: a check can be told to count POST only", r.Method, r.URL)
	}
	var body strings.Builder
	_ = r.Write(&body)
	rc.seen, rc.body = append(rc.seen, r.URL), body.String()
}

// got fails unless a start and an end of one run came in, the end with the
// output if it says more than that all is well.
func (rc *receiver) got(address, path string, said bool) {
	rc.t.Helper()
	rc.mu.Lock()
	defer rc.mu.Unlock()
	if len(rc.seen) != 2 {
		rc.t.Fatalf("got %d pings: %v", len(rc.seen), rc.seen)
	}
	start, end := rc.seen[0], rc.seen[1]
	if start.Path != address+"/start" || end.Path != address+path {
		rc.t.Errorf("got %s and %s, want %s/start and %s%s", start, end, address, address, path)
	}
	run := start.Query().Get("rid")
	if _, err := heartbeat.ParseCheckID(run); err != nil || end.Query().Get("rid") != run {
		rc.t.Errorf("runs %s and %s", start, end)
	}
	if strings.Contains(rc.body, "tape is full") != said {
		rc.t.Errorf("the last ping was\n%s", rc.body)
	}
}
