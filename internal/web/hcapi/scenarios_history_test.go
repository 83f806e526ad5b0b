package hcapi_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heartbeat"
)

const (
	runA = "aaaaaaaa-0000-4000-8000-000000000000"
	runB = "bbbbbbbb-0000-4000-8000-000000000000"
)

// historyScenarios are those about pings, bodies, flips, channels and badges.
func historyScenarios() []scenario {
	const start, success, fail, ignored = heartbeat.KindStart, heartbeat.KindSuccess, heartbeat.KindFail, heartbeat.KindIgnored
	// took sends pings and tells the durations shown, the newest first.
	took := func(pings []heartbeat.Ping, want ...any) func(*testing.T, *site) {
		return func(t *testing.T, s *site) {
			id := s.create(`{}`)
			for _, p := range pings {
				s.ping(id, p)
			}
			got := fields(s.get("checks/"+id+"/pings/").is(200).list("pings"), "duration")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("durations (-want +got):\n%s", diff)
			}
		}
	}
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := func(kind heartbeat.Kind, run heartbeat.RunID, after time.Duration) heartbeat.Ping {
		return heartbeat.Ping{Kind: kind, Run: run, At: begin.Add(after)}
	}
	return []scenario{
		{"211 a ping", func(t *testing.T, s *site) {
			id := s.create(`{}`)
			at := s.now.Add(-time.Minute)
			s.ping(id, heartbeat.Ping{
				Kind: success, At: at.Add(123456789), Scheme: "https", Method: "POST", Addr: "192.0.2.1", Agent: "curl/8",
			})
			s.ping(id, heartbeat.Ping{Kind: ignored, At: at.Add(time.Second), Scheme: "email"})
			want := []map[string]any{
				{
					"type": "ign", "date": iso(at.Add(time.Second)), "n": 2.0, "scheme": "email", "remote_addr": nil,
					"method": "", "ua": "", "rid": nil, "body_url": nil,
				},
				{
					"type": "success", "date": strings.Replace(iso(at), "+", ".123456+", 1), "n": 1.0, "scheme": "https",
					"remote_addr": "192.0.2.1", "method": "POST", "ua": "curl/8", "rid": nil, "body_url": nil,
				},
			}
			if diff := cmp.Diff(want, s.get("checks/"+id+"/pings/").is(200).list("pings")); diff != "" {
				t.Errorf("pings (-want +got):\n%s", diff)
			}
		}},
		{"212 who may read pings", func(t *testing.T, s *site) {
			id := s.create(`{}`)
			s.call(s.ro, "GET", "checks/"+id+"/pings/", "").says(401, "wrong api key")
			s.send("GET", "/api/v3/checks/"+id+"/pings/", "").says(401, "missing api key")
			s.other().get("checks/" + id + "/pings/").is(403)
			s.get("checks/11111111-1111-4111-8111-111111111111/pings/").is(404)
			s.get("checks/" + key(t, id) + "/pings/").is(404)
		}},
		{"213 runs overlap", took([]heartbeat.Ping{
			p(start, runA, 0), p(start, runB, time.Minute), p(success, runA, 2*time.Minute), p(success, runB, 6*time.Minute),
		}, 300.0, 120.0, nil, nil)},
		{"214 ends without a start", func(t *testing.T, s *site) {
			var pings []heartbeat.Ping
			var none []any
			for i := range 11 {
				pings = append(pings, p(success, heartbeat.RunID(fmt.Sprintf("%08d-0000-4000-8000-000000000000", i)), time.Duration(i)*time.Minute))
				none = append(none, nil)
			}
			took(pings, none...)(t, s)
		}},
		{"215 two ends", took([]heartbeat.Ping{p(start, "", 0), p(success, "", 1234567*time.Microsecond), p(success, "", time.Minute)}, nil, 1.23, nil)},
		{"216 after three days", took([]heartbeat.Ping{p(start, "", 0), p(success, "", 72*time.Hour+time.Second)}, nil, nil)},
		{"217 something ignored between", took([]heartbeat.Ping{p(start, "", 0), p(ignored, "", time.Second), p(fail, "", time.Minute)}, 60.0, nil, nil)},
		{"3.9 the start is no longer listed", func(t *testing.T, s *site) {
			id := s.create(`{}`)
			s.ping(id, p(start, runA, 0))
			for i := range 99 {
				s.ping(id, p(heartbeat.KindLog, "", time.Duration(i)*time.Second))
			}
			s.ping(id, p(success, runA, time.Hour))
			if list := s.get("checks/" + id + "/pings/").list("pings"); len(list) != 100 || list[0]["duration"] != 3600.0 {
				t.Errorf("%d pings, the last %v", len(list), list[0])
			}
		}},
		{"218 219 221 222 run IDs and bodies", func(t *testing.T, s *site) {
			id := s.create(`{}`)
			bodies := []string{"", "Foo\nBar\nBaz", "\x00\xff\xfe<script>"}
			for _, body := range bodies {
				s.ping(id, heartbeat.Ping{Kind: success, Run: runA, Body: []byte(body)})
			}
			list := s.get("checks/" + id + "/pings/").is(200).list("pings")
			for i, body := range bodies {
				path := fmt.Sprintf("checks/%s/pings/%d/body", id, i+1)
				got := list[len(list)-1-i]
				if got["rid"] != runA {
					t.Errorf("rid is %v", got["rid"])
				}
				if body == "" {
					if got["body_url"] != nil {
						t.Errorf("body_url is %v", got["body_url"])
					}
					continue
				}
				if got["body_url"] != root+"/api/v3/"+path {
					t.Errorf("body_url is %v", got["body_url"])
				}
				if a := s.get(path).is(200); a.text != body || a.Header().Get("Content-Type") != "text/plain" {
					t.Errorf("got %q, %v", a.text, a.Header())
				}
			}
		}},
		{"220 the last hundred", func(t *testing.T, s *site) {
			id := s.create(`{}`)
			for range 105 {
				s.ping(id, heartbeat.Ping{Kind: success, Body: []byte("x")})
			}
			list := s.get("checks/" + id + "/pings/").is(200).list("pings")
			if len(list) != 100 || list[0]["n"] != 105.0 || list[99]["n"] != 6.0 {
				t.Errorf("%d pings from %v to %v", len(list), list[0], list[len(list)-1])
			}
			s.get("checks/" + id + "/pings/6/body").is(200)
			s.get("checks/" + id + "/pings/5/body").is(404)
			s.get("checks/" + id).has(`{"n_pings":105}`)
		}},
		{"223 224 no body", func(_ *testing.T, s *site) {
			id := s.create(`{}`)
			s.ping(id, heartbeat.Ping{Kind: success})
			for _, n := range []string{"1", "2", "0", "99999999999999999999", "x", "-1"} {
				s.get("checks/" + id + "/pings/" + n + "/body").is(404)
			}
			s.other().get("checks/" + id + "/pings/1/body").is(403)
			s.call(s.ro, "GET", "checks/"+id+"/pings/1/body", "").is(401)
			s.send("GET", "/api/v3/checks/"+id+"/pings/1/body", "").is(401)
			s.send("GET", "/api/v3/checks/"+id+"/pings/x/body", "").is(404)
		}},
		{"226 227 229 flips", func(t *testing.T, s *site) {
			id := s.create(`{}`)
			at := time.Date(2020, 1, 1, 12, 24, 32, 123e6, time.UTC)
			s.ping(id, heartbeat.Ping{Kind: success, At: at})
			s.ping(id, heartbeat.Ping{Kind: fail, At: at.Truncate(time.Second).Add(time.Hour)})
			up, down := `{"timestamp":"2020-01-01T12:24:32+00:00","up":1}`, `{"timestamp":"2020-01-01T13:24:32+00:00","up":0}`
			for query, want := range map[string]string{
				"": down + "," + up, "start=0": down + "," + up, "seconds=0": down + "," + up, "seconds=31536000": "",
				"start=1577881472": down + "," + up, "start=1577881473": down, "end=1577881472": "", "end=1577881473": up,
				"start=1577885073": "", "start=1577885072": down, "end=1577885072": up, "start=1577881473&end=1577885073": down, "end=0": "", "start=1&start=1577881473": down,
			} {
				for _, check := range []string{id, key(t, id)} {
					a := s.call(s.ro, "GET", "checks/"+check+"/flips/?"+query, "").is(200)
					if got := strings.ReplaceAll(a.text, " ", ""); got != `{"flips":[`+want+`]}` {
						t.Errorf("%s: got %s, want %s", query, got, want)
					}
				}
			}
		}},
		{"228 flips of no time", func(_ *testing.T, s *site) {
			id := s.create(`{}`)
			for _, query := range []string{
				"start=abc", "start=-123", "start=12345678901234567890", "start=10000000001", "start=", "end=1.5", "end=+1",
				"seconds=-123", "seconds=31536001", "seconds=",
			} {
				s.get("checks/" + id + "/flips/?" + query).is(400).cors("GET")
			}
			s.send("GET", "/api/v3/checks/"+id+"/flips/", "").is(401)
			s.other().get("checks/" + id + "/flips/").is(403)
			s.get("checks/" + strings.Repeat("a", 40) + "/flips/").is(404)
		}},
		{"230 flips of a pause", func(t *testing.T, s *site) {
			id := s.up(time.Minute)
			s.post("checks/"+id+"/pause", "").is(200)
			if flips := s.get("checks/" + id + "/flips/").list("flips"); len(flips) != 1 || flips[0]["up"] != 0.0 {
				t.Errorf("flips are %v", flips)
			}
		}},
		{"231 channels", func(t *testing.T, s *site) {
			list := s.get("channels/").is(200).list("channels")
			if diff := cmp.Diff([]any{"slack", "slack-2", "webhook"}, fields(list, "name")); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]any{"slack", "slack", "webhook"}, fields(list, "kind")); diff != "" {
				t.Errorf("kinds (-want +got):\n%s", diff)
			}
			s.call(s.ro, "GET", "channels/", "").says(401, "wrong api key")
			id := s.channel("Night shift") // now the project has one of its own
			s.other().channel("Theirs")
			list = s.get("channels/").is(200).list("channels")
			if diff := cmp.Diff([]map[string]any{{"id": id, "name": "Night shift", "kind": "webhook"}}, list); diff != "" {
				t.Errorf("its own (-want +got):\n%s", diff)
			}
		}},
		{"232 badges", func(t *testing.T, s *site) {
			s.other().create(`{"tags":"other"}`)
			s.create(`{"tags":"foo bar"}`)
			badges := s.call(s.ro, "GET", "badges/", "").is(200).object()["badges"].(map[string]any)
			if len(badges) != 3 {
				t.Errorf("badges are %v", badges)
			}
			for _, tag := range []string{"foo", "bar", "*"} {
				for form, address := range badges[tag].(map[string]any) {
					a := s.send("GET", strings.TrimPrefix(address.(string), root), "").is(200)
					if a.text == "" {
						t.Errorf("%s of %s is empty", form, tag)
					}
				}
			}
			s.send("GET", "/api/v3/badges/", "").is(401)
		}},
	}
}
