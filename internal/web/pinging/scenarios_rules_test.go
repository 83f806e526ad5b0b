package pinging_test

import (
	"strings"

	"heartbeat"
)

// Section 8.1 of the description: methods, pauses that last, words in bodies.
func scenariosOfRules() []scenario {
	postOnly := with(heartbeat.Rules{PostOnly: true})
	manual := in(paused, with(heartbeat.Rules{ManualResume: true}))
	success := with(heartbeat.Rules{FilterHTTP: true, SuccessWords: "SUCCESS"})
	failure := with(heartbeat.Rules{FilterHTTP: true, FailureWords: "FAIL"})
	start := with(heartbeat.Rules{FilterHTTP: true, StartWords: "START"})
	fine := with(heartbeat.Rules{FilterHTTP: true, SuccessWords: "OK"})
	words := with(heartbeat.Rules{FilterHTTP: true, SuccessWords: "OK,DONE", FailureWords: " ERR ", StartWords: "BEGIN"})
	ignored := want{status: virgin, log: "ignored"}
	good := want{status: up, log: "success", flips: "new-up ping"}
	bad := want{status: down, log: "fail", flips: "new-down fail"}
	return []scenario{
		{"29: GET where POST is wanted", postOnly, ok("GET {P}"), want{status: virgin, log: "ignored", also: func(f found) string {
			return field("last ping set", f.LastPing.IsZero(), true)
		}}},
		{
			"30: other methods where POST is wanted", postOnly, ok("HEAD {P}", "PUT {P}", "GET {P}/fail", "GET {P}/1"),
			want{status: virgin, log: "ignored ignored ignored ignored", also: func(f found) string { return field("exit", exit(f), "1") }},
		},
		{"31: POST where POST is wanted", postOnly, posted("{P}", ""), good},
		{"35: a pause that pings do not end", manual, ok("GET {P}"), want{status: paused, log: "ignored"}},
		{"36: a pause that nothing ends", manual, ok("GET {P}/start", "GET {P}/fail", "POST {P}/log"), want{status: paused, log: "ignored ignored ignored"}},
		{"47: a success word", success, posted("{P}", "SUCCESS!"), good},
		{"48: no success word", success, posted("{P}", "hello world"), ignored},
		{"49: a failure word", failure, posted("{P}", "FAIL!"), bad},
		{"50: no failure word", failure, posted("{P}", "---"), ignored},
		{"51: a start word", start, posted("{P}", "STARTING"), want{status: virgin, log: "start", started: true}},
		{
			"52: a success word in a pause", in(paused, with(heartbeat.Rules{FilterHTTP: true, SuccessWords: "SUCCESS", ManualResume: true})),
			posted("{P}", "SUCCESS!"),
			want{status: paused, log: "ignored"},
		},
		{"53: the method is looked at before words", with(heartbeat.Rules{FilterHTTP: true, DefaultFail: true, PostOnly: true}), ok("GET {P}"), ignored},
		{"54: no word is a failure", with(heartbeat.Rules{FilterHTTP: true, SuccessWords: "SUCCESS", DefaultFail: true}), posted("{P}", "no keywords"), bad},
		{"55: filters of mail are for mail", with(heartbeat.Rules{FilterSubject: true, DefaultFail: true}), ok("GET {P}"), good},
		{"56: words go before the address", fine, posted("{P}/fail", "x"), ignored},
		{"57: words go before the address", fine, posted("{P}/fail", "OK"), good},
		{"58: blanks around words", with(heartbeat.Rules{FilterHTTP: true, FailureWords: " ERR "}), posted("{P}/log", "ERR"), bad},
		{"59: failure before success", with(heartbeat.Rules{FilterHTTP: true, SuccessWords: "OK", FailureWords: "ERR"}), posted("{P}", "OK ERR"), bad},
		{"60: no words", with(heartbeat.Rules{FilterHTTP: true, SuccessWords: " , ,"}), posted("{P}", "x"), ignored},
		{"1.8: GET without a body", words, ok("GET {P}"), ignored},
		{"1.8: no word", words, []step{
			{send: "POST {P}", body: "nothing", want: "200 OK"},
			{send: "POST {P}/fail", body: "nothing", want: "200 OK"},
			{send: "POST {P}/start", body: "nothing", want: "200 OK"},
			{send: "POST {P}/log", body: "nothing", want: "200 OK"},
			{send: "POST {P}/5", body: "nothing", want: "200 OK"},
		}, want{status: virgin, log: "ignored ignored ignored ignored ignored"}},
		{"1.8: /log with a failure word", words, posted("{P}/log", "ERR"), bad},
		{"1.8: case counts", words, posted("{P}", "ok"), ignored},
		{"1.8: success before start", words, posted("{P}", "BEGIN OK"), good},
		{"1.8: /log with a success word", words, posted("{P}/log", "OK"), good},
		{"1.8: words are looked for in what is kept", words, posted("{P}", strings.Repeat("x", 10_000)+"OK"), ignored},
		{"9.2: no UTF-8 and words", words, posted("{P}", "\xff OK \xe9"), good},
	}
}
