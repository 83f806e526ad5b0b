package heartbeat_test

import (
	"testing"

	"heartbeat"
)

// TestJudge goes through the table of Healthchecks' rules for pings over HTTP and
// by mail (spec: keyword filtering, and the order in which rules count).
func TestJudge(t *testing.T) {
	t.Parallel()
	words := heartbeat.Rules{FilterHTTP: true, SuccessWords: "OK,DONE", FailureWords: " ERR ", StartWords: "BEGIN"}
	orFail := words
	orFail.DefaultFail = true
	mail := heartbeat.Rules{FilterSubject: true, SuccessWords: "SUCCESS, OK", FailureWords: "FAIL"}
	text := mail
	text.FilterSubject, text.FilterBody = false, true
	for _, c := range []struct {
		name   string
		rules  heartbeat.Rules
		status heartbeat.Status
		ping   heartbeat.Ping
		want   heartbeat.Kind
	}{
		{"no rules believe the sender", heartbeat.Rules{}, "up", posted("fail", "OK"), "fail"},
		{"no word", words, "up", posted("success", "nothing"), "ignored"},
		{"no word after /5", words, "up", posted("fail", "nothing"), "ignored"},
		{"success beats what the URL says", words, "up", posted("fail", "OK"), "success"},
		{"failure beats /log", words, "up", posted("log", "ERR"), "fail"},
		{"words are trimmed", words, "up", posted("success", "xERRx"), "fail"},
		{"case counts", words, "up", posted("success", "ok"), "ignored"},
		{"success is looked for before start", words, "up", posted("success", "BEGIN OK"), "success"},
		{"failure is looked for first", words, "up", posted("success", "OK ERR"), "fail"},
		{"start", words, "up", posted("success", "BEGIN"), "start"},
		{"no body", words, "up", posted("success", ""), "ignored"},
		{"default is failure", orFail, "up", posted("success", "nothing"), "fail"},
		{"bytes that are no text", words, "up", posted("success", "\xff\xfeOK"), "success"},
		{"only commas", heartbeat.Rules{FilterHTTP: true, SuccessWords: " , ,"}, "up", posted("success", "x"), "ignored"},
		{"paused by hand", heartbeat.Rules{ManualResume: true}, "paused", posted("fail", ""), "ignored"},
		{"paused by hand beats words", heartbeat.Rules{ManualResume: true, FilterHTTP: true, SuccessWords: "OK"}, "paused", posted("success", "OK"), "ignored"},
		{"not paused", heartbeat.Rules{ManualResume: true}, "down", posted("success", ""), "success"},
		{"GET where POST is asked for", heartbeat.Rules{PostOnly: true}, "up", posted("fail", ""), "ignored"},
		{"mail is no GET", heartbeat.Rules{PostOnly: true}, "up", mailed("", ""), "success"},
		{"mail without filters", words, "up", mailed("x", "ERR"), "success"},
		{"subject", mail, "up", mailed("[SUCCESS] Backup", ""), "success"},
		{"subject fails", mail, "up", mailed("FAIL or SUCCESS", ""), "fail"},
		{"subject without a word", mail, "up", mailed("Backup", "SUCCESS"), "ignored"},
		{"text", text, "up", mailed("FAIL", "it was a SUCCESS"), "success"},
	} {
		if got := c.rules.Judge(c.ping, c.status); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func posted(kind heartbeat.Kind, body string) heartbeat.Ping {
	return heartbeat.Ping{Kind: kind, Method: "GET", Body: []byte(body)}
}

func mailed(subject, text string) heartbeat.Ping {
	return heartbeat.Ping{Kind: heartbeat.KindSuccess, Mail: &heartbeat.Mail{Subject: subject, Text: text}}
}

func TestKeyChars_AreThoseThatStandInURLs(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]bool{
		"": true, "aZ09-_": true, "a b": false, "a/b": false, "a+b": false, "ü": false, "a\x00": false, "a.b": false,
	} {
		if got := heartbeat.KeyChars(key); got != want {
			t.Errorf("%q: %v, want %v", key, got, want)
		}
	}
}
