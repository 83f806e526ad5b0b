package config

import "errors"

// Password is the dashboard's password, of a command that acts for its owner on
// a running server.
type Password struct {
	Secret     *Secret `placeholder:"SECRET" setting:"HEARTBEAT_SECRET" help:"Password of the server's dashboard."`
	SecretFile *string `placeholder:"FILE" setting:"HEARTBEAT_SECRET_FILE" help:"File that holds the password."`
}

// Check returns the password. It is an error if there is none.
func (p Password) Check() (Secret, error) {
	c := checker{}
	secret, ok := c.either("secret", p.Secret, p.SecretFile)
	if c.errs == nil && (!ok || secret == "") {
		c.fail("secret", "is missing: set HEARTBEAT_SECRET to the password of the server's dashboard, or name a file with --secret-file")
	}
	return secret, errors.Join(c.errs...)
}
