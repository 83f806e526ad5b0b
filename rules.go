package heartbeat

import (
	"slices"
	"strings"
)

// How long labels and rules may be.
const (
	MaxSlug  = 100    // bytes
	MaxTags  = 500    // bytes, all tags of a check together
	MaxDesc  = 10_000 // bytes
	MaxWords = 200    // characters of a rule's words, as in Healthchecks
)

// NoChannels says in [Labels] that nobody is told of a check.
const NoChannels = "none"

// Labels are what people and programs know a check by, beside its names. Their
// JSON is what stores keep.
type Labels struct {
	// Slug names the check in ping URLs: letters a-z, digits, - and _. Several
	// checks of a project may have one, but then it leads to none of them.
	Slug string `json:"slug,omitempty"`
	// Tags are words separated by blanks.
	Tags string `json:"tags,omitempty"`
	Desc string `json:"desc,omitempty"`
	// Channels says who is told: all channels of the project if empty, else their
	// IDs with commas between, or NoChannels.
	Channels string `json:"channels,omitempty"`
}

// SlugRef is a slug and the project in which it counts; zero for none.
type SlugRef struct {
	Project ProjectID
	Slug    string
}

// SlugRef returns how ping URLs by slug name the check; zero if it has no slug.
func (c Check) SlugRef() SlugRef {
	if c.Slug == "" {
		return SlugRef{}
	}
	return SlugRef{c.Project, c.Slug}
}

// TagList returns the tags one by one.
func (l Labels) TagList() []string { return strings.Fields(l.Tags) }

// HasTag tells whether tag is one of the tags.
func (l Labels) HasTag(tag string) bool {
	for word := range strings.FieldsSeq(l.Tags) {
		if word == tag {
			return true
		}
	}
	return false
}

// Without returns the labels as they are once a channel is gone for good. If it was
// the last that they name, they say that all are told: whoever chose a channel
// wanted somebody to be.
func (l Labels) Without(id ChannelID) Labels {
	words := strings.Split(l.Channels, ",")
	words = slices.DeleteFunc(words, func(word string) bool { return word == string(id) })
	l.Channels = strings.Join(words, ",")
	return l
}

// Rules decide what a ping counts as, whatever its sender says. Their zero value
// believes the sender. They are those of Healthchecks; their JSON is what stores
// keep.
type Rules struct {
	// ManualResume says that pings do not end a pause.
	ManualResume bool `json:"manual_resume,omitempty"`
	// PostOnly ignores pings over HTTP that are not sent with POST.
	PostOnly bool `json:"post_only,omitempty"`
	// FilterHTTP, FilterBody and FilterSubject say where the words below are looked
	// for: in the body of pings over HTTP, in the text and in the subject of mails.
	FilterHTTP    bool `json:"filter_http,omitempty"`
	FilterBody    bool `json:"filter_body,omitempty"`
	FilterSubject bool `json:"filter_subject,omitempty"`
	// DefaultFail makes a failure of a ping in which no word is found; without it,
	// such a ping is ignored.
	DefaultFail bool `json:"default_fail,omitempty"`
	// FailureWords, SuccessWords and StartWords are separated by commas. Any one
	// decides, and case counts; failure goes before success, success before start.
	FailureWords string `json:"failure_words,omitempty"`
	SuccessWords string `json:"success_words,omitempty"`
	StartWords   string `json:"start_words,omitempty"`
}

// Judge returns what p counts as for a check with this stored status.
func (r Rules) Judge(p Ping, status Status) Kind {
	if r == (Rules{}) {
		return p.Kind
	}
	switch {
	case status == StatusPaused && r.ManualResume:
		return KindIgnored
	case p.Mail != nil:
		return r.judgeMail(p)
	case r.PostOnly && p.Method != "POST":
		return KindIgnored
	case r.FilterHTTP:
		return r.find(strings.ToValidUTF8(string(p.Body), "\uFFFD"))
	}
	return p.Kind
}

func (r Rules) judgeMail(p Ping) Kind {
	var text []string
	if r.FilterSubject {
		text = append(text, p.Mail.Subject)
	}
	if r.FilterBody {
		text = append(text, p.Mail.Text)
	}
	if text == nil {
		return p.Kind
	}
	return r.find(strings.Join(text, "\n"))
}

// find returns what the words in text say.
func (r Rules) find(text string) Kind {
	switch {
	case anyWord(r.FailureWords, text):
		return KindFail
	case anyWord(r.SuccessWords, text):
		return KindSuccess
	case anyWord(r.StartWords, text):
		return KindStart
	case r.DefaultFail:
		return KindFail
	}
	return KindIgnored
}

func anyWord(words, text string) bool {
	for word := range strings.SplitSeq(words, ",") {
		if word = strings.TrimSpace(word); word != "" && strings.Contains(text, word) {
			return true
		}
	}
	return false
}
