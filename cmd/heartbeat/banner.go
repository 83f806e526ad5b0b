package main

import (
	"fmt"
	"io"
	"net"
	"strings"

	"heartbeat/internal/app"
)

// keyless stands in the curl line for a key that must not be shown.
const keyless = "PING-KEY"

// greet tells whoever started the server what to do next. It is for people, so
// it goes to stdout whatever the log is.
func (s *server) greet(w io.Writer) {
	dashboard := s.link("/dashboard")
	fmt.Fprintf(w, "\nHeartbeat %s is running.\n\n", app.Version())
	line(w, "Dashboard", dashboard)
	line(w, "Log in", dashboard+"?secret="+s.auth.Link())
	line(w, "", "(works once, for 15 minutes)")
	if s.cfg.BaseURL != nil {
		line(w, "Listens on", s.listener.Addr().String())
	}
	if s.smtp != nil {
		line(w, "Mail", "to CHECK-UUID@"+s.mail.Domain()+" or PING-KEY+SLUG@"+s.mail.Domain())
		line(w, "", "(taken on "+s.smtp.Addr().String()+")")
	}
	line(w, "Store", s.storeNote())
	s.greetChannels(w)
	s.greetKeys(w)
	s.greetCurl(w)
	if s.cfg.BaseURL == nil && !s.loopback() {
		fmt.Fprintf(w, "\n  Links in messages begin with %s. If that is not how people reach this\n"+
			"  server, start it with --base-url https://HOST\n", s.base)
	}
	fmt.Fprintln(w)
}

func line(w io.Writer, label, text string) {
	fmt.Fprintf(w, "  %-10s %s\n", label, text)
}

func (s *server) storeNote() string {
	if s.cfg.Store.Kind == "memory" {
		return "memory: (everything is forgotten when the server stops)"
	}
	return s.cfg.Store.String()
}

func (s *server) greetChannels(w io.Writer) {
	if s.channels == nil {
		line(w, "Channels", "cannot be read, see the log: nobody will be told")
		return
	}
	label, made := "Channels", 0
	for _, c := range s.channels.Channels {
		if c.ID.Made() {
			made++
			continue
		}
		line(w, label, fmt.Sprintf("%-10s %s", c.ID, c.Target))
		if c.Problem != "" {
			line(w, "", "           will not work: "+c.Problem)
		}
		label = ""
	}
	switch {
	case made > 0:
		line(w, label, fmt.Sprintf("%d made on the dashboard", made))
	case label != "":
		line(w, label, "none: nobody will be told. Make one on the dashboard, or set --slack-webhook")
	}
}

// greetKeys shows what was made at this start, for the only time.
func (s *server) greetKeys(w io.Writer) {
	if s.made.Secret == "" && s.made.PingKey == "" {
		return
	}
	fmt.Fprint(w, "\n  Made at this first start and never shown again. Keep them:\n\n")
	if s.made.Secret != "" {
		line(w, "Secret", s.made.Secret+"   (opens the dashboard)")
	}
	if s.made.PingKey != "" {
		line(w, "Ping key", s.made.PingKey+"   (part of the URL of every pulse)")
	}
}

func (s *server) greetCurl(w io.Writer) {
	key := s.made.PingKey
	path := "/" + key + "/pulse"
	switch {
	case s.cfg.OpenPulse:
		path = "/pulse"
	case key == "":
		path = "/" + keyless + "/pulse"
	}
	pulse := s.link(path) + "?host=myhost&category=backup&type=cron&name=nightly"
	fmt.Fprintf(w, "\n  Send a pulse:\n\n    curl '%s'\n", pulse)
	switch {
	case !strings.Contains(path, keyless):
	case s.cfg.PingKey != "":
		fmt.Fprintf(w, "\n  with the ping key of your settings in the place of %s.\n", keyless)
	default:
		fmt.Fprintf(w, "\n  with your ping key in the place of %s. Lost it? Set another one with --ping-key.\n", keyless)
	}
}

// link is an absolute link to a path below /heartbeat.
func (s *server) link(path string) string {
	return s.base.JoinPath("heartbeat").String() + path
}

// loopback tells whether only this machine can reach the server.
func (s *server) loopback() bool {
	tcp, ok := s.listener.Addr().(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
