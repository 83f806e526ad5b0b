package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// readyTime is how long an answer may take: a function that
// was asleep needs some seconds.
const readyTime = 15 * time.Second

// StatusOptions say what to show beside the state.
type StatusOptions struct {
	// Keys shows secret and ping key.
	Keys bool
	// Login makes the token of a login link; nil for no link.
	Login func(ctx context.Context, stack Stack) (string, error)
}

// Status shows what is deployed, and asks it whether all is well. It is an error
// if it is not.
func (d *Deployer) Status(ctx context.Context, opts StatusOptions) error {
	return d.env.Explain(d.status(ctx, opts))
}

func (d *Deployer) status(ctx context.Context, opts StatusOptions) error {
	stack, err := d.find(ctx, d.stack)
	if err != nil {
		return err
	}
	if !stack.Exists() {
		return fmt.Errorf("there is no stack %s in account %s, region %s: \"heartbeat deploy\" makes one; "+
			"name another one with --stack or --region", d.stack, d.account, d.env.Region())
	}
	dashboard := stack.Outputs[outputDashboard]
	d.showStack(stack, dashboard)
	if err := d.showKeys(ctx, stack, dashboard, opts); err != nil {
		return err
	}
	if stack.state() == stateBroken {
		return errors.New(stack.repair())
	}
	if dashboard == "" {
		return errors.New("nothing answers: the stack is not complete. Run \"heartbeat deploy\" when it is at rest")
	}
	if err := errors.Join(ready(ctx, dashboard), takesPulses(ctx, stack.Outputs[outputBase])); err != nil {
		return fmt.Errorf("it does not work as it should: %w\nSee what the functions say: heartbeat logs%s", err, d.flags())
	}
	d.line("Works", "yes: it takes pulses, and the monitor has looked a moment ago")
	return nil
}

func (d *Deployer) showStack(stack Stack, dashboard string) {
	d.line("Account", "%s, region %s", d.account, d.env.Region())
	d.line("Stack", "%s: %s, since %s", d.stack, stack.words(), stack.Changed.Local().Format("2006-01-02 15:04:05"))
	d.line("Heartbeat", "%s, tables %s of schema %d", orUnknown(stack.Settings[settingVersion]),
		strings.Join(tableNames(stack.Tables()), " and "), stack.schema())
	if dashboard != "" {
		d.line("Dashboard", "%s", dashboard+"/dashboard")
		d.line("Clients", "%s/PING-KEY", stack.Outputs[outputBase])
	}
	d.showDomain(stack)
}

// showKeys shows what opens the dashboard and lets pulses in, if asked for.
func (d *Deployer) showKeys(ctx context.Context, stack Stack, dashboard string, opts StatusOptions) error {
	if opts.Login != nil && dashboard != "" {
		token, err := opts.Login(ctx, stack)
		if err != nil {
			return fmt.Errorf("make a login link: %w", err)
		}
		d.line("Log in", "%s", dashboard+"/dashboard?secret="+token)
		d.line("", "(works once, for 15 minutes)")
	}
	if !opts.Keys {
		return nil
	}
	secrets, err := d.ReadSecrets(ctx)
	if err != nil {
		return err
	}
	d.line("Secret", "%s   (opens the dashboard)", secrets.Secret)
	d.line("Ping key", "%s   (part of the URL of every pulse)", secrets.PingKey)
	return nil
}

// ready asks the deployment that shows its dashboard there.
func ready(ctx context.Context, dashboard string) error {
	u, err := url.Parse(dashboard)
	if err != nil {
		return fmt.Errorf("address of the dashboard: %w", err)
	}
	u.Path = "/readyz"
	status, said, err := ask(ctx, u.String())
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s answers %d: %s", u, status, said)
	}
	return err
}

// takesPulses asks the function of pulses, which has an address of its own, with
// none that it could count. Whatever it answers, it runs, unless it says that it
// fails.
func takesPulses(ctx context.Context, base string) error {
	address := base + "/pulse"
	status, said, err := ask(ctx, address)
	if err == nil && status >= http.StatusInternalServerError {
		err = fmt.Errorf("no pulse is taken: %s answers %d: %s", address, status, said)
	}
	return err
}

// ask returns the status of an answer and how it begins.
func ask(ctx context.Context, address string) (status int, said string, err error) {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 500)) // what was read is enough to tell
	return resp.StatusCode, strings.TrimSpace(string(body)), nil
}
