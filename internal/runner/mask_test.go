package runner_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"heartbeat/internal/runner"
)

func masks(t *testing.T, patterns ...string) *runner.Masks {
	t.Helper()
	m, err := runner.NewMasks(patterns, []string{"battery-staple", ""})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestHide_KnownForms(t *testing.T) {
	t.Parallel()
	// In made-up secrets, so that no scanner takes this file for a leak.
	const aws, github = "AKIA" + "IOSFODNN7EXAMPLE", "ghp_" + "abcdefghijklmnopqrstuvwxyz012345"
	for in, want := range map[string]string{
		"password=hunter2 user=me":               "password=[masked] user=me",
		"PGPASSWORD=hunter2":                     "PGPASSWORD=[masked]",
		"Password: hunter2\nnext":                "Password: [masked]\nnext",
		`{"api_key": "a\"b c", "x": 1}`:          `{"api_key": "[masked]", "x": 1}`,
		"client_secret='a b' ok":                 "client_secret='[masked]' ok",
		`secret="never closed`:                   `secret="[masked]`,
		"https://x/?token=abc&a=1 done":          "https://x/?token=[masked] done",
		"tool --db-password hunter2 --verbose":   "tool --db-password [masked] --verbose",
		"AWS_SECRET_ACCESS_KEY=wJalr/K7+x":       "AWS_SECRET_ACCESS_KEY=[masked]",
		"Authorization: Bearer abc.def":          "Authorization: [masked]",
		"> authorization: Basic dTpw\r\n> Host":  "> authorization: [masked]\r\n> Host",
		"Set-Cookie: sid=1; Path=/\nx":           "Set-Cookie: [masked]\nx",
		"sent Bearer abcdefgh123 to host":        "sent Bearer [masked] to host",
		"postgres://me:p@ss:w@db.example.org/x":  "postgres://me:[masked]@db.example.org/x",
		"clone https://tokentoken@example.org/x": "clone https://[masked]@example.org/x",
		"key " + aws + "!":                       "key [masked]!",
		"with " + github:                         "with [masked]",
		"the key battery-staple":                 "the key [masked]",
		"-----BEGIN RSA PRIVATE KEY-----\nMII\nE=\n-----END RSA PRIVATE KEY-----": "-----BEGIN RSA PRIVATE KEY-----[masked]-----END RSA PRIVATE KEY-----",
		"-----BEGIN PRIVATE KEY-----\nMII\n":                                      "-----BEGIN PRIVATE KEY-----[masked]",
		// What is none stays.
		"copied 3 files to ssh://git@example.org/x": "copied 3 files to ssh://git@example.org/x",
		"see https://example.org/a:b@c":             "see https://example.org/a:b@c",
		"no secrets here, 100% done":                "no secrets here, 100% done",
		"":                                          "",
	} {
		if got := string(masks(t).Hide([]byte(in))); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestHide_OwnPatterns(t *testing.T) {
	t.Parallel()
	m := masks(t, `pin=(\d+)`, `card \d+`, `x*`)
	if got, want := string(m.Hide([]byte("pin=1234 card 5678 y"))), "pin=[masked] [masked] y"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := runner.NewMasks([]string{"ok", "a(b"}, nil); err == nil || !strings.Contains(err.Error(), `"a(b"`) {
		t.Errorf("got %v", err)
	}
}

func TestTail_KeepsTheEnd(t *testing.T) {
	t.Parallel()
	for _, written := range []int{0, 99, 100, 101, 5000, 200_000} {
		for _, chunk := range []int{1, 7, 64 << 10} {
			var all bytes.Buffer
			for i := 0; all.Len() < written; i++ {
				fmt.Fprintf(&all, "line %d\n", i)
			}
			all.Truncate(written)
			tail := runner.NewTail(100, masks(t))
			stream := tail.Stream()
			for rest := all.Bytes(); len(rest) > 0; {
				n, _ := stream.Write(rest[:min(chunk, len(rest))])
				rest = rest[n:]
			}
			want := all.Bytes()[max(0, written-100):]
			if got := tail.Text(1000); !bytes.Equal(got, want) {
				t.Fatalf("%d bytes in chunks of %d: got %q, want %q", written, chunk, got, want)
			}
			if got := tail.Text(10); !bytes.Equal(got, want[max(0, len(want)-10):]) {
				t.Fatalf("of %d bytes the last ten are %q", written, got)
			}
		}
	}
}

// Wherever the tail begins, and however the output was written, no part of a
// secret is in it.
func TestTail_CutsNoSecret(t *testing.T) {
	t.Parallel()
	const secret = "correct-horse-battery"
	for _, before := range []int{0, 100_000} {
		for after := 70; after < 130; after += 4 { // the tail begins before, in or behind the secret
			for _, chunk := range []int{3, 1 << 20} {
				text := strings.Repeat("x", before) + " password=" + secret + " " + strings.Repeat("y", after)
				tail := runner.NewTail(100, masks(t))
				stream := tail.Stream()
				for rest := text; rest != ""; {
					n, _ := stream.Write([]byte(rest[:min(chunk, len(rest))]))
					rest = rest[n:]
				}
				got := string(tail.Text(100))
				for i := range len(secret) - 4 {
					if strings.Contains(got, secret[i:i+4]) {
						t.Fatalf("%d before, %d after: %q", before, after, got)
					}
				}
				if len(got) > 100 || !strings.HasSuffix(got, strings.Repeat("y", min(after, 100))) {
					t.Fatalf("%d before, %d after: %q", before, after, got)
				}
			}
		}
	}
}

func TestTail_MixesStreamsByLine(t *testing.T) {
	t.Parallel()
	tail := runner.NewTail(1000, masks(t))
	out, errs := tail.Stream(), tail.Stream()
	for _, w := range []struct {
		to   interface{ Write([]byte) (int, error) }
		text string
	}{
		{out, "passwo"}, {errs, "warning\n"}, {out, "rd=hunter2\n"}, {errs, "50 %\r"}, {out, "pass"}, {errs, "the end"},
	} {
		if _, err := w.to.Write([]byte(w.text)); err != nil {
			t.Error(err)
		}
	}
	if got, want := string(tail.Text(1000)), "warning\npassword=[masked]\n50 %\rpassthe end"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTail_CutsNoCharacter(t *testing.T) {
	t.Parallel()
	tail := runner.NewTail(10, masks(t))
	_, _ = tail.Stream().Write([]byte("aaaaaaaaaéééé1"))
	if got := string(tail.Text(10)); got != "aéééé1" {
		t.Errorf("got %q", got)
	}
	if got := string(tail.Text(4)); got != "é1" {
		t.Errorf("got %q", got)
	}
}

func FuzzHide(f *testing.F) {
	f.Add([]byte("password=x\n"), 3)
	f.Add([]byte("Authorization: Bearer \xff\x00 --token a b"), 8)
	m, err := runner.NewMasks(nil, []string{"battery-staple"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte, limit int) {
		if limit < 0 || limit > 1<<16 {
			t.Skip()
		}
		once := m.Hide(text)
		if bytes.Contains(once, []byte("battery-staple")) {
			t.Errorf("%q became %q", text, once)
		}
		tail := runner.NewTail(limit, m)
		_, _ = tail.Stream().Write(text)
		if got := tail.Text(limit); len(got) > limit || len(text) <= limit && len(once) <= limit && !bytes.Equal(got, once) {
			t.Errorf("%q: the tail is %q, all of it %q", text, got, once)
		}
	})
}
