package pinging_test

import (
	"strings"
	"time"

	"heartbeat"
	"heartbeat/internal/service"
)

// Section 8.2 of the description.
func scenariosBySlug() []scenario {
	first := want{status: up, log: "success", flips: "new-up ping"}
	created := func(status heartbeat.Status, log, flips string) want {
		return want{status: status, log: log, flips: flips, started: status == virgin, also: func(f found) string {
			got := say(f.checks, f.Name == f.Slug, f.Names.Host == "", f.Period, f.Grace, f.Worktime, f.Zone, f.Labels.Channels == "")
			return field("the new check", got, "1 true true 24h0m0s 1h0m0s always UTC true")
		}}
	}
	return []scenario{
		{"69: GET", fresh, ok("GET {S}"), first},
		{"70: POST", fresh, posted("{S}", "hello"), want{status: up, log: "success", flips: "new-up ping", also: func(f found) string {
			return field("body", string(f.last().Body), "hello")
		}}},
		{"71: HEAD", fresh, ok("HEAD {S}"), first},
		{"72: what is reported", fresh, ok("GET {S}/fail", "GET {S}/start", "GET {S}/log"), want{status: down, log: "fail start log", flips: "new-down fail", started: true}},
		{"73: exit statuses", fresh, ok("GET {S}/0", "GET {S}/123"), want{status: down, log: "success fail", flips: "new-up ping, up-down fail", also: func(f found) string {
			return field("exits", say(*f.pings[0].Exit, *f.pings[1].Exit), "0 123")
		}}},
		// 74 is ambiguous, in scenario_test.go.
		{"75: another key", fresh, []step{{send: "GET /ping/other/{s}", want: "404 not found"}}, want{status: virgin}},
		{"75: another project's key", fresh, []step{{send: "GET /ping/k3y/{s}", want: "404 not found"}}, want{status: virgin}},
		{"75: the key in capitals", fresh, []step{{send: "GET /ping/X{K}/{s}", want: "404 not found"}}, want{status: virgin}},
		{"76: a check is made", nil, []step{{send: "GET {S}?create=1", want: "201 Created"}}, created(up, "success", "new-up ping")},
		{"76: HEAD makes a check", nil, []step{{send: "HEAD {S}?create=1", want: "201 "}}, created(up, "success", "new-up ping")},
		{"77: no check is made", nil, []step{{send: "GET {S}", want: "404 not found"}}, want{}},
		{"78: no check is made", nil, []step{
			{send: "GET {S}?create=true", want: "404 not found"},
			{send: "GET {S}?create=0", want: "404 not found"},
			{send: "GET {S}?create=", want: "404 not found"},
			{send: "GET {S}?create=1&create=0", want: "404 not found"},
		}, want{}},
		{"79: capitals in a slug", fresh, []step{
			{send: "GET /ping/{K}/fooFOO", want: "400 invalid url format"},
			{send: "GET /ping/other/fooFOO?create=1", want: "400 invalid url format"},
		}, want{status: virgin}},
		{"82: a check is made by a start", nil, []step{{send: "GET {S}/start?create=1", want: "201 Created"}}, created(virgin, "start", "")},
		{"82: a check is made by a failure", nil, []step{{send: "GET {S}/3?create=1", want: "201 Created"}}, created(down, "fail", "new-down fail")},
		{"83: what is refused makes no check (differs)", nil, []step{
			{send: "GET {S}/300?create=1", want: "400 invalid url format"}, {send: "GET {S}?create=1&rid=bad", want: "400 invalid uuid format"},
		}, want{}},
		{"84: create=1 for a check that exists", fresh, ok("GET {S}?create=1"), first},
		{"84: create=1 twice", nil, []step{
			{send: "GET {S}?create=1", want: "201 Created"}, {send: "GET {S}?create=1", want: "200 OK"},
		}, want{status: up, log: "success success", flips: "new-up ping"}},
		{"85: an unknown key", nil, []step{{send: "GET /ping/other/{s}?create=1", want: "404 not found"}}, want{}},
		{"86: a slash at the end", fresh, []step{{send: "GET {S}/", want: "404 *"}, {send: "GET {S}/start/", want: "404 *"}}, want{status: virgin}},
		{"1.1: a run by slug", fresh, []step{
			{send: "POST {S}/start?rid={A}", want: "200 OK"}, {send: "POST {S}?rid={A}&create=1", want: "200 OK", after: time.Second},
		}, want{status: up, log: "start success", flips: "new-up ping", took: time.Second}},
		{"1.3: what is wrong with a ping by slug", fresh, []step{
			{send: "GET {S}/256", want: "400 invalid url format"}, {send: "GET {S}?rid=", want: "400 invalid uuid format"},
		}, want{status: virgin}},
		{"settings of our own", nil, []step{
			{send: "GET {S}?create=1&cron=0+3+*+*+*&grace=0.5&tz=Europe/Berlin&worktime=mon-sat", want: "201 Created"},
			{send: "GET {S}?create=1&cron=0+4+*+*+*", want: "200 OK"},
		}, want{status: up, log: "success success", flips: "new-up ping", also: func(f found) string {
			return field("the schedule", say(f.Kind, f.Expression, f.Grace, f.Zone, f.Worktime), "cron 0 3 * * * 30m0s Europe/Berlin mon-sat")
		}}},
		{"settings of our own that are wrong make nothing", nil, []step{
			{send: "GET {S}?create=1&threshold=soon", want: "400 threshold must be a number of hours, for example 24 or 0.5, not \"soon\"\n"},
			{send: "GET {S}?create=1&threshold=1&cron=0+3+*+*+*", want: "400 threshold does not go with cron: each says when pings are due; send one of the two\n"},
			{send: "GET {S}?create=1&oncalendar=%zz", want: "400 *"},
			{send: "GET {S}?threshold=soon", want: "404 not found"},
			{send: "GET /ping/other/{s}?create=1&cron=no", want: "404 not found"},
		}, want{}},
		{"settings are not looked at where nothing can be made", fresh, ok("GET {S}?cron=no&threshold=soon", "GET {P}?cron=no&create=1&grace=x"), want{
			status: up, log: "success success", flips: "new-up ping",
		}},
		{"5.1: the longest slug", nil, []step{
			{send: "GET /ping/{K}/" + strings.Repeat("a", 101) + "?create=1", want: "400 slug must have 1 to 100 characters\n"},
			{send: "GET /ping/{K}/" + strings.Repeat("a", 101), want: "404 not found"},
			{send: "GET /ping/{K}/" + strings.Repeat("a", 100) + "?create=1", want: "201 Created"},
		}, want{}},
	}
}

// Section 1.1 of the description, and 7, 8 and 63 to 65 of 8.1.
func scenariosOfAddresses() []scenario {
	none := func(name string, sends ...string) scenario {
		var steps []step
		for _, send := range sends {
			steps = append(steps, step{send: send, want: "404 *"})
		}
		return scenario{name, fresh, steps, want{status: virgin}}
	}
	exact := func(name string, sends ...string) scenario {
		var steps []step
		for _, send := range sends {
			steps = append(steps, step{send: send, want: "404 not found"})
		}
		return scenario{name, fresh, steps, want{status: virgin}}
	}
	plain := strings.ReplaceAll(service.NewID().String(), "-", "")
	capital := strings.ToUpper(runA)
	return []scenario{
		none("7: no UUID", "GET /ping/not-uuid/", "GET /ping/not-uuid"),
		none("8: a UUID without dashes", "GET /ping/"+plain+"/", "GET /ping/"+plain),
		{"63: a slash at the end", fresh, ok("GET {P}/"), want{status: up, log: "success", flips: "new-up ping"}},
		none("63: a slash after a report", "GET {P}/start/", "GET {P}/fail/", "GET {P}/0/"),
		none("64: a UUID in capitals", "GET /ping/"+capital),
		exact("64: a UUID in capitals is read as a key", "GET /ping/"+capital+"/start"),
		exact("65: a UUID and a word", "GET {P}/foo", "GET {P}/success", "GET {P}/-1", "GET {P}/foo?create=1", "GET {P}/foo/start"),
		{"1.1: zeros before an exit status", fresh, ok("GET {P}/007", "GET {P}/00"), want{
			status: up, log: "fail success", flips: "new-down fail, down-up ping",
			also: func(f found) string { return field("exits", say(*f.pings[0].Exit, *f.pings[1].Exit), "7 0") },
		}},
		none("1.1: no slug", "GET /ping/{K}/a.b", "GET /ping/{K}/a%20b", "GET /ping/{K}/%C3%A4", "GET /ping/{K}/"),
		none("1.1: no ping URL", "GET /ping/", "GET /{U}", "GET /ping/{K}/{s}/begin", "GET /ping/{K}/{s}/+1", "GET /ping/{K}/{s}/1/2"),
		none("1.1: an empty part", "GET {P}//", "GET {P}//start", "GET /ping/{K}//{s}", "GET /ping/{K}//start?create=1", "GET {S}//0"),
		none("1.1: dots", "GET {P}/.", "GET {P}/start/..", "GET /ping/../ping/{U}", "GET //ping/{K}/x/../{s}"),
		{"doubled slashes of a base URL", fresh, ok("GET //ping/{U}/log", "GET /ping//{U}/log", "GET //ping//{K}/{s}/log"), want{status: virgin, log: "log log log"}},
		{"percent-encoding", fresh, ok("GET /ping/{U}%2Flog", "GET /%70ing/{U}/l%6Fg"), want{status: virgin, log: "log log"}},
	}
}
