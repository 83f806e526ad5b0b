package slack_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"heartbeat"
	"heartbeat/internal/notify"
	"heartbeat/internal/notify/notifytest"
	"heartbeat/internal/notify/slack"
)

// body is what these tests read of a message.
type body struct {
	Text   string `json:"text"`
	Blocks []struct {
		Type string `json:"type"`
		Text struct {
			Type     string `json:"type"`
			Text     string `json:"text"`
			Verbatim bool   `json:"verbatim"`
		} `json:"text"`
	} `json:"blocks"`
}

var (
	// ours are the control sequences that a message may hold.
	ours = regexp.MustCompile(`<(!date\^\d+\^\{date_short_pretty\} \{time\}\|[0-9TZ:-]+|https://hb\.example\.org/[a-z0-9/?=-]+\|(Dashboard|Show check))>`)
	// entity is an ampersand as Slack wants it.
	entity = regexp.MustCompile(`&(amp|lt|gt);`)
	// span is inline code.
	span = regexp.MustCompile("`[^`\n]+`")
	// broadcast rings everybody.
	broadcast = regexp.MustCompile(`(?i)@(channel|here|everyone)`)
)

// FuzzNotify sends messages with any names and details, and any number of
// events: they must be harmless and within Slack's limits.
func FuzzNotify(f *testing.F) {
	f.Add("db1", "ops", "cron", "backup", "exit status 3", uint8(1))
	f.Add("<!here>", "@channel", "*b*_i_~s~`c`", "<https://evil.example.org|x>", "<@U1> &lt; :fire:", uint8(3))
	long := strings.Repeat("&", heartbeat.MaxName)
	f.Add(long, long, long, long, strings.Repeat("<", 500), uint8(255))
	wide := strings.Repeat("😀", heartbeat.MaxName)
	f.Add(wide, wide, wide, wide, wide, uint8(20))
	f.Add("\u202e", "\u2028\u2029", " ", "\xff", "a\nb\x00", uint8(7))
	f.Add("`", "``", "`a", "a`", "`", uint8(2))

	r := notifytest.NewReceiver(f)
	client := notify.NewClient(notify.ClientConfig{AllowPrivate: true})
	n := slack.New(slack.Config{URL: r.URL(), Client: client})
	f.Fuzz(func(t *testing.T, host, category, typ, name, detail string, count uint8) {
		names := heartbeat.Names{Host: host, Category: category, Type: typ, Name: name}
		if err := n.Notify(t.Context(), message(names, detail, int(count))); err != nil {
			t.Fatal(err)
		}
		var b body
		if err := json.Unmarshal(r.Take()[0].Body, &b); err != nil {
			t.Fatal(err)
		}
		checkLimits(t, b)
		checkHarmless(t, b)
	})
}

func length(s string) int { return len(utf16.Encode([]rune(s))) }

func checkLimits(t *testing.T, b body) {
	t.Helper()
	if len(b.Blocks) < 2 || len(b.Blocks) > 50 {
		t.Errorf("%d blocks", len(b.Blocks))
	}
	total := 0
	for i, block := range b.Blocks {
		most, kind, style := 3000, "section", "mrkdwn"
		if i == 0 {
			most, kind, style = 150, "header", "plain_text"
		}
		n := length(block.Text.Text)
		if n == 0 || n > most || block.Type != kind || block.Text.Type != style {
			t.Errorf("block %d is a %s of %d characters of %s", i, block.Type, n, block.Text.Type)
		}
		total += n
	}
	if total > 11_000 {
		t.Errorf("%d characters in all blocks", total)
	}
	if n := length(b.Text); n > 3000 {
		t.Errorf("plain text of %d characters", n)
	}
}

func checkHarmless(t *testing.T, b body) {
	t.Helper()
	texts := []string{b.Text}
	for _, block := range b.Blocks[1:] {
		texts = append(texts, block.Text.Text)
		if !block.Text.Verbatim {
			t.Error("a section is not verbatim")
		}
	}
	for _, text := range texts {
		rest := ours.ReplaceAllString(text, "")
		if strings.ContainsAny(rest, "<>") {
			t.Errorf("foreign control sequence in %q", rest)
		}
		if strings.Contains(entity.ReplaceAllString(rest, ""), "&") {
			t.Errorf("bare ampersand in %q", rest)
		}
		if strings.Contains(span.ReplaceAllString(text, ""), "`") {
			t.Errorf("code does not end where it should in %q", text)
		}
	}
	if header := b.Blocks[0].Text.Text; strings.ContainsAny(header, "<>\n") {
		t.Errorf("header is %q", header)
	}
	for _, text := range append(texts, b.Blocks[0].Text.Text) {
		if broadcast.MatchString(text) {
			t.Errorf("mention in %q", text)
		}
	}
}

func TestNotify_NamesAsManyAsFitAndCountsTheRest(t *testing.T) {
	t.Parallel()
	names := heartbeat.Names{Host: "db1", Category: "ops", Type: "cron", Name: "backup"}
	more := regexp.MustCompile(`… and (\d+) more`)
	for count, told := range map[int]int{20: 20, 21: 21, 1000: 60} {
		bodies, err := sent(t, message(names, "", count))
		if err != nil {
			t.Fatal(err)
		}
		var b body
		if err := json.Unmarshal(bodies[0], &b); err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for _, block := range b.Blocks[1:] {
			text.WriteString(block.Text.Text)
		}
		marks := regexp.MustCompile(`🔴|🟢|🟡`).FindAllString(text.String(), -1)
		if len(marks) < told {
			t.Errorf("%d events: %d are told, want %d or more", count, len(marks), told)
		}
		got := more.FindString(text.String())
		if want := ""; count == len(marks) && got != want {
			t.Errorf("%d events, all told: %q", count, got)
		}
		if rest := more.FindStringSubmatch(text.String()); count > len(marks) {
			if diff := cmp.Diff([]string{got, jsonInt(count - len(marks))}, rest); diff != "" {
				t.Errorf("%d events, %d told (-want +got):\n%s", count, len(marks), diff)
			}
		}
	}
}

func jsonInt(n int) string { b, _ := json.Marshal(n); return string(b) }
