package mailin_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime/quotedprintable"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"heartbeat"
	"heartbeat/internal/mailin"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		raw  string
		want heartbeat.Mail
	}{
		"empty":           {"", heartbeat.Mail{}},
		"header only":     {"Subject: a", heartbeat.Mail{Subject: "a"}},
		"plain":           {lines("Subject: a b", "", "c", "d"), heartbeat.Mail{Subject: "a b", Text: "c\r\nd\r\n"}},
		"bare line feeds": {"subject:a\n\nc\n", heartbeat.Mail{Subject: "a", Text: "c\n"}},
		"no header":       {"backup FAILED\r\nbadly\r\n", heartbeat.Mail{Text: "backup FAILED\r\nbadly\r\n"}},
		"no header, but a colon": {
			"disk c: FAILED\r\n\r\nmore", heartbeat.Mail{Text: "disk c: FAILED\r\n\r\nmore"},
		},
		"mailbox line":        {lines("From foo@example.org Mon Nov 23", "Subject: a", "", "c"), heartbeat.Mail{Subject: "a", Text: "c\r\n"}},
		"crooked header line": {lines("To: x", "what is this", "Subject: a", "", "c"), heartbeat.Mail{Subject: "a", Text: "c\r\n"}},
		"folded subject":      {lines("Subject: a", "\tb", " c", "", ""), heartbeat.Mail{Subject: "a\tb c", Text: "\r\n"}},
		"empty subject":       {lines("Subject:", "Subject: b", ""), heartbeat.Mail{}},
		"second subject":      {lines("Subject: a", "Subject: b", ""), heartbeat.Mail{Subject: "a"}},
		"encoded subject": {
			lines("Subject: =?utf-8?q?Caf=C3=A9?= =?iso-8859-2?Q?=B1?= =?koi8-r?B?8NLJ18XU?=", ""),
			heartbeat.Mail{Subject: "CaféąПривет"},
		},
		"subject of an unknown charset": {lines("Subject: =?x-own?q?FAIL?=", ""), heartbeat.Mail{Subject: "FAIL"}},
		"broken encoded word":           {lines("Subject: =?utf-8?b?****?= FAIL", ""), heartbeat.Mail{Subject: "=?utf-8?b?****?= FAIL"}},
		"raw UTF-8 subject":             {lines("Subject: ошибка", ""), heartbeat.Mail{Subject: "ошибка"}},
		"raw Latin-1 subject":           {lines("Subject: \xfcber", ""), heartbeat.Mail{Subject: "\uFFFDber"}},

		"base64 text": {
			lines("Content-Transfer-Encoding: BASE64", "", "RkFJ", "TEVE"), heartbeat.Mail{Text: "FAILED"},
		},
		"base64 with rubbish": {
			lines("Content-Transfer-Encoding: base64", "", "RkF*J", "!TEVE", "IQ==", "ISE="), heartbeat.Mail{Text: "FAILED!!!"},
		},
		"quoted-printable": {
			lines("Content-Transfer-Encoding: quoted-printable", "", "FAI=", "LED =3D =C3=A4 a=b =ZZ="),
			heartbeat.Mail{Text: "FAILED = ä a=b =ZZ"},
		},
		"Latin-1 text":    {lines("Content-Type: text/plain; charset=ISO-8859-1", "", "\xfcber"), heartbeat.Mail{Text: "über\r\n"}},
		"ISO-2022-JP":     {lines(`Content-Type: text/plain; charset="iso-2022-jp"`, "", "\x1b$B<:GT\x1b(B"), heartbeat.Mail{Text: "失敗\r\n"}},
		"unknown charset": {lines("Content-Type: text/plain; charset=x-own", "", "ошибка"), heartbeat.Mail{Text: "ошибка\r\n"}},
		"not UTF-8":       {lines("", "\xff FAIL"), heartbeat.Mail{Text: "\uFFFD FAIL\r\n"}},
		"8-bit that claims to be ASCII": {
			lines("Content-Type: text/plain; charset=us-ascii", "", "ошибка"), heartbeat.Mail{Text: "ошибка\r\n"},
		},

		"HTML": {
			lines("Content-Type: text/html; charset=utf-8", "", "<html><style>p { FAIL }</style>",
				"<body><script>FAIL('</b>')</script><p>a &amp;", " \t b&nbsp;<b>O</b>K<!-- FAIL --></p>"),
			heartbeat.Mail{Text: "\n a & b OK "},
		},
		"HTML of two charsets claimed": {
			lines("Content-Type: text/html; charset=utf-8; charset=utf-8", "", "<b>O</b>K"), heartbeat.Mail{Text: "\nOK "},
		},
		"HTML with an open script": {lines("Content-Type: text/html", "", "a<script>FAIL"), heartbeat.Mail{Text: "\na"}},

		"plain and HTML": {
			lines(`Content-Type: multipart/alternative; boundary="b b"`, "", "preamble", "--b b", "", "one",
				"--b b  ", "Content-Type: TEXT/HTML", "", "<i>two</i>", "--b b--", "epilogue"),
			heartbeat.Mail{Text: "one\r\n\ntwo "},
		},
		"attachments are passed over": {
			lines("Content-Type: multipart/mixed; boundary=o", "", "--o", "Content-Disposition: Attachment; filename=a.txt", "", "FAIL",
				"--o", "Content-Type: image/png", "", "FAIL", "--o", "Content-Type: message/rfc822", "", "Subject: x", "", "FAIL",
				"--o", "Content-Disposition: inline", "", "OK", "--o", "", "FAIL", "--o--"),
			heartbeat.Mail{Text: "OK\r\n"},
		},
		"parts in parts": {
			lines("Content-Type: multipart/mixed; boundary=o", "", "--o", "Content-Type: multipart/related; boundary=i", "",
				"--i", "Content-Type: text/html", "", "two", "--i--", "--o", "", "one", "--o--"),
			heartbeat.Mail{Text: "one\r\n\ntwo "},
		},
		"cut off": {
			lines("Content-Type: multipart/mixed; boundary=o", "", "--o", "", "one", "two"), heartbeat.Mail{Text: "one\r\ntwo\r\n"},
		},
		"multipart without boundary": {
			lines("Content-Type: multipart/mixed", "", "--o", "", "FAIL", "--o--"), heartbeat.Mail{Text: "--o\r\n\r\nFAIL\r\n--o--\r\n"},
		},
		"no type":           {lines("Content-Type: rubbish", "", "FAIL"), heartbeat.Mail{Text: "FAIL\r\n"}},
		"picture":           {lines("Content-Type: image/png", "", "FAIL"), heartbeat.Mail{}},
		"all an attachment": {lines("Content-Disposition: attachment", "", "FAIL"), heartbeat.Mail{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, mailin.Parse([]byte(test.raw))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestParse_UndoesEveryEncoding sends texts through the encoders of the standard
// library.
func TestParse_UndoesEveryEncoding(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom(nil, unicode.L, unicode.N, unicode.P, unicode.S)).Draw(t, "text")
		var quoted bytes.Buffer
		w := quotedprintable.NewWriter(&quoted)
		_, _ = w.Write([]byte(text))
		_ = w.Close()
		for encoding, body := range map[string]string{
			"quoted-printable": quoted.String(),
			"base64":           base64.StdEncoding.EncodeToString([]byte(text)),
			"8bit":             text,
		} {
			got := mailin.Parse([]byte("Content-Transfer-Encoding: " + encoding + "\r\n\r\n" + body))
			if got.Text != text {
				t.Errorf("%s: got %q, want %q", encoding, got.Text, text)
			}
		}
	})
}

// hostile are messages made to take long or much room. They are a fifth of what
// is taken: what grows faster than its message shows at that size, too.
func hostile() map[string]string {
	const size = mailin.MaxMessage / 5
	fill := func(head, body string) string { return head + strings.Repeat(body, (size-len(head))/len(body)) }
	nested := &strings.Builder{}
	for nested.Len() < size {
		fmt.Fprintf(nested, "Content-Type: multipart/mixed; boundary=x%[1]d\r\n\r\n--x%[1]d\r\n", nested.Len())
	}
	const mixed = "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
	return map[string]string{
		"header of many lines":   fill("Subject: a\r\n", "X: y\r\n"),
		"one long field":         fill("Subject: ", "a"),
		"folded a million times": fill("Subject: a\r\n", " b\r\n"),
		"encoded words":          fill("Subject: ", "=?utf-8?q?a?= "),
		"open words":             fill("Subject: ", "=?"),
		"parameters":             fill("Content-Type: text/plain", "; a*0=b"),
		"nested":                 nested.String(),
		"empty parts":            fill(mixed, "--x\r\n"),
		"parts with headers":     fill(mixed, "--x\r\nContent-Type: text/html\r\nSubject: x\r\n y\r\n"),
		"nearly a boundary":      fill(mixed, "--x-\r\n"),
		"long boundary": fill("Content-Type: multipart/mixed; boundary="+strings.Repeat("a", 10_000)+"\r\n\r\n",
			"--"+strings.Repeat("a", 9_999)),
		"base64 of nothing":  fill("Content-Transfer-Encoding: base64\r\n\r\n", "="),
		"soft breaks":        fill("Content-Transfer-Encoding: quoted-printable\r\n\r\n", "=  "),
		"tags":               fill("Content-Type: text/html\r\n\r\n", "<"),
		"open tags":          fill("Content-Type: text/html\r\n\r\n", "<a b=c "),
		"comments":           fill("Content-Type: text/html\r\n\r\n", "<!--"),
		"scripts":            fill("Content-Type: text/html\r\n\r\n", "<script>"),
		"script that is not": fill("Content-Type: text/html\r\n\r\n<script>", "</script"),
		"entities":           fill("Content-Type: text/html\r\n\r\n", "&nGt;"),
		"ampersands":         fill("Content-Type: text/html\r\n\r\n", "&"),
		"text that swells":   fill("Content-Type: text/html; charset=windows-1252\r\n\r\n", "\x80"),
		"zeros":              fill("\r\n", "\x00"),
		"lines":              fill("\r\n", "\n"),
	}
}

// Whatever took more than linear time for one of them would not end before the
// time limit of all tests.
func TestParse_HostileMailEndsAndIsNotBlownUp(t *testing.T) {
	t.Parallel()
	for name, raw := range hostile() {
		mail := mailin.Parse([]byte(raw))
		if len(mail.Subject) > 64<<10 || len(mail.Text) > 4*len(raw) {
			t.Errorf("%s: subject of %d bytes, text of %d", name, len(mail.Subject), len(mail.Text))
		}
	}
}

func TestParse_DepthAndNumberOfPartsAreBounded(t *testing.T) {
	t.Parallel()
	nested := func(depth int) string {
		var raw string
		for i := range depth {
			raw += fmt.Sprintf("Content-Type: multipart/mixed; boundary=x%[1]d\r\n\r\n--x%[1]d\r\n", i)
		}
		return raw + "\r\nOK"
	}
	if got := mailin.Parse([]byte(nested(5))); got.Text != "OK" {
		t.Errorf("5 deep: %+v", got)
	}
	if got := mailin.Parse([]byte(nested(50))); got.Text != "" {
		t.Errorf("50 deep: %+v", got)
	}
	const mixed = "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
	many := func(n int) string {
		return mixed + strings.Repeat("--x\r\nContent-Type: image/png\r\n\r\n", n) + "--x\r\n\r\nOK"
	}
	if got := mailin.Parse([]byte(many(100))); got.Text != "OK" {
		t.Errorf("100 parts: %+v", got)
	}
	if got := mailin.Parse([]byte(many(10_000))); got.Text != "" {
		t.Errorf("10,000 parts: %+v", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		message, lines("Subject: =?utf-8?b?4pyT?=", "Content-Transfer-Encoding: base64", "", "RkFJTA=="),
		lines("Content-Type: multipart/mixed; boundary=o", "", "--o", "Content-Type: multipart/alternative; boundary=i", "",
			"--i", "Content-Transfer-Encoding: quoted-printable", "", "=46AIL=", "--i", "Content-Type: text/html; charset=gbk", "",
			"<b>F</b>AIL<script>x</script>", "--i--", "--o--"),
		lines("Content-Type: text/html; charset=utf-16", "", "\xff\xfea\x00"), "From \n:\n\n", "a:\n b\n c", "\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		mail := mailin.Parse(raw)
		if !utf8.ValidString(mail.Subject) || !utf8.ValidString(mail.Text) {
			t.Errorf("not UTF-8: %+v", mail)
		}
		if limit := 6*len(raw) + 6; len(mail.Subject) > limit || len(mail.Text) > limit {
			t.Errorf("%d bytes became %d and %d", len(raw), len(mail.Subject), len(mail.Text))
		}
	})
}
