package pinging_test

import (
	"fmt"
	"strings"
	"time"

	"heartbeat"
)

const (
	up     = heartbeat.StatusUp
	down   = heartbeat.StatusDown
	paused = heartbeat.StatusPaused
	virgin = heartbeat.StatusNew
)

// ok are steps that are all answered with 200.
func ok(sends ...string) []step {
	var steps []step
	for _, send := range sends {
		st := step{send: send, want: "200 OK"}
		if strings.HasPrefix(send, "HEAD ") {
			st.want = "200 "
		}
		steps = append(steps, st)
	}
	return steps
}

// posted are POSTs with a body, answered with 200.
func posted(path, body string) []step {
	return []step{{send: "POST " + path, body: body, want: "200 OK"}}
}

// headed is a GET with a header, answered with 200.
func headed(name, value string) []step {
	return []step{{send: "GET {P}", head: []string{name, value}, want: "200 OK"}}
}

// field says what a value is that should be another.
func field[T comparable](name string, got, want T) string {
	if got == want {
		return ""
	}
	return fmt.Sprintf("%s is %#v, want %#v", name, got, want)
}

// say joins values with blanks.
func say(values ...any) string { return strings.TrimSpace(fmt.Sprintln(values...)) }

func exit(f found) string {
	if f.last().Exit == nil {
		return "none"
	}
	return say(*f.last().Exit)
}

// Section 8.1 of the description, but for rules.
func scenariosByUUID() []scenario {
	first := want{status: up, log: "success", flips: "new-up ping"}
	wantPing := func(name, value string, of func(heartbeat.Ping) string) want {
		w := first
		w.also = func(f found) string { return field(name, of(f.last()), value) }
		return w
	}
	addr := func(p heartbeat.Ping) string { return p.Addr }
	agent := func(p heartbeat.Ping) string { return p.Agent }
	scheme := func(p heartbeat.Ping) string { return p.Scheme }
	body := func(p heartbeat.Ping) string { return string(p.Body) }
	method := func(p heartbeat.Ping) string { return p.Method }
	logged := want{status: virgin, log: "log"}
	return []scenario{
		{"1, 2: the first ping", fresh, ok("GET {P}"), want{status: up, log: "success", flips: "new-up ping", also: func(f found) string {
			got := say(f.State.Pings, f.LastPing.Equal(f.now), deadline(f).Sub(f.LastPing), f.last().N, f.last().Scheme, exit(f))
			return field("the check", got, "1 true 25h0m0s 1 http none")
		}}},
		{"3: a ping ends a pause", in(paused), ok("GET {P}"), want{status: up, log: "success", flips: "paused-up ping"}},
		{"4: a ping ends a run", in(up, running(time.Minute, "")), ok("GET {P}"), want{status: up, log: "success", took: time.Minute}},
		{"5: a body", fresh, posted("{P}", "hello world"), wantPing("body", "hello world", body)},
		{"5: the method", fresh, posted("{P}", "hello world"), wantPing("method", "POST", method)},
		{"6: HEAD", fresh, ok("HEAD {P}"), wantPing("method", "HEAD", method)},
		{"9: an unknown check", nil, []step{{send: "GET /ping/{N}/", want: "404 not found"}}, want{}},
		{"10: a User-Agent", fresh, headed("User-Agent", strings.Repeat("a", 120)), wantPing("agent", strings.Repeat("a", 120), agent)},
		{"11: a long User-Agent", fresh, headed("User-Agent", strings.Repeat("a", 330)), wantPing("agent", strings.Repeat("a", 200), agent)},
		{"12: X-Forwarded-For", fresh, headed("X-Forwarded-For", "1.1.1.1"), wantPing("addr", "1.1.1.1", addr)},
		{"13: X-Forwarded-For, IPv6", fresh, headed("X-Forwarded-For", "2001::1"), wantPing("addr", "2001::1", addr)},
		{"14: X-Forwarded-For, several (differs)", fresh, headed("X-Forwarded-For", "1.1.1.1, 2.2.2.2"), wantPing("addr", "2.2.2.2", addr)},
		{"15: X-Forwarded-For, with a port", fresh, headed("X-Forwarded-For", "1.1.1.1:1234"), wantPing("addr", "1.1.1.1", addr)},
		{"16: X-Forwarded-For, IPv4 in IPv6 (differs)", fresh, headed("X-Forwarded-For", "::ffff:1.1.1.1"), wantPing("addr", "1.1.1.1", addr)},
		{"X-Forwarded-For, empty (differs)", fresh, headed("X-Forwarded-For", ""), wantPing("addr", "127.0.0.1", addr)},
		{"X-Forwarded-For, garbage", fresh, headed("X-Forwarded-For", "a\xffb"), wantPing("addr", "127.0.0.1", addr)},
		{"17: X-Forwarded-Proto", fresh, headed("X-Forwarded-Proto", "https"), wantPing("scheme", "https", scheme)},
		{"X-Forwarded-Proto, garbage (differs)", fresh, headed("X-Forwarded-Proto", "gopher"), wantPing("scheme", "http", scheme)},
		{"19: a failure", fresh, ok("GET {P}/fail"), want{status: down, log: "fail", flips: "new-down fail", also: func(f found) string {
			return field("deadline", deadline(f), time.Time{})
		}}},
		{"20: a start", in(up), ok("GET {P}/start"), want{status: up, log: "start", started: true, also: func(f found) string {
			return field("last ping", f.now.Sub(f.LastPing), 2*time.Hour)
		}}},
		{"21: a start does not end a pause", in(paused), ok("GET {P}/start"), want{status: paused, log: "start", started: true}},
		{"22: a run ID", fresh, ok("GET {P}/start?rid={A}"), want{status: virgin, log: "start", started: true, also: func(f found) string {
			return field("run", f.StartRun+" "+f.last().Run, runA+" "+runA)
		}}},
		{"23: a run ID in capitals", fresh, ok("GET {P}/start?rid=" + strings.ToUpper(runA)), want{status: virgin, log: "start", started: true, also: func(f found) string {
			return field("run", f.StartRun+" "+f.last().Run, runA+" "+runA)
		}}},
		{"23: a run that ends in other letters", in(up, running(10*time.Second, runA)), ok("GET {P}?rid=" + strings.ToUpper(runA)), want{status: up, log: "success", took: 10 * time.Second}},
		{"24: how long a run took", in(up, running(10*time.Second, "")), ok("GET {P}"), want{status: up, log: "success", took: 10 * time.Second}},
		{"25: the end of another run", in(up, running(10*time.Second, runA)), ok("GET {P}?rid={B}"), want{status: up, log: "success", started: true, also: func(f found) string {
			return field("start", f.now.Sub(f.LastStart), 10*time.Second)
		}}},
		{"26: the end of the run", in(up, running(10*time.Second, runA)), ok("GET {P}?rid={A}"), want{status: up, log: "success", took: 10 * time.Second}},
		{"27: the end of some run", in(up, running(10*time.Second, runA)), ok("GET {P}"), want{status: up, log: "success"}},
		{"28: the failure of another run", in(up, running(10*time.Second, runA)), ok("GET {P}/fail?rid={B}"), want{status: down, log: "fail", flips: "up-down fail"}},
		{"34: a body above Healthchecks' bound (differs)", fresh, posted("{P}", strings.Repeat("x", 2_621_441)), wantPing("body", strings.Repeat("x", 10_000), body)},
		{"34: a body at Healthchecks' bound", fresh, posted("{P}", strings.Repeat("x", 2_621_440)), wantPing("body", strings.Repeat("x", 10_000), body)},
		{"37: exit status 0", fresh, ok("GET {P}/0"), want{status: up, log: "success", flips: "new-up ping", also: func(f found) string { return field("exit", exit(f), "0") }}},
		{"38: exit status 123", fresh, ok("GET {P}/123"), want{status: down, log: "fail", flips: "new-down fail", also: func(f found) string { return field("exit", exit(f), "123") }}},
		{"39: exit status 255", fresh, ok("GET {P}/255"), want{status: down, log: "fail", flips: "new-down fail", also: func(f found) string { return field("exit", exit(f), "255") }}},
		{"39: exit status 256", fresh, []step{
			{send: "GET {P}/256", want: "400 invalid url format"},
			{send: "GET {P}/99999999999999999999", want: "400 invalid url format"},
		}, want{status: virgin}},
		{"40: a body that is no UTF-8", fresh, posted("{P}", "Hello \xe9 World\x00"), wantPing("body", "Hello \xe9 World\x00", body)},
		{"41: a note", fresh, posted("{P}/log", "hello"), want{status: virgin, log: "log", also: func(f found) string {
			return field("note", say(string(f.last().Body), f.LastPing.IsZero()), "hello true")
		}}},
		{"42 to 45: run IDs that are none", fresh, []step{
			{send: "GET {P}/start?rid=12345", want: "400 invalid uuid format"},
			{send: "GET {P}/start?rid={A}0", want: "400 invalid uuid format"},
			{send: "GET {P}?rid=", want: "400 invalid uuid format"},
			{send: "GET {P}?rid", want: "400 invalid uuid format"},
			{send: "GET {P}?rid=" + strings.ReplaceAll(runA, "-", ""), want: "400 invalid uuid format"},
			{send: "GET {P}?rid={A}%0A", want: "400 invalid uuid format"},
			{send: "GET {P}?rid=%zz", want: "400 invalid uuid format"},
			{send: "GET {P}?rid={A}&rid=", want: "400 invalid uuid format"},
			{send: "GET {P}?r%69d=x", want: "400 invalid uuid format"},
		}, want{status: virgin}},
		{"1.1: of a run ID that comes twice the last one counts", fresh, ok("GET {P}/log?rid=&rid={A}"), want{status: virgin, log: "log", also: func(f found) string {
			return field("run", f.last().Run, heartbeat.RunID(runA))
		}}},
		{"1.1: other parameters count nothing", fresh, ok("GET {P}/log?create=1&x=%zz&&=;rid=1"), logged},
		{"46: an unknown check is told first", nil, []step{
			{send: "GET /ping/{N}/256", want: "404 not found"},
			{send: "GET /ping/{N}?rid=bad", want: "404 not found"},
		}, want{}},
		{"1.3: an exit status is looked at before a run ID", fresh, []step{{send: "GET {P}/256?rid=bad", want: "400 invalid url format"}}, want{status: virgin}},
		{"61: OPTIONS", fresh, ok("OPTIONS {P}"), wantPing("method", "OPTIONS", method)},
		{"61: OPTIONS of a page elsewhere", fresh, []step{{
			send: "OPTIONS {P}", want: "200 OK",
			head: []string{"Origin", "https://shop.example.org", "Access-Control-Request-Method", "POST", "Sec-Fetch-Site", "cross-site"},
		}}, first},
		{"62: PUT", fresh, []step{{send: "PUT {P}", body: "x", want: "200 OK"}}, wantPing("body", "x", body)},
		{
			"1.2: every method", fresh, ok("GET {P}/log", "POST {P}/log", "DELETE {P}/log", "PATCH {P}/log", "TRACE {P}/log", "PURGE {P}/log"),
			want{status: virgin, log: "log log log log log log"},
		},
		{"1.2: a long method", fresh, ok("VERSION-CONTROL {P}"), wantPing("method", "VERSION-CO", method)},
		{"1.2: a body with GET", fresh, []step{{send: "GET {P}", body: "x", want: "200 OK"}}, wantPing("body", "x", body)},
		{"9.4: a wrapper's run", fresh, []step{
			{send: "POST {P}/start?rid={A}", head: []string{"Content-Type", "text/plain"}, want: "200 OK"},
			{send: "POST {P}/3?rid={A}", head: []string{"Content-Type", "text/plain"}, body: "boom", want: "200 OK", after: time.Minute},
		}, want{status: down, log: "start fail", flips: "new-down fail", took: time.Minute, also: func(f found) string {
			return field("duration", f.last().Duration, time.Minute)
		}}},
	}
}
