package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"heartbeat/client"
	"heartbeat/internal/app"
	"heartbeat/internal/config"
	"heartbeat/internal/runner"
)

// target is what run and ping need to know to send a ping.
type target struct {
	config.Client
	UUID     string `name:"uuid" placeholder:"UUID" help:"The check, by the UUID in its ping URL."`
	Slug     string `placeholder:"SLUG" help:"The check, by its slug."`
	Create   bool   `help:"With --slug: make the check if there is none."`
	Name     string `placeholder:"HOST/CATEGORY/TYPE/NAME" help:"The check, by its four names, made by its first ping. With --host, --category and --type: the last of the names."`
	Host     string `placeholder:"HOST" help:"The first name, if they are given one by one."`
	Category string `placeholder:"CATEGORY" help:"The second name."`
	Type     string `placeholder:"TYPE" help:"The third name."`
	initial
	Mask  []string `sep:"none" placeholder:"REGEXP" help:"Hide what matches in the output that is sent, or only what groups in it match. Passwords and tokens in common forms are hidden anyway. Repeat the flag for more."`
	Spool string   `placeholder:"DIR" help:"Where reports wait that the server did not take. Default: heartbeat/spool in $$XDG_STATE_HOME, or in ~/.local/state."`
}

// initial are the settings that are sent along for a check that is made.
type initial struct {
	Every      span     `xor:"schedule" placeholder:"24h" help:"For a check that is made, by names or with --create: how long after a ping the next one must come."`
	Cron       string   `xor:"schedule" placeholder:"EXPR" help:"Likewise, instead of --every: when the job runs, as in a crontab: \"0 3 * * *\"."`
	OnCalendar []string `name:"oncalendar" sep:"none" xor:"schedule" placeholder:"EXPR" help:"Likewise: when the job runs, as in a systemd timer: \"Mon..Fri 03:00\". Repeat the flag for more lines."`
	Grace      *span    `placeholder:"1h" help:"Likewise: how late it may be, and how long a run may take. Default: 1h; with names and without --cron or --oncalendar: none."`
	Worktime   string   `placeholder:"DAYS [HOURS]" help:"Likewise: what of that time counts, such as always or mon-sat. Default: always; with names and without --cron or --oncalendar: mon-fri."`
	TZ         string   `name:"tz" placeholder:"ZONE" help:"Likewise: the time zone of all that, such as Europe/Berlin. Default: with --cron and --oncalendar this machine's, else the server's."`
}

// settings fills in the zone in which this machine reads an expression: in the
// server's, which need not be the same, the job would be late every day.
func (s initial) settings() (client.Settings, error) {
	c := client.Settings{
		Every: time.Duration(s.Every), Cron: s.Cron, OnCalendar: strings.Join(s.OnCalendar, "\n"),
		Worktime: s.Worktime, Zone: s.TZ,
	}
	switch {
	case s.Grace == nil:
	case *s.Grace == 0:
		c.Grace = -1
	default:
		c.Grace = time.Duration(*s.Grace)
	}
	if c.Zone != "" || c.Cron == "" && c.OnCalendar == "" {
		return c, nil
	}
	var ok bool
	if c.Zone, ok = localZone(); !ok {
		return c, errors.New("--tz is missing: say in which time zone the schedule is read, such as --tz Europe/Berlin (this machine does not tell its own)")
	}
	return c, nil
}

// check is the check that the flags name.
func (t target) check() (client.Check, error) {
	settings, err := t.settings()
	if err != nil {
		return client.Check{}, usageError{err}
	}
	c := client.Check{
		UUID: t.UUID, Slug: t.Slug, Create: t.Create,
		Host: t.Host, Category: t.Category, Type: t.Type, Name: t.Name,
		Settings: settings,
	}
	if t.Name != "" && t.Host == "" && t.Category == "" && t.Type == "" {
		parts := strings.SplitN(t.Name, "/", 4)
		if len(parts) != 4 {
			return c, usageError{fmt.Errorf("--name %q must be HOST/CATEGORY/TYPE/NAME, such as db1/backup/cron/nightly", t.Name)}
		}
		c.Host, c.Category, c.Type, c.Name = parts[0], parts[1], parts[2], parts[3]
	}
	const flags = "--every, --cron, --oncalendar, --grace, --worktime and --tz are for a check that is made"
	sent := settings != client.Settings{}
	switch {
	case sent && t.UUID != "":
		return c, usageError{errors.New(flags + ", and one with --uuid exists: set its schedule on its page of the dashboard")}
	case sent && t.Slug != "" && !t.Create:
		return c, usageError{errors.New(flags + ": add --create, or set the schedule on the check's page of the dashboard")}
	}
	if err := c.Validate(); err != nil {
		return c, usageError{err}
	}
	return c, nil
}

// sender is what talks to the server, and what it needs beside it.
type sender struct {
	client *client.Client
	spool  *runner.Spool
	masks  *runner.Masks
}

// open makes a sender that goes on trying for a time; 0 asks for one attempt.
func (t target) open(retry time.Duration) (sender, error) {
	base, key, err := t.Client.Check()
	if err != nil {
		return sender{}, usageError{err}
	}
	if retry == 0 {
		retry = -1
	}
	c, err := client.New(client.Config{
		BaseURL: base, PingKey: key.Reveal(), RetryFor: retry, Agent: "heartbeat/" + app.Version(),
	})
	if err != nil {
		return sender{}, usageError{err}
	}
	masks, err := runner.NewMasks(t.Mask, []string{key.Reveal()})
	if err != nil {
		return sender{}, usageError{fmt.Errorf("--mask %w", err)}
	}
	spool := runner.OpenSpool(runner.SpoolConfig{Dir: t.spoolDir(), BaseURL: base, PingKey: key.Reveal()})
	return sender{c, spool, masks}, nil
}

// spoolDir is --spool, or where this system keeps what programs remember. It is
// empty if there is no such place; then keeping a report fails, and is said.
func (t target) spoolDir() string {
	if t.Spool != "" {
		return t.Spool
	}
	state := os.Getenv("XDG_STATE_HOME")
	if state == "" || !filepath.IsAbs(state) {
		state = ""
		if home, err := os.UserHomeDir(); err == nil {
			state = filepath.Join(home, ".local", "state")
		}
		if cache, err := os.UserCacheDir(); err == nil && runtime.GOOS == "windows" {
			state = cache
		}
	}
	if state == "" {
		return ""
	}
	return filepath.Join(state, "heartbeat", "spool")
}

// hint adds to a refusal what to do about it.
func hint(err error) error {
	refused := new(client.StatusError)
	if !errors.As(err, &refused) || refused.Code != 404 {
		return err
	}
	return fmt.Errorf("%w (is the check there, and are --base-url and the ping key right?)", err)
}
