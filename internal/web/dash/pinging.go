package dash

import (
	"cmp"
	"embed"
	"net/http"
	"net/url"
	"strings"

	"heartbeat"
	"heartbeat/internal/service"
)

//go:embed snippets
var snippetFiles embed.FS

// pinging says how a job pings its check.
type pinging struct {
	// URLs are its addresses, the plainest first.
	URLs     []address
	Snippets []snippet
	// ByNames tells that the last of the URLs is a pulse's.
	ByNames bool
	// Open tells that all of it is shown at once: nobody has pinged yet.
	Open bool
}

// address is a URL with a word on what it is.
type address struct{ Name, URL, Note string }

// snippet is code to copy.
type snippet struct{ ID, Name, Code string }

// pinging tells how the check is pinged by somebody who sees us as r does.
func (h *handler) pinging(r *http.Request, c *heartbeat.Check) pinging {
	base := quotable(h.origin(r) + h.BasePath)
	root := cmp.Or(quotable(h.PingRoot), base+"/ping/")
	p := pinging{
		URLs:     []address{{Name: "Ping URL", URL: root + c.ID.String(), Note: "Who knows it can ping: it needs no key."}},
		Snippets: snippets(base, root, c),
		Open:     c.Pings == 0,
	}
	if c.Slug != "" {
		p.URLs = append(p.URLs, address{Name: "By slug", URL: root + "PING-KEY/" + c.Slug, Note: "With the ping key of the project."})
	}
	if p.ByNames = service.NamedByPulses(*c); p.ByNames {
		query := strings.ReplaceAll(url.Values{
			"host": {c.Host}, "category": {c.Category}, "type": {c.Type}, "name": {c.Name},
		}.Encode(), "+", "%20")
		p.URLs = append(p.URLs, address{Name: "By names", URL: base + "/heartbeat/PING-KEY/pulse?" + query, Note: "Makes the check again if it was deleted."})
	}
	return p
}

// quotable encodes what would end a quoted string in one of the snippets, or
// begin something else in it.
func quotable(address string) string {
	return strings.NewReplacer(`"`, "%22", "'", "%27", "`", "%60", "$", "%24", `\`, "%5C", " ", "%20", "#{", "%23%7B").Replace(address)
}

// snippets are how common tools and languages ping the check.
func snippets(base, root string, c *heartbeat.Check) []snippet {
	cron, timer := "0 3 * * *", "OnCalendar=*-*-* 03:00:00"
	switch c.Kind {
	case heartbeat.ScheduleCron:
		cron = strings.Join(strings.Fields(c.Expression), " ")
	case heartbeat.ScheduleOnCalendar:
		timer = "OnCalendar=" + strings.ReplaceAll(c.Expression, "\n", "\nOnCalendar=")
	}
	fill := strings.NewReplacer("@PING@", root+c.ID.String(), "@BASE@", base, "@ID@", c.ID.String(),
		"@TIMER@", timer, "@CRON@", cron, "@ZONE@", c.Zone)
	var all []snippet
	for _, s := range [...]struct{ name, file string }{
		{"Crontab", "crontab.txt"},
		{"Bash", "bash.sh"},
		{"PowerShell", "powershell.ps1"},
		{"Python", "python.py"},
		{"Node", "node.mjs"},
		{"Go", "go.txt"},
		{"PHP", "php.php"},
		{"Ruby", "ruby.rb"},
		{"systemd", "systemd.txt"},
		{"Kubernetes", "kubernetes.yaml"},
	} {
		code, err := snippetFiles.ReadFile("snippets/" + s.file)
		if err != nil {
			panic("dash: " + err.Error())
		}
		id, _, _ := strings.Cut(s.file, ".")
		all = append(all, snippet{ID: id, Name: s.name, Code: strings.TrimSuffix(fill.Replace(string(code)), "\n")})
	}
	return all
}
