package client

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Check says which check a ping is for: fill in UUID, or Slug, or all four
// names, as the server's pages show them.
type Check struct {
	UUID string
	// Slug needs the client's ping key.
	Slug string
	// Create makes the check of an unknown Slug instead of refusing the ping.
	Create bool
	// Host, Category, Type and Name make their check at the first ping.
	Host, Category, Type, Name string
	// Settings go with the four names, and with Slug and Create.
	Settings
}

// Settings are those of a check that a ping makes. They do not change one that
// exists. Zero values ask for the server's defaults.
type Settings struct {
	// Every is how long after a ping the next one must come. Instead, Cron may say
	// when pings are due, as a crontab's five fields, or OnCalendar, as lines of
	// systemd's OnCalendar.
	Every            time.Duration
	Cron, OnCalendar string
	// Grace is how long after the due moment people are not told yet, and how long
	// a run may take. A negative one asks for none.
	Grace time.Duration
	// Worktime is what time counts, such as always or mon-fri 09:00-17:30.
	Worktime string
	// Zone is the IANA time zone of all that. The server's need not be that of the
	// machine on which a crontab is read.
	Zone string
}

func (s Settings) validate() error {
	switch {
	case s.Every < 0:
		return invalid("the time until the next ping must not be negative")
	case s.Every != 0 && s.Cron != "", s.Every != 0 && s.OnCalendar != "", s.Cron != "" && s.OnCalendar != "":
		return invalid("the schedule is given in two ways: keep one of period, cron and OnCalendar")
	}
	return nil
}

// query adds the settings to that of a ping.
func (s Settings) query(q url.Values) {
	if s.Every != 0 {
		q.Set("threshold", hours(s.Every))
	}
	if s.Grace != 0 {
		q.Set("grace", hours(max(s.Grace, 0)))
	}
	for _, p := range []struct{ key, value string }{
		{"cron", s.Cron}, {"oncalendar", s.OnCalendar}, {"worktime", s.Worktime}, {"tz", s.Zone},
	} {
		if p.value != "" {
			q.Set(p.key, p.value)
		}
	}
}

func hours(d time.Duration) string { return strconv.FormatFloat(d.Hours(), 'f', -1, 64) }

// Validate returns an ErrInvalid that says what is wrong, or nil.
func (c Check) Validate() error {
	switch {
	case c.UUID == "" && c.Slug == "" && !c.named():
		return invalid("no check is named: give a UUID, or a slug, or host, category, type and name")
	case c.UUID != "" && (c.Slug != "" || c.named()), c.Slug != "" && c.named():
		return invalid("a check is named in two ways: keep one of UUID, slug, and the four names")
	case c.Create && c.Slug == "":
		return invalid("only a check with a slug can be asked to be created; one with names is created by itself")
	case c.UUID != "" && c.Settings != Settings{}:
		return invalid("a check with a UUID exists already: change its schedule on its page; settings go with the four names, or with a slug that may be created")
	case c.Slug != "" && !c.Create && c.Settings != Settings{}:
		return invalid("settings go only with a slug that may be created: ask for that, or change them on the check's page")
	case c.UUID != "" && !isUUID(strings.ToLower(c.UUID)):
		return invalid("%q is no UUID: it looks like 6ba7b810-9dad-41d1-80b4-00c04fd430c8", c.UUID)
	case !onlyOf(c.Slug, slugLetters):
		return invalid("slug %q must be of a-z, 0-9, - and _", c.Slug)
	}
	if c.named() {
		if err := c.validateNames(); err != nil {
			return err
		}
	}
	return c.Settings.validate()
}

func (c Check) named() bool { return c.Host != "" || c.Category != "" || c.Type != "" || c.Name != "" }

func (c Check) validateNames() error {
	for _, name := range []struct{ field, value string }{
		{"host", c.Host}, {"category", c.Category}, {"type", c.Type}, {"name", c.Name},
	} {
		if name.value == "" {
			return invalid("the check's %s is missing: all of host, category, type and name are needed", name.field)
		}
	}
	return nil
}

const (
	digits      = "0123456789"
	lower       = "abcdefghijklmnopqrstuvwxyz"
	slugLetters = lower + digits + "-_"
	keyLetters  = slugLetters + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	runLetters  = keyLetters + ".:"
)

func onlyOf(s, letters string) bool { return strings.Trim(s, letters) == "" }

// isUUID tells whether s is a UUID in lower case.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range s {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (r == '-') || !strings.ContainsRune("-abcdef"+digits, r) {
			return false
		}
	}
	return true
}

// NewRunID returns a random run ID.
func NewRunID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// validate returns an ErrInvalid for what every server would refuse.
func (p Ping) validate(check Check) error {
	switch p.Kind {
	case "", KindSuccess, KindFail:
	case KindStart, KindLog:
		if p.Exit != nil {
			return invalid("an exit status goes with the end of a run, not with a %s", p.Kind)
		}
	default:
		return invalid("%q is no kind of ping: it is success, start, fail or log", p.Kind)
	}
	switch {
	case p.Exit != nil && (*p.Exit < 0 || *p.Exit > 255):
		return invalid("exit status %d must be from 0 to 255", *p.Exit)
	case p.Exit != nil && *p.Exit != 0 && p.Kind == KindSuccess:
		return invalid("exit status %d says that the job failed: it is no success", *p.Exit)
	case !check.named() && p.Run != "" && !isUUID(strings.ToLower(p.Run)):
		return invalid("run ID %q must be a UUID for this kind of check", p.Run)
	case len(p.Run) > 64 || !onlyOf(p.Run, runLetters):
		return invalid("run ID %q must be up to 64 letters, digits or any of - _ . :", p.Run)
	}
	return nil
}

// address is the URL of a ping.
func (c *Client) address(check Check, p Ping) (string, error) {
	if err := check.Validate(); err != nil {
		return "", err
	}
	if err := p.validate(check); err != nil {
		return "", err
	}
	if check.named() {
		return c.pulse(check, p), nil
	}
	if check.Slug != "" && c.cfg.PingKey == "" {
		return "", invalid("a check with a slug needs the ping key")
	}
	parts := []string{"ping", strings.ToLower(check.UUID)}
	if check.Slug != "" {
		parts = []string{"ping", c.cfg.PingKey, check.Slug}
	}
	switch {
	case p.Exit != nil && (*p.Exit != 0 || p.Kind != KindFail):
		parts = append(parts, strconv.Itoa(*p.Exit))
	case p.Kind != "" && p.Kind != KindSuccess:
		parts = append(parts, string(p.Kind))
	}
	query := url.Values{}
	if p.Run != "" {
		query.Set("rid", p.Run)
	}
	if check.Create {
		query.Set("create", "1")
		check.Settings.query(query)
	}
	return c.join(query, parts...), nil
}

// pulse is the URL of a ping for a check with names.
func (c *Client) pulse(check Check, p Ping) string {
	query := url.Values{}
	set := func(key, value string) {
		if value != "" {
			query.Set(key, value)
		}
	}
	set("host", check.Host)
	set("category", check.Category)
	set("type", check.Type)
	set("name", check.Name)
	check.Settings.query(query)
	set("status", string(p.Kind))
	if p.Exit != nil {
		set("exit", strconv.Itoa(*p.Exit))
	}
	set("rid", p.Run)
	if c.cfg.PingKey == "" {
		return c.join(query, "heartbeat", "pulse")
	}
	return c.join(query, "heartbeat", c.cfg.PingKey, "pulse")
}

func (c *Client) join(query url.Values, parts ...string) string {
	u := c.base.JoinPath(parts...)
	u.RawQuery = query.Encode()
	return u.String()
}
