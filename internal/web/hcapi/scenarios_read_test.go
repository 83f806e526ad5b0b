package hcapi_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat"
)

// theirs are the members that Healthchecks answers with for a check with a
// timeout, and a key that may write.
const theirs = "badge_url channels desc failure_kw filter_body filter_default_fail filter_http_body filter_subject grace " +
	"last_ping manual_resume methods n_pings name next_ping pause_url ping_url resume_url slug start_kw started status " +
	"subject subject_fail success_kw tags timeout update_url uuid"

// ours are those that it does not have.
const ours = "category holidays host type worktime"

func members(words ...string) []string {
	return sorted(strings.Fields(strings.Join(words, " ")))
}

func without(words string, gone ...string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(words), func(w string) bool { return slices.Contains(gone, w) }), " ")
}

// readScenarios are those about reading, listing, deleting, pausing and resuming.
func readScenarios() []scenario {
	const nobody = "11111111-1111-4111-8111-111111111111"
	return []scenario{
		{"186 187 a check with a key that may write", func(t *testing.T, s *site) {
			id := s.create(`{"channels":"slack"}`)
			for _, version := range []string{"v1", "v2", "v3"} {
				a := s.at(version).get("checks/" + id).is(200)
				if n := len(strings.Fields(theirs)); n != 29 {
					t.Errorf("%d members are expected", n)
				}
				if diff := cmp.Diff(members(theirs, ours), slices.Sorted(maps.Keys(a.object()))); diff != "" {
					t.Errorf("members (-want +got):\n%s", diff)
				}
				url := root + "/api/" + version + "/checks/" + id
				a.has(`{"uuid":"` + id + `","update_url":"` + url + `","pause_url":"` + url + `/pause","resume_url":"` + url +
					`/resume","ping_url":"` + root + `/ping/` + id + `","channels":"` + channelNamed(s, "slack").(string) + `"}`)
				if badge := a.object()["badge_url"].(string); !strings.HasPrefix(badge, root+"/b/2/") || !strings.HasSuffix(badge, ".svg") {
					t.Errorf("badge_url is %s", badge)
				}
				if byKey := s.at(version).get("checks/" + key(t, id)).is(200); byKey.text != a.text {
					t.Errorf("by its unique key: got %s, want %s", byKey.text, a.text)
				}
			}
		}},
		{"188 a check with a key that may read", func(t *testing.T, s *site) {
			id := s.create(`{"channels":"slack"}`)
			want := without(theirs, "uuid", "ping_url", "update_url", "pause_url", "resume_url", "channels") + " unique_key"
			for _, path := range []string{"checks/" + id, "checks/" + key(t, id)} {
				a := s.call(s.ro, "GET", path, "").is(200)
				if diff := cmp.Diff(members(want, ours), slices.Sorted(maps.Keys(a.object()))); diff != "" {
					t.Errorf("members (-want +got):\n%s", diff)
				}
				if a.has(`{"unique_key":"` + key(t, id) + `"}`); strings.Contains(a.text, id) {
					t.Errorf("the UUID is told: %s", a.text)
				}
			}
		}},
		{"189 a run goes on", func(t *testing.T, s *site) {
			id := s.started()
			for _, path := range []string{"checks/" + id, "checks/" + key(t, id)} {
				s.at("v1").get(path).is(200).has(`{"status":"started","started":true}`)
				s.at("v2").get(path).is(200).has(`{"status":"new","started":true}`)
			}
		}},
		{"190 a unique key is for reading", func(t *testing.T, s *site) {
			s.post("checks/"+key(t, s.create(`{}`)), `{}`).is(405).cors("GET")
		}},
		{"191 another project", func(t *testing.T, s *site) {
			id := s.other().create(`{}`)
			s.get("checks/" + id).is(403)
			s.get("checks/"+key(t, id)).says(404, "there is no such check")
			s.get("checks/"+nobody).says(404, "there is no such check")
			s.send("GET", "/api/v3/checks/"+id, "").says(401, "missing api key")
		}},
		{"192 193 the list", func(t *testing.T, s *site) {
			s.other().create(`{}`)
			last := s.now.Add(-time.Hour + 123*time.Millisecond)
			first := s.add(func(c *heartbeat.Check) {
				c.Created, c.Status, c.LastPing, c.Pings = s.now.Add(-time.Hour), heartbeat.StatusUp, last, 1
			}).String()
			second := s.create(`{}`)
			list := s.get("checks/").is(200).list("checks")
			if diff := cmp.Diff([]any{first, second}, fields(list, "uuid")); diff != "" {
				t.Errorf("checks (-want +got):\n%s", diff)
			}
			if list[0]["last_ping"] != iso(last) || list[0]["next_ping"] != iso(last.Add(24*time.Hour)) || list[0]["n_pings"] != 1.0 {
				t.Errorf("got %v", list[0])
			}
		}},
		{"194 195 by tag", func(t *testing.T, s *site) {
			s.create(`{"name":"1","tags":"a1-tag a1-additional-tag"}`)
			s.create(`{"name":"2","tags":"a2-tag"}`)
			for query, want := range map[string][]any{
				"tag=a2-tag": {"2"}, "tag=a1-tag&tag=a1-additional-tag": {"1"}, "tag=a1-tag&tag=a2-tag": {},
				"tag=tag": {}, "tag=nope": {}, "tag=": {}, "tag=A2-tag": {}, "other=x": {"1", "2"}, "": {"1", "2"},
			} {
				if diff := cmp.Diff(want, fields(s.get("checks/?"+query).is(200).list("checks"), "name")); diff != "" {
					t.Errorf("%s (-want +got):\n%s", query, diff)
				}
			}
		}},
		{"196 by slug", func(t *testing.T, s *site) {
			s.create(`{"name":"1","slug":"alice-1","tags":"a"}`)
			s.create(`{"name":"2"}`)
			for query, want := range map[string][]any{
				"slug=alice-1": {"1"}, "slug=zzz": {}, "slug=": {"1", "2"}, "slug=zzz&slug=alice-1": {"1"},
				"slug=alice-1&tag=a": {"1"}, "slug=alice-1&tag=b": {},
			} {
				if diff := cmp.Diff(want, fields(s.get("checks/?"+query).is(200).list("checks"), "name")); diff != "" {
					t.Errorf("%s (-want +got):\n%s", query, diff)
				}
			}
		}},
		{"197 198 delete", func(t *testing.T, s *site) {
			id := s.create(`{"name":"gone","channels":"*"}`)
			s.send("GET", "/ping/"+id, "").is(200)
			s.call(s.rw, "DELETE", "checks/"+id, "").is(200).has(`{"name":"gone","uuid":"` + id + `","n_pings":1,"channels":""}`)
			s.get("checks/" + id).is(404)
			s.send("GET", "/ping/"+id, "").is(404)
			s.call(s.rw, "DELETE", "checks/"+id, "").is(404)
			other := s.other().create(`{}`)
			s.call(s.rw, "DELETE", "checks/"+other, "").is(403)
			s.call(s.ro, "DELETE", "checks/"+other, "").is(401)
		}},
		{"199 delete while a run goes on", func(_ *testing.T, s *site) {
			s.at("v1").call(s.rw, "DELETE", "checks/"+s.started(), "").is(200).has(`{"status":"started"}`)
			s.at("v2").call(s.rw, "DELETE", "checks/"+s.started(), "").is(200).has(`{"status":"new"}`)
		}},
		{"200 202 204 pause", func(t *testing.T, s *site) {
			id := s.up(time.Minute)
			s.ping(id, heartbeat.Ping{Kind: heartbeat.KindStart})
			s.post("checks/"+id+"/pause", "").is(200).has(`{"status":"paused","started":false,"next_ping":null}`)
			s.post("checks/"+id+"/pause", "{}").is(200).has(`{"status":"paused"}`)
			s.get("checks/" + id + "/pause").is(405)
			flips := s.get("checks/" + id + "/flips/").list("flips")
			if len(flips) != 1 || flips[0]["up"] != 0.0 {
				t.Errorf("flips are %v", flips)
			}
			if owed, err := s.store.NoticeLog(t.Context(), 1000); err != nil || slices.ContainsFunc(owed, func(n heartbeat.Notice) bool { return n.Check.String() == id }) {
				t.Errorf("somebody is told of a pause (%v)", err)
			}
		}},
		{"201 the key in the body", func(_ *testing.T, s *site) {
			id := s.create(`{}`)
			s.send("POST", "/api/v3/checks/"+id+"/pause", `{"api_key":"`+s.rw+`"}`).is(200)
			s.send("POST", "/api/v3/checks/"+id+"/resume", `{"api_key":"`+s.rw+`"}`).is(200)
		}},
		{"203 208 which check", func(_ *testing.T, s *site) {
			other := s.other().create(`{}`)
			for _, action := range []string{"/pause", "/resume"} {
				s.post("checks/"+other+action, "").is(403)
				s.post("checks/bad"+action, "").is(404)
				s.post("checks/"+nobody+action, "").is(404)
				s.post("checks/"+other+action, "123").wrong("value is not an object")
				s.send("POST", "/api/v3/checks/"+other+action, "").says(401, "missing api key")
				s.call(s.ro, "POST", "checks/"+other+action, "").says(401, "wrong api key")
			}
		}},
		{"206 resume", func(t *testing.T, s *site) {
			id := s.paused()
			s.post("checks/"+id+"/resume", "").is(200).has(`{"status":"new","last_ping":null,"started":false,"next_ping":null}`)
			if flips := s.get("checks/" + id + "/flips/").list("flips"); len(flips) != 1 || flips[0]["up"] != 0.0 {
				t.Errorf("flips are %v", flips)
			}
		}},
		{"207 resume what is not paused", func(t *testing.T, s *site) {
			if a := s.post("checks/"+s.up(time.Minute)+"/resume", "").is(409); a.text != "check is not paused" {
				t.Errorf("got %q", a.text)
			}
		}},
		{"209 next_ping by cron", func(_ *testing.T, s *site) {
			id := s.add(func(c *heartbeat.Check) {
				c.Kind, c.Expression = heartbeat.ScheduleCron, "0 * * * *"
				c.Status, c.LastPing = heartbeat.StatusUp, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
			}).String()
			s.get("checks/" + id).is(200).has(`{"next_ping":"2000-01-01T01:00:00+00:00","last_ping":"2000-01-01T00:00:00+00:00"}`)
		}},
		{"210 next_ping while a run goes on", func(_ *testing.T, s *site) {
			start := s.now.Add(-time.Minute)
			for _, status := range []heartbeat.Status{heartbeat.StatusNew, heartbeat.StatusUp, heartbeat.StatusPaused} {
				id := s.add(func(c *heartbeat.Check) { c.Status, c.LastPing, c.LastStart = status, s.now, start }).String()
				s.get("checks/" + id).is(200).has(`{"next_ping":"` + iso(start) + `"}`)
			}
			down := s.add(func(c *heartbeat.Check) { c.Status, c.LastStart = heartbeat.StatusDown, start }).String()
			s.get("checks/" + down).is(200).has(`{"next_ping":null}`)
			late := s.add(func(c *heartbeat.Check) {
				c.Status, c.LastPing, c.LastStart = heartbeat.StatusUp, s.now.Add(-24*time.Hour-10*time.Minute), start
			}).String()
			s.get("checks/" + late).is(200).has(`{"next_ping":"` + iso(s.now.Add(-10*time.Minute)) + `"}`)
		}},
		{"3.5 last_duration", func(_ *testing.T, s *site) {
			for took, want := range map[time.Duration]string{0: `"-"`, 400 * time.Millisecond: "0", 90*time.Second + 900*time.Millisecond: "90"} {
				id := s.add(func(c *heartbeat.Check) { c.LastDuration = took }).String()
				s.get("checks/" + id).is(200).has(`{"last_duration":` + want + `}`)
			}
		}},
	}
}
