package hcapi_test

import (
	"strings"
	"testing"

	"heartbeat"
)

// createScenarios are those about making checks.
func createScenarios() []scenario {
	refused := func(body, text string) func(*testing.T, *site) {
		return func(t *testing.T, s *site) {
			s.post("checks/", body).wrong(text)
			if n := s.count(); n != 0 {
				t.Errorf("there are %d checks", n)
			}
		}
	}
	made := func(body, members string) func(*testing.T, *site) {
		return func(_ *testing.T, s *site) { s.post("checks/", body).is(201).has(members) }
	}
	long := func(field string, n int) string { return `{"` + field + `":"` + strings.Repeat("x", n) + `"}` }
	return []scenario{
		{"108 all members", func(t *testing.T, s *site) {
			body := `{"name":"Foo","tags":"bar,baz","desc":"a note","timeout":3600,"grace":60,"start_kw":"START","success_kw":"OK",` +
				`"failure_kw":"BAD","filter_subject":true,"filter_body":true,"filter_http_body":true,"filter_default_fail":true}`
			a := s.at("v1").post("checks/", body).is(201).has(body)
			a.has(`{"slug":"foo","schedule":"-","tz":"-","status":"new","n_pings":0,"last_ping":null,"next_ping":null}`)
			a.has(`{"subject":"OK","subject_fail":"BAD","methods":"","manual_resume":false,"last_duration":"-"}`)
			a.cors("GET", "POST")
			if s.count() != 1 {
				t.Error("it is not listed")
			}
		}},
		{"109 null is no value", func(_ *testing.T, s *site) {
			for field, kind := range map[string]string{
				"channels": "a string", "timeout": "a number", "grace": "a number", "name": "a string", "schedule": "a string",
				"subject": "a string", "subject_fail": "a string", "unique": "an array", "desc": "a string", "slug": "a string",
				"tags": "a string", "tz": "a string", "start_kw": "a string", "manual_resume": "a boolean", "filter_body": "a boolean",
				"worktime": "a string", "holidays": "a string", "host": "a string", "category": "a string", "type": "a string",
			} {
				s.post("checks/", `{"`+field+`":null}`).wrong(field + " is not " + kind)
			}
			s.post("checks/", `{"methods":null}`).wrong("methods has unexpected value")
		}},
		{"110 a month", made(`{"timeout":2592000,"grace":2592000}`, `{"timeout":2592000,"grace":2592000}`)},
		{"111 channels *", func(t *testing.T, s *site) {
			id := s.create(`{"channels":"*"}`)
			if got := len(strings.Split(s.get("checks/" + id).object()["channels"].(string), ",")); got != 3 {
				t.Errorf("%d channels, want 3", got)
			}
			if kept := s.kept(id).Channels; kept != "" {
				t.Errorf("kept %q, want all, also those to come", kept)
			}
		}},
		{"112 a channel by its name", func(t *testing.T, s *site) {
			if kept := s.kept(s.create(`{"channels":"webhook,slack"}`)).Channels; kept != "slack,webhook" {
				t.Errorf("kept %q", kept)
			}
		}},
		{"113 a channel whose name looks like a UUID", func(t *testing.T, s *site) {
			const name = "11111111-1111-4111-8111-111111111111"
			id := s.channel(name)
			if kept := s.kept(s.create(`{"channels":"` + name + `"}`)).Channels; kept != id {
				t.Errorf("kept %q, want %q", kept, id)
			}
		}},
		{"115 two channels with one name", func(t *testing.T, s *site) {
			s.channel("foo")
			id := s.channel("foo")
			s.post("checks/", `{"channels":"foo"}`).says(400, "non-unique channel identifier: foo")
			if s.count() != 0 {
				t.Error("something was made")
			}
			s.create(`{"channels":"` + id + `"}`)
		}},
		{"114 an unknown channel", func(t *testing.T, s *site) {
			s.post("checks/", `{"channels":"abc"}`).says(400, "invalid channel identifier: abc")
			s.post("checks/", `{"channels":"*,slack"}`).says(400, "invalid channel identifier: *")
			if s.count() != 0 {
				t.Error("something was made")
			}
		}},
		{"116 117 channels are not trimmed", func(_ *testing.T, s *site) {
			s.post("checks/", `{"channels":","}`).says(400, "empty channel identifier")
			s.post("checks/", `{"channels":"slack,"}`).says(400, "empty channel identifier")
			s.post("checks/", `{"channels":" slack"}`).says(400, "invalid channel identifier:  slack")
		}},
		{"118 channels is a number", refused(`{"channels":123}`, "channels is not a string")},
		{"125 too small", func(_ *testing.T, s *site) {
			for _, n := range []string{"0", "59", "-1", "-99999999999999999999", "-0"} {
				s.post("checks/", `{"timeout":`+n+`}`).wrong("timeout is too small")
				s.post("checks/", `{"grace":`+n+`}`).wrong("grace is too small")
			}
		}},
		{"126 too large", func(_ *testing.T, s *site) {
			s.post("checks/", `{"timeout":31536000,"grace":31536000}`).is(201)
			for _, n := range []string{"31536001", "100000000000000000000", "9223372036854775807"} {
				s.post("checks/", `{"timeout":`+n+`}`).wrong("timeout is too large")
				s.post("checks/", `{"grace":`+n+`}`).wrong("grace is too large")
			}
		}},
		{"127 no whole number", func(_ *testing.T, s *site) {
			for _, n := range []string{`"oops"`, "60.0", "[]", "1e2", "60.5", `"60"`, "{}"} {
				s.post("checks/", `{"timeout":`+n+`}`).wrong("timeout is not a number")
			}
		}},
		{"128 true is 1", refused(`{"timeout":true}`, "timeout is too small")},
		{"129 name false", refused(`{"name":false}`, "name is not a string")},
		{"130 a long name", func(_ *testing.T, s *site) {
			s.post("checks/", long("name", 101)).wrong("name is too long")
			s.post("checks/", long("name", 100)).is(201)
			s.post("checks/", `{"name":"`+strings.Repeat("🚀", 100)+`"}`).is(201)
			s.post("checks/", `{"name":"`+strings.Repeat("🚀", 101)+`"}`).wrong("name is too long")
		}},
		{"131 132 unique", func(_ *testing.T, s *site) {
			for _, unique := range []string{`["status"]`, `[1]`, `[null]`, `["name",["name"]]`} {
				s.post("checks/", `{"unique":`+unique+`}`).wrong("an item in 'unique' has unexpected value")
			}
			s.post("checks/", `{"unique":"not a list"}`).wrong("unique is not an array")
			s.post("checks/", `{"unique":{}}`).wrong("unique is not an array")
		}},
		{"133 cron", made(`{"schedule":"5 * * * *","tz":"Europe/Riga","grace":60}`,
			`{"schedule":"5 * * * *","tz":"Europe/Riga","grace":60,"timeout":"-"}`)},
		{"134 159 172 not an expression", func(_ *testing.T, s *site) {
			for _, e := range []string{
				"bad-expression", "* * * * * *", "", "0 0 31 2 *", "0 0 ? * *", "@daily", "0 0 * * FRI-MON",
				"* invalid *", "1,2 61 * * *", "Surprise 12:34", "12:34 Europe/surprise", "2019-01-01",
			} {
				s.post("checks/", `{"schedule":"`+e+`"}`).wrong("schedule is not a valid cron or OnCalendar expression")
			}
		}},
		{"135 a long schedule", refused(long("schedule", 101), "schedule is too long")},
		{"136 not a zone", func(_ *testing.T, s *site) {
			for _, zone := range []string{"not-a-timezone", "utc", "", "Factory", "localtime", "../etc/passwd"} {
				s.post("checks/", `{"tz":"`+zone+`"}`).wrong("tz is not a valid timezone")
			}
		}},
		{"137 zones of old", func(_ *testing.T, s *site) {
			for zone, kept := range map[string]string{
				"Europe/Kiev": "Europe/Kyiv", "UCT": "Etc/UTC", "CET": "Europe/Brussels", "UTC": "UTC", "GMT": "GMT",
				"Etc/UTC": "Etc/UTC", "Etc/GMT+5": "Etc/GMT+5", "US/Eastern": "America/New_York", "Zulu": "Etc/UTC",
			} {
				s.post("checks/", `{"schedule":"5 * * * *","tz":"`+zone+`"}`).is(201).has(`{"tz":"` + kept + `"}`)
			}
		}},
		{"138 OnCalendar", made(`{"schedule":"12:34"}`, `{"schedule":"12:34","tz":"UTC","timeout":"-"}`)},
		{"139 a line too much", refused(`{"schedule":"12:34\nsurprise"}`, "schedule is not a valid cron or OnCalendar expression")},
		{"140 defaults", made(`{}`, `{"timeout":86400,"grace":3600,"name":"","slug":"","tags":"","desc":"","worktime":"always"}`)},
		{"142 a key that may read", func(_ *testing.T, s *site) { s.call(s.ro, "POST", "checks/", "{}").says(401, "wrong api key") }},
		{"143 manual_resume", func(t *testing.T, s *site) {
			if !s.kept(s.create(`{"manual_resume":true}`)).ManualResume {
				t.Error("not kept")
			}
			s.post("checks/", `{"manual_resume":"surprise"}`).wrong("manual_resume is not a boolean")
			s.post("checks/", `{"manual_resume":1}`).wrong("manual_resume is not a boolean")
		}},
		{"144 filters are booleans", func(_ *testing.T, s *site) {
			for _, field := range []string{"filter_subject", "filter_body", "filter_http_body", "filter_default_fail"} {
				s.post("checks/", `{"`+field+`":"surprise"}`).wrong(field + " is not a boolean")
			}
		}},
		{"145 methods", func(t *testing.T, s *site) {
			id := s.post("checks/", `{"methods":"POST"}`).is(201).has(`{"methods":"POST"}`).object()["uuid"].(string)
			if !s.kept(id).PostOnly {
				t.Error("not kept")
			}
			for _, value := range []string{`"bad-value"`, `"post"`, `1`, `["POST"]`, `"POST "`} {
				s.post("checks/", `{"methods":`+value+`}`).wrong("methods has unexpected value")
			}
		}},
		{"146 long words", func(_ *testing.T, s *site) {
			for _, field := range []string{"subject", "subject_fail", "start_kw", "success_kw", "failure_kw"} {
				s.post("checks/", long(field, 201)).wrong(field + " is too long")
				s.post("checks/", long(field, 200)).is(201)
			}
		}},
		{"147 148 149 subjects", func(_ *testing.T, s *site) {
			s.post("checks/", `{"subject":"SUCCESS,COMPLETE"}`).is(201).
				has(`{"filter_subject":true,"success_kw":"SUCCESS,COMPLETE","subject":"SUCCESS,COMPLETE","failure_kw":""}`)
			s.post("checks/", `{"subject_fail":"FAILED,FAILURE"}`).is(201).
				has(`{"filter_subject":true,"failure_kw":"FAILED,FAILURE","subject_fail":"FAILED,FAILURE"}`)
			s.post("checks/", `{"subject":false}`).wrong("subject is not a string")
		}},
		{"151 152 153 slugs by version", func(_ *testing.T, s *site) {
			s.post("checks/", `{"name":"Foo","slug":"custom-slug"}`).is(201).has(`{"slug":"custom-slug"}`)
			s.post("checks/", `{"name":"Foo"}`).is(201).has(`{"slug":""}`)
			for _, version := range []string{"v1", "v2"} {
				s.at(version).post("checks/", `{"name":"Foo","slug":"bar"}`).is(201).has(`{"slug":"bar"}`)
				s.at(version).post("checks/", `{"name":"Hello Wörld_X -y!"}`).is(201).has(`{"slug":"hello-world_x-y"}`)
			}
		}},
		{"154 155 not a slug", func(_ *testing.T, s *site) {
			for _, slug := range []string{"Uppercase", "special!", "look spaces", "ä"} {
				s.post("checks/", `{"slug":"`+slug+`"}`).wrong("slug does not match pattern")
			}
			s.post("checks/", long("slug", 101)).wrong("slug is too long")
			s.post("checks/", `{"slug":"`+strings.Repeat("!", 101)+`"}`).wrong("slug is too long")
		}},
		{"156 schedule and timeout", func(t *testing.T, s *site) {
			id := s.post("checks/", `{"schedule":"5 * * * *","timeout":60}`).is(201).has(`{"timeout":"-"}`).object()["uuid"].(string)
			if c := s.kept(id); c.Period != heartbeat.DefaultPeriod || c.Kind != heartbeat.ScheduleCron {
				t.Errorf("kept %+v", c.Spec)
			}
		}},
		{"157 unknown members", made(`{"surprise":null,"Name":"x","uuid":5}`, `{"name":""}`)},
		{"158 the first in the order of fields", refused(`{"unique":5,"name":5,"channels":5}`, "channels is not a string")},
		{"160 unusual expressions", func(_ *testing.T, s *site) {
			for _, e := range []string{
				"0 0 LW * *", "0 0 * * 5L", "0 0 29 2 MON#5", "Mon..Fri 12:34", "*-*~1 12:00", "daily", ` 5 * * * *\n`, "12:34\\n13:45",
			} {
				s.post("checks/", `{"schedule":"`+e+`"}`).is(201).has(`{"schedule":"` + e + `"}`)
			}
		}},
		{"9.2 what is no text in other places", func(_ *testing.T, s *site) {
			s.post("checks/", `{"name":"\ud800"}`).is(201)
			s.post("checks/", `{"name":"a\u0000b","tags":"\u0000","desc":"\u0000"}`).is(201)
			s.post("checks/", long("tags", 501)).wrong("tags is too long")
			s.post("checks/", long("desc", 10_001)).wrong("desc is too long")
			s.post("checks/", long("desc", 10_000)).is(201)
		}},
	}
}

// upsertScenarios are those about unique.
func upsertScenarios() []scenario {
	return []scenario{
		{"119 the same name", func(t *testing.T, s *site) {
			id := s.create(`{"name":"Foo"}`)
			s.post("checks/", `{"name":"Foo","tags":"bar","unique":["name"]}`).is(200).has(`{"uuid":"` + id + `","tags":"bar"}`)
			if s.count() != 1 {
				t.Error("another was made")
			}
			s.post("checks/", `{"name":"foo","unique":["name"]}`).is(201)
		}},
		{"120 unique without the member", func(_ *testing.T, s *site) {
			s.create(`{}`)
			for _, field := range []string{"name", "slug", "tags", "timeout", "grace"} {
				s.post("checks/", `{"unique":["`+field+`"]}`).is(201)
			}
		}},
		{"121 other members", func(t *testing.T, s *site) {
			s.create(`{"slug":"foo","tags":"foo","timeout":123,"grace":124}`)
			for _, body := range []string{
				`{"slug":"foo","unique":["slug"]}`, `{"tags":"foo","unique":["tags"]}`, `{"timeout":123,"unique":["timeout"]}`,
				`{"grace":124,"unique":["grace"]}`, `{"slug":"foo","tags":"foo","unique":["tags","slug","tags"]}`,
			} {
				s.post("checks/", body).is(200)
			}
			if s.count() != 1 {
				t.Error("another was made")
			}
			s.post("checks/", `{"slug":"foo","tags":"bar","unique":["tags","slug"]}`).is(201)
		}},
		{"122 an empty unique", func(_ *testing.T, s *site) {
			id := s.create(`{"name":"Hello","tags":"old"}`)
			s.post("checks/", `{"name":"Hello","unique":[]}`).is(201)
			s.get("checks/" + id).has(`{"tags":"old"}`)
		}},
		{"123 the oldest of two", func(_ *testing.T, s *site) {
			old := s.add(func(c *heartbeat.Check) { c.Name, c.Created = "dup", s.now.Add(-1) }).String()
			s.create(`{"name":"dup"}`)
			s.post("checks/", `{"name":"dup","unique":["name"]}`).is(200).has(`{"uuid":"` + old + `"}`)
		}},
		{"3.7 cron checks keep their timeout", func(_ *testing.T, s *site) {
			s.create(`{"schedule":"5 * * * *"}`)
			s.post("checks/", `{"timeout":86400,"unique":["timeout"]}`).is(200).has(`{"timeout":86400}`)
		}},
		{"3.7 other projects' checks are not found", func(_ *testing.T, s *site) {
			s.other().create(`{"name":"Foo"}`)
			s.post("checks/", `{"name":"Foo","unique":["name"]}`).is(201)
		}},
		{"150 a run goes on", func(_ *testing.T, s *site) {
			s.add(func(c *heartbeat.Check) { c.Name, c.LastStart = "X", s.now })
			s.at("v2").post("checks/", `{"name":"X","unique":["name"]}`).is(200).has(`{"status":"new","started":true}`)
		}},
	}
}
