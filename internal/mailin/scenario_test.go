package mailin_test

import (
	"strings"
	"testing"
	"time"

	"heartbeat"
	"heartbeat/internal/service"
)

// TestScenarios are those of Healthchecks' e-mail pings, by the numbers that the
// specification gives them, each over every store.
func TestScenarios(t *testing.T) {
	t.Parallel()
	for name, store := range stores {
		for _, s := range scenarios {
			t.Run(name+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				s.run(t, open(t, store(t), key))
			})
		}
	}
}

const message = "From: foo@example.org\r\nSubject: hello\r\n\r\nworld\r\n"

func subject(text string) string { return lines("Subject: "+text, "", "some text") }

// judged is a scenario in which a mail to a check with rules counts as kind.
func judged(rules heartbeat.Rules, mail string, kind heartbeat.Kind) func(*testing.T, *post) {
	return func(t *testing.T, p *post) {
		id := p.check("", rules)
		p.mustMail(mail, at(id))
		if got := p.kinds(id); got != string(kind) {
			t.Errorf("got pings %q, want %q", got, kind)
		}
	}
}

var scenarios = []struct {
	name string
	run  func(*testing.T, *post)
}{
	{"281 to a UUID", func(t *testing.T, p *post) {
		id := p.check("", heartbeat.Rules{})
		p.mustMail(message, at(id))
		pings := p.pings(id)
		if len(pings) != 1 {
			t.Fatalf("got %d pings", len(pings))
		}
		got := pings[0]
		if got.Kind != heartbeat.KindSuccess || got.Scheme != "email" || got.Method != "" || got.Run != "" ||
			got.Agent != "Email from foo@example.org" || got.Addr != "127.0.0.1" || string(got.Body) != message {
			t.Errorf("got %+v with body %q", got, got.Body)
		}
		if age := time.Since(got.At); age < 0 || age > time.Minute || p.status(id) != heartbeat.StatusUp {
			t.Errorf("the ping is %v old, the check %s", age, p.status(id))
		}
	}},
	{"282 success in the subject", judged(heartbeat.Rules{FilterSubject: true, SuccessWords: "SUCCESS"},
		subject("[SUCCESS] Backup completed"), heartbeat.KindSuccess)},
	{"283 success in the text", judged(heartbeat.Rules{FilterBody: true, SuccessWords: "SUCCESS"},
		lines("Subject: x", "", "the backup was a SUCCESS today"), heartbeat.KindSuccess)},
	{"283 success in HTML, split by tags", judged(heartbeat.Rules{FilterBody: true, SuccessWords: "SUCCESS"},
		lines("Content-Type: text/html", "", "<p>a <b>S</b>UCCESS</p>"), heartbeat.KindSuccess)},
	{"283 success in the HTML beside a text without", judged(heartbeat.Rules{FilterBody: true, SuccessWords: "SUCCESS"},
		lines("Content-Type: multipart/alternative; boundary=x", "", "--x", "", "nothing", "--x",
			"Content-Type: text/html", "", "<b>SUC</b>CESS", "--x--"), heartbeat.KindSuccess)},
	{"284 no word in the text", judged(heartbeat.Rules{FilterBody: true, SuccessWords: "SUCCESS"},
		lines("Subject: SUCCESS", "", "nothing"), heartbeat.KindIgnored)},
	{"285 failure in the subject", judged(heartbeat.Rules{FilterSubject: true, FailureWords: "FAIL"},
		subject("[FAIL] Backup"), heartbeat.KindFail)},
	{"285 no failure in the subject", judged(heartbeat.Rules{FilterSubject: true, FailureWords: "FAIL"},
		lines("Subject: Backup", "", "FAIL"), heartbeat.KindIgnored)},
	{"286 several words", judged(heartbeat.Rules{FilterSubject: true, SuccessWords: "SUCCESS, OK"},
		subject("[OK] Backup"), heartbeat.KindSuccess)},
	{"287 failure goes first", judged(heartbeat.Rules{FilterSubject: true, SuccessWords: "SUCCESS", FailureWords: "FAIL"},
		subject("[SUCCESS] 1 [FAIL] 2"), heartbeat.KindFail)},
	{"288 start in the subject", func(t *testing.T, p *post) {
		judged(heartbeat.Rules{FilterSubject: true, StartWords: "START"}, subject("[START] Backup"), heartbeat.KindStart)(t, p)
	}},
	{"289 subject in base64", judged(heartbeat.Rules{FilterSubject: true, SuccessWords: "SUCCESS"},
		subject("=?US-ASCII?B?W1NVQ0NFU1NdIEJhY2t1cA==?="), heartbeat.KindSuccess)},
	{"290 one recipient of two is unknown", func(t *testing.T, p *post) {
		id := p.check("", heartbeat.Rules{})
		p.mustMail(message, at(service.NewID()), at(id))
		if got := p.kinds(id); got != "success" {
			t.Errorf("got pings %q", got)
		}
	}},
	{"291 recipients let in", func(t *testing.T, p *post) {
		for _, to := range []string{
			at(service.NewID()), key + "+testslug@" + domain,
			strings.ToUpper(service.NewID().String()) + "@" + domain,
			"ABCDEFGHIJ-LMNOPQR_TU9+a-b_c9@" + domain, // nobody's key, but one could be
		} {
			if code, text := p.rcpt(to); code != 250 {
				t.Errorf("%s: %d %s", to, code, text)
			}
		}
	}},
	{"292 recipients refused", func(t *testing.T, p *post) {
		id := service.NewID().String()
		for to, want := range map[string]string{
			"foo@" + domain:                                  "Invalid mailbox",
			"short+testslug@" + domain:                       "Invalid mailbox",
			key + "x+testslug@" + domain:                     "Invalid mailbox",
			key + "+x.y.z@" + domain:                         "Invalid mailbox",
			key + "+TestSlug@" + domain:                      "Invalid mailbox",
			key + "+@" + domain:                              "Invalid mailbox",
			"+testslug@" + domain:                            "Invalid mailbox",
			"f70e3a1e-2c1e-11f0-9a2d-0242ac120002@" + domain: "Invalid mailbox", // version 1
			id + "@example.com":                              "Recipient rejected",
			id + "@sub." + domain:                            "Recipient rejected",
			id + "@":                                         "",
			id:                                               "",
		} {
			code, text := p.rcpt(to)
			if code != 550 && want != "" || code/100 != 5 || !strings.Contains(text, want) {
				t.Errorf("%s: got %d %s, want a refusal with %q", to, code, text, want)
			}
		}
		// Not as in Healthchecks: see the README.
		if code, text := p.rcpt(id + "@" + strings.ToUpper(domain)); code != 250 {
			t.Errorf("domain in upper case: %d %s", code, text)
		}
	}},
	{"293 to a key and a slug", func(t *testing.T, p *post) {
		id := p.check("testslug", heartbeat.Rules{})
		p.mustMail(message, key+"+testslug@"+domain)
		if got := p.kinds(id); got != "success" {
			t.Errorf("got pings %q", got)
		}
	}},
	{"293 slug that no check or several have", func(t *testing.T, p *post) {
		one, two := p.check("twice", heartbeat.Rules{}), p.check("twice", heartbeat.Rules{})
		for _, slug := range []string{"missing", "twice"} {
			code, text := answer(t, p.mail(message, key+"+"+slug+"@"+domain))
			if code != 550 || !strings.Contains(text, "No check has this address") {
				t.Errorf("%s: %d %s", slug, code, text)
			}
		}
		if got := p.kinds(one) + p.kinds(two); got != "" {
			t.Errorf("got pings %q", got)
		}
	}},
	{"294 failure unless told otherwise", judged(heartbeat.Rules{FilterSubject: true, DefaultFail: true},
		subject("Backup"), heartbeat.KindFail)},
	{"295 filter of HTTP only", judged(heartbeat.Rules{FilterHTTP: true, FailureWords: "hello"},
		message, heartbeat.KindSuccess)},
	{"296 paused, to be resumed by hand", func(t *testing.T, p *post) {
		id := p.check("", heartbeat.Rules{ManualResume: true, FilterSubject: true, SuccessWords: "OK"})
		if err := p.service.Pause(t.Context(), time.Now(), id); err != nil {
			t.Fatal(err)
		}
		p.mustMail(subject("OK"), at(id))
		if got := p.kinds(id); got != "ignored" || p.status(id) != heartbeat.StatusPaused {
			t.Errorf("got pings %q, status %s", got, p.status(id))
		}
	}},
	{"297 failure word that is not ASCII", judged(heartbeat.Rules{FilterBody: true, FailureWords: "ошибка"},
		lines("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", "ещё одна ошибка"),
		heartbeat.KindFail)},
	{"298 POST only", judged(heartbeat.Rules{PostOnly: true}, message, heartbeat.KindSuccess)},
}

func TestData_OneRecipientTwiceIsTwoPings(t *testing.T) {
	t.Parallel()
	p := open(t, stores["memory"](t), key)
	id := p.check("testslug", heartbeat.Rules{})
	p.mustMail(message, at(id), at(id), key+"+testslug@"+domain)
	if got := p.kinds(id); got != "success success success" {
		t.Errorf("got pings %q", got)
	}
}

func TestData_UnknownCheckIsNeverToldThatAllIsWell(t *testing.T) {
	t.Parallel()
	p := open(t, stores["memory"](t), key)
	if code, text := answer(t, p.mail(message, at(service.NewID()))); code != 550 || !strings.Contains(text, "nothing was recorded") {
		t.Errorf("got %d %s", code, text)
	}
	if code, _ := answer(t, p.mail(message, "nobodys-key-of-22-char+x@"+domain)); code != 550 {
		t.Errorf("key of nobody: %d", code)
	}
}

func TestRcpt_KeyOfAnotherLengthMustBeSomebodys(t *testing.T) {
	t.Parallel()
	p := open(t, stores["sqlite"](t), longKey)
	id := p.check("testslug", heartbeat.Rules{})
	p.mustMail(message, longKey+"+testslug@"+domain)
	if got := p.kinds(id); got != "success" {
		t.Errorf("got pings %q", got)
	}
	for _, wrong := range []string{longKey + "x", longKey[1:], strings.ToUpper(longKey)} {
		if code, text := p.rcpt(wrong + "+testslug@" + domain); code != 550 {
			t.Errorf("%s: %d %s", wrong, code, text)
		}
	}
}

func TestRcpt_KeyOfAProjectLeadsToItsOwnChecksOnly(t *testing.T) {
	t.Parallel()
	p := open(t, stores["sqlite"](t), key)
	id := p.check("testslug", heartbeat.Rules{})
	other, err := p.service.MakeProject(t.Context(), time.Now(), "Other")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := p.service.MakeKey(t.Context(), other.ID, service.KeyPing)
	if err != nil {
		t.Fatal(err)
	}
	if code, _ := answer(t, p.mail(message, theirs+"+testslug@"+domain)); code != 550 || p.kinds(id) != "" {
		t.Errorf("got %d, pings %q", code, p.kinds(id))
	}
}

func TestRcpt_ChecksThatPulsesMadeHaveAddressesToo(t *testing.T) {
	t.Parallel()
	p := open(t, stores["memory"](t), key)
	names := heartbeat.Names{Host: "web1", Category: "backup", Type: "cron", Name: "nightly"}
	id := p.checkAs(names.ID(heartbeat.DefaultProject), "", heartbeat.Rules{})
	p.mustMail(message, strings.ToUpper(id.String())+"@"+domain)
	if got := p.kinds(id); got != "success" {
		t.Errorf("got pings %q", got)
	}
}

func TestRcpt_DomainThatIsAnAddressStandsInBrackets(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"192.0.2.1": "[192.0.2.1]", "2001:db8::1": "[IPv6:2001:db8::1]", "example.org": "example.org",
	} {
		if got := newPost(t, stores["memory"](t), host, key).Domain(); got != want {
			t.Errorf("%s: got %s, want %s", host, got, want)
		}
	}
}

func TestPing_KeepsTheBeginningOfALongMessageAndLooksAtItsEnd(t *testing.T) {
	t.Parallel()
	p := open(t, stores["sqlite"](t), key)
	id := p.check("", heartbeat.Rules{FilterBody: true, FailureWords: "FAILED"})
	long := "\r\n" + strings.Repeat("all is well\r\n", 200_000) + "FAILED\r\n"
	p.mustMail(long, at(id))
	pings := p.pings(id)
	if len(pings) != 1 || pings[0].Kind != heartbeat.KindFail || string(pings[0].Body) != long[:heartbeat.MaxBody] {
		t.Fatalf("got %d pings, %s, with %d bytes", len(pings), pings[0].Kind, len(pings[0].Body))
	}
}

func TestPing_SenderIsCut(t *testing.T) {
	t.Parallel()
	p := open(t, stores["memory"](t), key)
	id := p.check("", heartbeat.Rules{})
	w := p.dial()
	w.expect(220)
	w.say(250, "EHLO client.example.org")
	w.say(250, "MAIL FROM:<%s@example.org> SMTPUTF8", strings.Repeat("ü", 300))
	w.say(250, "RCPT TO:<%s>", at(id))
	w.say(354, "DATA")
	w.say(250, "\r\n.")
	w.say(250, "MAIL FROM:<>")
	w.say(250, "RCPT TO:<%s>", at(id))
	w.say(354, "DATA")
	w.say(250, "\r\n.")
	pings := p.pings(id)
	if want := "Email from " + strings.Repeat("ü", 189); len(pings) != 2 || pings[1].Agent != want || pings[0].Agent != "Email from " {
		t.Errorf("got %+v", pings)
	}
}
