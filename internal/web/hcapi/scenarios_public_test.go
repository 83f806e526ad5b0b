package hcapi_test

import (
	"strings"
	"testing"
	"time"

	"heartbeat"
)

// badgeOf is the address of a check's badge, or of a tag's, without the format.
func badgeOf(s *site, tag string, states string) string {
	s.t.Helper()
	badges := s.get("badges/").is(200).object()["badges"].(map[string]any)
	address := badges[tag].(map[string]any)["svg"+states].(string)
	return strings.TrimSuffix(strings.TrimPrefix(address, root), ".svg")
}

func ownBadge(s *site, id, states string) string {
	s.t.Helper()
	address := s.get("checks/" + id).is(200).object()["badge_url"].(string)
	return strings.Replace(strings.TrimSuffix(strings.TrimPrefix(address, root), ".svg"), "/b/2/", "/b/"+states+"/", 1)
}

// publicScenarios are those about badges, metrics and status.
func publicScenarios() []scenario {
	late := func(s *site, change func(*heartbeat.Check)) string {
		return s.add(func(c *heartbeat.Check) {
			c.Tags, c.Status, c.LastPing = "foo", heartbeat.StatusUp, s.now.Add(-24*time.Hour-30*time.Minute)
			change(c)
		}).String()
	}
	nothing := func(*heartbeat.Check) {}
	metrics := func(s *site, key string) *answer {
		return s.send("GET", "/projects/"+string(s.project)+"/metrics/"+key, "")
	}
	return []scenario{
		{"233 235 243 wrong addresses of badges", func(_ *testing.T, s *site) {
			id := s.create(`{"tags":"foo"}`)
			right := badgeOf(s, "foo", "")
			s.send("GET", right+".svg", "").is(200)
			s.send("GET", strings.Replace(right, "/foo", "/bar", 1)+".svg", "").is(404)
			s.send("GET", "/badge/"+string(s.project)+"/AAAAAAAA/foo.svg", "").is(404)
			s.send("GET", right+".jsonfoo", "").is(404)
			s.send("GET", ownBadge(s, id, "2")+".jsonfoo", "").is(404)
			s.send("GET", "/b/2/"+id+".svg", "").is(404)
		}},
		{"234 236 svg", func(t *testing.T, s *site) {
			s.create(`{"tags":"foo"}`)
			address := badgeOf(s, "foo", "") + ".svg"
			a := s.send("GET", address, "").is(200)
			a.cors("GET")
			if !strings.Contains(a.text, "#4c1") || !strings.Contains(a.Header().Get("Cache-Control"), "no-cache") {
				t.Errorf("got %s %v", a.text, a.Header())
			}
			s.send("OPTIONS", address, "").is(204).cors("GET")
			s.send("HEAD", address, "").is(405)
		}},
		{"237 a new check", func(_ *testing.T, s *site) {
			s.create(`{"tags":"foo"}`)
			s.send("GET", badgeOf(s, "foo", "")+".json", "").is(200).has(`{"status":"up","total":1,"grace":0,"down":0}`)
			s.send("GET", badgeOf(s, "*", "3")+".json", "").is(200).has(`{"status":"up","total":1,"grace":0,"down":0}`)
		}},
		{"238 down, and a run goes on", func(_ *testing.T, s *site) {
			s.add(func(c *heartbeat.Check) { c.Tags, c.Status, c.LastStart = "foo", heartbeat.StatusDown, s.now })
			s.send("GET", badgeOf(s, "foo", "")+".json", "").is(200).has(`{"status":"down","total":1,"grace":0,"down":1}`)
		}},
		{"239 late", func(_ *testing.T, s *site) {
			late(s, nothing)
			s.send("GET", badgeOf(s, "foo", "")+".json", "").is(200).has(`{"status":"up","total":1,"grace":1,"down":0}`)
			s.send("GET", badgeOf(s, "foo", "3")+".json", "").is(200).has(`{"status":"late","total":1,"grace":1,"down":0}`)
		}},
		{"240 late, and a run goes on", func(_ *testing.T, s *site) {
			late(s, func(c *heartbeat.Check) { c.LastStart = s.now })
			s.send("GET", badgeOf(s, "foo", "3")+".json", "").is(200).has(`{"status":"late"}`)
		}},
		{"241 a tag with a sign", func(t *testing.T, s *site) {
			s.create(`{"tags":"db@dc1"}`)
			address := badgeOf(s, "db@dc1", "")
			if !strings.HasSuffix(address, "/db%2540dc1") {
				t.Errorf("the address is %s", address)
			}
			s.send("GET", address+".json", "").is(200).has(`{"total":1}`)
			s.send("GET", strings.Replace(address, "%2540", "%40", 1)+".json", "").is(200).has(`{"total":1}`)
		}},
		{"242 shields", func(_ *testing.T, s *site) {
			s.create(`{"tags":"foo"}`)
			s.send("GET", badgeOf(s, "foo", "")+".shields", "").is(200).
				has(`{"schemaVersion":1,"label":"foo","message":"up","color":"success"}`)
		}},
		{"244 a check's own badge", func(t *testing.T, s *site) {
			id := s.create(`{"name":"foobar"}`)
			for _, states := range []string{"2", "3"} {
				address := ownBadge(s, id, states)
				if a := s.send("GET", address+".svg", "").is(200); !strings.Contains(a.text, "#4c1") || !strings.Contains(a.text, "foobar") {
					t.Errorf("got %s", a.text)
				}
				s.send("GET", address+".json", "").is(200).has(`{"status":"up","total":1,"grace":0,"down":0}`)
				s.send("GET", address+".shields", "").is(200).has(`{"label":"foobar","message":"up"}`)
				s.send("OPTIONS", address+".svg", "").is(204).cors("GET")
			}
			lateBadge := ownBadge(s, late(s, nothing), "3")
			s.send("GET", lateBadge+".json", "").is(200).has(`{"status":"late","grace":1}`)
		}},
		{"245 249 Prometheus", func(t *testing.T, s *site) {
			id := s.create(`{"name":"Alice Was\nHere","tags":"foo a\\b"}`)
			a := metrics(s, s.ro).is(200)
			labels := `{name="Alice Was\nHere", tags="foo a\\b", unique_key="` + key(t, id) + `"} `
			for _, line := range []string{
				"hc_check_up" + labels + "1", "hc_check_started" + labels + "0", "hc_check_grace" + labels + "0",
				"hc_check_paused" + labels + "0", `hc_tag_up{tag="foo"} 1`, "hc_checks_total 1", "hc_checks_down_total 0",
			} {
				if !strings.Contains(a.text, line+"\n") {
					t.Errorf("%s is missing in\n%s", line, a.text)
				}
			}
			if older := s.send("GET", "/projects/"+string(s.project)+"/checks/metrics/"+s.ro, "").is(200); older.text != a.text {
				t.Error("the older spelling answers otherwise")
			}
		}},
		{"246 248 keys of Prometheus", func(_ *testing.T, s *site) {
			metrics(s, s.ro).is(200)
			metrics(s, s.rw).is(403)
			metrics(s, oldKey).is(403)
			metrics(s, strings.Repeat("x", 32)).is(403)
			metrics(s, s.ro+"x").is(400)
		}},
		{"247 Prometheus' bearer", func(_ *testing.T, s *site) {
			metrics(s, "").is(401)
			address := "/projects/" + string(s.project) + "/metrics/"
			s.send("GET", address, "", "Authorization", "Bearer "+s.ro).is(200)
			s.send("GET", strings.TrimSuffix(address, "/"), "", "Authorization", "Bearer "+s.ro).is(200)
			s.send("GET", address, "", "Authorization", "bearer "+s.ro).is(401)
			s.send("GET", address, "", "Authorization", "Bearer B"+s.ro[1:]).is(403)
		}},
		{"250 what is not down is up", func(t *testing.T, s *site) {
			s.started()
			s.paused()
			late(s, nothing)
			text := metrics(s, s.ro).is(200).text
			for _, name := range []string{"started", "paused", "grace"} {
				if ones := ones(text, "hc_check_"+name); ones != 1 {
					t.Errorf("%d checks are %s in\n%s", ones, name, text)
				}
			}
			if ones := ones(text, "hc_check_up"); ones != 3 {
				t.Errorf("%d checks are up in\n%s", ones, text)
			}
		}},
		{"252 no metrics of the site", func(_ *testing.T, s *site) {
			s.send("GET", "/api/v3/metrics/", "").is(403)
			s.send("GET", "/api/v3/metrics/", "", "X-Metrics-Key", "foo").is(403)
		}},
		{"253 status", func(t *testing.T, s *site) {
			a := s.send("GET", "/api/v3/status/", "").is(200)
			if a.text != "OK" || a.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("got %q %v", a.text, a.Header())
			}
			s.send("HEAD", "/api/v1/status/", "").is(200)
			s.send("POST", "/api/v3/status/", "").is(405)
			s.send("GET", "/api/v3/openapi.json", "").is(200).cors("GET")
		}},
	}
}

// ones counts the checks for which a metric is 1.
func ones(text, metric string) int {
	n := 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, metric+"{") && strings.HasSuffix(line, " 1\n") {
			n++
		}
	}
	return n
}
