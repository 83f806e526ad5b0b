package config

import (
	"errors"

	"heartbeat"
)

// Client are the settings of commands that send pings to a server, in the form
// that kong reads. They share their environment variables with the server's.
type Client struct {
	BaseURL     string  `name:"base-url" placeholder:"URL" setting:"HEARTBEAT_BASE_URL" help:"Where the server is, such as https://heartbeat.example.org: what stands before /heartbeat or /ping in its addresses."`
	PingKey     *Secret `placeholder:"KEY" setting:"HEARTBEAT_PING_KEY" help:"The server's ping key. Rather set the variable or a file: whoever is on this machine can read a command line. --uuid needs none."`
	PingKeyFile *string `placeholder:"FILE" setting:"HEARTBEAT_PING_KEY_FILE" help:"File that holds the ping key."`
}

// Check returns where the server is and the ping key, empty if there is none.
// The error joins everything that is wrong, one line each.
func (f Client) Check() (base string, key Secret, err error) {
	c := checker{}
	if u := c.baseURL(f.BaseURL); u != nil {
		base = u.String()
	} else if f.BaseURL == "" {
		c.fail("base-url", "is missing: say where the server is, such as --base-url https://heartbeat.example.org, or set HEARTBEAT_BASE_URL")
	}
	key, set := c.either("ping-key", f.PingKey, f.PingKeyFile)
	switch {
	case set && key == "":
		c.fail("ping-key", "is set but empty: leave it out, or give it the server's ping key")
	case !heartbeat.KeyChars(key.Reveal()):
		c.fail("ping-key", "holds a character that no ping key has: they are of letters (A-Z, a-z), digits, - and _")
	}
	return base, key, errors.Join(c.errs...)
}
