package hcapi_test

import (
	"strings"
	"testing"

	"heartbeat/internal/service"
)

// authScenarios are those about keys, framing and methods.
func authScenarios() []scenario {
	const checks = "/api/v3/checks/"
	return []scenario{
		{"087 no key", func(_ *testing.T, s *site) { s.send("GET", checks, "").says(401, "missing api key") }},
		{"088 a key of 31 characters", func(_ *testing.T, s *site) {
			s.call(s.rw[1:], "GET", "checks/", "").says(401, "missing api key")
			s.call("", "POST", "checks/", `{"api_key":"`+s.rw+`"}`).says(401, "missing api key")
		}},
		{"089 an unknown key", func(_ *testing.T, s *site) {
			s.call(strings.Repeat("x", 32), "GET", "checks/", "").says(401, "wrong api key")
		}},
		{"090 091 plain keys", func(_ *testing.T, s *site) {
			s.call(oldKey, "GET", "checks/", "").is(200)
			s.call(oldReadKey, "GET", "checks/", "").is(200)
			s.call(oldReadKey, "POST", "checks/", "").says(401, "wrong api key")
		}},
		{"092 093 hashed keys", func(t *testing.T, s *site) {
			if !strings.HasPrefix(s.rw, "hcw_") || !strings.HasPrefix(s.ro, "hcr_") {
				t.Errorf("keys are %s and %s", s.rw, s.ro)
			}
			s.get("checks/").is(200)
			s.post("checks/", "{}").is(201)
			s.call(s.ro, "GET", "checks/", "").is(200)
			s.call(s.ro, "POST", "checks/", "{}").says(401, "wrong api key")
		}},
		{"094 a key of the right form", func(_ *testing.T, s *site) {
			s.call("hcw_"+strings.Repeat("X", 28), "GET", "checks/", "").says(401, "wrong api key")
		}},
		{"095 096 097 098 the key elsewhere", func(_ *testing.T, s *site) {
			in := `{"api_key":"` + s.rw + `"}`
			s.send("POST", checks, in).is(201)
			s.call(strings.Repeat("x", 32), "POST", "checks/", in).says(401, "wrong api key")
			s.send("DELETE", checks+s.create("{}"), in).says(401, "missing api key")
			s.send("GET", checks, in).says(401, "missing api key")
			s.send("GET", checks+"?api_key="+s.rw, "").says(401, "missing api key")
			s.send("POST", checks, `{"api_key":12345678901234567890123456789012}`).says(401, "wrong api key")
		}},
		{"099 100 an empty body", func(_ *testing.T, s *site) {
			s.send("POST", checks, "").says(401, "missing api key")
			s.post("checks/", "").is(201).has(`{"name":"","timeout":86400,"grace":3600,"channels":""}`)
		}},
		{"101 a body that is not JSON", func(_ *testing.T, s *site) {
			for _, body := range []string{"this is not json", " ", `{"name":"a",}`, "{}{}", "\ufeff{}", "{\"name\":\"\xff\"}", "{'a':1}"} {
				s.send("POST", checks, body).says(400, "could not parse request body")
			}
		}},
		{"102 a body that is no object", func(_ *testing.T, s *site) {
			for _, body := range []string{"[1,2,3]", "123", "null", ` "a"`, "true"} {
				s.send("POST", checks, body).says(400, "json validation error: value is not an object")
			}
		}},
		{"103 OPTIONS needs no key", func(_ *testing.T, s *site) {
			const uuid = "checks/11111111-1111-4111-8111-111111111111"
			unique := "checks/" + strings.Repeat("a", 40)
			for path, methods := range map[string][]string{
				"checks/": {"GET", "POST"}, "checks": {"GET", "POST"}, uuid: {"GET", "POST", "DELETE"}, unique: {"GET"},
				uuid + "/pause": {"POST"}, uuid + "/resume": {"POST"}, uuid + "/pings/": {"GET"},
				uuid + "/pings/1/body": {"GET"}, uuid + "/flips/": {"GET"}, unique + "/flips/": {"GET"},
				"channels/": {"GET"}, "badges/": {"GET"},
			} {
				for _, version := range []string{"v1", "v2", "v3"} {
					a := s.send("OPTIONS", "/api/"+version+"/"+path, "").is(204)
					a.cors(methods...)
				}
			}
		}},
		{"104 HEAD and PUT are refused", func(_ *testing.T, s *site) {
			for _, method := range []string{"HEAD", "PUT", "PATCH"} {
				s.call(s.rw, method, "checks/", "").is(405).cors("GET", "POST")
			}
		}},
		{"105 collections without their slash", func(_ *testing.T, s *site) {
			id := s.create(`{"tags":"a"}`)
			s.get("checks?tag=b").is(200).has(`{"checks":[]}`)
			s.post("checks", "{}").is(201)
			for _, path := range []string{"checks/" + id + "/pings", "checks/" + id + "/flips", "channels", "badges", "status"} {
				s.get(path).is(200)
			}
			for _, path := range []string{"checks/" + id + "/", "checks/" + id + "/pause/", "checks/" + id + "/pings/1/body/"} {
				s.post(path, "").is(404)
			}
		}},
		{"106 what can only be read", func(_ *testing.T, s *site) {
			id := "checks/" + s.create("{}")
			for _, path := range []string{"channels/", "badges/", id + "/pings/", id + "/flips/", id + "/pings/1/body"} {
				s.post(path, "").is(405).cors("GET")
			}
		}},
		{"107 the body's type does not matter", func(_ *testing.T, s *site) {
			s.send("POST", checks, `{"name":"a"}`, "X-Api-Key", s.rw, "Content-Type", "application/x-www-form-urlencoded").
				is(201).has(`{"name":"a"}`)
		}},
		{"3.3 refusals may be read by other sites", func(_ *testing.T, s *site) {
			s.send("GET", checks, "").is(401).cors("GET", "POST")
			s.send("POST", checks, "[]").is(400).cors("GET", "POST")
			s.other().get("checks/"+s.create("{}")).is(403).cors("GET", "POST", "DELETE")
			s.send("POST", checks, "{}", "X-Api-Key", s.rw, "Sec-Fetch-Site", "cross-site", "Origin", "https://other.example.org").is(201)
		}},
		{"3.3 bodies have a bound", func(_ *testing.T, s *site) {
			const most = 2_621_440
			s.post("checks/", `{"x":"`+strings.Repeat("x", most-8)+`"}`).is(201)
			s.post("checks/", `{"x":"`+strings.Repeat("x", most-7)+`"}`).is(400)
		}},
		{"3.3 the last of members that come twice counts", func(_ *testing.T, s *site) {
			s.post("checks/", `{"name":"a","name":"b"}`).is(201).has(`{"name":"b"}`)
		}},
		{"3.3 the ping key is no key here", func(_ *testing.T, s *site) {
			pingKey, err := s.checks.MakeKey(s.t.Context(), s.project, service.KeyPing)
			if err != nil {
				s.t.Fatal(err)
			}
			s.call(pingKey, "GET", "checks/", "").says(401, "missing api key")
		}},
		{"3.1 unknown addresses and versions", func(_ *testing.T, s *site) {
			for _, path := range []string{"/api/", "/api/v3", "/api/v3/", "/api/v4/checks/", "/api/v3/check/", "/api/v3/notifications/" + s.create("{}") + "/status", "/api/v3/bounces/"} {
				s.send("GET", path, "", "X-Api-Key", s.rw).is(404).object()
			}
		}},
	}
}
