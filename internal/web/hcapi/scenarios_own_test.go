package hcapi_test

import (
	"encoding/json"
	"testing"
	"time"

	"heartbeat"
)

// ownScenarios are about what Healthchecks does not have.
func ownScenarios() []scenario {
	return []scenario{
		{"worktime and holidays", func(t *testing.T, s *site) {
			id := s.post("checks/", `{"worktime":"Mon-Fri 9:00-17:30","holidays":"2026-12-24,de-by","tz":"Europe/Berlin"}`).is(201).
				has(`{"worktime":"mon-fri 09:00-17:30","holidays":"de-by,2026-12-24","tz":"Europe/Berlin","timeout":86400}`).
				object()["uuid"].(string)
			s.post("checks/"+id, `{"worktime":"","holidays":""}`).is(200).has(`{"worktime":"always","holidays":"","tz":"-"}`)
			if zone := s.kept(id).Zone; zone != "Europe/Berlin" {
				t.Errorf("the zone is %s", zone)
			}
			s.post("checks/"+id, `{"holidays":"atlantis"}`).is(400)
			s.post("checks/"+id, `{"worktime":"never"}`).is(400)
			s.post("checks/"+id, `{"worktime":"mon 09:00-09:01","timeout":315360000}`).is(400)
			s.get("checks/" + id).has(`{"worktime":"always","timeout":86400}`)
		}},
		{"a check that pulses will find", func(t *testing.T, s *site) {
			names := heartbeat.Names{Host: "web1", Category: "cron", Type: "backup", Name: "nightly"}
			body := `{"host":"web1","category":"cron","type":"backup","name":"nightly"}`
			id := s.post("checks/", body).is(201).has(body).object()["uuid"].(string)
			if want := names.ID(s.project).String(); id != want {
				t.Errorf("got %s, want %s", id, want)
			}
			if again := s.create(body); again == id {
				t.Error("a second check with the names is the first")
			}
			s.post("checks/"+id, `{"name":"other"}`).
				wrong("name is how pulses find the check, as are host, category and type; they cannot change")
			s.post("checks/", `{"host":"a\nb"}`).wrong("host must not contain control characters such as line breaks")
		}},
		{"what was read can be sent back", func(t *testing.T, s *site) {
			for name, change := range map[string]func(*heartbeat.Check){
				"of pulses": func(c *heartbeat.Check) {
					c.Names = heartbeat.Names{Host: "web1", Category: "cron", Type: "backup", Name: "nightly"}
					c.ID = c.Names.ID(c.Project)
					c.Spec = heartbeat.Spec{Period: 1500 * time.Millisecond, Worktime: "mon-fri", Zone: "Europe/Berlin"}
					c.Grace, c.Channels = 0, ""
				},
				"of years": func(c *heartbeat.Check) { c.Period, c.Grace = 9*365*24*time.Hour, 0 },
				"by cron": func(c *heartbeat.Check) {
					c.Kind, c.Expression, c.Zone, c.Holidays = heartbeat.ScheduleCron, "5 * * * *", "Europe/Riga", "de-by"
				},
				"by the past": func(c *heartbeat.Check) {
					c.Kind, c.Expression = heartbeat.ScheduleOnCalendar, "2019-01-01"
				},
				"with all": func(c *heartbeat.Check) {
					c.Names.Name = "n"
					c.Labels = heartbeat.Labels{Slug: "s", Tags: "a  b", Desc: "d\nd", Channels: "slack,webhook"}
					c.Rules = heartbeat.Rules{
						ManualResume: true, PostOnly: true, FilterBody: true, SuccessWords: "s", FailureWords: "f", StartWords: "t",
					}
				},
				"of subjects": func(c *heartbeat.Check) { c.Rules = heartbeat.Rules{FilterSubject: true, SuccessWords: "s"} },
			} {
				id := s.add(change).String()
				before := s.kept(id)
				read := s.get("checks/" + id)
				s.post("checks/"+id, read.text).is(200)
				after := s.kept(id)
				if after.Rev = before.Rev; after != before {
					t.Errorf("%s: changed from %+v to %+v", name, before, after)
				}
				// With a read-only key, as scripts copy checks from project to project.
				copied := s.other().post("checks/", s.call(s.ro, "GET", "checks/"+id, "").text).is(201).object()
				for member, value := range read.object() {
					switch member {
					case "uuid", "ping_url", "update_url", "pause_url", "resume_url", "badge_url", "channels":
					default:
						if copied[member] != value {
							t.Errorf("%s: %s was %v and is %v in the copy", name, member, value, copied[member])
						}
					}
				}
			}
		}},
		{"channels that are gone are not shown", func(t *testing.T, s *site) {
			id := s.add(func(c *heartbeat.Check) { c.Channels = "pager,slack" }).String()
			s.get("checks/" + id).has(`{"channels":"` + channelNamed(s, "slack").(string) + `"}`)
			s.post("checks/"+id, s.get("checks/"+id).text).is(200)
			if kept := s.kept(id).Channels; kept != "pager,slack" {
				t.Errorf("kept %s", kept)
			}
		}},
		{"all channels stay all", func(t *testing.T, s *site) {
			id := s.create(`{"channels":"slack,slack-2,webhook"}`)
			if kept := s.kept(id).Channels; kept != "slack,slack-2,webhook" {
				t.Errorf("kept %s", kept)
			}
			s.post("checks/"+id, `{"channels":"*"}`).is(200)
			s.post("checks/"+id, s.get("checks/"+id).text).is(200)
			if kept := s.kept(id).Channels; kept != "" {
				t.Errorf("kept %s, want all, also those to come", kept)
			}
		}},
		{"limits of old clients stay theirs", func(_ *testing.T, s *site) {
			s.post("checks/", `{"grace":0}`).wrong("grace is too small")
			s.post("checks/", `{"grace":0,"timeout":1,"worktime":"always"}`).is(201)
			s.post("checks/", `{"timeout":0,"worktime":"always"}`).wrong("timeout is too small")
			s.post("checks/", `{"timeout":315360001,"worktime":"always"}`).wrong("timeout is too large")
			s.post("checks/", `{"grace":false,"worktime":"always"}`).wrong("grace is too small")
		}},
		{"answers are JSON that others may not keep", func(t *testing.T, s *site) {
			a := s.get("checks/").is(200)
			if a.Header().Get("Content-Type") != "application/json" || a.Header().Get("Cache-Control") != "no-store" || !json.Valid([]byte(a.text)) {
				t.Errorf("got %v %s", a.Header(), a.text)
			}
		}},
	}
}
