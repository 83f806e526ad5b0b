package deploy

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// readyTime is how long the answer to "are you ready" may take: a function that
// was asleep needs some seconds.
const readyTime = 15 * time.Second

// Status shows what is deployed, and asks it whether all is well. It is an error
// if it is not.
func (d *Deployer) Status(ctx context.Context) error {
	stack, err := d.Find(ctx)
	if err != nil {
		return err
	}
	if !stack.Exists() {
		return fmt.Errorf("there is no stack %s in account %s, region %s: \"heartbeat deploy\" makes one; "+
			"name another one with --stack or --region", d.stack, d.account, d.env.Region())
	}
	d.line("Account", "%s, region %s", d.account, d.env.Region())
	d.line("Stack", "%s: %s, since %s", d.stack, stack.words(), stack.Changed.Local().Format("2006-01-02 15:04:05"))
	d.line("Heartbeat", "%s, tables %s of schema %d", orUnknown(stack.Settings[settingVersion]),
		strings.Join(tableNames(stack.Tables()), " and "), stack.schema())
	dashboard := stack.Outputs[outputDashboard]
	if dashboard != "" {
		d.line("Dashboard", "%s", dashboard+"/dashboard")
		d.line("Clients", "%s/PING-KEY", stack.Outputs[outputBase])
	}
	if target := stack.Outputs[outputDomain]; target != "" {
		d.line("DNS", "%s must be a CNAME of %s", stack.Settings[settingDomain], target)
	}
	if stack.state() == stateBroken {
		return fmt.Errorf("%s", stack.repair())
	}
	if dashboard == "" {
		return fmt.Errorf("nothing answers: the stack is not complete. Run \"heartbeat deploy\" when it is at rest")
	}
	if err := ready(ctx, dashboard); err != nil {
		return fmt.Errorf("it does not work as it should: %w\nSee what the functions say: heartbeat logs%s", err, d.flags())
	}
	d.line("Works", "yes: it takes pulses, and the monitor has looked a moment ago")
	return nil
}

// ready asks the deployment that shows its dashboard there.
func ready(ctx context.Context, dashboard string) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	u, err := url.Parse(dashboard)
	if err != nil {
		return fmt.Errorf("address of the dashboard: %w", err)
	}
	u.Path = "/readyz"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 500)) // what was read is enough to tell
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %s", u, resp.Status, strings.TrimSpace(string(body)))
	}
	return nil
}
