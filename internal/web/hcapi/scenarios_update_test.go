package hcapi_test

import (
	"fmt"
	"testing"
	"time"

	"heartbeat"
)

// updateScenarios are those about changing checks.
func updateScenarios() []scenario {
	const nobody = "11111111-1111-4111-8111-111111111111"
	return []scenario{
		{"161 many members", func(t *testing.T, s *site) {
			id := s.up(time.Minute)
			s.at("v1").post("checks/"+id, `{"name":"Foo","tags":"a b","desc":"d","timeout":3600,"grace":60,"filter_http_body":true,"filter_default_fail":true}`).
				is(200).has(`{"slug":"foo","name":"Foo","tags":"a b","desc":"d","timeout":3600,"grace":60,"status":"up",` +
				`"next_ping":"` + iso(s.now.Add(59*time.Minute)) + `"}`)
			if s.count() != 1 {
				t.Error("another was made")
			}
		}},
		{"162 which check", func(_ *testing.T, s *site) {
			for _, id := range []string{"bad-uuid", nobody, "11111111-1111-4111-8111-11111111111A", "x"} {
				s.post("checks/"+id, `{}`).is(404)
			}
			s.post("checks/"+s.other().create(`{}`), `{"name":5}`).says(403, "the check belongs to another project than the key")
		}},
		{"163 164 165 166 167 168 channels", func(t *testing.T, s *site) {
			ids := fields(s.get("channels/").list("channels"), "id")
			id := s.create(`{"channels":"*"}`)
			update := func(channels string, want ...any) {
				t.Helper()
				body := "{}"
				if channels != "-" {
					body = `{"channels":"` + channels + `"}`
				}
				got := s.post("checks/"+id, body).is(200).object()["channels"]
				text := ""
				for i, w := range want {
					if i > 0 {
						text += ","
					}
					text += w.(string)
				}
				if got != text {
					t.Errorf("%q: got %v, want %v", channels, got, text)
				}
			}
			a, b := ids[0], ids[1]
			if a.(string) > b.(string) {
				a, b = b, a
			}
			update("")
			update("-")
			update(fmt.Sprint(a), a)
			update("-", a)
			update(fmt.Sprint(b, ",", b), b)
			update(fmt.Sprint(b, ",", a), a, b)
			update("slack", channelNamed(s, "slack"))
			s.post("checks/"+id, `{"channels":"*"}`).is(200)
			if kept := s.kept(id).Channels; kept != "" {
				t.Errorf("kept %q, want all", kept)
			}
		}},
		{"169 an unknown channel changes nothing", func(_ *testing.T, s *site) {
			id := s.create(`{"name":"old"}`)
			s.post("checks/"+id, `{"name":"new","channels":"`+nobody+`"}`).says(400, "invalid channel identifier: "+nobody)
			other := s.other()
			theirs := other.channel("Theirs")
			for _, name := range []string{theirs, "Theirs"} {
				s.post("checks/"+id, `{"name":"new","channels":"`+name+`"}`).says(400, "invalid channel identifier: "+name)
			}
			s.get("checks/" + id).has(`{"name":"old"}`)
			other.post("checks/", `{"channels":"`+theirs+`"}`).is(201).has(`{"channels":"` + theirs + `"}`)
		}},
		{"170 171 173 another kind", func(_ *testing.T, s *site) {
			id := s.create(`{"schedule":"5 * * * *","tz":"Europe/Riga"}`)
			s.post("checks/"+id, `{"grace":120}`).is(200).has(`{"schedule":"5 * * * *","grace":120}`)
			s.post("checks/"+id, `{"tz":"Europe/Kiev"}`).is(200).has(`{"schedule":"5 * * * *","tz":"Europe/Kyiv"}`)
			s.post("checks/"+id, `{"schedule":"12:34"}`).is(200).has(`{"schedule":"12:34","tz":"Europe/Kyiv","timeout":"-"}`)
			s.post("checks/"+id, `{"timeout":3600}`).is(200).has(`{"timeout":3600,"schedule":"-","tz":"-"}`)
			s.post("checks/"+id, `{"tz":"UTC"}`).is(200).has(`{"timeout":3600,"schedule":"-"}`)
			s.post("checks/"+id, `{"schedule":"5 * * * *"}`).is(200)
			s.post("checks/"+id, `{"timeout":60}`).is(200).has(`{"timeout":60}`)
		}},
		{"172 a wrong expression changes nothing", func(_ *testing.T, s *site) {
			id := s.create(`{"schedule":"5 * * * *"}`)
			for _, e := range []string{"* invalid *", "1,2 61 * * *", "0 0 31 2 *", "Surprise 12:34", "12:34 Europe/surprise"} {
				s.post("checks/"+id, `{"schedule":"`+e+`"}`).wrong("schedule is not a valid cron or OnCalendar expression")
			}
			s.get("checks/" + id).has(`{"schedule":"5 * * * *"}`)
		}},
		{"174 desc 123", func(_ *testing.T, s *site) {
			s.post("checks/"+s.create(`{}`), `{"desc":123}`).wrong("desc is not a string")
		}},
		{"175 176 switches", func(_ *testing.T, s *site) {
			id := s.create(`{"manual_resume":true,"methods":"POST"}`)
			s.post("checks/"+id, `{}`).is(200).has(`{"manual_resume":true,"methods":"POST"}`)
			s.post("checks/"+id, `{"manual_resume":false,"methods":""}`).is(200).has(`{"manual_resume":false,"methods":""}`)
		}},
		{"177 178 subjects", func(_ *testing.T, s *site) {
			id := s.create(`{"filter_subject":true,"success_kw":"OK"}`)
			s.post("checks/"+id, `{"subject":""}`).is(200).has(`{"filter_subject":false,"success_kw":"","subject":""}`)
			s.post("checks/"+id, `{"subject":"SUCCESS","filter_subject":false}`).is(200).
				has(`{"filter_subject":false,"success_kw":"SUCCESS","subject":""}`)
			s.post("checks/"+id, `{"subject_fail":"BAD","failure_kw":"WORSE"}`).is(200).
				has(`{"filter_subject":true,"failure_kw":"WORSE","success_kw":"SUCCESS"}`)
			s.post("checks/"+id, `{"subject":""}`).is(200).has(`{"filter_subject":true}`)
		}},
		{"179 two months", func(_ *testing.T, s *site) {
			id := s.create(`{}`)
			s.post("checks/"+id, `{"timeout":5184000}`).is(200)
			s.post("checks/"+id, `{"timeout":43200000}`).wrong("timeout is too large")
		}},
		{"180 a run goes on", func(_ *testing.T, s *site) {
			id := s.started()
			s.at("v1").post("checks/"+id, `{}`).is(200).has(`{"status":"started","started":true}`)
			s.at("v2").post("checks/"+id, `{}`).is(200).has(`{"status":"new","started":true}`)
		}},
		{"181 182 slugs by version", func(_ *testing.T, s *site) {
			id := s.create(`{"slug":"foo"}`)
			s.post("checks/"+id, `{"name":"Bar"}`).is(200).has(`{"slug":"foo"}`)
			s.post("checks/"+id, `{"slug":"updated-slug"}`).is(200).has(`{"slug":"updated-slug"}`)
			s.at("v2").post("checks/"+id, `{"name":"Baz"}`).is(200).has(`{"slug":"baz"}`)
			s.at("v1").post("checks/"+id, `{"name":"Baz","slug":"own"}`).is(200).has(`{"slug":"own"}`)
			s.at("v1").post("checks/"+id, `{"tags":"x"}`).is(200).has(`{"slug":"own"}`)
		}},
		{"183 a key that may read", func(_ *testing.T, s *site) {
			s.call(s.ro, "POST", "checks/"+s.create(`{}`), `{}`).says(401, "wrong api key")
		}},
		{"185 unique", func(_ *testing.T, s *site) {
			s.create(`{"name":"a"}`)
			id := s.create(`{"name":"b"}`)
			s.post("checks/"+id, `{"unique":["bogus"]}`).wrong("an item in 'unique' has unexpected value")
			s.post("checks/"+id, `{"name":"a","unique":["name"]}`).is(200).has(`{"uuid":"` + id + `"}`)
		}},
		{"2.6 an edit makes a check overdue", func(t *testing.T, s *site) {
			id := s.up(2 * time.Hour)
			s.post("checks/"+id, `{"timeout":60,"grace":60}`).is(200).has(`{"status":"down"}`)
			if c := s.kept(id); c.Status != heartbeat.StatusUp {
				t.Errorf("stored as %s: only the monitor takes checks down, and tells of it", c.Status)
			}
		}},
	}
}

func channelNamed(s *site, name string) any {
	for _, c := range s.get("channels/").list("channels") {
		if c["name"] == name {
			return c["id"]
		}
	}
	s.t.Fatal("no channel " + name)
	return nil
}
